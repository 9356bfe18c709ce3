//! "Rule R held on subject S from t0 to t1": what rules hand to the case book.

use super::{ids::ClassName, pixel::PixelBox};
use crate::base::time::MediaTime;

/// One thing (or group) staying in one zone; numbered within its rule, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StayId(pub u64);

/// What is known of a stay at the moment of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub stay: StayId,
    pub class: ClassName,
    /// In reference pixels; for a group, the box around its members.
    pub bbox: PixelBox,
    /// For a group, each member's box: places are taken from feet, not from the hull of a crowd.
    pub members: Vec<PixelBox>,
    pub first_seen: MediaTime,
    pub last_seen: MediaTime,
    pub dwell_secs: f64,
    pub count: u32,
    pub score: f32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RuleEvent {
    /// The condition has held long enough: a case.
    Confirmed(Observation),
    /// A confirmed condition still holds in this frame.
    Holds(Observation),
    /// A confirmed condition has been absent long enough in frames that could have shown it.
    Ended(Observation),
}
