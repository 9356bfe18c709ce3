//! Who is calling: a signed-in person, an edge, or the city's platform.
//!
//! A person has a cookie with a random token, stored as its digest. A state-changing call with the
//! cookie must carry `X-CSRF-Token` of that session, which only a page of ours can have read. What a person
//! may is looked up at every call, so an account that is disabled is out at once. Edges have certificates
//! or, like the platform, bearer tokens, compared by digest so that timing tells nothing.

use super::{
    AppState,
    mutual::Peer,
    problem::{Answer, Problem},
};
use crate::{
    base::secret::Secret,
    domain::{
        ids::NodeId,
        people::{Area, Roles},
    },
    drivers::evidence::files::Digest256,
};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Method, StatusCode, header, request::Parts},
};
use axum_extra::extract::cookie::CookieJar;
use std::net::{IpAddr, Ipv4Addr};

pub const COOKIE: &str = "gw_session";
const CSRF_HEADER: &str = "x-csrf-token";
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Someone who has signed in.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    /// 单位
    pub unit: Option<String>,
    pub roles: Roles,
    pub area: Area,
    pub token_sha256: Digest256,
    pub csrf_token: String,
}

/// An edge.
#[derive(Debug, Clone)]
pub struct Node {
    /// By its certificate; `None`: by the token that all nodes share.
    pub id: Option<NodeId>,
}

/// Whoever may hand in complaints and feedback: `name` for the history.
#[derive(Debug, Clone)]
pub struct Reporter {
    pub name: String,
    pub area: Area,
    /// `None`: the platform, which speaks for its units and dispatchers.
    pub roles: Option<Roles>,
}

impl Reporter {
    pub fn platform() -> Self {
        Self { name: "platform".to_owned(), area: Area::EVERYWHERE, roles: None }
    }

    pub fn of(person: Person) -> Self {
        Self { name: person.name, area: person.area, roles: Some(person.roles) }
    }
}

/// What the guard of a route leaves for its handler.
#[derive(Clone)]
pub struct Caller<T>(pub T);

pub fn matches(given: &str, expected: &Secret) -> bool {
    Digest256::of(given.as_bytes()) == Digest256::of(expected.reveal().as_bytes())
}

pub fn bearer(parts: &Parts) -> Option<&str> {
    parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Follows from the session's token, which no script can read, and tells nothing of it.
pub fn csrf_token(token: &str) -> String {
    Digest256::of(format!("csrf {token}").as_bytes()).to_string()
}

impl Person {
    /// Whoever the cookie is of.
    pub async fn calling(state: &AppState, parts: &Parts) -> Answer<Self> {
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(COOKIE).ok_or_else(Problem::unauthorised)?.value();
        let token_sha256 = Digest256::of(token.as_bytes());
        let now = state.register.now();
        let session = state.register.store.session(token_sha256.as_str(), now).await?;
        let session = session.ok_or_else(Problem::unauthorised)?;
        let account = state.accounts.open(&session.name).await?;
        let account = account.ok_or_else(Problem::unauthorised)?;
        let csrf_token = csrf_token(token);
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let given = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
        if !reads && !given.is_some_and(|given| matches(given, &Secret::new(&*csrf_token))) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "csrf",
                "a changing call with the cookie needs the header X-CSRF-Token with csrf_token of GET /api/v1/session",
            ));
        }
        Ok(Self {
            name: account.name,
            unit: account.unit,
            roles: account.roles,
            area: account.area,
            token_sha256,
            csrf_token,
        })
    }
}

/// Where a call comes from. Behind a proxy of ours its last hop says so; another's word counts nothing.
pub fn address(state: &AppState, parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<Peer>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.address.ip());
    if !state.config.https_in_front {
        return peer;
    }
    let told = parts.headers.get_all(FORWARDED_FOR).iter().next_back();
    let last = told.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
}

/// The address of a call, for handlers.
pub struct From(pub IpAddr);

impl FromRequestParts<AppState> for From {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Answer<Self> {
        Ok(Self(address(state, parts)))
    }
}

/// Left by the guard; a route whose guard lets in others has none.
fn caller<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Answer<T> {
    let found = parts.extensions.get::<Caller<T>>().map(|caller| caller.0.clone());
    found.ok_or_else(|| {
        Problem::internal(&"a handler asks for a caller that its route does not admit")
    })
}

impl FromRequestParts<AppState> for Person {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Answer<Self> {
        caller(parts)
    }
}

impl FromRequestParts<AppState> for Node {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Answer<Self> {
        caller(parts)
    }
}

impl FromRequestParts<AppState> for Reporter {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Answer<Self> {
        caller(parts)
    }
}
