//! One document: from its text to a value, and back.

use serde_json::{Map, Value};

use super::form::{Form, form};
use super::refusal;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;
use crate::yaml::schema::Schema;
use crate::yaml::{self, Limits, emit, update};

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

/// The line that makes a text a cloud-config.
pub(super) const HEADER: &str = "#cloud-config\n";

/// Reads an embedded text: YAML 1.1, as cloud-init does.
///
/// # Errors
/// `document-form` for user data that is no cloud-config, `document-syntax` for what is no YAML mapping.
pub(super) fn parse(kind: DocumentKind, text: &str) -> Result<Value, Box<Diagnostic>> {
    if kind == DocumentKind::UserData {
        check_form(text)?;
    }
    let source = Source::new(kind.as_str(), text);
    let mut documents = yaml::read(&source, &limits()).map_err(|problems| syntax(kind, problems))?;
    if documents.len() > 1 {
        let message = format!("{kind} holds {} YAML documents, cloud-init reads one", documents.len());
        return Err(refusal(Code::DocumentSyntax, message));
    }
    let Some(document) = documents.pop() else { return Ok(Value::Object(Map::new())) };
    match yaml::to_json(&document, Schema::Yaml11, &source).map_err(|problem| syntax(kind, vec![*problem]))? {
        Value::Null => Ok(Value::Object(Map::new())),
        value @ Value::Object(_) => Ok(value),
        other => {
            let message = format!("{kind} must be a mapping, this is {}", crate::json::kind(&other));
            Err(refusal(Code::DocumentSyntax, message))
        }
    }
}

/// The text for `value`, with as much of the old one as still holds.
///
/// # Errors
/// `limit` for a value that is too deep to be written.
pub(super) fn render(kind: DocumentKind, old: &str, value: &Value) -> Result<String, Box<Diagnostic>> {
    // Data that was JSON stays JSON: its reader may be no YAML parser.
    if kind != DocumentKind::UserData && serde_json::from_str::<Value>(old).is_ok_and(|old| old.is_object()) {
        return Ok(value.to_string());
    }
    let header = match kind {
        DocumentKind::UserData if old.trim().is_empty() => HEADER,
        DocumentKind::UserData => old.trim_start().split_inclusive('\n').next().unwrap_or(HEADER),
        _ => "",
    };
    if let Some(text) = update::update(old, value, &limits()) {
        return Ok(text);
    }
    let body = emit::block(value).map_err(|error| refusal(Code::Limit, format!("{kind} is {error}")))?;
    let newline = if header.is_empty() || header.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{header}{newline}{}", body.replace('\n', update::line_end(old))))
}

/// What embedded YAML may hold: cloud-init's data lives in a Secret, which Kubernetes caps at 1 MiB.
fn limits() -> Limits {
    Limits { bytes: 1 << 20, depth: 64, nodes: 100_000, merge_keys: true }
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

/// Only a cloud-config can be edited as a document.
fn check_form(text: &str) -> Result<(), Box<Diagnostic>> {
    let (what, help) = match form(text) {
        Form::Empty | Form::CloudConfig => return Ok(()),
        Form::Other(what) => (
            format!("userData is {what}, no cloud-config"),
            "edit it where it is written, or edit its text in cloudInitData at /UserData",
        ),
        Form::NoHeader => (
            "userData does not begin with #cloud-config, so cloud-init ignores it".to_owned(),
            "make #cloud-config its first line",
        ),
        Form::LateHeader => (
            "something stands before #cloud-config in userData, so cloud-init ignores it".to_owned(),
            "make #cloud-config its first line, without a byte order mark",
        ),
    };
    Err(Box::new(Diagnostic::error(Code::DocumentForm, what).help(help)))
}
