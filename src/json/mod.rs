//! JSON values: where something is in them ([`mod@pointer`], [`query`]), how they change ([`patch`],
//! [`merge`]), and how XPath sees them ([`tree`]).
//!
//! Values are `serde_json`'s, with the order of members and the text of numbers kept. They come out
//! of parsers that bound their depth (`serde_json` at 128, the YAML reader at 64), so the functions
//! here that recurse, recurse no deeper than [`MAX_DEPTH`]; what could make a value deeper checks it.

pub mod changes;
pub mod equal;
pub mod merge;
pub mod number;
pub mod patch;
pub mod pointer;
pub mod query;
pub mod tree;

use serde_json::Value;

/// How deep a value may be: `serde_json`'s own limit, so that whatever is written can be read again.
pub const MAX_DEPTH: usize = 127;

/// How many lists and objects are nested in `value`: 0 for a scalar, 1 for `[]`.
pub fn depth(value: &Value) -> usize {
    let mut deepest = 0;
    let mut open = vec![(value, 0)];
    while let Some((value, above)) = open.pop() {
        let level = above + 1;
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, level))),
            Value::Object(members) => open.extend(members.values().map(|member| (member, level))),
            _ => continue,
        }
        deepest = deepest.max(level);
    }
    deepest
}

/// What kind of value it is, in JSON's words and with an article, for messages.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// About the bytes of `value` as JSON.
pub fn size(value: &Value) -> usize {
    let mut total = 0;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        total += 8;
        match value {
            Value::String(text) => total += text.len(),
            Value::Number(number) => total += number.as_str().len(),
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                for (name, member) in members {
                    total += name.len();
                    open.push(member);
                }
            }
            _ => {}
        }
    }
    total
}
