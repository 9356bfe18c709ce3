//! Could the camera see? Numbers of each frame in, a condition out.
//!
//! Enters: a [`Picture`] a frame, measured by `drivers::vision::health`, with its stamp; and the news that
//! the stream was lost. Leaves: an [`Assessment`]: what this frame is worth, what is told of the camera,
//! and what the measuring side shall do with its reference picture. Media time only; no clock.
//!
//! ```text
//!             first good second                    fault shown for its raise time
//!   unknown --------------------> ok ---fault---> suspected ------------------------> told
//!                                  ^                  |                                |
//!                                  +---good for 1 s---+        good for its clear time |
//!                                  +--------------------------------------------------+
//!   any --stream lost--> offline --frames again--> what it was before
//! ```
//!
//! A suspected frame proves nothing at once: rules and verdicts must not call gone what a doubtful picture
//! does not show. The public condition changes only after [`FAULTS`]' times, 60 s at most, also when the
//! picture wavers between two faults. A stretch without frames is evidence for nothing.
//!
//! The **reference** is what the view looked like, learnt slowly while nothing is wrong, so that light, shadow
//! and parked things pass into it. A camera that switches between colour and infrared gets a new one. A
//! camera that was turned keeps the old one, and with it the fault, until the view returns, the edge is
//! restarted or reloaded, or [`Settings::relearn_after`] has passed.

mod engine;
mod judge;
#[cfg(test)]
mod tests;

pub use engine::{Assessment, HealthEngine, Learn, Public, Settings};
pub use judge::shown;

use super::wire::CameraCondition;
use std::time::Duration;

/// Measured on one frame, shrunk to 320 px wide and half of that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Picture {
    /// Mean luma, 0 to 255.
    pub luma_mean: f32,
    /// Standard deviation of luma: a covered or black lens is flat.
    pub luma_deviation: f32,
    /// Share of samples at white.
    pub white_share: f32,
    /// Share of samples with a colour; none at all in an infrared picture.
    pub coloured_share: f32,
    /// Variance of the Laplacian at 160 px wide: falls when the picture loses its edges.
    pub sharpness: f32,
    /// Mean absolute difference to the frame before; none for the first. Sensor noise keeps it above zero.
    pub change: Option<f32>,
    /// Against the reference; none while there is none.
    pub view: Option<View>,
}

/// One frame against the reference, tile by tile. Shares are of the tiles with structure to compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Share of all tiles in which the reference has structure.
    pub structured_share: f32,
    /// Tiles in which that structure is not found, at the best shift.
    pub lost_share: f32,
    /// Tiles in which it is not found and hardly any other is there.
    pub flat_share: f32,
    /// Fine detail beside coarse structure, median of the tiles; 1 is as sharp as the reference.
    pub softness: f32,
    pub blobs: Blobs,
    /// How far the view has moved right and down, as a share of the picture's width.
    pub shift: [f32; 2],
    /// The reference's own [`Picture::coloured_share`].
    pub coloured_share: f32,
}

/// Tiles that have stayed without fine detail for some seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Blobs {
    pub share: f32,
    /// Groups of tiles that touch.
    pub groups: u32,
    /// The largest group's share of them.
    pub largest_share: f32,
}

impl View {
    /// Whether the reference has enough structure to say anything.
    pub fn is_usable(&self) -> bool {
        self.structured_share >= judge::STRUCTURED_MIN
    }

    /// How much of the view is where it was, 0 to 1.
    pub fn kept_share(&self) -> f32 {
        if self.shift_share() > judge::SHIFT_MAX { 0.0 } else { 1.0 - self.lost_share }
    }

    pub fn shift_share(&self) -> f32 {
        self.shift[0].hypot(self.shift[1])
    }
}

/// A fault of the picture: told after `raise` of it, withdrawn after `clear` without any.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    pub condition: CameraCondition,
    pub raise: Duration,
    pub clear: Duration,
}

const fn fault(condition: CameraCondition, raise_secs: u64) -> Fault {
    let (raise, clear) = (Duration::from_secs(raise_secs), Duration::from_secs(5));
    Fault { condition, raise, clear }
}

/// A lorry before the lens stands for 20 s and more, so what it may look like takes longer.
pub const FAULTS: [Fault; 7] = [
    fault(CameraCondition::Black, 8),
    fault(CameraCondition::Overexposed, 20),
    fault(CameraCondition::Covered, 30),
    fault(CameraCondition::Moved, 30),
    fault(CameraCondition::Blurred, 20),
    fault(CameraCondition::Frozen, 15),
    fault(CameraCondition::RainOnLens, 40),
];

impl CameraCondition {
    /// What is seen on such a frame is there.
    pub fn shows_things(self) -> bool {
        matches!(self, Self::Ok | Self::RainOnLens)
    }

    /// What is not seen on such a frame is not there.
    pub fn proves_absence(self) -> bool {
        self == Self::Ok
    }
}
