//! Admission: whether an object may come into a cluster, by the sidecars and rules that it asks for.
//!
//! [`judge`] decides of one object; it reads no file and asks nobody. The webhook answers the API server with it, `audit` looks with it at what is
//! already there. What is refused are things that make a VM's owner more than that:
//!
//! - an image beside virt-launcher that is not on the [`AllowList`], or that is told to run another program;
//! - a mount that could take the place of the program, of its policy, of anything but rules;
//! - rules that do not compile, which else stop a VM only when it starts.

mod allow_list;
mod arguments;
#[cfg(feature = "webhook")]
mod gate;
mod inline;
#[cfg(feature = "webhook")]
mod kept;
mod mounts;
mod object;
mod reference;
mod required;
#[cfg(feature = "webhook")]
mod review;
mod sidecars;
mod trial;

pub use allow_list::{AllowList, Permission};
pub use arguments::arguments;
#[cfg(feature = "webhook")]
pub use gate::{Answer, Decision, Gate, Mode};
pub use object::RULES_LABEL;
pub use reference::Reference;
pub use required::RequiredPolicy;
#[cfg(feature = "webhook")]
pub use review::{Kind, Patch, Request, Response, Status, User, read_review};

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::json;
use crate::manifest::{HOOK_SIDECARS_ANNOTATION, RULES_ANNOTATION};
use crate::policy::Policies;
use crate::source::Source;

use object::Subject;

/// What objects are judged by.
#[derive(Debug, Clone, Default)]
pub struct Criteria {
    /// The images that may run beside a VM; without a list images are not judged, and nothing is permitted beside them.
    pub allow_list: Option<AllowList>,
    /// What rules may do: rules are held to them as such (packs, sources of params, rules in annotations), and by what they make of
    /// sample domains. What they do to a VM's own domain is the sidecar's to judge, by the same policies.
    pub policies: Policies,
}

/// What a judgement came to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Everything that is wrong, in the order found. Places count in the annotation's or the ConfigMap key's text.
    pub problems: Vec<Diagnostic>,
    /// Whether there was anything to judge: sidecars or rules that are new.
    pub is_judged: bool,
}

impl Verdict {
    /// Whether nothing is an error.
    pub fn is_allowed(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity == Severity::Warning)
    }

    fn add(&mut self, problems: Vec<Diagnostic>) {
        self.is_judged = true;
        self.problems.extend(problems);
    }
}

/// Judges an object, JSON as the API server has it: a VMI, what VMIs are made from (VirtualMachine,
/// VirtualMachineInstanceReplicaSet, VirtualMachinePool; instance types and preferences, which add annotations), or a ConfigMap with
/// the label [`RULES_LABEL`] `"true"`. Any other has nothing to judge.
///
/// `old` is what an update replaces. An annotation that it leaves as it was, and data of a ConfigMap, is not judged again: who
/// changes a label need not answer for an image that has left the list since.
pub fn judge(object: &Json, old: Option<&Json>, criteria: &Criteria) -> Verdict {
    let (subject, before) = (Subject::of(object), old.map_or(Subject::Other, Subject::of));
    let mut verdict = Verdict::default();
    let changed = |name: &str| subject.annotation(name).filter(|value| before.annotation(name) != Some(value));
    if let Some(value) = changed(HOOK_SIDECARS_ANNOTATION) {
        verdict.add(hook_sidecars(value, criteria));
    }
    if let Some(value) = changed(RULES_ANNOTATION) {
        verdict.add(match inline::annotation(value) {
            Ok(sets) => trial::Trials::of_machine(subject, &criteria.policies).judge(&sets),
            Err(problems) => problems,
        });
    }
    if let Subject::Rules(members) = subject {
        let data =
            |object: &serde_json::Map<String, Json>| ["data", "binaryData"].map(|field| object.get(field).cloned());
        let is_same = matches!(before, Subject::Rules(old) if data(old) == data(members));
        if !is_same {
            verdict.add(match inline::config_map(members) {
                Ok(files) => {
                    let mut trials = trial::Trials::of_any_machine(&criteria.policies);
                    files.iter().flat_map(|sets| trials.judge(sets)).collect()
                }
                Err(problems) => problems,
            });
        }
    }
    verdict
}

fn hook_sidecars(value: &Json, criteria: &Criteria) -> Vec<Diagnostic> {
    let Json::String(text) = value else {
        let message =
            format!("`{HOOK_SIDECARS_ANNOTATION}` must be a text that holds JSON, this is {}", json::kind(value));
        return vec![Diagnostic::error(Code::HookSidecars, message)];
    };
    let source = Source::new(format!("annotation {HOOK_SIDECARS_ANNOTATION}"), text);
    sidecars::judge(&source, criteria)
}
