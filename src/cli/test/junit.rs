//! JUnit's XML, as CI servers read it: a suite a test, with the attributes that they agree on.

use std::time::Duration;

use super::all::{Ran, Verdict};
use super::text;
use crate::diagnostic::Diagnostic;
use crate::report::Paint;
use crate::xml::{escape_attribute, escape_text};

/// The whole run; problems of test files that could not run are errors of a suite of their own.
pub(super) fn render(ran: &[Ran<'_>], problems: &[Diagnostic]) -> String {
    let wrong = ran.iter().filter(|one| one.is_wrong()).count();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{}\" failures=\"{wrong}\" errors=\"{}\" time=\"{}\">\n",
        ran.len() + problems.len(),
        problems.len(),
        seconds(ran.iter().map(|one| one.took).sum()),
    );
    let is_same = |a: &Ran<'_>, b: &Ran<'_>| std::ptr::eq(a.test, b.test);
    for suite in ran.chunk_by(is_same) {
        let Some(first) = suite.first() else { continue };
        out += &format!(
            "  <testsuite name=\"{}\" file=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\">\n",
            attribute(&first.test.name),
            attribute(&first.file.path.display().to_string()),
            suite.len(),
            suite.iter().filter(|one| one.is_wrong()).count(),
            suite.iter().filter(|one| one.verdict() == Verdict::Todo).count(),
            seconds(suite.iter().map(|one| one.took).sum()),
        );
        out.extend(suite.iter().map(case));
        out += "  </testsuite>\n";
    }
    if !problems.is_empty() {
        let count = problems.len();
        out += &format!("  <testsuite name=\"test files\" tests=\"{count}\" failures=\"0\" errors=\"{count}\">\n");
        for problem in problems {
            let name = problem.at.as_ref().map_or(String::new(), ToString::to_string);
            let (code, message) = (problem.code, attribute(&problem.message));
            out += &format!("    <testcase name=\"{}\" classname=\"test files\">\n", attribute(&name));
            out += &format!(
                "      <error type=\"{code}\" message=\"{message}\">{}</error>\n",
                content(&problem.to_string())
            );
            out += "    </testcase>\n";
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}

fn case(one: &Ran<'_>) -> String {
    let position = one.case.location.position();
    let opening = format!(
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
        attribute(&one.case.name),
        attribute(&one.test.name),
        attribute(&one.file.path.display().to_string()),
        position.line,
        seconds(one.took),
    );
    let inner = match one.verdict() {
        Verdict::Passed => return opening + "/>\n",
        Verdict::Todo => {
            format!("<skipped message=\"{}\"/>", attribute(one.case.todo.as_deref().unwrap_or_default()))
        }
        Verdict::Failed | Verdict::Done => {
            let message = one
                .outcome
                .mismatches
                .first()
                .map_or("it passes, and `todo` says that it fails", |first| &first.message);
            let details = text::details(one, false, Paint::new(false));
            format!("<failure type=\"mismatch\" message=\"{}\">{}</failure>", attribute(message), content(&details))
        }
    };
    format!("{opening}>\n      {inner}\n    </testcase>\n")
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

fn attribute(text: &str) -> String {
    escape_attribute(&writable(text))
}

fn content(text: &str) -> String {
    escape_text(&writable(text))
}

/// The text with what XML 1.0 cannot hold (section 2.2) replaced.
fn writable(text: &str) -> String {
    let is_char =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_char(c) { c } else { '\u{fffd}' }).collect()
}
