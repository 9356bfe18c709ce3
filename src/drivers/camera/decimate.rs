//! Which frames are analysed: at most so many a second, chosen by media time.
//!
//! Time is cut into slots of `1 / fps`, counted from the first frame; the first frame of a slot is
//! kept. So the choice depends on timestamps alone (the same file gives the same frames) and the mean
//! rate is met for any pair of rates. A frame that is early by a tenth of a slot belongs to the next
//! one, so that times cut to milliseconds do not cost every other frame.

use crate::base::time::MediaTime;

/// In slots.
const EARLY_MAX: f64 = 0.1;

#[derive(Debug, Clone)]
pub struct Decimator {
    fps: f64,
    started: Option<(MediaTime, u64)>,
}

impl Decimator {
    /// A rate that is not a positive number keeps every frame.
    pub fn new(fps: f64) -> Self {
        Self { fps, started: None }
    }

    pub fn keeps(&mut self, pts: MediaTime) -> bool {
        if !(self.fps.is_finite() && self.fps > 0.0) {
            return true;
        }
        let Some((origin, slot)) = self.started else {
            self.started = Some((pts, 0));
            return true;
        };
        let now = (pts.since(origin).as_secs_f64() * self.fps + EARLY_MAX) as u64;
        if now > slot {
            self.started = Some((origin, now));
        }
        now > slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(source_fps: f64, fps: f64, frames: u32, truncate_to_millis: bool) -> usize {
        let mut decimator = Decimator::new(fps);
        (0..frames)
            .filter(|&i| {
                let secs = f64::from(i) / source_fps;
                let secs = if truncate_to_millis { (secs * 1e3).floor() / 1e3 } else { secs };
                decimator.keeps(MediaTime::from_secs_f64(secs))
            })
            .count()
    }

    #[test]
    fn equal_rates_keep_all_frames_even_with_times_cut_to_milliseconds() {
        assert_eq!(kept(30.0, 30.0, 300, true), 300);
        assert_eq!(kept(29.97, 29.97, 300, true), 300);
    }

    #[test]
    fn rates_that_do_not_divide_still_meet_the_mean() {
        assert_eq!(kept(25.0, 10.0, 250, false), 100);
        assert_eq!(kept(25.0, 5.0, 250, false), 50);
        assert_eq!(kept(10.0, 25.0, 100, false), 100);
    }

    #[test]
    fn no_rate_keeps_everything() {
        assert_eq!(kept(25.0, 0.0, 50, false), 50);
        assert_eq!(kept(25.0, f64::NAN, 50, false), 50);
    }

    proptest! {
        #[test]
        fn never_more_than_asked(steps in prop::collection::vec(0u64..200_000_000, 1..300), fps in 0.5f64..30.0) {
            let (mut decimator, mut now, mut kept) = (Decimator::new(fps), 0, 0u32);
            for step in &steps {
                now += step;
                kept += u32::from(decimator.keeps(MediaTime::from_nanos(now)));
            }
            prop_assert!(f64::from(kept) <= now as f64 / 1e9 * fps + 1.5);
        }
    }
}
