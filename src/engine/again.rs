//! Rules on their own result: one boot calls more than once, so a second time must change nothing.

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Severity};
use crate::rule::{Level, ResultCheck, RuleSet, strictest};

use super::{Failure, Inputs, Outcome, apply_to_domain};

/// As [`apply_to_domain`]; where that changed something the rules are applied to the result too, for the check
/// `not-idempotent`. That costs a second call, so it is for where a domain is answered or shown.
///
/// # Errors
/// As [`apply_to_domain`], and `not-idempotent` where a rule set makes an error of it.
pub fn apply_again<'r, 'd, S>(sets: S, domain: &'d [u8], inputs: &Inputs<'_>) -> Result<Outcome<Cow<'d, str>>, Failure>
where
    S: IntoIterator<Item = &'r RuleSet> + Clone,
    S::IntoIter: Clone,
{
    let outcome = apply_to_domain(sets.clone(), domain, inputs)?;
    judge_again(sets, domain, outcome, inputs)
}

/// The outcome of [`apply_to_domain`] on `domain`, after the check `not-idempotent`.
///
/// # Errors
/// `not-idempotent` where a rule set makes an error of it.
pub fn judge_again<'r, 'd, S>(
    sets: S,
    domain: &[u8],
    mut outcome: Outcome<Cow<'d, str>>,
    inputs: &Inputs<'_>,
) -> Result<Outcome<Cow<'d, str>>, Failure>
where
    S: IntoIterator<Item = &'r RuleSet> + Clone,
    S::IntoIter: Clone,
{
    let level = strictest(sets.clone().into_iter(), ResultCheck::NotIdempotent);
    if level == Level::Off || outcome.result.as_bytes() == domain {
        return Ok(outcome);
    }
    let Some(problem) = difference(apply_to_domain(sets, outcome.result.as_bytes(), inputs), &outcome.result) else {
        return Ok(outcome);
    };
    if level == Level::Error {
        return Err(Failure { problem: Box::new(problem), report: outcome.report });
    }
    outcome.report.warnings.push(Diagnostic { severity: Severity::Warning, ..problem });
    Ok(outcome)
}

/// What is wrong where the second time gives something else than the first.
fn difference(again: Result<Outcome<Cow<'_, str>>, Failure>, first: &str) -> Option<Diagnostic> {
    let code = ResultCheck::NotIdempotent.code();
    let help = "one boot calls more than once: say what is wanted with `set` or `merge`, not what is to be added";
    let report = match again {
        Ok(again) if again.result == first => return None,
        Ok(again) => again.report,
        Err(Failure { problem, .. }) => {
            let message =
                format!("applied to their own result, the rules fail: [{}] {}", problem.code, problem.message);
            return Some(Diagnostic { code, message, ..*problem }.help(help));
        }
    };
    let mut problem = Diagnostic::error(code, "applied to their own result, the rules change it again").help(help);
    if let Some(rule) = report.sets.iter().flat_map(|set| &set.rules).find(|rule| rule.changed > 0) {
        problem = problem.rule(&*rule.label).at(rule.location.clone());
        problem.path = rule.events.iter().map(|event| event.path.clone()).find(|path| !path.is_empty());
    }
    Some(problem)
}
