//! What one call may use, shared by all its expressions.

use std::cell::Cell;

use super::error::EvalError;

/// Counts down the steps (nodes visited, operations done) and the bytes built by the expressions of one call.
///
/// A budget that is used up stays used up: every later evaluation ends with the same error.
#[derive(Debug)]
pub struct Budget {
    steps: Cell<u64>,
    bytes: Cell<u64>,
}

/// How many bytes of text that is only read count as one step.
const BYTES_PER_STEP: usize = 256;

impl Budget {
    /// A budget of so many steps and bytes.
    pub fn new(steps: u64, bytes: u64) -> Self {
        Self { steps: Cell::new(steps), bytes: Cell::new(bytes) }
    }

    /// The steps that are left.
    pub fn steps_left(&self) -> u64 {
        self.steps.get()
    }

    /// Takes `steps` steps.
    ///
    /// # Errors
    /// `limit`, where fewer are left.
    pub fn spend(&self, steps: u64) -> Result<(), EvalError> {
        take(&self.steps, steps, "steps")
    }

    /// Takes `bytes` bytes of newly built text.
    ///
    /// # Errors
    /// `limit`, where fewer are left.
    pub fn build(&self, bytes: usize) -> Result<(), EvalError> {
        take(&self.bytes, bytes as u64, "bytes of text")
    }

    /// Takes the steps for looking through `bytes` bytes of existing text: at least one, so that many short
    /// texts count too.
    ///
    /// # Errors
    /// `limit`, where fewer steps are left.
    pub fn read(&self, bytes: usize) -> Result<(), EvalError> {
        self.spend(1 + (bytes / BYTES_PER_STEP) as u64)
    }
}

fn take(counter: &Cell<u64>, amount: u64, what: &str) -> Result<(), EvalError> {
    match counter.get().checked_sub(amount) {
        Some(left) => {
            counter.set(left);
            Ok(())
        }
        None => {
            counter.set(0);
            Err(EvalError::limit(format!("the expressions of this call need more {what} than a call may use")))
        }
    }
}
