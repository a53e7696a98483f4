//! Admission: the table of annotations, allow lists, and what of objects is judged at all.

#![cfg(test)]

mod allow_lists;
mod annotations;
mod objects;
mod trials;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use virt_patch::admission::{AllowList, Criteria};
use virt_patch::diagnostic::Diagnostic;
use virt_patch::source::Source;

fn allow_list(text: &str) -> AllowList {
    AllowList::parse(&list_source(text)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn list_source(text: &str) -> Arc<Source> {
    Source::new("images", text)
}

fn criteria(list: &str) -> Criteria {
    Criteria { allow_list: Some(allow_list(list)), ..Criteria::default() }
}

/// The codes of problems, each once, in the order of the alphabet.
fn codes(problems: &[Diagnostic]) -> Vec<&'static str> {
    let mut codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A VMI with these annotations.
fn vmi(annotations: Json) -> Json {
    json!({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": {"name": "vm", "annotations": annotations}})
}
