//! How deep a value may be that is written.

use serde_json::Value;

/// Deeper values are not written; the reader would not read them.
const MAX_DEPTH: usize = 64;

/// The value is nested deeper than what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep;

impl std::fmt::Display for TooDeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "nested deeper than {MAX_DEPTH}")
    }
}

impl std::error::Error for TooDeep {}

/// A collection that has something in it may stand at `depth`, counted from 1.
pub(super) fn check(value: &Value, depth: usize) -> Result<(), TooDeep> {
    let holds = match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    };
    if holds && depth > MAX_DEPTH { Err(TooDeep) } else { Ok(()) }
}
