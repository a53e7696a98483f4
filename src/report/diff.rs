//! What changed, as a unified diff (POSIX `diff -u`).

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;
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
    between([name, &format!("{name} (changed)")], before, after, secrets, paint)
}

/// As [`unified`], of two texts that have names of their own.
pub fn between(names: [&str; 2], before: &str, after: &str, secrets: &Secrets, paint: Paint) -> String {
    if before == after {
        return String::new();
    }
    let (before, after) = (secrets.mask_within(before), secrets.mask_within(after));
    let is_long = before.lines().chain(after.lines()).any(|line| line.len() > READABLE);
    let (before, after) = if is_long { (broken_up(before), broken_up(after)) } else { (before, after) };
    let diff = TextDiff::from_lines(before.as_ref(), after.as_ref());
    let mut text = paint.bold(&format!("--- {}", names[0])) + "\n" + &paint.bold(&format!("+++ {}", names[1])) + "\n";
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        // Writing to a string cannot fail.
        _ = writeln!(text, "{}", paint.cyan(&hunk.header().to_string()));
        for change in hunk.iter_changes() {
            line(&mut text, change.tag(), change.value(), paint);
        }
    }
    text
}

/// The difference between two `cloudInitData` (JSON): the documents in it each for itself, as a person
/// reads them, then what is beside them.
pub fn cloud_init(name: &str, before: &[u8], after: &[u8], secrets: &Secrets, paint: Paint) -> String {
    let (before, after) = (parts(before), parts(after));
    let pairs = before.iter().zip(&after);
    let differences = pairs.map(|((part, before), (_, after))| {
        unified(format!("{name} {part}").trim_end(), before, after, secrets, paint)
    });
    differences.collect()
}

fn parts(data: &[u8]) -> [(&'static str, String); 3] {
    let mut value: Value = serde_json::from_slice(data).unwrap_or_default();
    let mut text = |member: &str| match value.get_mut(member).map(Value::take) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (user_data, network_data) = (text("UserData"), text("NetworkData"));
    let rest = format!("{value:#}\n");
    [("UserData", user_data), ("NetworkData", network_data), ("", rest)]
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
