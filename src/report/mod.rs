//! What people and programs read of a result: diagnostics with the source they are about, diffs,
//! what each rule did, and all of it as JSON.
//!
//! Everything here turns values into text; nothing is written anywhere. Values that come from a
//! document are masked where they are secret, and cannot steer a terminal.

mod blame;
pub mod diff;
pub mod explain;
pub mod github;
mod hunk;
pub mod json;
pub mod page;
mod paint;
pub mod sarif;
pub mod text;
mod unmatched;

pub use paint::{Paint, visible};
pub use unmatched::{unmatched, unmatched_in_all};

use crate::diagnostic::Diagnostic;
use crate::engine::Secrets;

/// The diagnostic with every secret in its words masked; the lines of source that it points at are
/// its author's own.
pub fn masked(problem: &Diagnostic, secrets: &Secrets) -> Diagnostic {
    let mask = |text: &String| secrets.mask_within(text).into_owned();
    Diagnostic {
        message: mask(&problem.message),
        path: problem.path.as_ref().map(mask),
        help: problem.help.as_ref().map(mask),
        ..problem.clone()
    }
}
