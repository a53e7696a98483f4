//! User data as a document: a cloud-config, alone or as a part of a MIME message, or Ignition's JSON. Every other
//! form is named and left alone.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::document::{DocumentKind, read_yaml, write_json, write_yaml};
use super::form::{Form, form};
use super::mime::{self, Message, Part};
use super::transfer::{self, Transfer};
use super::{part, refusal};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::update::line_end;

/// The line that makes a text a cloud-config.
pub const HEADER: &str = "#cloud-config\n";

const CLOUD_CONFIG: &str = "text/cloud-config";
const KIND: DocumentKind = DocumentKind::UserData;

/// The document in user data.
///
/// # Errors
/// `document-form` for what holds none, `document-syntax` for one that cannot be read.
pub(super) fn read(text: &str) -> Result<Value, Box<Diagnostic>> {
    match form(text) {
        Form::Empty | Form::CloudConfig => read_yaml(KIND, text),
        Form::Ignition => serde_json::from_str(text)
            .map_err(|error| refusal(Code::DocumentSyntax, format!("the Ignition configuration is no JSON: {error}"))),
        Form::Mime => match cloud_config(&message(text)?)? {
            Some(part) => read_yaml(KIND, &content(part)?),
            None => Ok(Value::Object(Map::new())),
        },
        other => Err(no_document(other)),
    }
}

/// The texts in user data that cloud-init reads as cloud-configs, each with the number of the part that it is, from 1,
/// in a MIME message. None where it is no cloud-config, and of a message none that cannot be decoded.
pub(super) fn cloud_configs(text: &str) -> Vec<(Option<usize>, Cow<'_, str>)> {
    match form(text) {
        Form::CloudConfig => vec![(None, text.into())],
        Form::Mime => {
            let message = mime::parse(text);
            let parts = message.iter().flat_map(|message| &message.parts).enumerate();
            let configs = parts.filter(|(_, part)| part.effective_type() == CLOUD_CONFIG);
            configs.filter_map(|(index, part)| Some((Some(index + 1), content(part).ok()?.into()))).collect()
        }
        _ => Vec::new(),
    }
}

/// User data that holds `value` as its document, everything else left as it is.
///
/// # Errors
/// As [`read`]; `limit` for a value that is too deep to be written.
pub(super) fn write(text: &str, value: &Value) -> Result<String, Box<Diagnostic>> {
    match form(text) {
        Form::Empty => write_yaml(KIND, HEADER, "", value),
        Form::CloudConfig => write_yaml(KIND, first_line(text), text, value),
        Form::Ignition => Ok(write_json(text, value)),
        Form::Mime => {
            let message = message(text)?;
            let Some(found) = cloud_config(&message)? else {
                let content = write_yaml(KIND, HEADER, "", value)?;
                return Ok(part::add(text, CLOUD_CONFIG, &content)?.unwrap_or_else(|| text.to_owned()));
            };
            let old = content(found)?;
            let header = if form(&old) == Form::CloudConfig { first_line(&old) } else { "" };
            let content = write_yaml(KIND, header, &old, value)?;
            let is_safe = message.boundaries.iter().all(|boundary| part::is_safe(&content, boundary));
            Ok(with_content(text, found, &content, is_safe))
        }
        other => Err(no_document(other)),
    }
}

fn first_line(text: &str) -> &str {
    text.trim_start().split_inclusive('\n').next().unwrap_or(HEADER)
}

fn message(text: &str) -> Result<Message<'_>, Box<Diagnostic>> {
    mime::parse(text).map_err(|what| refusal(Code::DocumentForm, format!("userData is {what}")))
}

/// The one part that is a cloud-config.
fn cloud_config<'m, 't>(message: &'m Message<'t>) -> Result<Option<&'m Part<'t>>, Box<Diagnostic>> {
    let mut parts = message.parts.iter().filter(|part| part.effective_type() == CLOUD_CONFIG);
    match (parts.next(), parts.count()) {
        (first, 0) => Ok(first),
        (_, more) => {
            let what = format!(
                "userData is a MIME message with {} cloud-config parts, and which is meant is not said",
                more + 1
            );
            let help = "keep one cloud-config in it, or add another part with `addPart`";
            Err(Box::new(Diagnostic::error(Code::DocumentForm, what).help(help)))
        }
    }
}

/// The text of a part that is to be edited.
fn content(part: &Part<'_>) -> Result<String, Box<Diagnostic>> {
    let refuse = |what: &str| refusal(Code::DocumentForm, format!("the cloud-config part of userData is {what}"));
    if part.transfer().is_none() {
        return Err(refuse("in a transfer encoding that is not known"));
    }
    if part.is_foreign_charset() {
        return Err(refuse("in another character set than UTF-8"));
    }
    part.content().ok_or_else(|| refuse("no UTF-8 text in the transfer encoding that it names"))
}

/// The message with another text in one part, in base64 where it would not survive as it is; `is_safe` says that no
/// line of it could be taken for a boundary.
fn with_content(text: &str, part: &Part<'_>, content: &str, is_safe: bool) -> String {
    let newline = line_end(text);
    let as_it_is =
        part.transfer() == Some(Transfer::Identity) && transfer::is_plain(&content.replace("\r\n", "\n")) && is_safe;
    if as_it_is {
        return format!("{}{content}{}", slice(text, 0, part.body.start), slice(text, part.body.end, text.len()));
    }
    let header = part.transfer_header();
    let said = if part.transfer() == Some(Transfer::Base64) {
        slice(text, header.start, header.end).to_owned()
    } else {
        format!("Content-Transfer-Encoding: base64{newline}")
    };
    let body = slice(text, part.body.start, part.body.end);
    let encoded = transfer::base64_lines(content, newline);
    // A boundary brings its own line end.
    let encoded = if body.ends_with('\n') { &encoded } else { encoded.trim_end_matches(['\r', '\n']) };
    [
        slice(text, 0, header.start),
        &said,
        slice(text, header.end, part.body.start),
        encoded,
        slice(text, part.body.end, text.len()),
    ]
    .concat()
}

fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// What a form is that holds no document, and what to do.
fn no_document(form: Form) -> Box<Diagnostic> {
    let (what, help) = match form {
        Form::NoHeader => (
            "userData does not begin with #cloud-config, so cloud-init ignores it".to_owned(),
            "make #cloud-config its first line",
        ),
        Form::LateHeader => (
            "something stands before #cloud-config in userData, so cloud-init ignores it".to_owned(),
            "make #cloud-config its first line, without a byte order mark",
        ),
        Form::Other { what, content_type: Some(_) } => (
            format!("userData is {what}, no cloud-config"),
            "add a cloud-config beside it with `addPart`, or edit its text in cloudInitData at /UserData",
        ),
        Form::Other { what, content_type: None } => (
            format!("userData is {what}, no cloud-config"),
            "edit it where it is written, or edit its text in cloudInitData at /UserData",
        ),
        Form::Empty | Form::CloudConfig | Form::Mime | Form::Ignition => {
            ("userData holds no cloud-config".to_owned(), "make #cloud-config its first line")
        }
    };
    Box::new(Diagnostic::error(Code::DocumentForm, what).help(help))
}
