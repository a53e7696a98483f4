//! Which rule brought about what a policy refuses. The verdict does not depend on it.

use crate::diagnostic::Diagnostic;
use crate::engine::{Report, RuleTrace};
use crate::source::Location;

/// Points at the rule that changed what stands at `path`, else at the policy's own place, `clause`.
pub(super) fn blame(mut problem: Diagnostic, path: Option<String>, clause: &Location, report: &Report) -> Diagnostic {
    problem.path = path;
    match culprit(report, problem.path.as_deref()) {
        Some(rule) => {
            let problem = problem.rule(&*rule.label).at(rule.location.clone());
            problem.related(clause.clone(), "the policy says so")
        }
        None => problem.at(clause.clone()),
    }
}

/// The last rule that changed something there, in it or above it; else the only one that changed anything.
fn culprit<'r>(report: &'r Report, path: Option<&str>) -> Option<&'r RuleTrace> {
    let changing = || report.sets.iter().flat_map(|set| &set.rules).filter(|rule| rule.changed > 0);
    let touches =
        |rule: &&RuleTrace| path.is_some_and(|path| rule.events.iter().any(|event| is_near(&event.path, path)));
    changing().rfind(touches).or_else(|| {
        let mut changing = changing();
        changing.next().filter(|_| changing.next().is_none())
    })
}

/// Whether one of two paths leads to the other. The root is above everything, so it says nothing.
fn is_near(told: &str, path: &str) -> bool {
    let is_above = |upper: &str, lower: &str| {
        lower.strip_prefix(upper).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    told.matches('/').count() > 1 && (is_above(told, path) || is_above(path, told))
}
