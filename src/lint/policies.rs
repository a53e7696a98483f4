//! What policies refuse of rule sets: of the sets as such, and of what they make of sample domains.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{Detail, Inputs, Nowhere};
use crate::policy::Policies;
use crate::rule::{Checks, RuleSet};

use super::samples::{Sample, Samples};
use super::twice::{TRIAL, made_up_vmi, switched_off};

/// What KubeVirt sends for a VM whose user data and network data say little.
const CLOUD_INIT: &[u8] = br##"{
  "DataSource": "noCloud",
  "NoCloudMetaData": {"instance-id": "vm", "local-hostname": "vm"},
  "UserData": "#cloud-config\n",
  "NetworkData": "version: 2\nethernets:\n  eth0:\n    dhcp4: false\n"
}"##;

/// The codes of what a policy refuses in a trial.
const REFUSALS: [Code; 3] = [Code::PolicyDenied, Code::PolicyProtected, Code::PolicyNotAllowed];

/// What policies refuse of rule sets, as errors: first of the sets as such ([`Policies::judge_sets`]), else of their
/// results on each sample, with its VMI or one made up for the sets' params. A trial says nothing of values that no
/// sample has, so rules that pass here may still be refused in a pod; what is refused here would be there.
pub fn under_policies(sets: &[RuleSet], samples: &Samples, policies: &Policies) -> Vec<Diagnostic> {
    if policies.is_empty() {
        return Vec::new();
    }
    let mut problems = policies.judge_sets(sets);
    if !problems.is_empty() {
        return problems;
    }
    // A check that ends the run would hide what a policy says.
    let sets: Vec<RuleSet> = sets.iter().cloned().map(|set| RuleSet { checks: Checks::OFF, ..set }).collect();
    let made_up = made_up_vmi(&sets);
    for sample in samples.all() {
        let own = if sample.vmi.is_empty() { &[][..] } else { &*sample.vmi };
        let made_up = made_up.as_deref().filter(|_| sample.vmi.is_empty());
        for vmi in [own].into_iter().chain(made_up) {
            let trial = Trial { policies, sample, vmi };
            trial.of(&sets, &mut problems);
        }
    }
    problems
}

/// One domain and VMI.
struct Trial<'t> {
    policies: &'t Policies,
    sample: &'t Sample,
    vmi: &'t [u8],
}

impl Trial<'_> {
    /// All rules together; where they come to no result each alone, for the one that ends the run would hide what
    /// the others do.
    fn of(&self, sets: &[RuleSet], problems: &mut Vec<Diagnostic>) {
        if self.run(sets, problems) {
            return;
        }
        let mut alone: Vec<RuleSet> = sets.iter().map(without_rules).collect();
        for (set, own) in sets.iter().enumerate() {
            for number in 0..own.on_define_domain.len() {
                let put = |alone: &mut Vec<RuleSet>, is_on: bool| {
                    let place = alone.get_mut(set).and_then(|set| set.on_define_domain.get_mut(number));
                    if let (Some(place), Some(rule)) = (place, own.on_define_domain.get(number)) {
                        *place = if is_on { rule.clone() } else { switched_off(rule) };
                    }
                };
                put(&mut alone, true);
                self.run(&alone, problems);
                put(&mut alone, false);
            }
        }
    }

    /// Whether the rules come to a result in both hooks.
    fn run(&self, sets: &[RuleSet], problems: &mut Vec<Diagnostic>) -> bool {
        let given = BTreeMap::new();
        let inputs =
            Inputs { vmi: self.vmi, surroundings: &Nowhere, given: &given, detail: Detail::Paths, limits: TRIAL };
        let domain = self.policies.apply_to_domain(sets, &self.sample.domain, &inputs).map(|_| ());
        let cloud_init = match sets.iter().any(|set| !set.pre_cloud_init_iso.is_empty()) {
            true => self.policies.apply_to_cloud_init(sets, CLOUD_INIT, b"", &inputs).map(|_| ()),
            false => Ok(()),
        };
        let mut is_right = true;
        for failure in [domain, cloud_init].into_iter().filter_map(Result::err) {
            is_right = false;
            if REFUSALS.contains(&failure.problem.code) && !is_known(problems, &failure.problem) {
                let mut problem = *failure.problem;
                problem.message = format!("{} (tried on {})", problem.message, self.sample.name);
                problems.push(problem);
            }
        }
        is_right
    }
}

/// Whether the same was said of the same rule, on another sample.
fn is_known(problems: &[Diagnostic], problem: &Diagnostic) -> bool {
    let span = |problem: &Diagnostic| problem.at.as_ref().map(|at| at.outermost().span);
    problems.iter().any(|known| {
        known.code == problem.code && span(known) == span(problem) && known.message.starts_with(&problem.message)
    })
}

/// Its rules keep their numbers, and do nothing.
fn without_rules(set: &RuleSet) -> RuleSet {
    let on_define_domain = set.on_define_domain.iter().map(switched_off).collect();
    RuleSet { on_define_domain, pre_cloud_init_iso: Vec::new(), ..set.clone() }
}
