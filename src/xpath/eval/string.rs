//! Strings and numbers of the core library, as plain functions (XPath 1.0, sections 4.2 to 4.4).

use std::collections::HashMap;

use crate::xpath::value::is_space;

/// `round`: to the nearest integer, halves up; what rounds to zero keeps its sign.
pub(super) fn round(number: f64) -> f64 {
    let floor = number.floor();
    let rounded = if number - floor >= 0.5 { floor + 1.0 } else { floor };
    if rounded == 0.0 { rounded.copysign(number) } else { rounded }
}

/// `substring`: the characters whose position, counted from 1, is at least `start` and less than
/// `start + length`, both rounded; NaN and infinities follow from the comparisons.
pub(super) fn substring(text: &str, start: f64, length: Option<f64>) -> String {
    let start = round(start);
    let end = length.map(|length| start + round(length));
    let mut position = 0.0;
    text.chars()
        .filter(|_| {
            position += 1.0;
            position >= start && end.is_none_or(|end| position < end)
        })
        .collect()
}

/// What lies between white space.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `normalize-space`
pub(super) fn normalize_space(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in words(text) {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    normal
}

/// `translate`: each character of `from` becomes the one at its place in `to`, or nothing; the first
/// place of a character counts.
pub(super) fn translate(text: &str, from: &str, to: &str) -> String {
    let mut map = HashMap::new();
    let mut to = to.chars();
    for character in from.chars() {
        let target = to.next();
        map.entry(character).or_insert(target);
    }
    text.chars().filter_map(|character| map.get(&character).copied().unwrap_or(Some(character))).collect()
}

/// Whether a language tag is `wanted`, or `wanted` with a suffix after `-`; case does not matter.
pub(super) fn is_language(tag: &str, wanted: &str) -> bool {
    match tag.get(..wanted.len()) {
        Some(start) if start.eq_ignore_ascii_case(wanted) => {
            tag.len() == wanted.len() || tag.as_bytes().get(wanted.len()) == Some(&b'-')
        }
        _ => false,
    }
}

/// A text as a JSON string.
pub(super) fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
