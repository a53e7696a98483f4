//! JSON: the public suites of JSONPath, JSON Patch and JSON Merge Patch, and what they leave open.

#[path = "../support/mod.rs"]
mod support;

#[cfg(test)]
mod changes;
#[cfg(test)]
mod jsonpath;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod patch;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tree;
