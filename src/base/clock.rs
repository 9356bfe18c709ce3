//! The only place that reads the machine's clocks. Everything else is handed a [`Clock`].

use super::time::{Monotonic, WallTime};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

pub trait Clock: Send + Sync {
    fn monotonic(&self) -> Monotonic;
    fn wall(&self) -> WallTime;
}

/// The machine's clocks.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the clock")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Monotonic {
        Monotonic::from_nanos(self.start.elapsed().as_nanos() as u64)
    }
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the clock")]
    fn wall(&self) -> WallTime {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        WallTime::from_unix_millis(since_epoch.as_millis() as i64)
    }
}

/// A clock moved by hand, for simulation and tests. Clones share the time.
#[derive(Debug, Clone)]
pub struct SimClock(Arc<Mutex<(Monotonic, WallTime)>>);

impl SimClock {
    pub fn starting_at(wall: WallTime) -> Self {
        Self(Arc::new(Mutex::new((Monotonic::ZERO, wall))))
    }

    /// Let time pass.
    pub fn advance(&self, span: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (now.0.plus(span), now.1.plus(span));
    }

    /// Set the wall clock without letting time pass, as NTP or an operator would.
    pub fn step_wall(&self, wall: WallTime) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = wall;
    }
}

impl Clock for SimClock {
    fn monotonic(&self) -> Monotonic {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }
    fn wall(&self) -> WallTime {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stepping_the_wall_clock_leaves_monotonic_time_alone() {
        let clock = SimClock::starting_at(WallTime::from_unix_millis(1_000));
        clock.advance(Duration::from_secs(1));
        clock.step_wall(WallTime::from_unix_millis(0));
        assert_eq!(clock.monotonic().as_secs_f64(), 1.0);
        assert_eq!(clock.wall().unix_millis(), 0);
    }
}
