//! Scalars on one line: plain where that says the same, else in quotes.

use serde_json::Value;

use super::style::{Quote, Quotes};
use crate::yaml::schema::{is_ambiguous, is_special};

/// Where a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum Context {
    /// On a line of its own: `block-out` and `block-key` of YAML 1.2.2, section 7.3.3.
    Block,
    /// Inside `[…]` or `{…}`, where brackets and commas end it.
    Flow,
}

/// A scalar, or a collection that is empty, on one line.
pub(in crate::yaml) fn scalar(value: &Value, quotes: Quotes, context: Context) -> String {
    match value {
        Value::String(text) => string(text, quotes, context),
        Value::Number(number) if is_ambiguous(number.as_str()) => both_read(number.as_str()),
        other => other.to_string(),
    }
}

/// A string.
pub(in crate::yaml) fn string(text: &str, quotes: Quotes, context: Context) -> String {
    if !quotes.always && is_plain(text, context) {
        return text.to_owned();
    }
    let is_single_line = text.chars().all(|char| is_printable(char) && char != '\t');
    if quotes.kind == Quote::Single && is_single_line {
        return format!("'{}'", text.replace('\'', "''"));
    }
    // Where quotes are needed only, a text of backslashes and quotes is better read without escapes.
    if !quotes.always && is_single_line && text.contains(['"', '\\']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    escaped(text)
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if is_printable(char) => out.push(char),
            char if u32::from(char) <= 0xff => out.push_str(&format!("\\x{:02x}", u32::from(char))),
            char if u32::from(char) <= 0xffff => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push_str(&format!("\\U{:08x}", u32::from(char))),
        }
    }
    out.push('"');
    out
}

/// `1e3` is a text to YAML 1.1, and `1.0e+3` a number to both.
fn both_read(number: &str) -> String {
    let Some((mantissa, power)) = number.split_once(['e', 'E']) else { return number.to_owned() };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if power.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{power}")
}

/// `ns-plain` (YAML 1.2.2, section 7.3.3), and nothing that a schema knows.
fn is_plain(text: &str, context: Context) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    let second = chars.next();
    let starts = match first {
        '-' | '?' | ':' => second.is_some_and(|char| char != ' '),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
        _ => true,
    };
    // PyYAML ends a plain scalar in flow style at more places than the standard does.
    let fits = context == Context::Block || !(text.contains([',', '[', ']', '{', '}', '?']) || text.contains(':'));
    starts
        && fits
        && !text.starts_with(' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && text.chars().all(|char| is_printable(char) && char != '\t' && char != '\u{feff}')
        && !is_special(text)
}

/// What YAML 1.1 prints (and 1.2 allows), line breaks aside: the older version knows three more of them.
pub(super) fn is_printable(char: char) -> bool {
    matches!(char, '\t' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
        && !matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}')
}
