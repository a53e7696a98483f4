//! The pieces of work that are measured.

mod cloud_init;
mod domain;
mod hostile;
mod select;

pub use domain::{apply, many_rules, one_rule};

use std::collections::BTreeMap;
use std::hint::black_box;

use virt_patch::engine::{Detail, Inputs, Limits, Nowhere};

use crate::Error;

/// Does the work once.
pub type Run = Box<dyn Fn()>;

/// A piece of work under its name.
pub struct Case {
    /// `STAGE/WHAT/ON WHAT`: `apply/1 rule/8 KB`.
    pub id: String,
    make: Box<dyn Fn() -> Result<Run, Error>>,
}

impl Case {
    /// A case that is made ready, answer checked, when it is first needed.
    pub fn new(id: String, make: impl Fn() -> Result<Run, Error> + 'static) -> Self {
        Self { id, make: Box::new(make) }
    }

    /// Makes the work ready.
    ///
    /// # Errors
    /// Where its answer is wrong: such work is not measured.
    pub fn ready(&self) -> Result<Run, Error> {
        (self.make)().map_err(|error| format!("{}: {error}", self.id).into())
    }
}

/// Every piece of the engine's work, and the floors beside it, stage by stage.
pub fn all() -> Vec<Case> {
    [domain::parsing(), select::all(), domain::editing(), domain::applying(), cloud_init::all(), hostile::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// The work as something to repeat, if its answer holds.
///
/// # Errors
/// Where it does not.
pub fn checked<T>(run: impl Fn() -> T + 'static, holds: impl FnOnce(T) -> bool) -> Result<Run, Error> {
    if !holds(run()) {
        return Err("a wrong answer; it is not measured".into());
    }
    Ok(Box::new(move || drop(black_box(run()))))
}

/// Calls with the inputs of a hook: as the sidecar does, tracing nothing but counts.
fn with_inputs<T>(vmi: &str, call: impl FnOnce(&Inputs<'_>) -> T) -> T {
    let given = BTreeMap::new();
    let (detail, limits) = (Detail::Counts, Limits::default());
    call(&Inputs { vmi: vmi.as_bytes(), surroundings: &Nowhere, given: &given, detail, limits })
}
