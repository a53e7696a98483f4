//! What a person reads of a test run.

use super::all::{Ran, Verdict, id};
use crate::engine::Secrets;
use crate::report::{Paint, diff, explain, text, visible};
use crate::rule_test::{Evidence, Mismatch};

/// Every file with its cases, then what is wrong, case by case, then a count; ends with a newline.
pub(super) fn render(ran: &[Ran<'_>], with_explanation: bool, paint: Paint) -> String {
    let mut out = String::new();
    let mut heading = None;
    for one in ran {
        let here = (&one.file.path, &one.test.name);
        if heading != Some(here) {
            out +=
                &format!("{}  {}\n", paint.bold(&visible(&one.test.name)), paint.cyan(&here.0.display().to_string()));
            heading = Some(here);
        }
        out += &line(one, paint);
    }
    for one in ran.iter().filter(|one| one.is_wrong() || (with_explanation && !one.outcome.mismatches.is_empty())) {
        out += "\n";
        out += &details(one, with_explanation, paint);
    }
    out + "\n" + &summary(ran, paint) + "\n"
}

fn line(one: &Ran<'_>, paint: Paint) -> String {
    let todo = one.case.todo.as_deref().map(visible).unwrap_or_default();
    let (word, note) = match one.verdict() {
        Verdict::Passed => (paint.green("ok    "), String::new()),
        Verdict::Failed => (paint.red("FAILED"), String::new()),
        Verdict::Todo => (paint.yellow("todo  "), format!(": {todo}")),
        Verdict::Done => (paint.red("FAILED"), format!(": it passes, and `todo` says that it fails: {todo}")),
    };
    format!("  {word}  {}{note}\n", visible(&one.case.name))
}

/// What is wrong with one case, and how to go on.
pub(super) fn details(one: &Ran<'_>, with_explanation: bool, paint: Paint) -> String {
    let id = id(one.test, one.case);
    let mut out = format!(
        "{} {}  {}\n",
        paint.red("FAILED"),
        paint.bold(&visible(&id)),
        paint.cyan(&one.case.location.to_string())
    );
    if one.verdict() == Verdict::Done {
        return out + "  it passes now: take its `todo` away\n";
    }
    for mismatch in &one.outcome.mismatches {
        out += &self::mismatch(mismatch, paint);
    }
    let report = &one.outcome.report;
    let changed = report.sets.iter().flat_map(|set| &set.rules).filter(|rule| rule.changed > 0);
    let changed: Vec<String> = changed
        .map(|rule| format!("    {}  {}\n", visible(&rule.label), paint.cyan(&rule.location.to_string())))
        .collect();
    if !changed.is_empty() && !with_explanation {
        out += &format!("  rules that changed something in the first call:\n{}", changed.concat());
    }
    if with_explanation {
        return out + &indented(&explain::explain(report, paint), "  ");
    }
    let command = format!("virt-patch test {} --filter {}", quoted(&one.file.path.display().to_string()), quoted(&id));
    let golden = one.outcome.mismatches.iter().any(|mismatch| accepted(mismatch).is_some());
    out += &format!("  to see what each rule did: {command} --explain\n");
    if golden {
        out += &format!("  to accept what was found:  {command} --bless\n");
    }
    out
}

fn mismatch(mismatch: &Mismatch, paint: Paint) -> String {
    let place = paint.cyan(&mismatch.at.to_string());
    let mut out = format!("  {}: {}  {place}\n", paint.bold(mismatch.call.as_str()), visible(&mismatch.message));
    match &mismatch.evidence {
        Evidence::Nothing => {}
        Evidence::Problems(problems) => out += &indented(&text::render(problems, paint), "    "),
        Evidence::Difference { .. } => out += &indented(&difference(mismatch, paint), "    "),
    }
    out
}

/// The two texts of a mismatch, as a unified diff.
pub(super) fn difference(mismatch: &Mismatch, paint: Paint) -> String {
    let Evidence::Difference { names: [first, second], expected, found, golden } = &mismatch.evidence else {
        return String::new();
    };
    let names = [golden.as_deref().unwrap_or(first), second];
    diff::between(names, expected, found, &Secrets::default(), paint)
}

/// The file that may take what was found in a mismatch, and that text.
pub(super) fn accepted(mismatch: &Mismatch) -> Option<(&str, &str)> {
    match &mismatch.evidence {
        Evidence::Difference { found, golden: Some(path), .. } => Some((path, found)),
        _ => None,
    }
}

fn summary(ran: &[Ran<'_>], paint: Paint) -> String {
    let count = |verdicts: &[Verdict]| ran.iter().filter(|one| verdicts.contains(&one.verdict())).count();
    let failed = count(&[Verdict::Failed, Verdict::Done]);
    let cases = if ran.len() == 1 { "case" } else { "cases" };
    let mut words = format!("{} {cases}: {} passed, {failed} failed", ran.len(), count(&[Verdict::Passed]));
    let todo = count(&[Verdict::Todo]);
    if todo > 0 {
        words += &format!(", {todo} todo");
    }
    if failed > 0 { paint.red(&words) } else { paint.green(&words) }
}

fn indented(text: &str, by: &str) -> String {
    let line = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("{by}{line}") };
    text.split_inclusive('\n').map(line).collect()
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", visible(word).replace('\'', r"'\''"))
}
