//! Holding what a call gave to what its case expects.

use serde_json::Value as Json;

use crate::cloud_init::{DocumentKind, Envelope};
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{self, Limits, Report, Subject};
use crate::report::{self, Paint, diff};
use crate::xpath;

use super::outcome::{Answer, Applied, Call, Evidence, Mismatch, Refused};
use super::{Case, Document, Expected, Golden, Wanted};

/// What a document and the result are called where they are compared.
const GIVEN: [&str; 2] = ["given", "result"];

/// What of a case's expectations does not hold.
pub(super) fn all(case: &Case, call: Call, answer: &Answer) -> Vec<Mismatch> {
    judged(case, call, answer, |_| true)
}

/// As [`all`], without those of whole results, which a second call does not meet to the letter.
pub(super) fn results(case: &Case, call: Call, answer: &Answer) -> Vec<Mismatch> {
    judged(case, call, answer, |expected| !matches!(expected, Expected::Diff(_) | Expected::Result(_)))
}

fn judged(case: &Case, call: Call, answer: &Answer, counts: impl Fn(&Expected) -> bool) -> Vec<Mismatch> {
    let expected_error = case.checks.iter().find(|check| matches!(check.what, Expected::Error { .. }));
    if let (Err(refused), None) = (answer, expected_error) {
        let message = "the rules fail, and no error is expected".to_owned();
        return vec![Mismatch { call, at: case.location.clone(), message, evidence: problems(refused) }];
    }
    let checks = case.checks.iter().filter(|check| counts(&check.what));
    let mismatch = |check: &super::Check| {
        let (message, evidence) = match answer {
            Ok(applied) => result(case, &check.what, applied),
            Err(refused) => error(&check.what, refused),
        }?;
        Some(Mismatch { call, at: check.location.clone(), message, evidence })
    };
    checks.filter_map(mismatch).collect()
}

/// What is wrong, and what shows it.
type Wrong = Option<(String, Evidence)>;

fn result(case: &Case, expected: &Expected, applied: &Applied) -> Wrong {
    match expected {
        Expected::XPath { expression, document, wanted } => xpath(applied, expression, *document, wanted),
        Expected::Diff(golden) => whole(golden, difference_made(case, applied), applied),
        Expected::Result(golden) => whole_result(case, golden, applied),
        Expected::Unchanged if applied.before == applied.after => None,
        Expected::Unchanged => Some((
            "the rules change something, and `unchanged` is expected".to_owned(),
            difference(GIVEN, &applied.before, &applied.after, &applied.report),
        )),
        Expected::Warnings(codes) => warnings(codes, &applied.report),
        Expected::Error { code, .. } => Some((
            format!("the rules succeed, and the error `{code}` is expected"),
            difference(GIVEN, &applied.before, &applied.after, &applied.report),
        )),
    }
}

fn error(expected: &Expected, refused: &Refused) -> Wrong {
    let Expected::Error { code, message, rule } = expected else { return None };
    let has_rule = |problem: &Diagnostic, name: &str| {
        problem.rule.as_deref().is_some_and(|label| label == name || label.ends_with(&format!(" '{name}'")))
    };
    let fits = |problem: &&Diagnostic| {
        problem.code == *code
            && message.as_ref().is_none_or(|message| problem.message.contains(message.as_str()))
            && rule.as_ref().is_none_or(|rule| has_rule(problem, rule))
    };
    if refused.problems.iter().any(|problem| fits(&problem)) {
        return None;
    }
    let mut words = format!("the error `{code}`");
    if let Some(message) = message {
        words += &format!(" with `{message}` in its message");
    }
    if let Some(rule) = rule {
        words += &format!(" of the rule `{rule}`");
    }
    Some((format!("the rules fail otherwise than with {words}"), problems(refused)))
}

