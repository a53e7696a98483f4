//! What policies refuse of rule sets: of the sets as such, and of what they make of sample domains.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{Detail, Failure, Inputs, Limits, Nowhere};
use crate::policy::Policies;
use crate::rule::{Checks, RuleSet, Trust};

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
/// What a rule or a param costs in a run, though it does nothing.
const RULE: u64 = 20;
/// How many bytes of a VMI are read in a step.
const BYTES_PER_STEP: u64 = 8;
/// What a step of rules for cloud-init data costs, as steps of others: each change has a document's text read anew.
const CLOUD_INIT_STEP: u64 = 10;

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
    /// What they refuse only with values that were made up for params: with others the rules may do nothing of it.
    pub possible: Vec<Diagnostic>,
    /// Whether the rules ran to an end on every sample; else they may do more than was seen.
    pub is_whole: bool,
}

/// What policies refuse of rule sets, as errors: first of the sets as such ([`Policies::judge_sets`]), else of their
/// results on each sample, with its VMI or one made up for the sets' params. A trial says nothing of values that no
/// sample has, so rules that pass here may still be refused in a pod; what is refused here would be there.
pub fn under_policies(sets: &[RuleSet], samples: &Samples, policies: &Policies) -> Vec<Diagnostic> {
    let mut tried = under_policies_within(sets, samples, policies, &mut Effort::of(u64::MAX));
    tried.problems.append(&mut tried.possible);
    tried.problems
}

/// As [`under_policies`], for as long as `effort` lasts; what it took is taken from that. The same rules take the same,
/// however busy the machine is.
pub fn under_policies_within(sets: &[RuleSet], samples: &Samples, policies: &Policies, effort: &mut Effort) -> Tried {
    let problems = policies.judge_sets(sets);
    let mut tried = Tried { problems, possible: Vec::new(), is_whole: true };
    if policies.is_empty() || !tried.problems.is_empty() {
        return tried;
    }
    // A check that ends the run would hide what a policy says, and rules of an annotation cannot switch one off.
    let unchecked = |set: RuleSet| RuleSet { checks: Checks::OFF, trust: Trust::File, ..set };
    let sets: Vec<RuleSet> = sets.iter().cloned().map(unchecked).collect();
    let made_up = made_up_vmi(&sets);
    // Cloud-init data is the same beside every domain.
    let mut with_cloud_init: BTreeSet<&[u8]> = BTreeSet::new();
    for sample in samples.all() {
        let own = if sample.vmi.is_empty() { &[][..] } else { &*sample.vmi };
        let made_up = made_up.as_deref().filter(|_| sample.vmi.is_empty());
        for (vmi, is_made_up) in [(own, false)].into_iter().chain(made_up.map(|vmi| (vmi, true))) {
            let is_first = with_cloud_init.insert(vmi);
            let mut trial = Trial { policies, sample, vmi, is_made_up, effort: &mut *effort, tried: &mut tried };
            let ended = trial.of(&sets);
            if ended.is_break() || is_first && trial.cloud_init(&sets).is_break() {
                tried.is_whole = false;
                return tried.settle();
            }
        }
    }
    tried.settle()
}

impl Tried {
    /// What is refused with any values need not be said again of some.
    fn settle(mut self) -> Self {
        let Self { problems, possible, .. } = &mut self;
        let is_sure =
            |maybe: &Diagnostic| problems.iter().any(|sure| sure.code == maybe.code && span(sure) == span(maybe));
        possible.retain(|maybe| !is_sure(maybe));
        self
    }
}

/// One domain and VMI.
struct Trial<'t> {
    policies: &'t Policies,
    sample: &'t Sample,
    vmi: &'t [u8],
    is_made_up: bool,
    effort: &'t mut Effort,
    tried: &'t mut Tried,
}

impl Trial<'_> {
    /// All rules together; where they come to no result each alone, for the one that ends the run would hide what
    /// the others do. Breaks off where it takes more than there is.
    fn of(&mut self, sets: &[RuleSet]) -> ControlFlow<()> {
        if self.domain(sets)? {
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
                self.domain(&alone)?;
                put(&mut alone, false);
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether the rules come to a result on the domain.
    fn domain(&mut self, sets: &[RuleSet]) -> ControlFlow<(), bool> {
        let (policies, sample) = (self.policies, self.sample);
        let rules = sets.iter().map(|set| set.on_define_domain.len()).sum();
        self.run(sets, rules, 1, |inputs| {
            policies.apply_to_domain(sets, &sample.domain, inputs).map(|outcome| outcome.report.steps)
        })
    }

    /// The rules for cloud-init data, all together.
    fn cloud_init(&mut self, sets: &[RuleSet]) -> ControlFlow<()> {
        let rules = sets.iter().map(|set| set.pre_cloud_init_iso.len()).sum();
        if rules == 0 {
            return ControlFlow::Continue(());
        }
        let policies = self.policies;
        self.run(sets, rules, CLOUD_INIT_STEP, |inputs| {
            policies.apply_to_cloud_init(sets, CLOUD_INIT, b"", inputs).map(|outcome| outcome.report.steps)
        })?;
        ControlFlow::Continue(())
    }

    /// Whether a run comes to a result; it gives the steps that it took, each of which costs `step`. What a policy refuses of it
    /// is noted.
    fn run(
        &mut self,
        sets: &[RuleSet],
        rules: usize,
        step: u64,
        run: impl FnOnce(&Inputs<'_>) -> Result<u64, Failure>,
    ) -> ControlFlow<(), bool> {
        let params: usize = sets.iter().map(|set| 1 + set.params.len()).sum();
        if !self.effort.spend(RUN + RULE * (params + rules) as u64 + self.vmi.len() as u64 / BYTES_PER_STEP) {
            return ControlFlow::Break(());
        }
        let limits = Limits { steps: TRIAL.steps.min(self.effort.left / step), ..TRIAL };
        let given = BTreeMap::new();
        let inputs = Inputs { vmi: self.vmi, surroundings: &Nowhere, given: &given, detail: Detail::Paths, limits };
        let failure = match run(&inputs) {
            Ok(steps) => {
                self.effort.spend(steps * step);
                return ControlFlow::Continue(true);
            }
            Err(failure) => failure,
        };
        self.effort.spend(failure.report.steps * step);
        let mut problem = *failure.problem;
        if problem.code == Code::Limit {
            self.tried.is_whole = false;
        }
        let known = if self.is_made_up { &mut self.tried.possible } else { &mut self.tried.problems };
        if REFUSALS.contains(&problem.code) && !is_known(known, &problem) {
            problem.message = format!("{} (tried on {})", problem.message, self.sample.name);
            known.push(problem);
        }
        ControlFlow::Continue(false)
    }
}
/// Whether the same was said of the same rule, on another sample.
fn is_known(problems: &[Diagnostic], problem: &Diagnostic) -> bool {
    problems.iter().any(|known| {
        known.code == problem.code && span(known) == span(problem) && known.message.starts_with(&problem.message)
    })
}

/// Where it stands in the file that its author wrote.
fn span(problem: &Diagnostic) -> Option<Range<usize>> {
    problem.at.as_ref().map(|at| at.outermost().span)
}

/// Its rules keep their numbers, and do nothing.
fn without_rules(set: &RuleSet) -> RuleSet {
    let on_define_domain = set.on_define_domain.iter().map(switched_off).collect();
    RuleSet { on_define_domain, pre_cloud_init_iso: Vec::new(), ..set.clone() }
}
