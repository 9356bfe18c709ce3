//! What a case may be merged into, and what is merged into it.

use super::{
    AppState,
    auth::Person,
    problem::{Answer, Problem, Segment},
    view::{self, CaseSummary, EvidenceView},
};
use crate::{
    domain::{geo::GeoPoint, ids::CaseId, wire::PlaceData},
    drivers::store::hub::CaseRow,
    roles::hub::register::Register,
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// A person chooses one of a few; more only hide it.
const NEAR_MAX: usize = 20;

/// A case that is merged into another, with the pictures of its own cameras.
#[derive(Serialize, ToSchema)]
pub struct MergedView {
    #[serde(flatten)]
    pub summary: CaseSummary,
    pub evidence: Vec<EvidenceView>,
}

/// An open case that may be the same thing.
#[derive(Serialize, ToSchema)]
pub struct NearCase {
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// Absent where one of the two has no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metres: Option<f64>,
    /// Its node proposes it as the same thing under another name.
    pub proposed: bool,
}

#[derive(Serialize, ToSchema)]
pub struct NearCases {
    pub items: Vec<NearCase>,
}

/// All that is merged into a case, oldest first.
pub async fn merged(register: &Register, case_id: CaseId) -> Answer<Vec<MergedView>> {
    let mut views = Vec::new();
    for case in register.store.merged_cases(case_id).await? {
        let evidence = register.store.case_evidence(case.case_id).await?;
        views.push(MergedView {
            summary: view::summary(&case),
            evidence: evidence.iter().map(view::evidence).collect(),
        });
    }
    Ok(views)
}

/// Open cases that a person may merge this one into: proposed ones first, then the nearest.
#[utoipa::path(get, path = "/api/v1/cases/{id}/near", params(("id" = String, Path)), responses(
    (status = 200, body = NearCases), (status = 404, body = Problem)))]
pub async fn near(
    State(state): State<AppState>,
    person: Person,
    Segment(case_id): Segment<CaseId>,
) -> Answer<Json<NearCases>> {
    let store = &state.register.store;
    let case = store.case(case_id).await?.ok_or_else(|| Problem::not_found("case"))?;
    let proposed = store.picture(case_id).await?.map(|picture| picture.possibly_same_as);
    let proposed = proposed.unwrap_or_default();
    let around = store.open_near(&case).await?;
    let mut found: Vec<(bool, Option<f64>, CaseId)> = (around.iter())
        .map(|other| (proposed.contains(&other.case_id), apart(&case, other), other.case_id))
        .collect();
    // One of a camera without calibration has no place to be found by.
    for named in &proposed {
        if !found.iter().any(|(_, _, known)| known == named) {
            found.push((true, None, *named));
        }
    }
    let metres = |apart: Option<f64>| apart.unwrap_or(f64::INFINITY);
    found.sort_by(|a, b| b.0.cmp(&a.0).then(metres(a.1).total_cmp(&metres(b.1))));
    let mut items = Vec::new();
    for (proposed, metres, other) in found {
        // One that has not arrived yet, or is done with, is none to merge into.
        let other = store.case(other).await?.filter(|other| !other.state.is_final());
        let Some(other) = other.filter(|other| person.area.holds_place(other.place.as_ref()))
        else {
            continue;
        };
        items.push(NearCase { summary: view::summary(&other), metres, proposed });
        if items.len() == NEAR_MAX {
            break;
        }
    }
    Ok(Json(NearCases { items }))
}

fn apart(one: &CaseRow, other: &CaseRow) -> Option<f64> {
    let point = |at: &PlaceData| GeoPoint { lon_deg: at.lon_deg, lat_deg: at.lat_deg };
    let (one, other) = (point(one.place.as_ref()?), point(other.place.as_ref()?));
    Some((one.distance_metres(&other) * 10.0).round() / 10.0)
}
