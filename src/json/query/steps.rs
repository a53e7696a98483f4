//! What queries may cost.

use std::cell::Cell;

/// Values that the queries of one param or one patch may look at, unless told otherwise: more than the
/// largest VMI has, and some tens of milliseconds.
const LIMIT: u64 = 1_000_000;

/// Text that counts as one step when it is compared or searched, in bytes.
const BYTES_PER_STEP: usize = 64;

/// Counts down the values that queries look at. Once used up it stays so.
#[derive(Debug)]
pub struct Steps {
    limit: u64,
    left: Cell<u64>,
}

impl Steps {
    /// So many.
    pub fn new(limit: u64) -> Self {
        Self { limit, left: Cell::new(limit) }
    }

    /// Takes `steps` of them.
    ///
    /// # Errors
    /// [`OutOfSteps`] where fewer are left.
    pub fn spend(&self, steps: usize) -> Result<(), OutOfSteps> {
        let left = u64::try_from(steps).ok().and_then(|steps| self.left.get().checked_sub(steps));
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(OutOfSteps { limit: self.limit })
    }

    /// Takes the steps for looking through `bytes` bytes.
    pub(super) fn read(&self, bytes: usize) -> Result<(), OutOfSteps> {
        self.spend(1 + bytes / BYTES_PER_STEP)
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

/// The queries would look at more values than they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfSteps {
    limit: u64,
}

impl std::fmt::Display for OutOfSteps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the JSONPath queries look at more than {} values", self.limit)
    }
}

impl std::error::Error for OutOfSteps {}
