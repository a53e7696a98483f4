//! JSON: the public suites of JSONPath, JSON Patch and JSON Merge Patch, and what they leave open.

#[path = "../support/mod.rs"]
mod support;

mod jsonpath;
mod merge;
mod patch;
mod tree;

use std::path::Path;

use serde_json::Value;

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
