//! What policies refuse of rule sets: of the sets as such, and of what they make of sample domains.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{Detail, Failure, Inputs, Limits, Nowhere};
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

/// What trying rules may cost: whoever may write any rules must not be able to keep others waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    left: u64,
}

/// What a run costs beside its rules' own steps, as steps: reading the sample, judging the result.
const RUN: u64 = 5_000;
/// What a rule costs in a run, though it does nothing.
const RULE: u64 = 20;
/// How many bytes of a VMI are read in a step.
const BYTES_PER_STEP: u64 = 8;

impl Effort {
    /// So many steps, as the expressions of rules take them; a run of a few rules on one sample takes about ten thousand in all.
    pub const fn of(steps: u64) -> Self {
        Self { left: steps }
    }

    /// Whether there was as much.
    fn spend(&mut self, steps: u64) -> bool {
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

/// What trying rules under policies came to.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// What policies refuse, as errors, each once.
    pub problems: Vec<Diagnostic>,
    /// Whether the rules ran to an end on every sample; else they may do more than was seen.
    pub is_whole: bool,
}

/// What policies refuse of rule sets, as errors: first of the sets as such ([`Policies::judge_sets`]), else of their
/// results on each sample, with its VMI or one made up for the sets' params. A trial says nothing of values that no
/// sample has, so rules that pass here may still be refused in a pod; what is refused here would be there.
pub fn under_policies(sets: &[RuleSet], samples: &Samples, policies: &Policies) -> Vec<Diagnostic> {
    under_policies_within(sets, samples, policies, &mut Effort::of(u64::MAX)).problems
}

/// As [`under_policies`], for as long as `effort` lasts; what it took is taken from that. The same rules take the same,
/// however busy the machine is.
pub fn under_policies_within(sets: &[RuleSet], samples: &Samples, policies: &Policies, effort: &mut Effort) -> Tried {
    let problems = policies.judge_sets(sets);
    let mut tried = Tried { problems, is_whole: true };
    if policies.is_empty() || !tried.problems.is_empty() {
        return tried;
    }
    // A check that ends the run would hide what a policy says.
    let sets: Vec<RuleSet> = sets.iter().cloned().map(|set| RuleSet { checks: Checks::OFF, ..set }).collect();
    let made_up = made_up_vmi(&sets);
    for sample in samples.all() {
        let own = if sample.vmi.is_empty() { &[][..] } else { &*sample.vmi };
        let made_up = made_up.as_deref().filter(|_| sample.vmi.is_empty());
        for vmi in [own].into_iter().chain(made_up) {
            let mut trial = Trial { policies, sample, vmi, effort: &mut *effort, tried: &mut tried };
            if trial.of(&sets).is_break() {
                tried.is_whole = false;
                return tried;
            }
        }
    }
    tried
}

/// One domain and VMI.
struct Trial<'t> {
    policies: &'t Policies,
    sample: &'t Sample,
    vmi: &'t [u8],
    effort: &'t mut Effort,
    tried: &'t mut Tried,
}

impl Trial<'_> {
    /// All rules together; where they come to no result each alone, for the one that ends the run would hide what
    /// the others do. Breaks off where it takes more than there is.
    fn of(&mut self, sets: &[RuleSet]) -> ControlFlow<()> {
        if self.run(sets)? {
            return ControlFlow::Continue(());
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
                self.run(&alone)?;
                put(&mut alone, false);
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether the rules come to a result in both hooks.
    fn run(&mut self, sets: &[RuleSet]) -> ControlFlow<(), bool> {
        let domain = |inputs: &Inputs<'_>| {
            let outcome = self.policies.apply_to_domain(sets, &self.sample.domain, inputs);
            outcome.map(|outcome| outcome.report.steps)
        };
        let mut is_right = self.end(sets, domain)?;
        if sets.iter().any(|set| !set.pre_cloud_init_iso.is_empty()) {
            let cloud_init = |inputs: &Inputs<'_>| {
                let outcome = self.policies.apply_to_cloud_init(sets, CLOUD_INIT, b"", inputs);
                outcome.map(|outcome| outcome.report.steps)
            };
            is_right &= self.end(sets, cloud_init)?;
        }
        ControlFlow::Continue(is_right)
    }

    /// Whether a run comes to a result; it gives the steps that it took. What a policy refuses of it is noted.
    fn end(
        &mut self,
        sets: &[RuleSet],
        run: impl FnOnce(&Inputs<'_>) -> Result<u64, Failure>,
    ) -> ControlFlow<(), bool> {
        let parts = |set: &RuleSet| 1 + set.params.len() + set.on_define_domain.len() + set.pre_cloud_init_iso.len();
        let parts: usize = sets.iter().map(parts).sum();
        if !self.effort.spend(RUN + RULE * parts as u64 + self.vmi.len() as u64 / BYTES_PER_STEP) {
            return ControlFlow::Break(());
        }
        let limits = Limits { steps: TRIAL.steps.min(self.effort.left), ..TRIAL };
        let given = BTreeMap::new();
        let inputs = Inputs { vmi: self.vmi, surroundings: &Nowhere, given: &given, detail: Detail::Paths, limits };
        let failure = match run(&inputs) {
            Ok(steps) => {
                self.effort.spend(steps);
                return ControlFlow::Continue(true);
            }
            Err(failure) => failure,
        };
        self.effort.spend(failure.report.steps);
        let mut problem = *failure.problem;
        if problem.code == Code::Limit {
            self.tried.is_whole = false;
        }
        if REFUSALS.contains(&problem.code) && !is_known(&self.tried.problems, &problem) {
            problem.message = format!("{} (tried on {})", problem.message, self.sample.name);
            self.tried.problems.push(problem);
        }
        ControlFlow::Continue(false)
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
