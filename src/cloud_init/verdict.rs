//! What cloud-init would refuse of a result and did not refuse before: warnings, for cloud-init itself warns and goes on
//! without what it does not know.

use std::collections::HashSet;

use super::Envelope;
use super::document::DocumentKind;
use super::schema::{Finding, Step, What, Whole, judge_document};
use crate::diagnostic::{Code, Diagnostic};

/// The documents that cloud-init has schemas for.
const KINDS: [DocumentKind; 2] = [DocumentKind::UserData, DocumentKind::NetworkData];

/// A finding wherever in a list it stands, for an edit may move items.
type Anywhere<'a> = (Vec<Step<'a>>, Code, Option<&'static str>);

/// A warning for each place of a changed document that cloud-init's schemas do not allow, unless the document had it
/// when it came. Values, which may be secret, are not in it.
pub fn new_problems(result: &Envelope) -> Vec<Diagnostic> {
    if !result.is_changed() {
        return Vec::new();
    }
    let input = result.as_it_came();
    let mut problems = Vec::new();
    for kind in KINDS {
        let (before, after) = (input.judged(kind), result.judged(kind));
        if before == after {
            continue;
        }
        let known: HashSet<Anywhere<'_>> =
            before.map(|before| judge_document(kind, before, Whole::Yes)).iter().flatten().map(anywhere).collect();
        let findings = after.map(|after| judge_document(kind, after, Whole::Yes)).unwrap_or_default();
        problems.extend(findings.iter().filter(|finding| !known.contains(&anywhere(finding))).map(|finding| {
            Diagnostic::warning(finding.code(), finding.message(kind.as_str()))
                .path(format!("{kind} {}", finding.pointer()).trim_end())
                .help(finding.help(None))
        }));
    }
    problems
}

fn anywhere<'a>(finding: &Finding<'a>) -> Anywhere<'a> {
    let path = finding.path.iter().map(|step| match step {
        Step::Item(_) => Step::Item(0),
        key => *key,
    });
    let missing = match finding.what {
        What::MissingKey(name) => Some(name),
        _ => None,
    };
    (path.collect(), finding.code(), missing)
}
