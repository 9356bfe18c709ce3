//! Which parts of a look are watched: a verdict needs some seconds of it, not all of it.
//!
//! ```text
//! look  |--------slot--------|--------slot--------|--------slot--------|--------slot--------|
//!               [burst]              [burst]             [burst]              [burst]
//! ```
//! One burst holds the frames that a verdict needs. Where they do not tell, a van stood before the place,
//! the next slot's are watched as well.

use crate::domain::{footage::Span, taxonomy::Closure};
use std::time::Duration;

const SLOTS_MAX: u32 = 4;

/// Frames of one look that are enough: with the others, twice of what the pattern asks for.
pub fn frames_wanted(closure: &Closure) -> u32 {
    (2 * closure.valid_frames_min).div_ceil(closure.looks_min.max(1)).max(1)
}

/// In order of time; the whole look where it is short.
pub fn bursts(look: Span, length: Duration) -> Vec<Span> {
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
        let length = Duration::from_secs(6);
        for secs in [12.0, 13.5, 24.0, 90.0, 3_600.0] {
            let (look, bursts) = (look(secs), bursts(look(secs), length));
            assert_eq!(bursts.len(), if secs < 24.0 { 2 } else { 4 }, "{secs} s");
            assert!(
                bursts.iter().all(|burst| burst.length() == length && burst.within(look) == *burst)
            );
            assert!(bursts.windows(2).all(|pair| pair[0].to <= pair[1].from), "{bursts:?}");
        }
    }

    #[test]
    fn a_short_look_is_watched_whole() {
        for secs in [0.0, 1.0, 6.0, 11.9] {
            assert_eq!(bursts(look(secs), Duration::from_secs(6)), [look(secs)]);
        }
        assert_eq!(bursts(look(5.0), Duration::ZERO).len(), SLOTS_MAX as usize);
    }

    #[test]
    fn looks_together_hold_twice_the_frames_that_are_needed() {
        let wanted = |valid_frames_min, looks_min| {
            frames_wanted(&Closure { valid_frames_min, looks_min, ..Closure::default() })
        };
        assert_eq!([wanted(30, 2), wanted(15, 2), wanted(30, 1), wanted(0, 0)], [30, 15, 60, 1]);
    }
}