fn xpath(applied: &Applied, expression: &xpath::Expr, document: Option<DocumentKind>, wanted: &Wanted) -> Wrong {
    let mask = |text: &str| applied.report.secrets.mask_within(text).into_owned();
    let text = String::from_utf8_lossy(&applied.after);
    let answer = match document {
        None => engine::evaluate(expression, Subject::Domain(&text), &Limits::default()),
        Some(kind) => Envelope::parse(&applied.after, b"").and_then(|envelope| {
            engine::evaluate(expression, Subject::Json(envelope.document(kind)?), &Limits::default())
        }),
    };
    let shown = |texts: &[String]| match texts {
        [] => "no node".to_owned(),
        texts => texts.iter().map(|text| format!("`{}`", mask(text))).collect::<Vec<_>>().join(", "),
    };
    let found = match (answer, wanted) {
        (Err(problem), _) => {
            let message = format!("`{}` cannot be evaluated", expression.text());
            return Some((message, Evidence::Problems(vec![*problem])));
        }
        (Ok(engine::Answer::Value(found)), Wanted::Text(wanted)) if found == *wanted => return None,
        (Ok(engine::Answer::Nodes(found)), Wanted::Text(wanted)) if found == [wanted.as_str()] => return None,
        (Ok(engine::Answer::Nodes(found)), Wanted::Nodes(wanted)) if found == *wanted => return None,
        (Ok(engine::Answer::Value(found)), _) => shown(&[found]),
        (Ok(engine::Answer::Nodes(found)), _) => shown(&found),
    };
    let wanted = match wanted {
        Wanted::Text(text) => shown(std::slice::from_ref(text)),
        Wanted::Nodes(texts) => shown(texts),
    };
    Some((format!("`{}` gives {found}, expected {wanted}", expression.text()), Evidence::Nothing))
}

fn warnings(expected: &[Code], report: &Report) -> Wrong {
    let words = |codes: &mut Vec<&str>| {
        codes.sort_unstable();
        if codes.is_empty() { "nothing".to_owned() } else { codes.join(", ") }
    };
    let expected = words(&mut expected.iter().map(|code| code.as_str()).collect());
    let found = words(&mut report.warnings.iter().map(|warning| warning.code.as_str()).collect());
    if expected == found {
        return None;
    }
    let warnings = report.warnings.iter().map(|warning| report::masked(warning, &report.secrets)).collect();
    Some((format!("the rules warn of {found}, expected {expected}"), Evidence::Problems(warnings)))
}

/// What `apply --diff` prints.
fn difference_made(case: &Case, applied: &Applied) -> String {
    let (name, secrets) = (&case.document.text().name, &applied.report.secrets);
    match case.document {
        Document::CloudInit(_) => diff::cloud_init(name, &applied.before, &applied.after, secrets, Paint::new(false)),
        Document::Domain(_) => {
            let (before, after) = (String::from_utf8_lossy(&applied.before), String::from_utf8_lossy(&applied.after));
            diff::unified(name, &before, &after, secrets, Paint::new(false))
        }
    }
}

fn whole_result(case: &Case, golden: &Golden, applied: &Applied) -> Wrong {
    let found = match case.document {
        Document::Domain(_) => String::from_utf8_lossy(&applied.after).into_owned(),
        // JSON is compared by value and written to be read.
        Document::CloudInit(_) => {
            let json = |text: &[u8]| serde_json::from_slice::<Json>(text).ok();
            let found = json(&applied.after);
            if found.is_some() && found == golden.text.as_ref().and_then(|text| json(text.as_bytes())) {
                return None;
            }
            format!("{:#}\n", found.unwrap_or_default())
        }
    };
    whole(golden, found, applied)
}

/// An expected text may hold secrets as they are, or masked, as `--bless` writes them.
fn whole(golden: &Golden, found: String, applied: &Applied) -> Wrong {
    let masked = applied.report.secrets.mask_within(&found);
    if golden.text.as_ref().is_some_and(|text| *text == found || *text == masked) {
        return None;
    }
    let message = match (&golden.path, &golden.text) {
        (Some(path), None) => format!("there is no `{path}` yet"),
        (Some(path), Some(_)) => format!("the result is not that of `{path}`"),
        (None, _) => "the result is not the expected one".to_owned(),
    };
    let expected = golden.text.as_deref().unwrap_or_default();
    let mut evidence = difference(["expected", "found"], expected.as_bytes(), found.as_bytes(), &applied.report);
    if let Evidence::Difference { golden: file, .. } = &mut evidence {
        file.clone_from(&golden.path);
    }
    Some((message, evidence))
}

/// Two texts, with secrets masked.
pub(super) fn difference(names: [&'static str; 2], expected: &[u8], found: &[u8], report: &Report) -> Evidence {
    let masked = |bytes: &[u8]| report.secrets.mask_within(&String::from_utf8_lossy(bytes)).into_owned();
    Evidence::Difference { names, expected: masked(expected), found: masked(found), golden: None }
}

/// Problems, with secrets masked.
pub(super) fn problems(refused: &Refused) -> Evidence {
    let masked = |problem| report::masked(problem, &refused.report.secrets);
    Evidence::Problems(refused.problems.iter().map(masked).collect())
}
