//! Accounts, for those who keep them. Every change is in the log with who made it.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Body, Problem, Segment},
};
use crate::{
    base::time::WallTime,
    domain::people::{Area, Role, Roles},
    drivers::store::hub::{Access, AccessKind, NewUser, UserChange, UserRow},
    roles::hub::{
        User,
        accounts::{NAME_CHARS_MAX, UNIT_CHARS_MAX, is_name},
        register::Register,
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserIn {
    pub name: String,
    pub password: String,
    /// `viewer`, `grid_staff`, `dispatcher`, `reviewer`, `administrator`, `auditor`
    pub roles: Vec<String>,
    pub unit: Option<String>,
    /// BeiDou codes; empty: the whole district.
    #[serde(default)]
    pub area: Vec<String>,
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    pub password: Option<String>,
    pub roles: Option<Vec<String>>,
    /// Blank: none.
    pub unit: Option<String>,
    pub area: Option<Vec<String>>,
    pub disabled: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct UserView {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[schema(value_type = Vec<String>)]
    pub roles: Roles,
    #[schema(value_type = Vec<String>)]
    pub area: Area,
    pub disabled: bool,
    /// `register`, `provider` (signs in through OpenID Connect) or `configuration` (stands in hub.toml)
    pub kept_in: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub created_at: Option<WallTime>,
}

#[derive(Serialize, ToSchema)]
pub struct UserList {
    pub items: Vec<UserView>,
}

impl From<UserRow> for UserView {
    fn from(user: UserRow) -> Self {
        let UserRow { name, unit, roles, area, disabled, subject, created_at, .. } = user;
        let kept_in = if subject.is_some() { "provider" } else { "register" };
        Self { name, unit, roles, area, disabled, kept_in, created_at: Some(created_at) }
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        let User { name, unit, roles, area, .. } = user.clone();
        let (disabled, kept_in, created_at) = (false, "configuration", None);
        Self { name, unit, roles, area, disabled, kept_in, created_at }
    }
}

/// All accounts, by name.
#[utoipa::path(get, path = "/api/v1/users", responses((status = 200, body = UserList)))]
pub async fn list(State(state): State<AppState>) -> Answer<Json<UserList>> {
    let mut items: Vec<UserView> = state.accounts.configured().iter().map(UserView::from).collect();
    items.extend(state.register.store.users().await?.into_iter().map(UserView::from));
    items.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(UserList { items }))
}

/// A new account.
#[utoipa::path(post, path = "/api/v1/users", request_body = UserIn, responses(
    (status = 201, body = UserView), (status = 409, description = "the name is taken", body = Problem),
    (status = 422, body = Problem)))]
pub async fn add(
    State(state): State<AppState>,
    person: Person,
    Body(given): Body<UserIn>,
) -> Answer<Response> {
    let UserIn { name, password, roles: given_roles, unit: given_unit, area: codes } = given;
    if !is_name(&name) {
        let allowed =
            format!("1 to {NAME_CHARS_MAX} letters, digits, - _ . @, and no name of a machine");
        return Err(Problem::invalid("name", name, allowed));
    }
    let taken = || {
        let detail = format!("{name} is the name of another account");
        Problem::new(StatusCode::CONFLICT, "name-taken", detail)
    };
    if state.accounts.is_configured(&name) {
        return Err(taken());
    }
    let new = NewUser {
        name: name.clone(),
        subject: None,
        roles: roles(&given_roles)?,
        unit: unit(given_unit)?,
        area: area(codes)?,
        password_hash: Some(hash(&state, password).await?),
        at: state.register.now(),
    };
    let entry = account_entry(&state.register, &person, &name, &format!("added: {}", new.roles));
    if !state.register.store.add_user(&new, &entry).await? {
        return Err(taken());
    }
    let user = state.register.store.user(&name).await?.ok_or_else(|| Problem::not_found("user"))?;
    Ok((StatusCode::CREATED, Json(UserView::from(user))).into_response())
}

/// An account changed; a new password or `disabled` ends its sessions.
#[utoipa::path(patch, path = "/api/v1/users/{name}", params(("name" = String, Path)),
    request_body = UserPatch, responses((status = 200, body = UserView), (status = 404, body = Problem),
    (status = 409, description = "it is one's own, or stands in hub.toml", body = Problem),
    (status = 422, body = Problem)))]
pub async fn change(
    State(state): State<AppState>,
    person: Person,
    Segment(name): Segment<String>,
    Body(given): Body<UserPatch>,
) -> Answer<Json<UserView>> {
    if state.accounts.is_configured(&name) {
        return Err(Problem::configured(&name));
    }
    let store = &state.register.store;
    let user = store.user(&name).await?.ok_or_else(|| Problem::not_found("user"))?;
    let UserPatch { password, roles: given_roles, unit: given_unit, area: codes, disabled } = given;
    let new_roles = given_roles.map(|given| roles(&given)).transpose()?;
    let locked_out = disabled == Some(true)
        || new_roles.as_ref().is_some_and(|roles| !roles.has(Role::Administrator));
    if person.name == name && locked_out {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "own-account",
            "nobody shuts out the own account; another administrator can",
        ));
    }
    if password.is_some() && user.subject.is_some() {
        let detail =
            "this account signs in through the identity provider, which keeps its password";
        return Err(Problem::new(StatusCode::CONFLICT, "no-password", detail));
    }
    let password_hash = match password {
        Some(password) => Some(hash(&state, password).await?),
        None => None,
    };
    let change = UserChange {
        password_hash,
        roles: new_roles,
        unit: given_unit.map(|given| unit(Some(given))).transpose()?,
        area: codes.map(area).transpose()?,
        disabled,
    };
    let entry = account_entry(&state.register, &person, &name, &change.to_string());
    store.change_user(&name, &change, &entry).await?;
    let user = store.user(&name).await?.ok_or_else(|| Problem::not_found("user"))?;
    Ok(Json(user.into()))
}

/// Who changed what of an account.
pub fn account_entry(register: &Register, by: &Person, account: &str, what: &str) -> Access {
    Access {
        detail: format!("{account}: {what}"),
        ..register.access(AccessKind::Account, &by.name, by.unit.as_deref())
    }
}

fn roles(given: &[String]) -> Answer<Roles> {
    let parsed: Result<Roles, _> = given.iter().map(|role| role.parse::<Role>()).collect();
    let roles = parsed.map_err(|error| {
        let allowed = Role::ALL.map(Role::as_str).join(" ");
        Problem::invalid("roles", error.value, allowed)
    })?;
    match roles.is_empty() {
        true => Err(Problem::invalid("roles", "", "at least one role")),
        false => Ok(roles),
    }
}

fn unit(given: Option<String>) -> Answer<Option<String>> {
    let unit = given.unwrap_or_default().trim().to_owned();
    if unit.chars().count() > UNIT_CHARS_MAX || unit.chars().any(char::is_control) {
        let allowed = format!("at most {UNIT_CHARS_MAX} characters, on one line");
        return Err(Problem::invalid("unit", unit, allowed));
    }
    Ok((!unit.is_empty()).then_some(unit))
}

fn area(codes: Vec<String>) -> Answer<Area> {
    let written = codes.join(" ");
    Area::try_from(codes)
        .map_err(|error| Problem::invalid("area", written, format!("BeiDou 2D codes ({error})")))
}

async fn hash(state: &AppState, password: String) -> Answer<crate::base::secret::Secret> {
    let hashed = state.accounts.hash(password).await;
    hashed.map_err(|error| Problem::invalid("password", "***", error.to_string()))
}
