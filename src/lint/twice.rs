//! Rule sets that are not idempotent: what they change again in their own result, on sample domains.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{self, Detail, Inputs, Limits, Nowhere, Report};
use crate::rule::{Checks, Condition, Hook, Param, ParamSource, ParamType, Rule, RuleSet};

use super::samples::{Sample, Samples};

/// Rule sets of more rules than this are not tried rule by rule.
const RULES: usize = 200;

/// The rules that break it, each once.
pub(super) fn not_idempotent(sets: &[RuleSet], samples: &Samples) -> Vec<Diagnostic> {
    let mut found: BTreeMap<(usize, usize), Diagnostic> = BTreeMap::new();
    // A check that ends the second run would hide what it changes.
    let sets: Vec<RuleSet> = sets.iter().cloned().map(|set| RuleSet { checks: Checks::OFF, ..set }).collect();
    let sets = sets.as_slice();
    let rules: usize = sets.iter().map(|set| set.on_define_domain.len()).sum();
    if rules > RULES {
        return Vec::new();
    }
    let made_up = made_up_vmi(sets);
    for sample in samples.all() {
        let vmis: Vec<&[u8]> = match sample.vmi.is_empty() {
            true => vec![b"", &made_up],
            false => vec![&sample.vmi],
        };
        for vmi in vmis.into_iter().filter(|vmi| changed_again(sets, sample, vmi).is_some()) {
            for (place, warning) in culprits(sets, sample, vmi) {
                found.entry(place).or_insert(warning);
            }
        }
    }
    found.into_values().collect()
}

/// The rules that break it on a sample, by set and number: switched on one after the other, each on top
/// of those that are idempotent together.
fn culprits(sets: &[RuleSet], sample: &Sample, vmi: &[u8]) -> Vec<((usize, usize), Diagnostic)> {
    let mut tried = sets.to_vec();
    tried.iter_mut().flat_map(|set| &mut set.on_define_domain).for_each(|rule| *rule = switched_off(rule));
    let mut found = Vec::new();
    for (set, number) in
        sets.iter().enumerate().flat_map(|(at, set)| (0..set.on_define_domain.len()).map(move |n| (at, n)))
    {
        let (Some(rule), Some(place)) = (
            sets.get(set).and_then(|set| set.on_define_domain.get(number)),
            tried.get_mut(set).and_then(|set| set.on_define_domain.get_mut(number)),
        ) else {
            continue;
        };
        let off = std::mem::replace(place, rule.clone());
        let Some(report) = changed_again(&tried, sample, vmi) else { continue };
        if let Some(place) = tried.get_mut(set).and_then(|set| set.on_define_domain.get_mut(number)) {
            *place = off;
        }
        found.push(((set, number), warning(rule, set, &report, sample)));
    }
    found
}

/// A rule that does nothing and keeps its number.
fn switched_off(rule: &Rule) -> Rule {
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
fn changed_again(sets: &[RuleSet], sample: &Sample, vmi: &[u8]) -> Option<Report> {
    let given = BTreeMap::new();
    let inputs =
        Inputs { vmi, surroundings: &Nowhere, given: &given, detail: Detail::Counts, limits: Limits::default() };
    let once = engine::apply_to_domain(sets, &sample.domain, &inputs).ok()?;
    if once.result.as_bytes() == &*sample.domain {
        return None;
    }
    let twice = engine::apply_to_domain(sets, once.result.as_bytes(), &inputs).ok()?;
    (twice.result != once.result).then_some(twice.report)
}

/// A VMI in which every annotation and label that a param reads has a value that its checks accept.
fn made_up_vmi(sets: &[RuleSet]) -> Vec<u8> {
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
    let metadata = json!({"name": "vm", "namespace": "default", "annotations": annotations, "labels": labels});
    json!({"metadata": metadata, "spec": {"domain": {"devices": {}}}}).to_string().into_bytes()
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
