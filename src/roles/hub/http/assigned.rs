//! With whom of the grid's staff a case is, and who else it may be given to.

use super::{
    AppState,
    cases::found,
    problem::{Answer, Problem, Segment},
};
use crate::{
    base::time::WallTime,
    domain::{ids::CaseId, people},
    drivers::store::hub::CaseRow,
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct AssignedView {
    /// Absent: nobody, so it waits for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `in_area`, `nearest_area`, `by_person`, `no_staff` or `no_place`
    pub why: String,
    /// From the place to the person's area, where it lies outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metres: Option<i64>,
    #[schema(value_type = String)]
    pub at: WallTime,
}

pub fn assigned(case: &CaseRow) -> Option<AssignedView> {
    let (assigned, at) = case.assigned.as_ref().zip(case.assigned_at)?;
    Some(AssignedView {
        to: assigned.to.clone(),
        why: assigned.why.to_string(),
        metres: assigned.metres,
        at,
    })
}

/// One of the grid's staff.
#[derive(Serialize, ToSchema)]
pub struct StaffView {
    pub name: String,
    /// `in_area` or `nearest_area`; absent for whoever has no bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metres: Option<i64>,
    /// Other cases that wait for this one.
    pub waiting: i64,
}

#[derive(Serialize, ToSchema)]
pub struct StaffList {
    pub items: Vec<StaffView>,
}

/// Whom a case may be given to, the nearest first; whoever handled it is not among them.
#[utoipa::path(get, path = "/api/v1/cases/{id}/staff", params(("id" = String, Path)), responses(
    (status = 200, body = StaffList), (status = 404, body = Problem)))]
pub async fn staff(
    State(state): State<AppState>,
    Segment(case_id): Segment<CaseId>,
) -> Answer<Json<StaffList>> {
    let case = found(&state, case_id).await?;
    let staff = state.register.store.staff(case_id).await?;
    let ranked = people::ranked(case.place.as_ref(), &staff).into_iter();
    let items = ranked.map(|one| StaffView {
        name: one.staff.name.clone(),
        why: one.why.map(|why| why.to_string()),
        metres: one.metres.map(|metres| metres.round() as i64),
        waiting: one.staff.waiting,
    });
    Ok(Json(StaffList { items: items.collect() }))
}
