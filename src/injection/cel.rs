//! An injection in CEL, the language of Kubernetes' admission policies: for the API server that does it itself.
//!
//! A `MutatingAdmissionPolicy` types what it adds: an object of a pod's spec is written `Object.spec.…{…}` after its path, and
//! CEL's own `{…}` is a mapping, whose values are all of one type.

use serde_json::Value;

use super::{Injection, launcher};

/// A line that would be longer is broken.
const WIDTH: usize = 110;
/// What a level is indented by.
const STEP: usize = 2;

/// Members of containers that are mappings to Kubernetes, with keys of the author's own.
const MAPPINGS: [&str; 2] = ["requests", "limits"];

/// A text as a literal: a JSON string is one, whose escapes CEL has too.
pub fn literal(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// When a pod that the policy's selectors match gets the sidecar: names and expressions over `object`, all of which must
/// hold. [`Injection::patch`] asks the same.
pub fn conditions(injection: &Injection) -> [(&'static str, String); 2] {
    let (volume, name) = (literal(launcher::SOCKETS_VOLUME), literal(&injection.name));
    [
        (
            "the-pod-has-sockets-for-plugins",
            format!("has(object.spec.volumes) && object.spec.volumes.exists(v, v.name == {volume})"),
        ),
        (
            "the-sidecar-is-not-there",
            format!(
                "!object.spec.containers.exists(c, c.name == {name}) && (!has(object.spec.initContainers) || \
                 !object.spec.initContainers.exists(c, c.name == {name}))"
            ),
        ),
    ]
}

/// The mutation: a list of `JSONPatch`. `ApplyConfiguration` would be shorter, but cannot write lists such as `args`.
pub fn patch(injection: &Injection) -> String {
    let add = |path: &str, value: &Value, of: &str| {
        let head = format!("  JSONPatch{{op: \"add\", path: \"{path}\", value: ");
        let value = written(value, of, Some(Line { indent: STEP, column: head.len() }));
        format!("{head}{value}}}")
    };
    let container = Value::Object(injection.container.clone());
    let mut added = vec![add("/spec/initContainers/-", &container, "Object.spec.initContainers")];
    added.extend(injection.volumes.iter().map(|volume| add("/spec/volumes/-", volume, "Object.spec.volumes")));
    format!(
        "(has(object.spec.initContainers) ? [] : [
  JSONPatch{{op: \"add\", path: \"/spec/initContainers\", value: []}}
]) + [
{}
]
",
        added.join(",\n")
    )
}

/// Where a value begins.
#[derive(Clone, Copy)]
struct Line {
    /// What its line is indented by.
    indent: usize,
    /// What stands before it there, in bytes.
    column: usize,
}

/// A value of the type `of`: on its line where it fits there, or wherever it is on no line yet.
fn written(value: &Value, of: &str, at: Option<Line>) -> String {
    let Some((open, parts, close)) = opened(value, of, None) else {
        // Numbers, truths, texts and null are CEL as they are JSON.
        return value.to_string();
    };
    let on_one_line = format!("{open}{}{close}", parts.join(", "));
    let Some(Line { indent, .. }) = at.filter(|line| line.column + on_one_line.len() > WIDTH) else {
        return on_one_line;
    };
    let inner = indent + STEP;
    let parts = opened(value, of, Some(inner)).map(|(_, parts, _)| parts).unwrap_or_default();
    let lines: Vec<String> = parts.iter().map(|part| format!("{:inner$}{part}", "")).collect();
    format!("{open}\n{}\n{:indent$}{close}", lines.join(",\n"), "")
}

/// What a list or an object begins with, its parts, each on a line of this indentation or on none, and its end.
fn opened(value: &Value, of: &str, indent: Option<usize>) -> Option<(String, Vec<String>, char)> {
    let at = |before: usize| indent.map(|indent| Line { indent, column: indent + before });
    match value {
        Value::Array(items) => Some(("[".to_owned(), items.iter().map(|item| written(item, of, at(0))).collect(), ']')),
        Value::Object(members) => {
            let is_mapping = of.rsplit('.').next().is_some_and(|last| MAPPINGS.contains(&last));
            let member = |(name, value): (&String, &Value)| {
                let (name, of) =
                    if is_mapping { (literal(name), of.to_owned()) } else { (name.clone(), format!("{of}.{name}")) };
                format!("{name}: {}", written(value, &of, at(name.len() + 2)))
            };
            let head = if is_mapping { "{".to_owned() } else { format!("{of}{{") };
            Some((head, members.iter().map(member).collect(), '}'))
        }
        _ => None,
    }
}
