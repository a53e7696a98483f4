//! Rules that found nothing to change: most often a path that is wrong, and nothing else would tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{Report, RuleTrace, Secrets};
use crate::source::Location;

/// A warning for each rule that matched nothing in this run, in the order in which they ran.
pub fn unmatched(report: &Report) -> Vec<Diagnostic> {
    let rules = report.sets.iter().flat_map(|set| &set.rules).filter(|rule| rule.matched_nothing());
    rules.map(|rule| warning(rule, "this rule matched nothing", &report.secrets)).collect()
}

/// A warning for each rule that matched nothing in any of these runs, in the order of files and places.
pub fn unmatched_in_all<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Vec<Diagnostic> {
    let mut idle = BTreeMap::new();
    let mut busy = BTreeSet::new();
    for report in reports {
        for rule in report.sets.iter().flat_map(|set| &set.rules) {
            let key = (rule.location.source.name(), rule.location.span.start, &*rule.label);
            if rule.found_something() {
                busy.insert(key);
            } else if rule.matched_nothing() {
                idle.entry(key).or_insert((rule, &report.secrets));
            }
        }
    }
    let left = idle.into_iter().filter(|(key, _)| !busy.contains(key));
    left.map(|(_, (rule, secrets))| warning(rule, "this rule matched nothing in any case", secrets)).collect()
}

fn warning(rule: &RuleTrace, message: &str, secrets: &Secrets) -> Diagnostic {
    let start = rule.location.span.start;
    let at = Location::new(&rule.location.source, start..start);
    let reason = rule.reason.as_deref().unwrap_or("its path selects nothing");
    let warning = Diagnostic::warning(Code::SelectsNothing, message).at(at).rule(&*rule.label);
    warning.help(secrets.mask_within(reason).into_owned())
}
