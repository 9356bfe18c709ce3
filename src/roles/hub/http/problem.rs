//! Errors as `application/problem+json`. The private cause goes to the log only.

use crate::{
    domain::case::lifecycle::Refused,
    drivers::{
        evidence::files::FilesError,
        store::{
            StoreError,
            hub::{BadMaster, DecideError},
        },
    },
    roles::hub::checks::Malformed,
};
use axum::{
    Json,
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
use utoipa::ToSchema;

/// RFC 9457. `field`, `value` and `allowed` are there where one input is at fault.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    pub detail: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Box<Fault>>,
    /// Sent as `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

/// The input at fault.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Fault {
    pub field: String,
    pub value: String,
    pub allowed: String,
}

pub type Answer<T> = Result<T, Problem>;

impl Problem {
    pub fn new(status: StatusCode, slug: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:gridwarden:problem:{slug}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            fault: None,
            retry_after: None,
        }
    }

    pub fn too_often(what: &str, retry_after: Duration) -> Self {
        let secs = retry_after.as_secs() + 1;
        let mut problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-failures",
            format!("{what}; try again in {secs} seconds"),
        );
        problem.retry_after = Some(Duration::from_secs(secs));
        problem
    }

    /// Of an account that stands in `hub.toml`.
    pub fn configured(name: &str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "configured-account",
            format!("{name} stands in hub.toml, and is changed there"),
        )
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no such {what}"))
    }

    pub fn unauthorised() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not-signed-in", "sign in, or send the right token")
    }

    /// One input is at fault.
    pub fn invalid(field: &str, value: impl Into<String>, allowed: impl Into<String>) -> Self {
        let value: String = value.into().chars().take(120).collect();
        let allowed = allowed.into();
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            format!("{field} is {value:?}; allowed: {allowed}"),
        );
        problem.fault = Some(Box::new(Fault { field: field.to_owned(), value, allowed }));
        problem
    }

    pub(super) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the hub could not do it; its log says why",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        if let Some(after) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, after.as_secs().into());
        }
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::Full { .. } = error {
            tracing::error!(%error, "request failed");
            return Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk-full",
                "the hub's disk is full; nothing was changed",
            );
        }
        Self::internal(&error)
    }
}

impl From<FilesError> for Problem {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Io { reason, .. } if reason.kind() == std::io::ErrorKind::StorageFull => {
                Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "disk-full",
                    "the hub's disk is full; the upload can go on later",
                )
            }
            error @ (FilesError::Io { .. } | FilesError::Bucket { .. }) => Self::internal(&error),
            error @ FilesError::Offset { .. } => {
                Self::new(StatusCode::CONFLICT, "upload-offset", error.to_string())
            }
            error @ FilesError::TooLong { .. } => {
                Self::new(StatusCode::BAD_REQUEST, "upload-length", error.to_string())
            }
            error @ FilesError::WrongDigest { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "upload-digest", error.to_string())
            }
        }
    }
}

impl From<DecideError> for Problem {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::NotFound(_) => Self::not_found("case"),
            error @ DecideError::Stale { .. } => {
                Self::new(StatusCode::PRECONDITION_FAILED, "stale", error.to_string())
            }
            DecideError::Refused(Refused::Reason { given, allowed, .. }) => {
                Self::invalid("reason", given, allowed.join(" "))
            }
            DecideError::Refused(refused @ Refused::FourEyes { .. }) => {
                Self::new(StatusCode::FORBIDDEN, "four-eyes", refused.to_string())
            }
            DecideError::Refused(refused @ Refused::SuspendedBefore) => {
                Self::new(StatusCode::CONFLICT, "suspended-before", refused.to_string())
            }
            DecideError::Refused(refused @ Refused::NoExtension) => {
                Self::new(StatusCode::CONFLICT, "no-extension", refused.to_string())
            }
            DecideError::Refused(refused @ Refused::ClosedForGood) => {
                Self::new(StatusCode::CONFLICT, "closed-for-good", refused.to_string())
            }
            DecideError::Refused(refused @ Refused::NoUndo(_)) => {
                Self::new(StatusCode::CONFLICT, "no-undo", refused.to_string())
            }
            DecideError::SameEvent { code } => {
                Self::invalid("event_code", code, "another event than the case is")
            }
            error @ DecideError::Checklist { .. } => {
                Self::new(StatusCode::CONFLICT, "checklist", error.to_string())
            }
            DecideError::Refused(refused) => {
                Self::new(StatusCode::CONFLICT, "not-now", refused.to_string())
            }
            DecideError::NoSuchStaff { name } => {
                Self::invalid("assignee", name, "somebody of the grid's staff with an open account")
            }
            error @ DecideError::NobodyNear { .. } => {
                Self::new(StatusCode::CONFLICT, "nobody-near", error.to_string())
            }
            DecideError::Master(bad) => bad.into(),
            DecideError::Store(error) => error.into(),
        }
    }
}

impl From<BadMaster> for Problem {
    fn from(bad: BadMaster) -> Self {
        let (status, slug, into, allowed) = match &bad {
            BadMaster::Unknown(into) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "into-unknown", Some(*into), "a known case")
            }
            BadMaster::Itself => {
                (StatusCode::UNPROCESSABLE_ENTITY, "into-itself", None, "another case")
            }
            BadMaster::Cycle { into } => {
                (StatusCode::CONFLICT, "into-cycle", Some(*into), "a case that is not merged")
            }
            BadMaster::Merged { into, .. } => {
                (StatusCode::CONFLICT, "into-merged", Some(*into), "a case that is not merged")
            }
            BadMaster::Done { into, .. } => {
                (StatusCode::CONFLICT, "into-done", Some(*into), "a case that is not done with")
            }
        };
        let mut problem = Self::new(status, slug, bad.to_string());
        let value = into.map(|into| into.to_string()).unwrap_or_default();
        let (field, allowed) = ("into".to_owned(), allowed.to_owned());
        problem.fault = Some(Box::new(Fault { field, value, allowed }));
        problem
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self::invalid(malformed.field, malformed.value, malformed.allowed)
    }
}

/// How JSON writes the character 0.
const NUL_IN_JSON: &[u8] = b"\\u0000";

/// JSON body; unknown fields are the type's matter.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        // No text has use for it, and PostgreSQL takes none that holds it.
        let (parts, body) = request.into_parts();
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state)
            .await
            .map_err(|error| Problem::new(error.status(), "body", error.body_text()))?;
        if body.windows(NUL_IN_JSON.len()).any(|part| part == NUL_IN_JSON) {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "the body holds \\u0000; a text may not",
            ));
        }
        let request = Request::from_parts(parts, body.into());
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(error)) => {
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", error.body_text()))
            }
            Err(error) => Err(Problem::new(error.status(), "body", error.body_text())),
        }
    }
}

/// Query as pairs, so that a name may repeat.
pub struct Pairs(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let query: Result<Query<Vec<(String, String)>>, QueryRejection> =
            Query::from_request_parts(parts, state).await;
        match query {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(error) => Err(Problem::new(error.status(), "query", error.body_text())),
        }
    }
}

/// One path segment, parsed by the type it names.
pub struct Segment<T>(pub T);

impl<S, T> FromRequestParts<S> for Segment<T>
where
    S: Send + Sync,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path: Result<Path<String>, PathRejection> =
            Path::from_request_parts(parts, state).await;
        let Path(text) =
            path.map_err(|error| Problem::new(error.status(), "path", error.body_text()))?;
        text.parse().map(Self).map_err(|error: T::Err| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", error.to_string())
        })
    }
}
