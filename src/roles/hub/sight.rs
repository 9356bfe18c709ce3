//! Which cameras see a place: the coverage index of the hub, loaded from the register and kept up with
//! what edges announce.
//!
//! The lock is held for one look-up or one card, never across an await.

use crate::{
    domain::{
        coverage::{Blind, CoverageIndex, HeightSpan, Spot},
        grid::{GridCell, GridCell3},
        ids::{CameraId, NodeId, PatternId},
        wire::{CameraCardData, CameraHealthData, PlaceData, StatusData},
    },
    drivers::store::{StoreError, hub::HubStore},
};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// One camera among all nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub node: NodeId,
    pub camera: CameraId,
}

pub struct Sight {
    index: RwLock<CoverageIndex>,
}

impl Sight {
    /// As the register has it.
    pub async fn load(store: &HubStore) -> Result<Self, StoreError> {
        let mut index = CoverageIndex::default();
        for row in store.cameras().await? {
            if let Some(status) = &row.status {
                index.set_presence(&row.node, status.state);
            }
            if let Some(card) = &row.card {
                index.set_card(&row.node, card);
            }
            if let Some(health) = &row.health {
                index.set_condition(&row.node, &row.camera, health.condition);
            }
        }
        Ok(Self { index: RwLock::new(index) })
    }

    pub fn status(&self, node: &NodeId, status: &StatusData) {
        self.write().set_presence(node, status.state);
    }

    pub fn card(&self, node: &NodeId, card: &CameraCardData) {
        self.write().set_card(node, card);
    }

    pub fn health(&self, node: &NodeId, health: &CameraHealthData) {
        self.write().set_condition(node, &health.camera, health.condition);
    }

    /// For a look at the ranked cameras; do not keep it.
    pub fn read(&self) -> RwLockReadGuard<'_, CoverageIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, CoverageIndex> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The best camera to ask about a pattern at a spot, of those not asked yet.
    pub fn pick(&self, spot: &Spot, pattern: &PatternId, asked: &[Asked]) -> Option<Picked> {
        let index = self.read();
        let ranked = index.cameras_of(spot, Some(pattern));
        let fresh = ranked.iter().find(|seeing| {
            !asked.iter().any(|one| one.node == *seeing.node && one.camera == *seeing.camera)
        })?;
        let camera = Asked { node: fresh.node.clone(), camera: fresh.camera.clone() };
        Some(Picked { camera, blind: fresh.blind })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    pub camera: Asked,
    /// Why it cannot see now; then none that can is left.
    pub blind: Option<Blind>,
}

/// What to look up for a case: its cell, and its height where one is known.
pub fn spot_of(place: &PlaceData) -> Option<Spot> {
    let cell: GridCell = place.code_2d.parse().ok()?;
    let layer = || place.code_3d.as_ref()?.parse::<GridCell3>().ok().map(HeightSpan::of_layer);
    let heights = place.height_metres.map(HeightSpan::around).or_else(layer);
    Some(Spot { cell, heights })
}

/// The reason as the page shows it.
pub fn blind_reason(blind: Blind) -> String {
    match blind {
        Blind::NodeAway => "node_away".to_owned(),
        Blind::Condition(condition) => match serde_json::to_value(condition) {
            Ok(serde_json::Value::String(name)) => name,
            _ => String::new(),
        },
    }
}
