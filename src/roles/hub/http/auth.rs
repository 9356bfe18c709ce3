//! Who is calling: a signed-in person, an edge, or the city's platform.
//!
//! A person has a cookie with a random token, stored as its digest. A state-changing call with the
//! cookie must carry `X-Requested-With: gridwarden`, which no foreign page can make a browser send.
//! Edges and the platform send bearer tokens, compared by digest so that timing tells nothing.

use super::{
    AppState,
    problem::{Answer, Problem},
};
use crate::{base::secret::Secret, drivers::evidence::files::Digest256};
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{Method, StatusCode, header, request::Parts},
};
use axum_extra::extract::cookie::CookieJar;

pub const COOKIE: &str = "gw_session";
const CSRF_HEADER: &str = "x-requested-with";
const CSRF_VALUE: &[u8] = b"gridwarden";

/// Someone who has signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub token_sha256: Digest256,
}

/// An edge.
pub struct Node;

/// Whoever may hand in complaints and feedback: `name` for the history.
pub struct Reporter {
    pub name: String,
}

pub fn matches(given: &str, expected: &Secret) -> bool {
    Digest256::of(given.as_bytes()) == Digest256::of(expected.reveal().as_bytes())
}

fn bearer(parts: &Parts) -> Option<&str> {
    parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

impl FromRequestParts<AppState> for Person {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Answer<Self> {
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(COOKIE).ok_or_else(Problem::unauthorised)?.value();
        let token_sha256 = Digest256::of(token.as_bytes());
        let now = state.register.now();
        let session = state
            .register
            .store
            .session(token_sha256.as_str(), now)
            .await?
            .ok_or_else(Problem::unauthorised)?;
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let marked = parts.headers.get(CSRF_HEADER).is_some_and(|v| v.as_bytes() == CSRF_VALUE);
        if !reads && !marked {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "a changing call with the cookie needs the header X-Requested-With: gridwarden",
            ));
        }
        Ok(Self { name: session.name, token_sha256 })
    }
}

impl OptionalFromRequestParts<AppState> for Person {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Answer<Option<Self>> {
        let person = <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await;
        match person {
            Ok(person) => Ok(Some(person)),
            Err(problem) if problem.status == StatusCode::UNAUTHORIZED.as_u16() => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

impl FromRequestParts<AppState> for Node {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Answer<Self> {
        match bearer(parts) {
            Some(token)
                if state.config.node_token.as_ref().is_some_and(|kept| matches(token, kept)) =>
            {
                Ok(Self)
            }
            _ => Err(Problem::unauthorised()),
        }
    }
}

impl FromRequestParts<AppState> for Reporter {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Answer<Self> {
        if let Some(token) = bearer(parts) {
            let known = state.config.platform_token.as_ref();
            return match known.is_some_and(|expected| matches(token, expected)) {
                true => Ok(Self { name: "platform".to_owned() }),
                false => Err(Problem::unauthorised()),
            };
        }
        let person = <Person as FromRequestParts<AppState>>::from_request_parts(parts, state);
        Ok(Self { name: person.await?.name })
    }
}
