//! What changed, as a unified diff (POSIX `diff -u`).

use std::borrow::Cow;
use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::{Paint, visible};
use crate::engine::Secrets;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// A line longer than this is no line that a person reads: the markup on it is broken up.
const READABLE: usize = 400;

/// The difference between two texts, empty where there is none. Secrets are masked before the texts
/// are compared, so that none is shown that spans several lines.
pub fn unified(name: &str, before: &str, after: &str, secrets: &Secrets, paint: Paint) -> String {
    if before == after {
        return String::new();
    }
    let (before, after) = (secrets.mask_within(before), secrets.mask_within(after));
    let is_long = before.lines().chain(after.lines()).any(|line| line.len() > READABLE);
    let (before, after) = if is_long { (broken_up(before), broken_up(after)) } else { (before, after) };
    let diff = TextDiff::from_lines(before.as_ref(), after.as_ref());
    let mut text = paint.bold(&format!("--- {name}")) + "\n" + &paint.bold(&format!("+++ {name} (changed)")) + "\n";
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        // Writing to a string cannot fail.
        _ = writeln!(text, "{}", paint.cyan(&hunk.header().to_string()));
        for change in hunk.iter_changes() {
            line(&mut text, change.tag(), change.value(), paint);
        }
    }
    text
}

fn line(text: &mut String, tag: ChangeTag, value: &str, paint: Paint) {
    let (content, end) = match value.strip_suffix('\n') {
        Some(rest) => match rest.strip_suffix('\r') {
            Some(content) => (content, "\r\n"),
            None => (rest, "\n"),
        },
        None => (value, "\n\\ No newline at end of file\n"),
    };
    let content = visible(content);
    text.push_str(&match tag {
        ChangeTag::Equal => format!(" {content}"),
        ChangeTag::Delete => paint.red(&format!("-{content}")),
        ChangeTag::Insert => paint.green(&format!("+{content}")),
    });
    text.push_str(end);
}

/// A line break between every two tags that stand side by side.
fn broken_up(text: Cow<'_, str>) -> Cow<'_, str> {
    Cow::Owned(text.replace("><", ">\n<"))
}
