//! Reading a request's body, within bounds of size, time and memory.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A permit of the budget is this many bytes.
const PERMIT: usize = 1024;

/// What reading may cost.
pub(super) struct Budget {
    /// The most bytes of a body.
    limit: usize,
    /// The most time for one, waiting for memory included.
    time: Duration,
    /// Memory for bodies that arrive at the same time.
    memory: Semaphore,
}

/// A body that was not read: what the peer is told.
pub(super) struct Unread {
    pub(super) status: StatusCode,
    pub(super) words: String,
}

impl Budget {
    /// For bodies of at most `limit` bytes, of which `at_once` may arrive at the same time.
    pub(super) fn new(limit: usize, at_once: usize, time: Duration) -> Self {
        Self { limit, time, memory: Semaphore::new(limit.saturating_mul(at_once) / PERMIT) }
    }

    /// Reads a body to its end. What it occupies is given back when `use_it` is done.
    ///
    /// # Errors
    /// `413` for one that is too large, `408` for one that takes too long, `400` for one that breaks off.
    pub(super) async fn read<T>(&self, body: Incoming, use_it: impl AsyncFnOnce(Bytes) -> T) -> Result<T, Unread> {
        let refuse = |status, words: String| Unread { status, words };
        let too_large = || {
            let words = format!("a review may have {} bytes", self.limit);
            refuse(StatusCode::PAYLOAD_TOO_LARGE, words)
        };
        let hint = body.size_hint();
        let announced = usize::try_from(hint.upper().unwrap_or(self.limit as u64)).unwrap_or(usize::MAX);
        if announced > self.limit {
            return Err(too_large());
        }
        let permits = u32::try_from(announced.div_ceil(PERMIT)).unwrap_or(u32::MAX);
        let reading = async {
            let memory = self.memory.acquire_many(permits).await;
            (memory, Limited::new(body, self.limit).collect().await)
        };
        let Ok((_memory, read)) = timeout(self.time, reading).await else {
            let words = format!("the request was not read within {} s", self.time.as_secs_f32());
            return Err(refuse(StatusCode::REQUEST_TIMEOUT, words));
        };
        match read {
            Ok(body) => Ok(use_it(body.to_bytes()).await),
            Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
            Err(error) => Err(refuse(StatusCode::BAD_REQUEST, format!("the request broke off: {error}"))),
        }
    }
}
