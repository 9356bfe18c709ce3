//! Signing in through the district's identity provider.
//!
//! ```text
//! GET /session/oidc          -> remember state, nonce, verifier; cookie of this browser -> provider
//! GET /session/oidc/callback <- code and state: the same browser? -> token -> account -> session -> page
//! ```
//!
//! Whoever the provider vouches for gets an account here at the first sign-in, with the roles that its
//! claims are worth; both are brought up to date at each later one. The area is the administrators'
//! to set, and a disabled account stays closed whatever the provider says.

use super::{
    AppState,
    auth::matches,
    problem::{Answer, Pairs, Problem},
    session::open,
};
use crate::{
    base::{secret::Secret, time::Monotonic},
    domain::people::Roles,
    drivers::{
        oidc::{Begun, Claims, OidcError, Provider},
        store::hub::{Access, AccessKind, NewUser, UserChange, UserRow},
    },
    roles::hub::{
        OidcSignIn,
        accounts::{Account, UNIT_CHARS_MAX, is_name},
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use utoipa::ToSchema;

const COOKIE: &str = "gw_oidc";
/// To type a password and a second factor.
const SIGN_IN_SPAN: Duration = Duration::from_secs(600);
const UNDER_WAY_MAX: usize = 1_024;
/// Who changes an account at a sign-in, in the log.
const WHO: &str = "identity provider";

/// The provider, and the sign-ins that have begun.
pub struct Oidc {
    provider: Provider,
    worth: OidcSignIn,
    under_way: Mutex<BTreeMap<String, (Begun, Monotonic)>>,
}

impl Oidc {
    pub fn new(worth: OidcSignIn) -> Result<Self, OidcError> {
        let provider = Provider::new(worth.provider.clone())?;
        Ok(Self { provider, worth, under_way: Mutex::default() })
    }

    fn remember(&self, begun: &Begun, now: Monotonic) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, (_, at)| now.since(*at) < SIGN_IN_SPAN);
        if under_way.len() >= UNDER_WAY_MAX {
            // The states are random: a flood ends the sign-ins of some.
            under_way.pop_first();
        }
        under_way.insert(begun.state.clone(), (begun.clone(), now));
    }

    /// Each state is good once.
    fn recall(&self, state: &str, now: Monotonic) -> Option<Begun> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, at) = under_way.remove(state)?;
        (now.since(at) < SIGN_IN_SPAN).then_some(begun)
    }

    fn roles(&self, claims: &Claims) -> Roles {
        let said = claims.texts(&self.worth.roles_claim);
        let rows = self.worth.roles.iter().filter(|(claim, _)| said.contains(&claim.as_str()));
        rows.flat_map(|(_, roles)| roles.iter()).collect()
    }

    fn unit(&self, claims: &Claims) -> Option<String> {
        let said = claims.text(self.worth.unit_claim.as_deref()?)?;
        let kept = said.chars().filter(|c| !c.is_control()).take(UNIT_CHARS_MAX);
        let kept = kept.collect::<String>().trim().to_owned();
        (!kept.is_empty()).then_some(kept)
    }
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        tracing::warn!(%error, "no sign-in through the identity provider");
        match error {
            OidcError::Token(_) | OidcError::OtherIssuer { .. } => {
                Self::new(StatusCode::UNAUTHORIZED, "provider-word", error.to_string())
            }
            // An error of the code that the browser brought.
            OidcError::Refused { status: 400..=499, .. } => Self::new(
                StatusCode::UNAUTHORIZED,
                "provider-refused",
                "the identity provider does not take this code; begin again",
            ),
            _ => Self::new(
                StatusCode::BAD_GATEWAY,
                "provider-away",
                "the identity provider cannot be asked; the hub's log says why",
            ),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct SignInWays {
    /// Accounts with a password of their own; always.
    pub password: bool,
    /// `GET /api/v1/session/oidc` begins.
    pub oidc: bool,
}

/// How people sign in here.
#[utoipa::path(get, path = "/api/v1/session/ways", responses((status = 200, body = SignInWays)))]
pub async fn ways(State(state): State<AppState>) -> Json<SignInWays> {
    Json(SignInWays { password: true, oidc: state.oidc.is_some() })
}

/// To the identity provider.
#[utoipa::path(get, path = "/api/v1/session/oidc", responses(
    (status = 303, description = "to the provider"), (status = 404, description = "there is none", body = Problem),
    (status = 502, body = Problem)))]
