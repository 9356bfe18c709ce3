//! `gridwarden hub --config FILE`: signals and reloading around [`super::run`].

use super::first_start::prepare;
use crate::{
    base::{
        clock::{Clock, SystemClock},
        shutdown::Shutdown,
    },
    roles::{config::hub::load_hub, signals::stop_or_reload, tools::Ended},
};
use std::{path::Path, sync::Arc};

/// Runs until SIGTERM or SIGINT; SIGHUP takes up a changed file, all or nothing.
pub fn run_daemon(path: &Path) -> anyhow::Result<Ended> {
    let mut plan = load_hub(path)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    loop {
        let shutdown = Shutdown::new();
        let path = path.to_owned();
        let signals = runtime.spawn(stop_or_reload(shutdown.clone(), move || load_hub(&path)));
        let config = prepare(plan)?;
        let ended = runtime.block_on(super::run(config, clock.clone(), shutdown.clone()));
        shutdown.begin();
        ended?;
        match runtime.block_on(signals)? {
            None => return Ok(Ended::Done),
            Some(fresh) => plan = fresh,
        }
    }
}
