//! How long to wait before the next attempt: at once, then 0.5 s doubling to 30 s, with jitter.
//!
//! Pure: the caller brings the randomness and does the waiting. The jitter keeps a hundred cameras
//! behind one rebooted switch from knocking in step.

use std::time::Duration;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const WAIT_MAX: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub fn new() -> Self {
        Self::default()
    }

    /// The wait before the next attempt: zero after the first failure, then between half and all
    /// of the doubled step. `jitter` is 0 to 1; anything else is clamped.
    pub fn next_wait(&mut self, jitter: f64) -> Duration {
        let failures = self.failures;
        self.failures = failures.saturating_add(1);
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        let step = FIRST_WAIT.saturating_mul(1 << doublings.min(16)).min(WAIT_MAX);
        let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
        step.mul_f64(0.5 + jitter / 2.0)
    }

    /// The stream has been good for a while: the next failure is a first one again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_retry_is_at_once_and_the_waits_double_to_the_limit() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..9).map(|_| backoff.next_wait(1.0).as_millis()).collect();
        assert_eq!(waits, [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        backoff.reset();
        assert_eq!(backoff.next_wait(1.0), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn jitter_takes_away_at_most_half(jitter in any::<f64>(), failures in 1u32..100_000) {
            let wait = Backoff { failures }.next_wait(jitter);
            let whole = Backoff { failures }.next_wait(1.0);
            prop_assert!(wait >= whole / 2 && wait <= whole && whole <= WAIT_MAX);
        }
    }
}
