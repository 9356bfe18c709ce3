//! Signing in and out, and one's own password.

use super::{
    AppState,
    auth::{COOKIE, From, Person, csrf_token, matches},
    problem::{Answer, Body, Pairs, Problem},
    users::account_entry,
};
use crate::{
    base::time::WallTime,
    domain::people::{Area, Roles},
    drivers::{
        evidence::files::Digest256,
        store::hub::{AccessKind, UserChange},
    },
    roles::hub::{
        accounts::{Account, DEMO, NAME_CHARS_MAX},
        password,
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

const SESSION_SPAN: Duration = Duration::from_secs(12 * 3_600);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub name: String,
    pub password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    pub old: String,
    pub new: String,
}

#[derive(Serialize, ToSchema)]
pub struct SessionView {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[schema(value_type = Vec<String>)]
    pub roles: Roles,
    /// BeiDou codes that bound what is seen; empty: the whole district.
    #[schema(value_type = Vec<String>)]
    pub area: Area,
    /// To be sent as `X-CSRF-Token` with every changing call.
    pub csrf_token: String,
    pub version: String,
    pub demo: bool,
}

/// Sign in with name and password.
#[utoipa::path(post, path = "/api/v1/session", request_body = SignIn, responses(
    (status = 200, description = "signed in; sets the cookie gw_session", body = SessionView),
    (status = 401, body = Problem), (status = 429, description = "Retry-After says when", body = Problem)))]
pub async fn sign_in(
    State(state): State<AppState>,
    From(address): From,
    jar: CookieJar,
    Body(given): Body<SignIn>,
) -> Answer<Response> {
    let SignIn { name, password } = given;
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Problem::invalid("name", name, format!("at most {NAME_CHARS_MAX} characters")));
    }
    bounded("password", &password)?;
    let now = state.register.clock.monotonic();
    if let Some(closed) = state.attempts.closed_for(&name, address, now) {
        return Err(Problem::too_often("too many wrong passwords", closed));
    }
    let right = state.accounts.admits(&name, password).await?;
    let account = if right { state.accounts.open(&name).await? } else { None };
    let Some(account) = account else {
        state.attempts.failed(&name, address, now);
        metrics::counter!("gridwarden_hub_sign_in_failures_total").increment(1);
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong-password",
            "name or password is wrong",
        ));
    };
    state.attempts.succeeded(&name, address, now);
    let (jar, view) = open(&state, jar, account, "password").await?;
    Ok((jar, Json(view)).into_response())
}

fn bounded(field: &str, password: &str) -> Answer<()> {
    if password.chars().count() > password::CHARS_MAX {
        let allowed = format!("at most {} characters", password::CHARS_MAX);
        return Err(Problem::invalid(field, "***", allowed));
    }
    Ok(())
}

/// A new session of an account, and its cookie. `how` goes to the log.
pub async fn open(
    state: &AppState,
    jar: CookieJar,
    account: Account,
    how: &str,
) -> Answer<(CookieJar, SessionView)> {
    let token = Digest256::of(&rand::random::<[u8; 32]>()).to_string();
    let stored = Digest256::of(token.as_bytes());
    let now: WallTime = state.register.now();
    let until = now.plus(SESSION_SPAN);
    let (store, name) = (&state.register.store, &account.name);
    store.open_session(stored.as_str(), name, now, until).await?;
    let mut entry = state.register.access(AccessKind::SignIn, name, account.unit.as_deref());
    entry.detail = how.to_owned();
    store.log_access(&entry).await?;
    tracing::info!(name, how, "signed in");
    let view = view(state, account, csrf_token(&token));
    let cookie = Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        .secure(state.config.https_in_front)
        .same_site(SameSite::Strict);
    Ok((jar.add(cookie), view))
}

fn view(state: &AppState, account: Account, csrf_token: String) -> SessionView {
    let Account { name, unit, roles, area } = account;
    SessionView {
        name,
        unit,
        roles,
        area,
        csrf_token,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        demo: state.config.demo_ticket.is_some(),
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", responses(
    (status = 200, body = SessionView), (status = 401, body = Problem)))]
pub async fn who(State(state): State<AppState>, person: Person) -> Json<SessionView> {
    let Person { name, unit, roles, area, csrf_token, .. } = person;
    Json(view(&state, Account { name, unit, roles, area }, csrf_token))
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session", responses(
    (status = 204, description = "signed out"), (status = 401, body = Problem)))]
pub async fn sign_out(
    State(state): State<AppState>,
    person: Person,
    jar: CookieJar,
) -> Answer<Response> {
    state.register.store.close_session(person.token_sha256.as_str()).await?;
    let jar = jar.remove(Cookie::build(COOKIE).path("/"));
    Ok((StatusCode::NO_CONTENT, jar).into_response())
}

/// One's own password anew; every other session of the account ends.
#[utoipa::path(post, path = "/api/v1/session/password", request_body = NewPassword, responses(
    (status = 200, description = "signed in anew", body = SessionView), (status = 401, body = Problem),
    (status = 409, description = "no password is kept here", body = Problem),
    (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn change_password(
    State(state): State<AppState>,
    person: Person,
    From(address): From,
    jar: CookieJar,
    Body(given): Body<NewPassword>,
) -> Answer<Response> {
    bounded("old", &given.old)?;
    if state.accounts.is_configured(&person.name) {
        return Err(Problem::configured(&person.name));
    }
    let now = state.register.clock.monotonic();
    if let Some(closed) = state.attempts.closed_for(&person.name, address, now) {
        return Err(Problem::too_often("too many wrong passwords", closed));
    }
    if !state.accounts.admits(&person.name, given.old).await? {
        state.attempts.failed(&person.name, address, now);
        let detail = "the old password is wrong";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong-password", detail));
    }
    let hash = state.accounts.hash(given.new).await;
    let hash = hash.map_err(|error| Problem::invalid("new", "***", error.to_string()))?;
    let change = UserChange { password_hash: Some(hash), ..UserChange::default() };
    let entry = account_entry(&state.register, &person, &person.name, "password");
    state.register.store.change_user(&person.name, &change, &entry).await?;
    let Person { name, unit, roles, area, .. } = person;
    let account = Account { name, unit, roles, area };
    let (jar, view) = open(&state, jar, account, "new password").await?;
    Ok((jar, Json(view)).into_response())
}

/// Demo only: the address on screen carries a ticket that signs in.
pub async fn by_ticket(
    State(state): State<AppState>,
    jar: CookieJar,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    let expected = state.config.demo_ticket.as_ref().ok_or_else(|| Problem::not_found("page"))?;
    let given = pairs.iter().find(|(name, _)| name == "ticket").map_or("", |(_, value)| value);
    if !matches(given, expected) {
        return Err(Problem::unauthorised());
    }
    let account = state.accounts.open(DEMO).await?.ok_or_else(Problem::unauthorised)?;
    let (jar, _) = open(&state, jar, account, "ticket").await?;
    Ok((jar, Redirect::to("/")).into_response())
}
