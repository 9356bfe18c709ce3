//! What each camera of a node says of a case that several of them see.

use super::{CaseState, Subject};
use crate::{
    base::time::WallTime,
    domain::{
        ids::{CameraId, CaseId, ZoneId},
        wire::PlaceData,
    },
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Witness {
    pub camera: CameraId,
    /// What the camera's own analyser calls the case.
    pub own_id: CaseId,
    pub zone: ZoneId,
    pub subject: Subject,
    pub place: Option<PlaceData>,
    pub first_seen_at: WallTime,
    pub confirmed_at: WallTime,
    pub last_seen_at: WallTime,
    /// Since when this camera calls it gone.
    pub gone_at: Option<WallTime>,
    pub dwell_secs: f64,
    pub count: u32,
    pub score: f32,
}

impl Witness {
    /// What one camera's picture of a case says.
    pub fn of(state: &CaseState) -> Self {
        Self {
            camera: state.camera.clone(),
            own_id: state.case_id,
            zone: state.zone.clone(),
            subject: state.subject.clone(),
            place: state.place.clone(),
            first_seen_at: state.first_seen_at,
            confirmed_at: state.confirmed_at,
            last_seen_at: state.last_seen_at,
            gone_at: state.gone_at,
            dwell_secs: state.dwell_secs,
            count: state.count,
            score: state.score,
        }
    }

    /// The picture of the case that this camera's analyser had; it goes on from there.
    pub fn own_case(&self, case: &CaseState) -> CaseState {
        CaseState {
            case_id: self.own_id,
            camera: self.camera.clone(),
            zone: self.zone.clone(),
            subject: self.subject.clone(),
            place: self.place.clone(),
            first_seen_at: self.first_seen_at,
            confirmed_at: self.confirmed_at,
            last_seen_at: self.last_seen_at,
            gone_at: self.gone_at,
            dwell_secs: self.dwell_secs,
            count: self.count,
            score: self.score,
            witnesses: Vec::new(),
            possibly_same_as: Vec::new(),
            ..case.clone()
        }
    }
}

impl CaseState {
    /// Who has seen it: the witnesses, or the one camera of a case without any.
    pub fn seen_by(&self) -> Vec<Witness> {
        match &self.witnesses[..] {
            [] => vec![Witness::of(self)],
            witnesses => witnesses.to_vec(),
        }
    }

    /// The case as each camera saw it, the latest if one saw it several times.
    pub fn of_each_camera(&self) -> Vec<Self> {
        let mut views: Vec<Self> = Vec::new();
        for witness in self.seen_by() {
            views.retain(|view| view.camera != witness.camera);
            views.push(Self { case_id: self.case_id, ..witness.own_case(self) });
        }
        views
    }

    /// The case as one camera saw it; `None` for one that did not.
    pub fn seen_from(&self, camera: &CameraId) -> Option<Self> {
        self.of_each_camera().into_iter().find(|view| &view.camera == camera)
    }
}