pub async fn begin(State(state): State<AppState>, jar: CookieJar) -> Answer<Response> {
    let oidc = state.oidc.as_ref().ok_or_else(|| Problem::not_found("way to sign in"))?;
    let begun = oidc.provider.begin().await?;
    oidc.remember(&begun, state.register.clock.monotonic());
    // Lax: it is to come back with the browser from the provider's page.
    let cookie = Cookie::build((COOKIE, begun.state.clone()))
        .path("/api/v1/session/oidc")
        .http_only(true)
        .secure(state.config.https_in_front)
        .same_site(SameSite::Lax);
    Ok((jar.add(cookie), Redirect::to(&begun.url)).into_response())
}

/// Back from the identity provider.
#[utoipa::path(get, path = "/api/v1/session/oidc/callback", params(
    ("code" = Option<String>, Query), ("state" = Option<String>, Query), ("error" = Option<String>, Query)),
    responses((status = 303, description = "signed in; to the page"),
    (status = 401, description = "not begun in this browser, or the provider's word is not good", body = Problem),
    (status = 403, description = "no role here, or the account is disabled", body = Problem),
    (status = 409, description = "another account has the name", body = Problem),
    (status = 502, body = Problem)))]
pub async fn callback(
    State(state): State<AppState>,
    jar: CookieJar,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    let oidc = state.oidc.as_ref().ok_or_else(|| Problem::not_found("way to sign in"))?;
    let given = |name: &str| {
        pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    };
    // A code that somebody else's browser was given would sign this one in as somebody else.
    let own = jar.get(COOKIE).map(|cookie| Secret::new(cookie.value()));
    let own = own.filter(|own| !own.reveal().is_empty() && matches(given("state"), own));
    let now = state.register.clock.monotonic();
    let begun = own.and_then(|own| oidc.recall(own.reveal(), now)).ok_or_else(|| {
        let detail =
            "this sign-in was not begun in this browser in the last ten minutes; begin again";
        Problem::new(StatusCode::UNAUTHORIZED, "other-sign-in", detail)
    })?;
    if given("code").is_empty() {
        let said: String = given("error").chars().take(80).collect();
        let detail = format!("the identity provider did not sign in: {said:?}");
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "provider-refused", detail));
    }
    let claims = oidc.provider.finish(given("code"), &begun, state.register.now()).await?;
    let account = account(&state, oidc, &claims).await?;
    let jar = jar.remove(Cookie::build(COOKIE).path("/api/v1/session/oidc"));
    let (jar, _) = open(&state, jar, account, "identity provider").await?;
    Ok((jar, Redirect::to("/")).into_response())
}

/// Of whom the provider vouches for: made at the first sign-in, brought up to date at the others.
async fn account(state: &AppState, oidc: &Oidc, claims: &Claims) -> Answer<Account> {
    let (store, forbidden) = (&state.register.store, StatusCode::FORBIDDEN);
    let subject = format!("{} {}", oidc.provider.issuer(), claims.subject);
    let (roles, unit) = (oidc.roles(claims), oidc.unit(claims));
    if roles.is_empty() {
        let detail = "the identity provider names no role that counts here";
        return Err(Problem::new(forbidden, "no-role", detail));
    }
    let entry = |name: &str, what: &str| Access {
        detail: format!("{name}: {what}"),
        ..state.register.access(AccessKind::Account, WHO, None)
    };
    let Some(user) = store.user_of_subject(&subject).await? else {
        let name = claims.text(&oidc.worth.name_claim).unwrap_or_default().to_owned();
        if !is_name(&name) {
            let claim = &oidc.worth.name_claim;
            let detail =
                format!("{claim} of the identity provider is {name:?}, which is no name here");
            return Err(Problem::new(forbidden, "no-name", detail));
        }
        let new = NewUser {
            name: name.clone(),
            subject: Some(subject),
            password_hash: None,
            roles,
            unit,
            area: crate::domain::people::Area::EVERYWHERE,
            at: state.register.now(),
        };
        let what = format!("added: {}", new.roles);
        let taken = state.accounts.is_configured(&name)
            || !store.add_user(&new, &entry(&name, &what)).await?;
        if taken {
            let detail = format!("another account here has the name {name}");
            return Err(Problem::new(StatusCode::CONFLICT, "name-taken", detail));
        }
        let NewUser { name, roles, unit, area, .. } = new;
        return Ok(Account { name, unit, roles, area });
    };
    if user.disabled {
        let detail = format!("the account {} is disabled", user.name);
        return Err(Problem::new(forbidden, "disabled", detail));
    }
    let UserRow { name, area, .. } = user;
    let change = UserChange {
        roles: (roles != user.roles).then(|| roles.clone()),
        unit: (unit != user.unit).then(|| unit.clone()),
        ..UserChange::default()
    };
    if change != UserChange::default() {
        store.change_user(&name, &change, &entry(&name, &change.to_string())).await?;
    }
    Ok(Account { name, unit, roles, area })
}
