//! One document: from its text to a value, and back.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::refusal;
use super::schema::Step;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Position, Source};
use crate::yaml::schema::Schema;
use crate::yaml::update::{Syntax, line_end, update};
use crate::yaml::{self, Limits, Node, emit};

/// What a rule's `document` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// The cloud-config in `UserData`.
    UserData,
    /// The network configuration in `NetworkData`.
    NetworkData,
    /// The metadata object of the data source in use.
    MetaData,
    /// The JSON that KubeVirt sends, whole, with the texts as strings.
    CloudInitData,
}

impl DocumentKind {
    /// The word of the rule language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserData => "userData",
            Self::NetworkData => "networkData",
            Self::MetaData => "metaData",
            Self::CloudInitData => "cloudInitData",
        }
    }
}

impl std::fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text as cloud-init reads it, with the place of every value.
#[derive(Debug)]
pub(super) struct Reading {
    /// What the document says.
    pub(super) value: Value,
    source: Arc<Source>,
    /// None where the text holds nothing.
    node: Option<Node>,
}

impl Reading {
    /// Where a value stands, or its key: what an alias brings at its anchor, what a merge key (`<<`) brings at the
    /// mapping that has the key.
    pub(super) fn position(&self, path: &[Step<'_>], of_key: bool) -> Position {
        let mut span = self.node.as_ref().map_or(0..0, |node| node.span.clone());
        let mut at = self.node.as_ref();
        for (index, step) in path.iter().enumerate() {
            let next = at.and_then(|node| match step {
                // Of a key that is given twice the last one counts.
                Step::Key(name) => node.entries()?.iter().rfind(|(key, _)| key.text() == Some(name)).map(|entry| {
                    let is_meant = of_key && index + 1 == path.len();
                    (if is_meant { &entry.0 } else { &entry.1 }, &entry.1)
                }),
                Step::Item(index) => node.items()?.get(*index).map(|item| (item, item)),
            });
            let Some((place, value)) = next else { break };
            (span, at) = (place.span.clone(), Some(value));
        }
        self.source.position(span.start)
    }
}

/// Reads YAML: 1.1, as cloud-init does. Nothing is `{}`.
///
/// # Errors
/// `document-syntax` for what is no YAML mapping.
pub(super) fn read_yaml(kind: DocumentKind, text: &str) -> Result<Value, Box<Diagnostic>> {
    read_with_places(kind, text).map(|reading| reading.value)
}

/// As [`read_yaml`], with the place of every value.
///
/// # Errors
/// As [`read_yaml`].
pub(super) fn read_with_places(kind: DocumentKind, text: &str) -> Result<Reading, Box<Diagnostic>> {
    let source = Source::new(kind.as_str(), text);
    let mut documents = yaml::read(&source, &limits()).map_err(|problems| syntax(kind, problems))?;
    if documents.len() > 1 {
        let message = format!("{kind} holds {} YAML documents, cloud-init reads one", documents.len());
        return Err(refusal(Code::DocumentSyntax, message));
    }
    let node = documents.pop();
    let value = match &node {
        Some(node) => yaml::to_json(node, Schema::Yaml11, &source).map_err(|problem| syntax(kind, vec![*problem]))?,
        None => Value::Null,
    };
    match value {
        Value::Null => Ok(Reading { value: Value::Object(Map::new()), source, node }),
        value @ Value::Object(_) => Ok(Reading { value, source, node }),
        other => {
            let message = format!("{kind} must be a mapping, this is {}", crate::json::kind(&other));
            Err(refusal(Code::DocumentSyntax, message))
        }
    }
}

/// The text for `value`, with all of the old one that still holds. What was JSON stays JSON, for its reader may
/// be no YAML parser. `header` is what a text begins with that has to be written anew.
///
/// # Errors
/// `limit` for a value that is too deep to be written.
pub(super) fn write_yaml(
    kind: DocumentKind,
    header: &str,
    old: &str,
    value: &Value,
) -> Result<String, Box<Diagnostic>> {
    if old.trim_start().starts_with('{') && serde_json::from_str::<Value>(old).is_ok_and(|old| old.is_object()) {
        return Ok(write_json(old, value));
    }
    if let Some(text) = update(old, value, Syntax::Yaml, &limits()) {
        return Ok(text);
    }
    let body = emit::block(value).map_err(|error| refusal(Code::Limit, format!("{kind} is {error}")))?;
    let newline = if header.is_empty() || header.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{header}{newline}{}", body.replace('\n', line_end(old))))
}

/// The JSON text for `value`, with all of the old one that still holds.
pub(super) fn write_json(old: &str, value: &Value) -> String {
    update(old, value, Syntax::Json, &limits()).unwrap_or_else(|| value.to_string())
}

/// What embedded YAML may hold: cloud-init's data lives in a Secret, which Kubernetes caps at 1 MiB.
fn limits() -> Limits {
    Limits { bytes: 1 << 20, depth: 64, nodes: 100_000, merge_keys: true, tags: true, repeated_keys: true }
}

/// The first problem of an embedded text, under the one code that rules know for it. Its place is
/// kept: it counts in the document.
fn syntax(kind: DocumentKind, problems: Vec<Diagnostic>) -> Box<Diagnostic> {
    let mut problems = problems.into_iter();
    let Some(first) = problems.next() else {
        return refusal(Code::DocumentSyntax, format!("{kind} is no YAML"));
    };
    Box::new(Diagnostic { code: Code::DocumentSyntax, message: format!("{kind}: {}", first.message), ..first })
}
