//! Which route is for whom: the one place where calls are let in.
//!
//! ```text
//! Routes::on(method, path, access, handler) --> guard --> handler
//!                                                 |- who calls (cookie, token, certificate)
//!                                                 |- may they (domain::people)
//!                                                 `- does the case lie in their area
//! ```
//!
//! A route cannot be added without its [`Access`], and a handler finds who called in the request only if
//! its guard let them in. The area of a person is asked of every route with a case in its path: outside of
//! it a case does not exist (404).

use super::{
    AppState,
    auth::{Caller, Node, Person, Reporter, bearer, matches},
    mutual::Peer,
    problem::{Answer, Problem},
};
use crate::domain::{
    ids::CaseId,
    people::{Act, Roles},
};
use axum::{
    Router,
    extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State},
    http::{Method, StatusCode, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anyone,
    /// Whatever the role.
    SignedIn,
    /// A person who may do one of these.
    May(&'static [Act]),
    /// Such a person, or the district's platform with its token.
    Report(&'static [Act]),
    /// An edge, by its certificate or the nodes' token.
    Edge,
}

/// The name, in a path, of the case that a call is about.
const CASE: &str = "id";

/// Routes, each with who may call it.
pub struct Routes {
    state: AppState,
    router: Router<AppState>,
    pub table: Vec<(Method, String, Access)>,
}

impl Routes {
    pub fn new(state: AppState) -> Self {
        Self { state, router: Router::new(), table: Vec::new() }
    }

    pub fn on(
        mut self,
        method: Method,
        path: &str,
        access: Access,
        handler: MethodRouter<AppState>,
    ) -> Self {
        let guard = from_fn_with_state((self.state.clone(), access), guard);
        self.router = self.router.route(path, handler.route_layer(guard));
        self.table.push((method, path.to_owned(), access));
        self
    }

    /// Below `/api/v1`.
    pub fn on_api(
        self,
        method: Method,
        path: &'static str,
        access: Access,
        handler: MethodRouter<AppState>,
    ) -> Self {
        self.on(method, &format!("/api/v1{path}"), access, handler)
    }

    pub fn into_router(self) -> Router<AppState> {
        self.router
    }
}

async fn guard(
    State((state, access)): State<(AppState, Access)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&state, access, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admit(state: &AppState, access: Access, parts: &mut Parts) -> Answer<()> {
    match access {
        Access::Anyone => Ok(()),
        Access::SignedIn => {
            let person = Person::calling(state, parts).await?;
            parts.extensions.insert(Caller(person));
            Ok(())
        }
        Access::May(acts) => {
            let person = permitted(state, acts, parts).await?;
            parts.extensions.insert(Caller(person));
            Ok(())
        }
        Access::Report(acts) => {
            let reporter = match bearer(parts) {
                Some(token) => {
                    let known = state.config.platform_token.as_ref();
                    if !known.is_some_and(|expected| matches(token, expected)) {
                        return Err(Problem::unauthorised());
                    }
                    Reporter::platform()
                }
                None => Reporter::of(permitted(state, acts, parts).await?),
            };
            parts.extensions.insert(Caller(reporter));
            Ok(())
        }
        Access::Edge => {
            let node = edge(state, parts)?;
            parts.extensions.insert(Caller(node));
            Ok(())
        }
    }
}

/// Signed in, by role one who may, and the case in the path theirs.
async fn permitted(state: &AppState, acts: &[Act], parts: &mut Parts) -> Answer<Person> {
    let person = Person::calling(state, parts).await?;
    if !acts.iter().any(|act| person.roles.may(*act)) {
        return Err(forbidden(&person.name, &person.roles));
    }
    if !person.area.is_everywhere() {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params =
            params.map_err(|error| Problem::new(error.status(), "path", error.body_text()))?;
        let case = params.iter().find(|(name, _)| *name == CASE).map(|(_, value)| value.parse());
        // What is no case id is the handler's to refuse.
        if let Some(Ok(case_id)) = case {
            person.sees(state, case_id).await?;
        }
    }
    Ok(person)
}

fn forbidden(name: &str, roles: &Roles) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "role",
        format!("{name} is signed in as: {roles}; none of these may do this"),
    )
}

/// For decisions that only the body of a call tells apart. One that is no decision is the handler's to
/// refuse.
fn demand_decision(name: &str, roles: &Roles, action: &str) -> Answer<()> {
    match Act::of_decision(action) {
        Some(act) if !roles.may(act) => Err(forbidden(name, roles)),
        _ => Ok(()),
    }
}

impl Reporter {
    pub fn demand_decision(&self, action: &str) -> Answer<()> {
        self.roles.as_ref().map_or(Ok(()), |roles| demand_decision(&self.name, roles, action))
    }
}

impl Person {
    pub fn demand_decision(&self, action: &str) -> Answer<()> {
        demand_decision(&self.name, &self.roles, action)
    }

    /// 404 for a case outside of the person's area, as for one that there is not; one that the person is to look
    /// at is there wherever it lies.
    pub async fn sees(&self, state: &AppState, case_id: CaseId) -> Answer<()> {
        if self.area.is_everywhere() {
            return Ok(());
        }
        let case = state.register.store.case(case_id).await?;
        let within = case.is_some_and(|case| {
            self.area.holds_place(case.place.as_ref()) || case.is_with(&self.name)
        });
        if within { Ok(()) } else { Err(Problem::not_found("case")) }
    }
}

fn edge(state: &AppState, parts: &Parts) -> Answer<Node> {
    if let Some(ConnectInfo(Peer { node: Some(node), .. })) =
        parts.extensions.get::<ConnectInfo<Peer>>()
    {
        return Ok(Node { id: Some(node.clone()) });
    }
    let known = state.config.node_token.as_ref();
    match bearer(parts) {
        Some(token) if known.is_some_and(|kept| matches(token, kept)) => Ok(Node { id: None }),
        _ => Err(Problem::unauthorised()),
    }
}
