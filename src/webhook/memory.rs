//! Memory for what peers send, given out as it arrives.
//!
//! What a peer announces costs nothing. Where memory runs out, a body that goes on arriving takes it from the one that has
//! been arriving for longest: the API server's reviews are there within milliseconds, so whoever is older is slow. A body
//! waits only for younger ones and for what has arrived whole, never for an older one, so none wait for each other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Of all memory, this part of it is kept for bodies that are not large: one in so many.
const KEPT: usize = 8;

/// A body that needs more than this is large.
const LARGE: usize = 256 * 1024;

/// All the memory that bodies may have at the same time.
#[derive(Debug)]
pub(super) struct Memory {
    total: usize,
    state: Mutex<State>,
    /// Told whenever some of it is given back.
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// What all shares hold.
    used: usize,
    /// What shares hold that were told to give way, and have not yet.
    leaving: usize,
    /// How many shares there were: each new one is younger.
    shares: u64,
    /// The bodies that are arriving and hold something, the oldest first.
    arriving: BTreeMap<u64, Arriving>,
}

#[derive(Debug)]
struct Arriving {
    held: usize,
    give_way: Arc<Notify>,
}

/// Memory ran out, and a younger body needed what this one held.
#[derive(Debug)]
pub(super) struct GaveWay;

/// What one body holds; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share<'m> {
    memory: &'m Memory,
    age: u64,
    held: usize,
    give_way: Arc<Notify>,
    /// The body has arrived.
    is_whole: bool,
}

impl Memory {
    /// So many bytes.
    pub(super) fn new(total: usize) -> Self {
        Self { total, state: Mutex::default(), freed: Notify::new() }
    }

    /// A share for a body whose first bytes are there. It holds nothing yet.
    pub(super) fn share(&self) -> Share<'_> {
        let mut state = self.state();
        state.shares += 1;
        Share { memory: self, age: state.shares, held: 0, give_way: Arc::default(), is_whole: false }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share<'_> {
    /// How many bytes it holds.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Takes `bytes` more, at once or when there are as many.
    ///
    /// # Errors
    /// Where this share was told to give way.
    pub(super) async fn grow(&mut self, bytes: usize) -> Result<(), GaveWay> {
        loop {
            // Before the look, so that nothing is missed that is given back after it.
            let freed = self.memory.freed.notified();
            if self.take(bytes)? {
                return Ok(());
            }
            tokio::select! {
                () = freed => {}
                () = self.gives_way() => return Err(GaveWay),
            }
        }
    }

    /// Whether there was as much. Where there was not, older bodies are told to give way: no more of them than are needed.
    fn take(&mut self, bytes: usize) -> Result<bool, GaveWay> {
        let mut state = self.memory.state();
        if self.held > 0 && !state.arriving.contains_key(&self.age) {
            return Err(GaveWay);
        }
        let is_large = self.held + bytes > LARGE;
        let total = self.memory.total - if is_large { self.memory.total / KEPT } else { 0 };
        if state.used + bytes <= total {
            state.used += bytes;
            self.held += bytes;
            state.arriving.insert(self.age, Arriving { held: self.held, give_way: Arc::clone(&self.give_way) });
            return Ok(true);
        }
        while state.used + bytes > total + state.leaving {
            let Some(oldest) = state.arriving.first_entry().filter(|oldest| *oldest.key() < self.age) else { break };
            let oldest = oldest.remove();
            state.leaving += oldest.held;
            oldest.give_way.notify_one();
        }
        Ok(false)
    }

    /// Waits until a younger body needs what this one holds.
    pub(super) async fn gives_way(&self) {
        self.give_way.notified().await;
    }

    /// The body is there: from now on it is not asked to give way.
    ///
    /// # Errors
    /// Where it has been.
    pub(super) fn keep(&mut self) -> Result<(), GaveWay> {
        let was_arriving = self.memory.state().arriving.remove(&self.age).is_some();
        self.is_whole = was_arriving || self.held == 0;
        if self.is_whole { Ok(()) } else { Err(GaveWay) }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut state = self.memory.state();
        state.used -= self.held;
        let was_arriving = state.arriving.remove(&self.age).is_some();
        if !was_arriving && !self.is_whole {
            state.leaving -= self.held;
        }
        drop(state);
        self.memory.freed.notify_waiters();
    }
}
