//! What changed, as a unified diff (POSIX `diff -u`).

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, TextDiff};

use super::blame::Blame;
use super::hunk::hunks;
use super::{Paint, visible};
use crate::engine::Secrets;

/// A line longer than this is no line that a person reads: the markup on it is broken up.
const READABLE: usize = 400;

/// What a rule left of a text that several rules change one after the other.
#[derive(Debug, Clone)]
pub struct Step {
    /// The rule, as the hunks that it caused name it.
    pub rule: String,
    /// The document after it.
    pub after: Vec<u8>,
}

/// The difference between two texts, empty where there is none. Secrets are masked before the texts
/// are compared, so that none is shown that spans several lines.
pub fn unified(name: &str, before: &str, after: &str, secrets: &Secrets, paint: Paint) -> String {
    by_rule(name, before, after, &[], secrets, paint)
}

/// As [`unified`], of two texts that have names of their own.
pub fn between(names: [&str; 2], before: &str, after: &str, secrets: &Secrets, paint: Paint) -> String {
    difference(names, before, after, &[], secrets, paint)
}

/// As [`unified`], and behind each hunk's header stand the rules that caused it; `steps` are those that
/// changed something, in the order they ran. Changes of different rules with two lines between them are hunks
/// of their own.
pub fn by_rule(name: &str, before: &str, after: &str, steps: &[Step], secrets: &Secrets, paint: Paint) -> String {
    difference([name, &format!("{name} (changed)")], before, after, steps, secrets, paint)
}

fn difference(names: [&str; 2], before: &str, after: &str, steps: &[Step], secrets: &Secrets, paint: Paint) -> String {
    if before == after {
        return String::new();
    }
    let step_texts = steps.iter().map(|step| String::from_utf8_lossy(&step.after));
    let texts = std::iter::once(Cow::Borrowed(before)).chain(step_texts).chain([Cow::Borrowed(after)]);
    let texts: Vec<String> = texts.map(|text| secrets.mask_within(&text).into_owned()).collect();
    let is_long = texts.iter().any(|text| text.lines().any(|line| line.len() > READABLE));
    let texts: Vec<String> = texts.into_iter().map(|text| if is_long { broken_up(&text) } else { text }).collect();
    let lines: Vec<&str> = texts.iter().map(String::as_str).collect();
    let blame = Blame::new(&lines);
    let (Some(before), Some(after)) = (lines.first(), lines.last()) else { return String::new() };
    let diff = TextDiff::from_lines(*before, *after);
    let mut text = paint.bold(&format!("--- {}", names[0])) + "\n" + &paint.bold(&format!("+++ {}", names[1])) + "\n";
    for hunk in hunks(diff.ops(), &blame) {
        let rules: Vec<_> =
            hunk.steps.iter().filter_map(|&step| steps.get(step)).map(|step| visible(&step.rule)).collect();
        let space = if rules.is_empty() { "" } else { " " };
        let header = paint.cyan(&UnifiedHunkHeader::new(&hunk.ops).to_string());
        // Writing to a string cannot fail.
        _ = writeln!(text, "{header}{space}{}", rules.join(", "));
        for change in hunk.ops.iter().flat_map(|op| diff.iter_changes(op)) {
            line(&mut text, change.tag(), change.value(), paint);
        }
    }
    text
}

/// The difference between two `cloudInitData` (JSON): the documents in it each for itself, as a person
/// reads them, then what is beside them.
pub fn cloud_init(name: &str, before: &[u8], after: &[u8], secrets: &Secrets, paint: Paint) -> String {
    cloud_init_by_rule(name, before, after, &[], secrets, paint)
}

/// As [`cloud_init`], with the rules behind each hunk, as in [`by_rule`].
pub fn cloud_init_by_rule(
    name: &str,
    before: &[u8],
    after: &[u8],
    steps: &[Step],
    secrets: &Secrets,
    paint: Paint,
) -> String {
    let steps: Vec<(&str, [(&str, String); 3])> =
        steps.iter().map(|step| (step.rule.as_str(), parts(&step.after))).collect();
    let (before, after) = (parts(before), parts(after));
    let mut text = String::new();
    for (index, ((part, before), (_, after))) in before.iter().zip(&after).enumerate() {
        let of_part = steps.iter().filter_map(|(rule, parts)| {
            let after = parts.get(index)?.1.clone().into_bytes();
            Some(Step { rule: (*rule).to_owned(), after })
        });
        let of_part: Vec<Step> = of_part.collect();
        text += &by_rule(format!("{name} {part}").trim_end(), before, after, &of_part, secrets, paint);
    }
    text
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
fn broken_up(text: &str) -> String {
    text.replace("><", ">\n<")
}
