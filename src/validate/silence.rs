//! Comments that silence a warning where it stands: `# virt-patch: allow CODE: reason`.
//!
//! A comment on a line of its own is for the next line that holds something, one behind a value for its own line. Where
//! a text over several lines begins there (a block scalar), it is for the whole text.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::source::{Location, Source, Span};
use crate::yaml::{self, Limits, Node, Value};

use super::embedded::embedded;
use super::settings::{Level, Levels};

/// How every such comment begins.
const MARK: &str = "# virt-patch:";

/// The silencing comments of a file.
pub(super) struct Silences {
    found: Vec<Silence>,
    complaints: Vec<Diagnostic>,
}

struct Silence {
    code: Code,
    /// The comment.
    at: Location,
    /// The bytes of the file that it is for.
    covers: Range<usize>,
    is_used: bool,
    /// An error that stands there: it cannot be silenced.
    is_for_error: bool,
}

/// The comments of a file, those included that stand in the texts of its ConfigMaps and annotations.
pub(super) fn find(source: &Arc<Source>, documents: &[Node]) -> Silences {
    let mut silences = Silences { found: Vec::new(), complaints: Vec::new() };
    if !source.text().contains("virt-patch: ") {
        return silences;
    }
    silences.read(source, documents);
    for inner in documents.iter().flat_map(|document| embedded(source, document)) {
        if let Ok(documents) = yaml::read(&inner, &Limits::default()) {
            silences.read(&inner, &documents);
        }
    }
    silences
}

impl Silences {
    /// Whether a comment silences this problem.
    pub(super) fn cover(&mut self, problem: &Diagnostic) -> bool {
        let Some(at) = problem.at.as_ref().map(Location::outermost) else { return false };
        let mut is_silent = false;
        for silence in &mut self.found {
            if silence.code == problem.code && silence.covers.contains(&at.span.start) {
                match problem.severity {
                    Severity::Warning => {
                        silence.is_used = true;
                        is_silent = true;
                    }
                    Severity::Error => silence.is_for_error = true,
                }
            }
        }
        is_silent
    }

    /// What is wrong with the comments themselves. Where a file could not be checked to its end
    /// (`is_complete` is false) a comment may yet have its use.
    pub(super) fn complaints(self, is_complete: bool, levels: &Levels) -> Vec<Diagnostic> {
        let mut complaints = self.complaints;
        for silence in self.found.into_iter().filter(|silence| !silence.is_used) {
            let code = silence.code;
            if silence.is_for_error {
                let message = format!("this `{code}` is an error, and only warnings can be silenced");
                complaints.push(Diagnostic::warning(Code::AllowUnused, message).at(silence.at));
            } else if is_complete && levels.of(code) != Some(Level::Off) {
                let message = format!("there is no `{code}` here to silence");
                let problem = Diagnostic::warning(Code::AllowUnused, message).at(silence.at);
                complaints.push(problem.help("take the comment away"));
            }
        }
        complaints
    }

    fn read(&mut self, source: &Arc<Source>, documents: &[Node]) {
        let text = source.text();
        for (start, _) in text.match_indices(MARK) {
            let is_after_space = text[..start].ends_with([' ', '\t', '\n', '\r', '\u{feff}']) || start == 0;
            if !is_after_space || yaml::is_in_scalar(documents, start) {
                continue;
            }
            let line = line_at(text, start);
            let at = Location::new(source, start..line.end);
            match allowance(&text[start + MARK.len()..line.end], &at) {
                Ok(code) => {
                    let target = extended(documents, target(text, start, &line));
                    let covers = Location::new(source, target).outermost().span;
                    let covers = covers.start..covers.end + 1;
                    self.found.push(Silence { code, at, covers, is_used: false, is_for_error: false });
                }
                Err(problem) => self.complaints.push(*problem),
            }
        }
    }
}

/// `allow CODE: reason`.
fn allowance(text: &str, at: &Location) -> Result<Code, Box<Diagnostic>> {
    let wrong = |message: String| Diagnostic::warning(Code::AllowSyntax, message).at(at.clone());
    let how = "write `# virt-patch: allow CODE: reason`";
    let Some(rest) = text.trim().strip_prefix("allow ") else {
        return Err(Box::new(wrong("this comment says nothing that virt-patch knows".into()).help(how)));
    };
    let (name, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let name = name.trim();
    let Some(&code) = Code::ALL.iter().find(|code| code.as_str() == name) else {
        let near = nearest(name, Code::ALL.iter().map(|code| code.as_str()));
        let help = near.map_or_else(|| how.to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(Box::new(wrong(format!("there is no code `{name}` to silence")).help(help)));
    };
    if reason.trim().is_empty() {
        let help = format!("write `# virt-patch: allow {code}: ` and why it is right here");
        return Err(Box::new(wrong(format!("`{code}` is silenced without a reason")).help(help)));
    }
    Ok(code)
}

/// The line around a place, without its end.
fn line_at(text: &str, at: usize) -> Span {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    start..end - usize::from(text[start..end].ends_with('\r'))
}

/// The line that a comment is for.
fn target(text: &str, comment: usize, line: &Span) -> Span {
    let before = text[line.start..comment].trim_start_matches('\u{feff}');
    if !before.trim().is_empty() {
        return line.clone();
    }
    let mut next = line.clone();
    while next.end < text.len() {
        let start = text[next.end..].find('\n').map_or(text.len(), |newline| next.end + newline + 1);
        next = line_at(text, start);
        let content = text[next.clone()].trim();
        if !content.is_empty() && !content.starts_with('#') {
            return next;
        }
        if start == text.len() {
            break;
        }
    }
    line.clone()
}

/// The line and the rest of a scalar that begins in it.
fn extended(nodes: &[Node], line: Span) -> Span {
    let mut end = line.end;
    for node in nodes {
        reach(node, &line, &mut end);
    }
    line.start..end
}

/// Recurses with the depth of the node, which the reader bounds.
fn reach(node: &Node, line: &Span, end: &mut usize) {
    match &node.value {
        Value::Scalar(_) if line.contains(&node.span.start) => *end = node.span.end.max(*end),
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| reach(item, line, end)),
        Value::Mapping(mapping) => {
            for (key, value) in &mapping.entries {
                if line.contains(&key.span.start) && value.scalar().is_some() {
                    *end = value.span.end.max(*end);
                }
                reach(value, line, end);
            }
        }
    }
}
