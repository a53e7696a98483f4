//! `match()` and `search()` (RFC 9535, sections 2.4.6 and 2.4.7).
//!
//! The query crate has them, too, but with every table of the `regex` crate: 1.4 MB of program for two
//! functions. These use the patterns that the rest of the house uses, with a bound on their size.

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use serde_json_path::functions::{LogicalType, ValueType};

/// What one compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 1 << 20;

#[serde_json_path::function(name = "match")]
fn match_whole(text: ValueType, pattern: ValueType) -> LogicalType {
    matches(&text, &pattern, |pattern| format!("^(?:{pattern})$")).into()
}

#[serde_json_path::function(name = "search")]
fn search_anywhere(text: ValueType, pattern: ValueType) -> LogicalType {
    matches(&text, &pattern, str::to_owned).into()
}

/// What is no text or no pattern does not match.
fn matches(text: &ValueType<'_>, pattern: &ValueType<'_>, whole: impl Fn(&str) -> String) -> bool {
    match (text.as_value(), pattern.as_value()) {
        (Some(Value::String(text)), Some(Value::String(pattern))) => {
            compile(&whole(pattern)).is_some_and(|pattern| pattern.is_match(text))
        }
        _ => false,
    }
}

/// In I-Regexp (RFC 9485) `.` is neither line feed nor carriage return.
fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).crlf(true).size_limit(MAX_COMPILED).build().ok()
}
