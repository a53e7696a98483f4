//! How many connections may be open, and who leaves when others wait.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How many connections are open at a time; virt-launcher opens one for each call.
const PLACES: usize = 64;
/// How often those who do nothing are asked to leave while somebody waits.
const ASKING: Duration = Duration::from_millis(50);

/// The places of connections.
pub(super) struct Places {
    free: Arc<Semaphore>,
    wanted: Notify,
}

/// A connection's place. Dropping it gives it to the next.
pub(super) type Place = OwnedSemaphorePermit;

impl Places {
    pub(super) fn new() -> Self {
        Self { free: Arc::new(Semaphore::new(PLACES)), wanted: Notify::new() }
    }

    /// Waits for a place, and meanwhile asks for one; `None` only where there never will be one.
    pub(super) async fn take(&self) -> Option<Place> {
        loop {
            match tokio::time::timeout(ASKING, Arc::clone(&self.free).acquire_owned()).await {
                Ok(place) => return place.ok(),
                Err(_) => self.wanted.notify_waiters(),
            }
        }
    }

    /// Returns when somebody waits for a place.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }
}
