//! Which parts of a look are watched: a verdict needs some seconds of it, not all of it.
//!
//! ```text
//! look  |--------slot--------|--------slot--------|--------slot--------|--------slot--------|
//!               [burst]              [burst]             [burst]              [burst]
//! ```
//! One burst holds the frames that a verdict needs. Where they do not tell, a van stood before the place,
//! the next slot's are watched as well.
//!
//! Frames that follow closely say the same again, and the network is what a look costs: so they are taken
//! [`FPS_MIN`] a second, and up to [`FPS_MAX`] only where a look is too short for enough of them.

use crate::domain::{footage::Span, taxonomy::Closure};
use std::time::Duration;

const SLOTS_MAX: u32 = 4;
pub const FPS_MIN: f64 = 2.5;
pub const FPS_MAX: f64 = 5.0;

/// Frames of one look that are enough: with the others, a fifth more than the pattern asks for.
pub fn frames_wanted(closure: &Closure) -> u32 {
    (6 * closure.valid_frames_min).div_ceil(5 * closure.looks_min.max(1)).max(1)
}

/// Analysed frames a second of a look that is to give so many.
pub fn rate(look: Span, wanted: u32) -> f64 {
    let is_long = look.length().as_secs_f64() * FPS_MIN >= f64::from(wanted);
    if is_long { FPS_MIN } else { FPS_MAX }
}

/// In order of time; the whole look where it is short.
pub fn bursts(look: Span, wanted: u32) -> Vec<Span> {
    let length = Duration::from_secs_f64(f64::from(wanted) / rate(look, wanted));
    let slots = (look.length().as_secs_f64() / length.as_secs_f64().max(0.001)) as u32;
    if slots <= 1 {
        return vec![look];
    }
    let slots = slots.min(SLOTS_MAX);
    let slot = look.length() / slots;
    let burst = |number: u32| {
        let from = look.from.plus(slot * number + (slot - length) / 2);
        Span::new(from, from.plus(length))
    };
    (0..slots).map(burst).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::WallTime;

    fn look(secs: f64) -> Span {
        let from = WallTime::from_unix_millis(1_000);
        Span::new(from, from.plus(Duration::from_secs_f64(secs)))
    }

    #[test]
    fn bursts_are_as_long_as_asked_in_order_apart_and_within_their_look() {
        // Fifteen frames at 2.5 a second.
        let length = Duration::from_secs(6);
        for secs in [12.0, 13.5, 24.0, 90.0, 3_600.0] {
            let (look, bursts) = (look(secs), bursts(look(secs), 15));
            assert_eq!(bursts.len(), if secs < 24.0 { 2 } else { 4 }, "{secs} s");
            assert!(
                bursts.iter().all(|burst| burst.length() == length && burst.within(look) == *burst)
            );
            assert!(bursts.windows(2).all(|pair| pair[0].to <= pair[1].from), "{bursts:?}");
        }
    }

    #[test]
    fn a_short_look_is_watched_whole_and_closely_where_it_must_be() {
        for (secs, fps) in [(0.0, 5.0), (1.0, 5.0), (5.9, 5.0), (6.0, 2.5), (11.9, 2.5)] {
            assert_eq!(bursts(look(secs), 15), [look(secs)]);
            assert_eq!(rate(look(secs), 15), fps, "{secs} s");
        }
    }

    #[test]
    fn looks_together_hold_a_fifth_more_frames_than_are_needed() {
        let wanted = |valid_frames_min, looks_min| {
            frames_wanted(&Closure { valid_frames_min, looks_min, ..Closure::default() })
        };
        assert_eq!([wanted(30, 2), wanted(15, 2), wanted(30, 1), wanted(0, 0)], [18, 9, 36, 1]);
    }
}
