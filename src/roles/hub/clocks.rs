//! What time alone brings about: a clock runs out, a suspension ends, a day is over.
//!
//! All of it is read from the register at each step, so a restart goes on where it was; a midnight that the
//! hub slept through is made up for at once.

use super::register::Register;
use crate::{
    base::{
        shutdown::Shutdown,
        time::{LocalDate, WallTime},
    },
    domain::schedule::CHINA_OFFSET_SECS,
    drivers::store::StoreError,
};
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_secs(1);
/// Handled in one step; the rest follows in the next.
const WORK_MAX: u32 = 200;
const DAY: Duration = Duration::from_secs(24 * 3_600);

pub struct Clocks {
    register: Arc<Register>,
    /// The last day that is known to have its root.
    sealed: Option<LocalDate>,
}

impl Clocks {
    pub fn new(register: Arc<Register>) -> Self {
        Self { register, sealed: None }
    }

    /// Does everything that is due now.
    pub async fn step(&mut self) -> Result<(), StoreError> {
        let (register, now) = (Arc::clone(&self.register), self.register.now());
        for (change, clock) in register.store.run_out(now, WORK_MAX).await? {
            register.announce_overdue(&change, clock);
        }
        for change in register.store.end_suspensions(now, WORK_MAX).await? {
            register.announce(&change);
        }
        self.seal(now).await
    }

    /// The day before this one gets its root, once it is over.
    async fn seal(&mut self, now: WallTime) -> Result<(), StoreError> {
        let over = now.minus(DAY).local(CHINA_OFFSET_SECS).date;
        if self.sealed == Some(over) {
            return Ok(());
        }
        if let Some(root) = self.register.store.seal_day(over, now).await? {
            let (day, root, chains) = (root.day, root.root, root.chains);
            tracing::info!(%day, root, chains, "the day has its root");
        }
        self.sealed = Some(over);
        Ok(())
    }
}

pub async fn clock_loop(register: Arc<Register>, shutdown: Shutdown) {
    match register.store.name_deadlines().await {
        Ok(0) => {}
        Ok(named) => tracing::info!(named, "the calendar now reaches deadlines that it did not"),
        Err(error) => tracing::error!(%error, "deadlines wait for the register"),
    }
    let mut clocks = Clocks::new(register);
    loop {
        if let Err(error) = clocks.step().await {
            tracing::error!(%error, "clocks wait for the register");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = shutdown.begun() => return,
        }
    }
}
