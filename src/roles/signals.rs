//! What a daemon does on signals: SIGTERM and SIGINT stop it in order, SIGHUP reloads all or nothing.

use crate::base::{shutdown::Shutdown, toml_reader::Faults};
use tokio::signal::unix::{SignalKind, signal};

/// Begins the shutdown at a stop signal and returns `None`, or at a SIGHUP whose files are all sound
/// and returns the fresh configuration to start again with. A SIGHUP with faults changes nothing.
pub async fn stop_or_reload<T>(
    shutdown: Shutdown,
    load: impl Fn() -> Result<T, Faults>,
) -> Option<T> {
    let (Ok(mut term), Ok(mut int), Ok(mut hup)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        tracing::error!("signals cannot be received");
        return None;
    };
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = int.recv() => break,
            () = shutdown.begun() => return None,
            _ = hup.recv() => match load() {
                Ok(fresh) => {
                    tracing::info!("reloading");
                    shutdown.begin();
                    return Some(fresh);
                }
                Err(faults) => tracing::error!("not reloaded, the old configuration stays:\n{faults}"),
            },
        }
    }
    tracing::info!("stopping");
    shutdown.begin();
    None
}
