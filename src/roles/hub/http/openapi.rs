//! The OpenAPI document, made from the handlers.

use super::{
    access_log, acts, assigned, audit, calibrations, cameras, cases, complaints, dataset,
    deliveries, dry_runs, evidence, fleet, footage, map, merges, oidc, ops, package, photographs,
    problem::Problem, scenes, session, sheets, shifts, statistics, stills, stream, streets, users,
    view,
};
use axum::Json;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "gridwarden hub",
        description = "Cases of a city's cameras: review, verification, evidence. See docs/http.md."
    ),
    paths(
        session::sign_in,
        session::who,
        session::sign_out,
        session::change_password,
        oidc::ways,
        oidc::begin,
        oidc::callback,
        cases::list,
        cases::one,
        acts::act,
        acts::handling,
        audit::days,
        audit::of_case,
        assigned::staff,
        merges::near,
        package::download,
        package::key,
        footage::request,
        footage::take_along,
        cases::feedback,
        photographs::receive,
        photographs::lend,
        complaints::receive,
        cameras::list,
        cameras::of_cell,
        stills::ask,
        stills::one,
        stills::picture,
        dry_runs::ask,
        dry_runs::one,
        dry_runs::cancel,
        calibrations::solve,
        scenes::check,
        streets::list,
        map::map,
        map::cells,
        map::hotspots,
        map::tiles,
        statistics::figures,
        statistics::figures_csv,
        statistics::digest,
        shifts::now,
        shifts::hand_over,
        shifts::read,
        fleet::list,
        evidence::held,
        evidence::append,
        evidence::show,
        dataset::coco,
        sheets::cases,
        sheets::feedback,
        deliveries::dead,
        deliveries::retry,
        stream::listen,
        users::list,
        users::add,
        users::change,
        access_log::list,
        ops::healthz,
        ops::readyz,
        ops::metrics
    ),
    components(schemas(Problem, view::CaseDetail, view::CasePage))
)]
struct Document;

pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
