//! Signing in and out.
//!
//! Guessing is slowed: a few failures for one name close it for a while, and few passwords are
//! hashed at once, because each costs memory. An unknown name costs as much time as a known one.

use super::{
    AppState,
    auth::{COOKIE, Person, matches},
    problem::{Answer, Body, Pairs, Problem},
};
use crate::{
    base::time::{Monotonic, WallTime},
    drivers::evidence::files::Digest256,
    roles::hub::password,
};
use argon2::{
    Argon2,
    password_hash::{PasswordVerifier, phc::PasswordHash},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

const SESSION_SPAN: Duration = Duration::from_secs(12 * 3_600);
const NAME_CHARS_MAX: usize = 64;
const HASHES_AT_ONCE_MAX: usize = 2;
const FAILURES_MAX: u32 = 5;
const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_secs(300);
/// Names remembered; a flood of made-up names only makes old failures forgotten.
const NAMES_MAX: usize = 1_024;
/// A hash that no password has; it makes an unknown name cost as much as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCBoZXJl$cQPoZ8vZp5pHrQnyXy5mTqv8cZ0nqC0VdKz9yZ6cS8k";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub name: String,
    pub password: String,
}

#[derive(Serialize, ToSchema)]
pub struct SessionView {
    pub name: String,
    pub role: String,
    pub version: String,
    pub demo: bool,
}

/// Recent failures by name, and the bound on parallel hashing.
pub struct Guard {
    failures: Mutex<BTreeMap<String, (u32, Monotonic)>>,
    hashes: Semaphore,
}

impl Default for Guard {
    fn default() -> Self {
        Self { failures: Mutex::default(), hashes: Semaphore::new(HASHES_AT_ONCE_MAX) }
    }
}

impl Guard {
    fn is_closed(&self, name: &str, now: Monotonic) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(name).is_some_and(|(count, at)| {
            *count >= FAILURES_MAX && now.since(*at) < FAILURES_FORGOTTEN_AFTER
        })
    }

    fn note(&self, name: &str, failed: bool, now: Monotonic) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if !failed {
            failures.remove(name);
            return;
        }
        failures.retain(|_, (_, at)| now.since(*at) < FAILURES_FORGOTTEN_AFTER);
        if failures.len() >= NAMES_MAX && !failures.contains_key(name) {
            failures.pop_first();
        }
        let entry = failures.entry(name.to_owned()).or_insert((0, now));
        *entry = (entry.0 + 1, now);
    }
}

/// Sign in with name and password.
#[utoipa::path(post, path = "/api/v1/session", request_body = SignIn, responses(
    (status = 204, description = "signed in; sets the cookie gw_session"),
    (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn sign_in(
    State(state): State<AppState>,
    jar: CookieJar,
    Body(given): Body<SignIn>,
) -> Answer<Response> {
    let SignIn { name, password } = given;
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Problem::invalid("name", name, format!("at most {NAME_CHARS_MAX} characters")));
    }
    if password.chars().count() > password::CHARS_MAX {
        let allowed = format!("at most {} characters", password::CHARS_MAX);
        return Err(Problem::invalid("password", "***", allowed));
    }
    let now = state.register.clock.monotonic();
    if state.guard.is_closed(&name, now) {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-failures",
            "too many wrong passwords for this name; try again in five minutes",
        ));
    }
    let user = state.config.users.iter().find(|user| user.name == name);
    let hash = user.map_or(NOBODY, |user| user.password_hash.reveal()).to_owned();
    let permit = state.guard.hashes.acquire().await;
    let right = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .unwrap_or(false);
    drop(permit);
    let right = right && user.is_some();
    state.guard.note(&name, !right, now);
    if !right {
        metrics::counter!("gridwarden_hub_sign_in_failures_total").increment(1);
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "wrong-password",
            "name or password is wrong",
        ));
    }
    let jar = open(&state, jar, &name).await?;
    Ok((StatusCode::NO_CONTENT, jar).into_response())
}

async fn open(state: &AppState, jar: CookieJar, name: &str) -> Answer<CookieJar> {
    let token = Digest256::of(&rand::random::<[u8; 32]>()).to_string();
    let stored = Digest256::of(token.as_bytes());
    let now: WallTime = state.register.now();
    let until = now.plus(SESSION_SPAN);
    state.register.store.open_session(stored.as_str(), name, now, until).await?;
    tracing::info!(name, "signed in");
    let cookie = Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        .secure(state.config.https_in_front)
        .same_site(SameSite::Strict);
    Ok(jar.add(cookie))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", responses(
    (status = 200, body = SessionView), (status = 401, body = Problem)))]
pub async fn who(State(state): State<AppState>, person: Person) -> Json<SessionView> {
    Json(SessionView {
        name: person.name,
        role: "reviewer".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        demo: state.config.demo_ticket.is_some(),
    })
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
    let jar = open(&state, jar, "demo").await?;
    Ok((jar, Redirect::to("/")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_costs_a_real_hash() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        assert!(Argon2::default().verify_password(b"nobody", &hash).is_err());
        assert_eq!(hash.hash.unwrap().as_bytes().len(), 32);
    }

    #[test]
    fn five_failures_close_a_name_for_five_minutes_and_a_success_forgets_them() {
        let guard = Guard::default();
        let at = |secs| Monotonic::from_secs_f64(secs);
        for _ in 0..4 {
            guard.note("li", true, at(0.0));
        }
        assert!(!guard.is_closed("li", at(1.0)));
        guard.note("li", true, at(1.0));
        assert!(guard.is_closed("li", at(300.0)));
        assert!(!guard.is_closed("wang", at(2.0)));
        assert!(!guard.is_closed("li", at(301.0)));
        guard.note("li", false, at(301.0));
        guard.note("li", true, at(302.0));
        assert!(!guard.is_closed("li", at(303.0)));
    }

    #[test]
    fn a_flood_of_names_stays_bounded() {
        let guard = Guard::default();
        for number in 0..3 * NAMES_MAX {
            guard.note(&number.to_string(), true, Monotonic::ZERO);
        }
        assert_eq!(guard.failures.lock().unwrap().len(), NAMES_MAX);
    }
}
