//! Lints: what a rule set, or a policy, may say and its author hardly means.
//!
//! A lint is a warning, for what it says is likely and not sure. None should be false: where a rule
//! may be right in some domain, nothing is said. They look at compiled rule sets, at their text, at
//! libvirt's vocabulary and at sample domains; the sidecar is built without them.

mod calls;
mod clauses;
mod cloud_init;
mod combinations;
mod names;
mod policies;
mod quoting;
mod reach;
mod running;
mod samples;
mod selection;
mod spots;
mod survey;
mod templates;
mod twice;
mod unused;
mod written;

pub use clauses::policy_paths;
pub use policies::{Effort, Tried, under_policies, under_policies_within};
pub use samples::{Sample, Samples};

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::RuleSet;

use survey::Survey;

/// The codes that [`lint`] gives.
pub const CODES: [Code; 18] = [
    Code::UnknownElement,
    Code::UnknownAttribute,
    Code::UnknownAttributeValue,
    Code::SelectsNothing,
    Code::NeverRuns,
    Code::UnusedParam,
    Code::UnusedVariable,
    Code::UnusedFile,
    Code::UnexpandedTemplate,
    Code::StrippedByKubevirt,
    Code::UnquotedValue,
    Code::DependsOnCall,
    Code::NotIdempotent,
    Code::Limit,
    Code::UnsupportedCombination,
    Code::Deprecated,
    Code::UnknownCloudInitKey,
    Code::CloudInitValue,
];

/// What is suspicious in rule sets that compile, set by set in the order of their places: warnings with
/// location, rule and help. The sets are taken as those of one call, so that one may loop over what an
/// earlier one makes. Nothing is read but what is given.
pub fn lint(sets: &[RuleSet], samples: &Samples) -> Vec<Diagnostic> {
    // A pack under `spec.use` is not its user's text.
    let surveys: Vec<Survey<'_>> = sets.iter().filter(|set| set.pack.is_none()).filter_map(Survey::of).collect();
    let created = selection::created_names(&surveys);
    let mut problems = Vec::new();
    for survey in &surveys {
        names::check(survey, samples, &mut problems);
        calls::check(survey, &mut problems);
        cloud_init::check(survey, &mut problems);
        combinations::check(survey, &mut problems);
        quoting::check(survey, &mut problems);
        running::check(survey, &mut problems);
        templates::check(survey, &mut problems);
        unused::check(survey, &mut problems);
        selection::selects_nothing(survey, samples, &created, &mut problems);
    }
    problems.extend(twice::not_idempotent(sets, samples));
    without_consequences(&mut problems);
    in_order(problems, sets)
}

/// A name that libvirt does not know is no name of KubeVirt's either.
fn without_consequences(problems: &mut Vec<Diagnostic>) {
    let start = |problem: &Diagnostic| {
        let at = problem.at.as_ref().map(|at| at.outermost());
        at.map(|at| (std::sync::Arc::as_ptr(&at.source), at.span.start))
    };
    let is_unknown = |problem: &&Diagnostic| matches!(problem.code, Code::UnknownElement | Code::UnknownAttribute);
    let unknown: std::collections::HashSet<_> = problems.iter().filter(is_unknown).map(start).collect();
    problems.retain(|problem| problem.code != Code::StrippedByKubevirt || !unknown.contains(&start(problem)));
}

/// By set and place; the same thing is said once.
fn in_order(mut problems: Vec<Diagnostic>, sets: &[RuleSet]) -> Vec<Diagnostic> {
    let key = |problem: &Diagnostic| {
        let at = problem.at.as_ref().map(|at| at.outermost());
        let is_of = |set: &RuleSet| {
            at.as_ref().is_some_and(|at| std::sync::Arc::ptr_eq(&set.location.outermost().source, &at.source))
        };
        let span = at.as_ref().map(|at| (at.span.start, at.span.end));
        (sets.iter().position(is_of), span, problem.code)
    };
    problems.sort_by_cached_key(key);
    problems.dedup_by(|a, b| key(a) == key(b) && a.message == b.message);
    problems
}
