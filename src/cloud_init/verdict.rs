//! What cloud-init would refuse of a result and did not refuse before: warnings, for cloud-init itself warns and goes on
//! without what it does not know.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Envelope;
use super::document::{DocumentKind, Reading, read_with_places};
use super::schema::{Finding, Step, What, Whole, judge_document};
use super::user_data::cloud_configs;
use crate::diagnostic::{Code, Diagnostic};

/// The documents that cloud-init has schemas for.
const KINDS: [DocumentKind; 2] = [DocumentKind::UserData, DocumentKind::NetworkData];

/// How many warnings a document has: a message may hold many parts.
const WARNINGS: usize = 50;

/// A finding wherever in a list it stands, for an edit may move items.
type Anywhere<'a> = (Vec<Step<'a>>, Code, Option<&'static str>);

/// A warning for each place of a changed document that cloud-init's schemas do not allow, unless the document had it
/// when it came; of a MIME message in each of its cloud-configs. It names document, line and column in the result (of
/// a part those in its decoded content) and the place as a JSON Pointer. Values, which may be secret, are not in it.
pub fn new_problems(result: &Envelope) -> Vec<Diagnostic> {
    if !result.is_changed() {
        return Vec::new();
    }
    let input = result.as_it_came();
    let mut problems = Vec::new();
    for kind in KINDS {
        if input.text(kind) == result.text(kind) {
            continue;
        }
        let (before, after) = (readings(kind, input.text(kind)), readings(kind, result.text(kind)));
        let before: Vec<Finding<'_>> = before.iter().flat_map(|(_, reading)| judged(kind, reading)).collect();
        let known: HashSet<Anywhere<'_>> = before.iter().map(anywhere).collect();
        let warnings = after.iter().flat_map(|(name, reading)| {
            let new = judged(kind, reading).into_iter().filter(|finding| !known.contains(&anywhere(finding)));
            new.map(|finding| warning(kind, name, reading, &finding)).collect::<Vec<_>>()
        });
        problems.extend(warnings.take(WARNINGS));
    }
    problems
}

/// What of a text cloud-init reads by its schemas, each with its name: nothing of Ignition's, of scripts, and of what
/// cannot be read.
fn readings(kind: DocumentKind, text: &str) -> Vec<(String, Reading)> {
    let texts = match kind {
        DocumentKind::UserData => cloud_configs(text),
        _ => vec![(None, Cow::Borrowed(text))],
    };
    let named = texts.into_iter().filter_map(|(part, text)| {
        let name = part.map_or_else(|| kind.to_string(), |number| format!("{kind} part {number}"));
        Some((name, read_with_places(kind, &text).ok()?))
    });
    named.collect()
}

fn judged(kind: DocumentKind, reading: &Reading) -> Vec<Finding<'_>> {
    judge_document(kind, &reading.value, Whole::Yes)
}

fn warning(kind: DocumentKind, name: &str, reading: &Reading, finding: &Finding<'_>) -> Diagnostic {
    let at = reading.position(&finding.path, matches!(finding.what, What::UnknownKey(_)));
    let path = format!("{name}:{}:{} {}", at.line, at.column, finding.pointer());
    let message = finding.message(kind.as_str());
    Diagnostic::warning(finding.code(), message).path(path.trim_end()).help(finding.help(None))
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
