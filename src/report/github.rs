//! Diagnostics as GitHub's workflow commands (`::error file=…,line=…::…`), which show as annotations of a change.

use crate::diagnostic::{Diagnostic, Severity};

/// A line a diagnostic. `path` gives a file's name as the repository knows it.
pub fn annotations(problems: &[Diagnostic], path: impl Fn(&str) -> String) -> String {
    problems.iter().map(|problem| annotation(problem, &path) + "\n").collect()
}

fn annotation(problem: &Diagnostic, path: impl Fn(&str) -> String) -> String {
    let command = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(at) = &problem.at {
        let (start, end) = (at.position(), at.end_position());
        properties.push(format!("file={}", property(&path(at.outermost().source.name()))));
        properties.push(format!("line={}", start.line));
        // Columns count only where the place lies in one line.
        if end.line == start.line {
            properties.push(format!("col={}", start.column));
            properties.push(format!("endColumn={}", end.column.max(start.column + 1)));
        } else {
            properties.push(format!("endLine={}", end.line));
        }
    }
    properties.push(format!("title={}", property(problem.code.as_str())));
    let mut words = String::new();
    if let Some(rule) = &problem.rule {
        words += &format!("{rule}: ");
    }
    words += &problem.message;
    for (at, what) in &problem.related {
        words += &format!("\n{what}: {at}");
    }
    if let Some(help) = &problem.help {
        words += &format!("\nhelp: {help}");
    }
    format!("::{command} {}::{}", properties.join(","), data(&words))
}

/// What a runner takes for the end of a command is escaped as it unescapes it (`actions/toolkit`, `command.ts`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
