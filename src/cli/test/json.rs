//! A test run for programs.

use serde_json::{Map, Value, json};

use super::all::{Ran, Verdict};
use crate::diagnostic::Diagnostic;
use crate::report::json::{diagnostics, rules};
use crate::rule_test::{Call, Evidence, Mismatch};
use crate::source::Location;

/// `passed`, `failed`, `todo` (counts), `cases` in the order written, `warnings` (rules that match nothing in any
/// case), `diagnostics` of test files that could not run. A case has `test`, `case`, `file`, `line`, `column`, `status` (`passed`, `failed`, `todo`, `todo-passes`),
/// where it has one its `todo`, `mismatches`, and of a case with mismatches its `rules` as `apply -o json` has them.
pub(super) fn render(ran: &[Ran<'_>], problems: &[Diagnostic], warnings: &[Diagnostic]) -> Value {
    let count = |verdict: Verdict| ran.iter().filter(|one| one.verdict() == verdict).count();
    json!({
        "passed": count(Verdict::Passed),
        "failed": count(Verdict::Failed) + count(Verdict::Done),
        "todo": count(Verdict::Todo),
        "cases": ran.iter().map(case).collect::<Value>(),
        "warnings": diagnostics(warnings),
        "diagnostics": diagnostics(problems),
    })
}

fn case(one: &Ran<'_>) -> Value {
    let status = match one.verdict() {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Todo => "todo",
        Verdict::Done => "todo-passes",
    };
    let mut members = Map::new();
    members.insert("test".into(), one.test.name.as_str().into());
    members.insert("case".into(), one.case.name.as_str().into());
    place(&mut members, &one.case.location);
    members.insert("status".into(), status.into());
    if let Some(todo) = &one.case.todo {
        members.insert("todo".into(), todo.as_str().into());
    }
    members.insert("mismatches".into(), one.outcome.mismatches.iter().map(mismatch).collect());
    if !one.outcome.mismatches.is_empty() {
        members.insert("rules".into(), rules(&one.outcome.report));
    }
    Value::Object(members)
}

/// `call` (`first`, `again`, `second`), `message`, `file`, `line`, `column`; `diagnostics`; or `expected`, `found`
/// and `golden`, the file that holds what is expected.
fn mismatch(mismatch: &Mismatch) -> Value {
    let call = match mismatch.call {
        Call::First => "first",
        Call::Again => "again",
        Call::Second => "second",
    };
    let mut members = Map::new();
    members.insert("call".into(), call.into());
    members.insert("message".into(), mismatch.message.as_str().into());
    place(&mut members, &mismatch.at);
    match &mismatch.evidence {
        Evidence::Nothing => {}
        Evidence::Problems(problems) => _ = members.insert("diagnostics".into(), diagnostics(problems)),
        Evidence::Difference { expected, found, golden, .. } => {
            members.insert("expected".into(), expected.as_str().into());
            members.insert("found".into(), found.as_str().into());
            if let Some(path) = golden {
                members.insert("golden".into(), path.as_str().into());
            }
        }
    }
    Value::Object(members)
}

fn place(members: &mut Map<String, Value>, at: &Location) {
    let position = at.position();
    members.insert("file".into(), at.source.name().into());
    members.insert("line".into(), position.line.into());
    members.insert("column".into(), position.column.into());
}
