//! Trying rules on sample domains, within what a review may cost: rules that obviously do what a policy refuses are refused
//! here, and not only when the VM starts.

use serde_json::json;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::lint::{Effort, Samples, under_policies_within};
use crate::policy::Policies;
use crate::rule::RuleSet;

use super::object::Subject;

/// What all trials of one review may take. Who may write annotations writes the rules: this is at most half a second, and enough for
/// thirty files of rules as people write them.
const EFFORT: Effort = Effort::of(3_000_000);

/// The trials of one review.
pub(super) struct Trials<'p> {
    policies: &'p Policies,
    samples: Samples,
    effort: Effort,
}

impl<'p> Trials<'p> {
    /// Of rules that run in the VMI that comes of this, with its annotations and labels.
    pub(super) fn of_machine(subject: Subject<'_>, policies: &'p Policies) -> Self {
        let Subject::Machine { annotations, labels } = subject else { return Self::of_any_machine(policies) };
        let vmi = json!({
            "metadata": {"name": "vm", "namespace": "default", "annotations": annotations, "labels": labels},
            "spec": {"domain": {"devices": {}}},
        });
        Self { policies, samples: Samples::of_vmi(vmi.to_string().as_bytes()), effort: EFFORT }
    }

    /// Of rules that any VM may mount.
    pub(super) fn of_any_machine(policies: &'p Policies) -> Self {
        Self { policies, samples: Samples::default(), effort: EFFORT }
    }

    /// What the policies refuse of rules that run together, as errors. Warnings, and so no reason to refuse: what rules do with values
    /// that were made up for their params, for a VM may have others; and that not all was tried, for the sidecar judges it again.
    pub(super) fn judge(&mut self, sets: &[RuleSet]) -> Vec<Diagnostic> {
        let Some(first) = sets.first().filter(|_| !self.policies.is_empty()) else { return Vec::new() };
        let tried = under_policies_within(sets, &self.samples, self.policies, &mut self.effort);
        let mut said = tried.problems;
        if said.is_empty() && !tried.is_whole {
            let message = "these rules take too long to be tried at admission, so it is not known what the policies say of their results";
            let help = "the sidecar judges them when a VM starts; `virt-patch validate --policy` says it before";
            said.push(Diagnostic::warning(Code::Limit, message).at(first.location.clone()).help(help));
        }
        said.extend(tried.possible.into_iter().map(|problem| Diagnostic {
            severity: Severity::Warning,
            message: format!("with some values of the rules' params, {}", problem.message),
            ..problem
        }));
        said
    }
}
