//! What a run found, in the format that was asked for.

use serde_json::json;

use super::arguments::Format;
use super::outcome::Outcome;
use super::paths::Paths;
use crate::report::{Paint, github, json as as_json, sarif, text, visible};

/// So many problems are shown with their source lines, more than anyone reads at once; the others have a line each.
const WITH_LINES: usize = 200;

/// The whole of standard output.
pub(super) fn outcome(outcome: &Outcome, format: Format, paths: &Paths, paint: Paint) -> String {
    let in_repository = |name: &str| paths.in_repository(name);
    match format {
        Format::Text => in_words(outcome, paint),
        Format::Json => in_json(outcome),
        Format::Sarif => format!("{:#}\n", sarif::log(&outcome.problems, in_repository)),
        Format::Github => github::annotations(&outcome.problems, in_repository),
    }
}

fn in_words(outcome: &Outcome, paint: Paint) -> String {
    let (with_lines, others) = outcome.problems.split_at(outcome.problems.len().min(WITH_LINES));
    let mut shown = text::render(with_lines, paint);
    if !shown.is_empty() {
        shown.push('\n');
    }
    for other in others {
        shown += &visible(&other.to_string());
        shown.push('\n');
    }
    if !others.is_empty() {
        shown.push('\n');
    }
    shown + &summary(outcome, paint) + "\n"
}

/// `2 files: 1 rule set, 1 VM: 1 error, 2 warnings (3 silenced)`
fn summary(outcome: &Outcome, paint: Paint) -> String {
    let counts = outcome.counts;
    let mut looked_at = Vec::new();
    for (count, word) in [
        (counts.rule_sets, "rule set"),
        (counts.rule_tests, "rule test"),
        (counts.policies, "policy"),
        (counts.injections, "injection"),
        (counts.machines, "VM"),
    ] {
        if count > 0 {
            looked_at.push(number(count, word));
        }
    }
    if counts.passed_over > 0 {
        looked_at.push(format!("{} passed over", counts.passed_over));
    }
    let verdict = match (outcome.errors(), outcome.warnings()) {
        (0, 0) => paint.green("nothing is wrong"),
        (0, warnings) => paint.yellow(&number(warnings, "warning")),
        (errors, 0) => paint.red(&number(errors, "error")),
        (errors, warnings) => paint.red(&format!("{}, {}", number(errors, "error"), number(warnings, "warning"))),
    };
    let mut known = Vec::new();
    for (count, word) in [(counts.silenced, "silenced"), (outcome.baselined, "in the baseline")] {
        if count > 0 {
            known.push(format!("{count} {word}"));
        }
    }
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    let looked_at = if looked_at.is_empty() { String::new() } else { format!(" ({})", looked_at.join(", ")) };
    format!("{}{looked_at}: {verdict}{known}", number(counts.files, "file"))
}

/// `1 file`, `2 files`, `2 policies`
pub(super) fn number(count: usize, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {word}s"),
    }
}

fn in_json(outcome: &Outcome) -> String {
    let counts = outcome.counts;
    let value = json!({
        "problems": as_json::diagnostics(&outcome.problems),
        "summary": {
            "files": counts.files,
            "ruleSets": counts.rule_sets,
            "ruleTests": counts.rule_tests,
            "policies": counts.policies,
            "injections": counts.injections,
            "machines": counts.machines,
            "passedOver": counts.passed_over,
            "errors": outcome.errors(),
            "warnings": outcome.warnings(),
            "silenced": counts.silenced,
            "baselined": outcome.baselined,
        },
    });
    format!("{value:#}\n")
}
