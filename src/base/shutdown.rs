//! One signal that tells every task to end, readable from async tasks and from plain threads.

use std::sync::Arc;
use tokio::sync::watch;

/// Clones observe the same signal. Dropping the clones does not raise it.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Shutdown {
    pub fn new() -> Self {
        Self(Arc::new(watch::channel(false).0))
    }

    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes once shutdown has begun.
    pub async fn begun(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as self, so waiting can only end by the signal.
        let _ = receiver.wait_for(|begun| *begun).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Shutdown;

    #[tokio::test]
    async fn a_late_waiter_still_sees_the_signal() {
        let shutdown = Shutdown::new();
        shutdown.begin();
        shutdown.clone().begun().await;
        assert!(shutdown.has_begun());
    }
}
