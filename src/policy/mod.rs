//! Policies: what rules may do, whoever wrote them.
//!
//! A [`Policy`] is judged at two times. [`Policies::judge_sets`] looks at compiled rule sets, before there is any
//! domain: packs, params' sources, rules from annotations. [`Policies::judge_domain`] and
//! [`Policies::judge_cloud_init`] look at what came in and what would go out, as whole documents: not at rules,
//! paths or edits, so no spelling of them gets around a policy. [`Policies::apply_to_domain`] and
//! [`Policies::apply_to_cloud_init`] do all of it, and are what the sidecar, `apply`, `test` and `validate` call.
//!
//! Of several policies each must agree, so one more can only narrow.

mod apply;
mod blame;
mod builtin;
mod cloud_init;
mod domain;
mod language;
mod meaning;
mod read;
mod remainder;
mod sets;

pub use builtin::{BUILTIN, Builtin, COMPILED_IN, compiled_in, find};
pub use language::RULE_POLICY;
pub use read::{compile, compile_documents};

use std::collections::BTreeSet;

use crate::cloud_init::DocumentKind;
use crate::engine::Limits;
use crate::rule::Expression;
use crate::source::Location;

/// What one `RulePolicy` says; valid by construction.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `metadata.name`.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// What these select in the result was selected before, as often.
    pub deny: Vec<Clause>,
    /// What these select is the same before and after.
    pub protect: Vec<Clause>,
    /// Where differences may lie; `None` for anywhere.
    pub allow: Option<Allow>,
    /// The cloud-init documents that may differ; `None` for all.
    pub cloud_init: Option<BTreeSet<DocumentKind>>,
    /// Whether rules from an annotation may run.
    pub annotation_rules: bool,
    /// Whether rules may bring files into the compute container.
    pub files: bool,
    /// The packs that may be used; `None` for all.
    pub packs: Option<Vec<String>>,
    /// The fields of a param that may name its source; `None` for all.
    pub param_sources: Option<Vec<String>>,
    /// What a call may use.
    pub limits: Limits,
}

/// A path of a policy.
#[derive(Debug, Clone)]
pub struct Clause {
    /// It gives nodes, and uses no variable.
    pub path: Expression,
    /// Why, in the policy's words.
    pub reason: Option<String>,
}

/// `spec.allow`.
#[derive(Debug, Clone)]
pub struct Allow {
    /// The paths; with none of them nothing may differ.
    pub clauses: Vec<Clause>,
    /// Where the list stands.
    pub location: Location,
}

/// The policies of a process, of which each must agree. None at all allows everything, and costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Policy> {
        self.0.iter()
    }

    /// The tightest of `limits` and those of each policy.
    pub fn limits(&self, limits: Limits) -> Limits {
        self.iter().fold(limits, |tightest, policy| Limits {
            steps: tightest.steps.min(policy.limits.steps),
            bytes: tightest.bytes.min(policy.limits.bytes),
            nodes: tightest.nodes.min(policy.limits.nodes),
        })
    }
}

impl FromIterator<Policy> for Policies {
    fn from_iter<I: IntoIterator<Item = Policy>>(policies: I) -> Self {
        Self(policies.into_iter().collect())
    }
}
