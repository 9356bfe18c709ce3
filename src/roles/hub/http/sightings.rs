//! What cameras say of a case beyond its one picture: each witness, and what it may be taken for.

use super::{problem::Answer, view::PlaceView};
use crate::{
    base::time::WallTime,
    domain::{
        ids::CaseId,
        wire::{EventData, WitnessData},
    },
    roles::hub::register::Register,
};
use serde::Serialize;
use utoipa::ToSchema;

/// One camera of several that have seen the thing.
#[derive(Serialize, ToSchema)]
pub struct WitnessView {
    pub camera: String,
    pub zone: String,
    /// Left, top, right, bottom as fractions of this camera's picture.
    pub boxes_fraction: Vec<[f32; 4]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceView>,
    #[schema(value_type = String)]
    pub first_seen_at: WallTime,
    #[schema(value_type = String)]
    pub last_seen_at: WallTime,
    /// Since when this camera calls it gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub gone_at: Option<WallTime>,
}

/// A case that may mean the same thing under another name: a proposal, for a person to decide.
#[derive(Serialize, ToSchema)]
pub struct ProposalView {
    pub case_id: String,
    pub state: String,
    #[schema(value_type = Object)]
    pub event: EventData,
}

#[derive(Default, Serialize, ToSchema)]
pub struct SightingsView {
    /// 智慧码 of the asset whose slot the zone is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component_id: Option<String>,
    /// Who it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Empty while one camera alone has seen it.
    pub witnesses: Vec<WitnessView>,
    pub possibly_same_as: Vec<ProposalView>,
}

pub async fn sightings(register: &Register, case_id: CaseId) -> Answer<SightingsView> {
    let Some(picture) = register.store.picture(case_id).await? else {
        return Ok(SightingsView::default());
    };
    let mut possibly_same_as = Vec::new();
    for named in picture.possibly_same_as {
        // One that has not arrived yet is shown once it has.
        if let Some(other) = register.store.case(named).await? {
            possibly_same_as.push(ProposalView {
                case_id: named.to_string(),
                state: other.state.to_string(),
                event: other.event,
            });
        }
    }
    Ok(SightingsView {
        component_id: picture.component_id,
        owner: picture.owner,
        witnesses: picture.witnesses.into_iter().map(witness).collect(),
        possibly_same_as,
    })
}

fn witness(witness: WitnessData) -> WitnessView {
    WitnessView {
        camera: witness.camera.to_string(),
        zone: witness.zone.to_string(),
        boxes_fraction: witness.subject.boxes_fraction,
        place: witness.place.map(PlaceView::of),
        first_seen_at: witness.first_seen_at,
        last_seen_at: witness.last_seen_at,
        gone_at: witness.gone_at,
    }
}
