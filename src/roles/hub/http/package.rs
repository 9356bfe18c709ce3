//! The evidence package of a case as a download, and the key that it can be checked with.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Pairs, Problem, Segment},
};
use crate::{
    domain::ids::CaseId,
    roles::hub::{
        checks,
        package::{Package, PackageError, assemble},
        text::without_contacts,
    },
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

const WHY_DEFAULT: &str = "package";
/// Packages that are read and checked at once.
pub const PACKAGES_MAX: usize = 2;

impl From<PackageError> for Problem {
    fn from(error: PackageError) -> Self {
        match error {
            PackageError::NotFound(_) => Self::not_found("case"),
            error @ PackageError::Chain { .. } => {
                tracing::error!(%error, "the audit chain is broken");
                Self::new(StatusCode::CONFLICT, "chain-broken", error.to_string())
            }
            error @ PackageError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "package-too-large", error.to_string())
            }
            PackageError::Store(error) => error.into(),
            PackageError::Files(error) => error.into(),
            error @ PackageError::Manifest { .. } => Self::internal(&error),
        }
    }
}

/// A zip that proves itself: masked pictures, facts, history, verdicts, signed. `why` is kept in the
/// access log, for every file in it.
#[utoipa::path(get, path = "/api/v1/cases/{id}/package", params(("id" = String, Path),
    ("why" = Option<String>, Query)), responses(
    (status = 200, description = "application/zip"), (status = 404, body = Problem),
    (status = 409, description = "the audit chain is broken", body = Problem),
    (status = 413, body = Problem)))]
pub async fn download(
    State(state): State<AppState>,
    person: Person,
    Segment(case_id): Segment<CaseId>,
    Pairs(pairs): Pairs,
) -> Answer<Response> {
    let why = why(pairs, WHY_DEFAULT)?;
    let package = {
        let _permit = state.packages.acquire().await;
        assemble(&state.register, &state.config.district, &state.signer, case_id).await?
    };
    download_of(&state, package, &case_id.to_string(), &person, &why).await
}

/// What a person says the download is for.
pub fn why(pairs: Vec<(String, String)>, otherwise: &str) -> Answer<String> {
    let mut why = otherwise.to_owned();
    for (name, value) in pairs {
        if name != "why" {
            return Err(Problem::invalid(&name, value, "why"));
        }
        checks::note("why", &value)?;
        why = without_contacts(&value);
    }
    Ok(why)
}

/// A zip called `name`, in the access log before its first byte leaves.
pub async fn download_of(
    state: &AppState,
    package: Package,
    name: &str,
    person: &Person,
    why: &str,
) -> Answer<Response> {
    let register = &state.register;
    let entries = package.accesses(register, &person.name, person.unit.as_deref(), why);
    register.store.log_accesses(&entries).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(package.zip_bytes()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name = format!("attachment; filename=\"{name}.zip\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    let body = Body::from_stream(package.into_zip(register.files.clone()));
    Ok((headers, body).into_response())
}

/// The public key that this hub signs packages with. It is no secret: anybody may ask.
#[utoipa::path(get, path = "/api/v1/package-key",
    responses((status = 200, description = "a PEM file", content_type = "application/x-pem-file")))]
pub async fn key(State(state): State<AppState>) -> Response {
    let pem = state.signer.public().to_pem();
    ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response()
}
