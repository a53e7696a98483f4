//! `RulePolicy`: what is wrong with one, what it says of documents and of rule sets, and that nothing gets around it.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

#[path = "policy/builtin.rs"]
mod builtin;
#[path = "policy/commands.rs"]
mod commands;
#[path = "policy/generated.rs"]
mod generated;
#[path = "policy/language.rs"]
mod language;
#[path = "policy/names.rs"]
mod names;
#[path = "policy/sidecar.rs"]
mod sidecar;
#[path = "policy/verdicts.rs"]
mod verdicts;

use std::sync::Arc;

use virt_patch::diagnostic::Diagnostic;
use virt_patch::policy::{Policies, Policy, compile};
use virt_patch::source::Source;

/// A policy's file with this `spec`, in flow or block style.
fn text(spec: &str) -> String {
    format!("apiVersion: virt-patch.dev/v1alpha1\nkind: RulePolicy\nmetadata:\n  name: example\nspec:\n{spec}")
}

fn read(text: &str) -> (Vec<Policy>, Vec<Diagnostic>) {
    compile(&Source::new("policy.yaml", text))
}

/// Policies that are right.
fn policies(text: &str) -> Policies {
    let (policies, problems) = read(text);
    assert!(problems.is_empty(), "{}\n{text}", problems[0]);
    assert!(!policies.is_empty(), "{text}");
    policies.into_iter().collect()
}

/// A built-in policy.
fn builtin_policy(name: &str) -> Policies {
    let source: Arc<Source> = virt_patch::policy::find(name).expect("a built-in policy");
    let (policies, problems) = compile(&source);
    assert!(problems.is_empty(), "{name}: {}", problems[0]);
    policies.into_iter().collect()
}
