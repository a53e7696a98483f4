//! Rule sets that are not idempotent: what they change again in their own result, on sample domains.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::engine::{self, Detail, Inputs, Limits, Nowhere, Report};
use crate::rule::{Checks, Condition, Hook, Param, ParamSource, ParamType, Rule, RuleSet};

use super::samples::{Sample, Samples};

/// Rule sets of more rules than this are not tried rule by rule.
const RULES: usize = 200;

/// What trying rules on one domain may cost. A sample has a few hundred nodes, on which rules for VMs take some
/// thousand steps: what needs more is said, and not tried further.
pub(super) const TRIAL: Limits = Limits { steps: 200_000, bytes: 1 << 20, nodes: 2000 };

/// The rules that break it, each once.
pub(super) fn not_idempotent(sets: &[RuleSet], samples: &Samples) -> Vec<Diagnostic> {
    // A check that ends the second run would hide what it changes.
    let sets: Vec<RuleSet> = sets.iter().cloned().map(|set| RuleSet { checks: Checks::OFF, ..set }).collect();
    let sets = sets.as_slice();
    let rules: usize = sets.iter().map(|set| set.on_define_domain.len()).sum();
    if rules == 0 || rules > RULES {
        return Vec::new();
    }
    let made_up = made_up_vmi(sets);
    let mut trial = Trial { all: sets, tried: sets.to_vec(), found: BTreeMap::new() };
    for sample in samples.all() {
        let vmis = if sample.vmi.is_empty() { vec![&b""[..]] } else { vec![&*sample.vmi] };
        let made_up = made_up.as_deref().filter(|_| sample.vmi.is_empty());
        for vmi in vmis.into_iter().chain(made_up) {
            if let Err(problem) = trial.on(sample, vmi) {
                return vec![too_much(*problem, sample)];
            }
        }
    }
    trial.found.into_values().collect()
}

/// The whole of a trial would take too long: said, for silence would mean that all is well.
fn too_much(mut problem: Diagnostic, sample: &Sample) -> Diagnostic {
    problem.severity = Severity::Warning;
    problem.message = format!(
        "these rules take more than {} steps, 1 MiB of text or {} new nodes on {}, so it was not tried what a second run changes",
        TRIAL.steps, TRIAL.nodes, sample.name
    );
    problem.help("a call may take more, but real domains are larger than this one: let the expressions visit less")
}

/// Rule sets on trial.
struct Trial<'r> {
    all: &'r [RuleSet],
    /// The same, less the rules that were found.
    tried: Vec<RuleSet>,
    /// By set and number.
    found: BTreeMap<(usize, usize), Diagnostic>,
}

impl Trial<'_> {
    /// Looks for rules that break it on a sample, beside those that were found before.
    ///
    /// # Errors
    /// What took too much.
    fn on(&mut self, sample: &Sample, vmi: &[u8]) -> Result<(), Box<Diagnostic>> {
        if changed_again(&self.tried, sample, vmi)?.is_none() {
            return Ok(());
        }
        // All are switched off, and on one after the other, each on top of those that are idempotent together.
        let numbers = self.all.iter().map(|set| set.on_define_domain.len()).enumerate();
        let mut places: Vec<(usize, usize)> =
            numbers.flat_map(|(set, count)| (0..count).map(move |n| (set, n))).collect();
        places.retain(|place| !self.found.contains_key(place));
        for &place in &places {
            self.switch(place, false);
        }
        for place in places {
            self.switch(place, true);
            if let Some(report) = changed_again(&self.tried, sample, vmi)? {
                self.switch(place, false);
                if let Some(rule) = self.all.get(place.0).and_then(|set| set.on_define_domain.get(place.1)) {
                    self.found.insert(place, warning(rule, place.0, &report, sample));
                }
            }
        }
        Ok(())
    }

    /// Puts a rule in its place, or one there that does nothing.
    fn switch(&mut self, (set, number): (usize, usize), on: bool) {
        let rule = self.all.get(set).and_then(|set| set.on_define_domain.get(number));
        let place = self.tried.get_mut(set).and_then(|set| set.on_define_domain.get_mut(number));
        if let (Some(rule), Some(place)) = (rule, place) {
            *place = if on { rule.clone() } else { switched_off(rule) };
        }
    }
}

/// A rule that does nothing and keeps its number.
pub(super) fn switched_off(rule: &Rule) -> Rule {
    Rule { for_each: None, lets: Vec::new(), when: Some(Condition::Constant(false)), ..rule.clone() }
}

