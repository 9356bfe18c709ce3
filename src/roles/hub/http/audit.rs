//! Roots of the days over all histories, and the way to them from one case.

use super::{
    AppState,
    auth::Person,
    cases::found,
    problem::{Answer, Pairs, Problem, Segment},
};
use crate::{
    base::time::WallTime,
    domain::{case::day_root::Inclusion, ids::CaseId},
    drivers::store::hub::DayRoot,
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

const ROOTS_DEFAULT: u32 = 31;
const ROOTS_MAX: u32 = 400;

/// One hash over the histories of all cases, as they stood at the end of a local day.
#[derive(Serialize, ToSchema)]
pub struct DayRootView {
    pub day: String,
    pub root: String,
    /// Histories that grew since the root before, which the root covers as well.
    pub chains: i64,
    #[schema(value_type = String)]
    pub sealed_at: WallTime,
}

#[derive(Serialize, ToSchema)]
pub struct DayRoots {
    pub items: Vec<DayRootView>,
}

/// A root with the hashes that lead to it from a case.
#[derive(Serialize, ToSchema)]
pub struct SealedDayView {
    #[serde(flatten)]
    pub root: DayRootView,
    #[schema(value_type = Object)]
    pub inclusion: Inclusion,
}

#[derive(Serialize, ToSchema)]
pub struct SealedDays {
    pub items: Vec<SealedDayView>,
}

fn view(root: DayRoot) -> DayRootView {
    let DayRoot { day, root, chains, sealed_at } = root;
    DayRootView { day: day.to_string(), root, chains, sealed_at }
}

/// The newest day first.
#[utoipa::path(get, path = "/api/v1/audit/days", params(("limit" = Option<u32>, Query)),
    responses((status = 200, body = DayRoots), (status = 422, body = Problem)))]
pub async fn days(
    State(state): State<AppState>,
    _: Person,
    Pairs(pairs): Pairs,
) -> Answer<Json<DayRoots>> {
    let mut limit = ROOTS_DEFAULT;
    for (name, value) in pairs {
        let sound = value.parse().ok().filter(|limit| (1..=ROOTS_MAX).contains(limit));
        limit = match (name.as_str(), sound) {
            ("limit", Some(limit)) => limit,
            ("limit", None) => {
                return Err(Problem::invalid("limit", value, format!("1 to {ROOTS_MAX}")));
            }
            _ => return Err(Problem::invalid(&name, value, "limit")),
        };
    }
    let roots = state.register.store.day_roots(limit).await?;
    Ok(Json(DayRoots { items: roots.into_iter().map(view).collect() }))
}

/// The days that cover a case, oldest first, with the way from its history to each root.
#[utoipa::path(get, path = "/api/v1/cases/{id}/days", params(("id" = String, Path)),
    responses((status = 200, body = SealedDays), (status = 404, body = Problem)))]
pub async fn of_case(
    State(state): State<AppState>,
    _: Person,
    Segment(case_id): Segment<CaseId>,
) -> Answer<Json<SealedDays>> {
    found(&state, case_id).await?;
    let days = state.register.store.sealed_days(case_id).await?;
    let items = days
        .into_iter()
        .map(|day| SealedDayView { root: view(day.root), inclusion: day.inclusion });
    Ok(Json(SealedDays { items: items.collect() }))
}
