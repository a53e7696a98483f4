//! JSON Patch (RFC 6902), whose places may also be JSONPath queries (RFC 9535).
//!
//! A query applies its operation at each place that it selects. All places are found before the first
//! is changed, and they are changed from last to first, so that no change moves a place that is still
//! to come. A query that selects nothing does nothing, and the [`Outcome`] says so.

mod apply;
mod operation;

pub use apply::{Outcome, PatchError, apply};
pub use operation::{OPERATIONS, Operation, Target};