/// `report` is that of the second run.
fn warning(rule: &Rule, set: usize, report: &Report, sample: &Sample) -> Diagnostic {
    let traces = || report.sets.iter().enumerate().flat_map(|(at, set)| set.rules.iter().map(move |rule| (at, rule)));
    let mut own = traces().filter(|(at, trace)| *at == set && trace.label.starts_with(step_prefix(rule)));
    let itself = own.any(|(_, trace)| trace.changed > 0);
    let tried = &sample.name;
    let message = match itself {
        true => format!("applied to its own result, this rule changes it again (tried on {tried})"),
        false => format!("what this rule does, an earlier one changes when it runs again (tried on {tried})"),
    };
    let warning = Diagnostic::warning(Code::NotIdempotent, message).at(rule.location.clone()).rule(&*rule.label);
    if itself {
        return warning
            .help("one boot calls more than once: say what is wanted with `set` or `merge`, not what is to be added");
    }
    let warning = match traces().find(|(_, trace)| trace.changed > 0) {
        Some((_, trace)) => warning.related(trace.location.clone(), "the earlier rule stands"),
        None => warning,
    };
    warning.help(
        "one boot calls more than once: write the earlier rule after this one, or let it leave out what this adds",
    )
}

/// What the labels of a rule and its steps begin with: `onDefineDomain[2]`.
fn step_prefix(rule: &Rule) -> &str {
    rule.label.split_inclusive(']').next().unwrap_or(&rule.label)
}

/// What a second run did, where it changed the result of the first. Where a run fails nothing is known: most
/// often a value is asked for that no sample has.
///
/// # Errors
/// What took too much.
fn changed_again(sets: &[RuleSet], sample: &Sample, vmi: &[u8]) -> Result<Option<Report>, Box<Diagnostic>> {
    let given = BTreeMap::new();
    let inputs = Inputs { vmi, surroundings: &Nowhere, given: &given, detail: Detail::Counts, limits: TRIAL };
    let run = |domain| match engine::apply_to_domain(sets, domain, &inputs) {
        Ok(outcome) => Ok(Some(outcome)),
        Err(failure) if failure.problem.code == Code::Limit => Err(failure.problem),
        Err(_) => Ok(None),
    };
    let Some(once) = run(&sample.domain)? else { return Ok(None) };
    if once.result.as_bytes() == &*sample.domain {
        return Ok(None);
    }
    let twice = run(once.result.as_bytes())?;
    Ok(twice.filter(|twice| twice.result != once.result).map(|twice| twice.report))
}

/// A VMI in which every annotation and label that a param reads has a value that its checks accept; none where
/// no param reads any.
pub(super) fn made_up_vmi(sets: &[RuleSet]) -> Option<Vec<u8>> {
    let (mut annotations, mut labels) = (Map::new(), Map::new());
    for set in sets {
        let reached = set.reached_params(Hook::OnDefineDomain);
        for param in reached.into_iter().filter_map(|index| set.params.get(index)) {
            let (map, key) = match &param.source {
                ParamSource::Annotation(key) => (&mut annotations, key),
                ParamSource::Label(key) => (&mut labels, key),
                _ => continue,
            };
            if let Some(value) = made_up_value(param) {
                map.insert(key.clone(), Json::String(value));
            }
        }
    }
    if annotations.is_empty() && labels.is_empty() {
        return None;
    }
    let metadata = json!({"name": "vm", "namespace": "default", "annotations": annotations, "labels": labels});
    Some(json!({"metadata": metadata, "spec": {"domain": {"devices": {}}}}).to_string().into_bytes())
}

fn made_up_value(param: &Param) -> Option<String> {
    let plain = |json: Json| match json {
        Json::String(text) => text,
        other => other.to_string(),
    };
    let listed = param.check.allowed.first().map(|value| plain(value.to_json()));
    let least = param.check.minimum.as_ref().map(ToString::to_string);
    let by_type = match param.check.ty {
        Some(ParamType::Integer | ParamType::Number) => "2",
        Some(ParamType::Boolean) => "true",
        Some(ParamType::Quantity) => "1Gi",
        Some(ParamType::Json) => return None,
        Some(ParamType::String) | None => "sample",
    };
    let candidates = [listed, least, Some(by_type.to_owned()), Some("1".to_owned())];
    let accepted = |text: &String| param.check.accept(Json::String(text.clone()), false).is_ok();
    candidates.into_iter().flatten().find(accepted)
}
