//! Why nothing was found on a frame, other than that nothing is there.

use super::Reason;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    ZoneOccluded,
    OtherThingThere,
    BeingHandled,
    BinMissing,
    PlaceUnchanged,
    MovedAside,
    LowLight,
    Suspected,
    OutsideSchedule,
}

impl Hindrance {
    /// What passes by is not seen on every frame that it spoils: the frames about it are doubted, too.
    pub fn lingers(self) -> bool {
        matches!(
            self,
            Self::ZoneOccluded | Self::OtherThingThere | Self::BeingHandled | Self::Suspected
        )
    }

    pub fn reason(self) -> Reason {
        match self {
            Self::ZoneOccluded => Reason::ZoneOccluded,
            Self::OtherThingThere => Reason::OtherThingThere,
            Self::BeingHandled => Reason::BeingHandled,
            Self::BinMissing => Reason::BinMissing,
            Self::PlaceUnchanged => Reason::PlaceUnchanged,
            Self::MovedAside => Reason::MovedAside,
            Self::LowLight => Reason::LowLight,
            Self::Suspected => Reason::FoundFaintly,
            Self::OutsideSchedule => Reason::OutsideSchedule,
        }
    }
}

/// Frames of a verification by what hindered them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hindrances {
    #[serde(skip_serializing_if = "is_zero")]
    pub zone_occluded: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub other_thing_there: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub being_handled: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub bin_missing: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub place_unchanged: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub moved_aside: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub low_light: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub suspected: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub outside_schedule: u32,
}

// serde hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Hindrances {
    pub fn add(&mut self, hindrance: Hindrance) {
        *match hindrance {
            Hindrance::ZoneOccluded => &mut self.zone_occluded,
            Hindrance::OtherThingThere => &mut self.other_thing_there,
            Hindrance::BeingHandled => &mut self.being_handled,
            Hindrance::BinMissing => &mut self.bin_missing,
            Hindrance::PlaceUnchanged => &mut self.place_unchanged,
            Hindrance::MovedAside => &mut self.moved_aside,
            Hindrance::LowLight => &mut self.low_light,
            Hindrance::Suspected => &mut self.suspected,
            Hindrance::OutsideSchedule => &mut self.outside_schedule,
        } += 1;
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// By frames, with its reason.
    pub fn counts(&self) -> [(u32, Reason); 9] {
        [
            (self.zone_occluded, Hindrance::ZoneOccluded),
            (self.other_thing_there, Hindrance::OtherThingThere),
            (self.being_handled, Hindrance::BeingHandled),
            (self.bin_missing, Hindrance::BinMissing),
            (self.place_unchanged, Hindrance::PlaceUnchanged),
            (self.moved_aside, Hindrance::MovedAside),
            (self.low_light, Hindrance::LowLight),
            (self.suspected, Hindrance::Suspected),
            (self.outside_schedule, Hindrance::OutsideSchedule),
        ]
        .map(|(frames, hindrance)| (frames, hindrance.reason()))
    }
}
