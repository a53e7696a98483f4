//! Where two JSON values differ.

use serde_json::Value;

use super::pointer::Pointer;

/// The JSON Pointers (RFC 6901) of the outermost values that differ, in the order of their texts: members that one
/// of both lacks, lists of another length, values of another kind or content. An equal pair has none.
pub fn changes(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![(Pointer::from_tokens(Vec::new()), before, after)];
    while let Some((pointer, before, after)) = waiting.pop() {
        match (before, after) {
            (Value::Object(old), Value::Object(new)) => {
                for (name, value) in old {
                    match new.get(name) {
                        Some(other) => waiting.push((pointer.child(name.as_str()), value, other)),
                        None => found.push(pointer.child(name.as_str())),
                    }
                }
                let added = new.keys().filter(|name| !old.contains_key(*name));
                found.extend(added.map(|name| pointer.child(name.as_str())));
            }
            (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
                let pairs = old.iter().zip(new).enumerate();
                waiting.extend(pairs.map(|(index, (old, new))| (pointer.child(index.to_string()), old, new)));
            }
            _ if before == after => {}
            _ => found.push(pointer),
        }
    }
    let mut texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    texts.sort();
    texts
}
