//! A part more in user data, as cloud-init reads it: a MIME multipart (RFC 2046, section 5.1) is made where there
//! was none, with what was there, unchanged, as its first part.

use super::form::{Form, form};
use super::mime;
use super::refusal;
use super::transfer::{base64_lines, is_plain};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::update::line_end;

/// What separates the parts of a multipart that is made here.
const BOUNDARY: &str = "==virt-patch==";

/// Whether `name` is a content type that a part may have: `type/subtype` (RFC 2045, section 5.1), without
/// parameters, and no container of other parts.
pub fn is_content_type(name: &str) -> bool {
    let is_token = |token: &str| {
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte))
    };
    match name.split_once('/') {
        Some((kind, subtype)) => {
            is_token(kind)
                && is_token(subtype)
                && !["multipart", "message"].iter().any(|container| kind.eq_ignore_ascii_case(container))
        }
        None => false,
    }
}

/// `text` with a part more; `None` where that part is there already, or is all that there is.
///
/// # Errors
/// `document-form` for user data that can have no parts, `part-content` for a part that is not what its type says.
pub(super) fn add(text: &str, content_type: &str, content: &str) -> Result<Option<String>, Box<Diagnostic>> {
    check(content_type, content)?;
    let found = form(text);
    let first = match found {
        Form::Empty => None,
        Form::Mime => return add_to_message(text, content_type, content),
        Form::CloudConfig | Form::Other { content_type: Some(_), .. } => found.content_type(),
        other => return Err(no_parts(other)),
    };
    if first.is_some_and(|first| first.eq_ignore_ascii_case(content_type)) && text == content {
        return Ok(None);
    }
    let first = first.map(|first| (first, text));
    let all: Vec<_> = first.into_iter().chain([(content_type, content)]).collect();
    let boundary = free_boundary(all.iter().map(|(_, content)| *content));
    let mut message = format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\n\n");
    for (content_type, content) in all {
        message.push_str(&written(&boundary, content_type, content, "\n"));
    }
    message.push_str(&format!("--{boundary}--\n"));
    Ok(Some(message))
}

/// Adds to a multipart, before the line that closes it.
fn add_to_message(text: &str, content_type: &str, content: &str) -> Result<Option<String>, Box<Diagnostic>> {
    let refuse = |what: String| refusal(Code::DocumentForm, format!("userData is {what}, no part can be added"));
    let message = mime::parse(text).map_err(|what| refuse(what.to_string()))?;
    let is_there = |part: &mime::Part<'_>| {
        part.declared_type().eq_ignore_ascii_case(content_type) && part.content().as_deref() == Some(content)
    };
    if message.parts.iter().any(is_there) {
        return Ok(None);
    }
    let Some((boundary, close)) = message.outer else {
        return Err(refuse("a MIME message of one part".to_owned()));
    };
    let newline = line_end(text);
    let (before, after) = text.split_at_checked(close).unwrap_or((text, ""));
    let gap = if before.ends_with('\n') { "" } else { newline };
    let part = if is_safe(content, &boundary) {
        written(&boundary, content_type, content, newline)
    } else {
        encoded(&boundary, content_type, content, newline)
    };
    let close = if after.is_empty() { format!("--{boundary}--{newline}") } else { after.to_owned() };
    Ok(Some(format!("{before}{gap}{part}{close}")))
}

/// A boundary line, headers, the content, and the line end that belongs to the next boundary.
fn written(boundary: &str, content_type: &str, content: &str, newline: &str) -> String {
    // A script with the line ends of mail would not run.
    if !is_plain(content) || newline != "\n" {
        return encoded(boundary, content_type, content, newline);
    }
    let headers = headers(boundary, content_type, "7bit", newline);
    format!("{headers}{newline}{content}{newline}")
}

fn encoded(boundary: &str, content_type: &str, content: &str, newline: &str) -> String {
    let headers = headers(boundary, content_type, "base64", newline);
    format!("{headers}{newline}{}", base64_lines(content, newline))
}

fn headers(boundary: &str, content_type: &str, transfer: &str, newline: &str) -> String {
    let charset = if content_type.starts_with("text/") { "; charset=\"utf-8\"" } else { "" };
    format!(
        "--{boundary}{newline}Content-Type: {content_type}{charset}{newline}Content-Transfer-Encoding: {transfer}{newline}"
    )
}

/// Whether no line of a content could be taken for the boundary.
pub(super) fn is_safe(content: &str, boundary: &str) -> bool {
    !content.lines().any(|line| line.strip_prefix("--").is_some_and(|rest| rest.starts_with(boundary)))
}

/// A boundary that no content has: the same for the same contents, so that the same input gives the same bytes.
fn free_boundary<'t>(contents: impl Iterator<Item = &'t str> + Clone) -> String {
    let mut boundary = BOUNDARY.to_owned();
    while !contents.clone().all(|content| is_safe(content, &boundary)) {
        boundary.push('=');
    }
    boundary
}

/// A part that cloud-init would not take for what it is called does nothing in the guest, or fails there.
fn check(content_type: &str, content: &str) -> Result<(), Box<Diagnostic>> {
    let expected = match content_type.to_ascii_lowercase().as_str() {
        "text/x-shellscript"
        | "text/x-shellscript-per-boot"
        | "text/x-shellscript-per-instance"
        | "text/x-shellscript-per-once" => "#!",
        "text/cloud-config" => "#cloud-config",
        "text/cloud-boothook" => "#cloud-boothook",
        "text/part-handler" => "#part-handler",
        "text/x-include-url" => "#include",
        "text/jinja2" => "## template: jinja",
        _ => return Ok(()),
    };
    let begins = content.get(..expected.len()).is_some_and(|start| start.eq_ignore_ascii_case(expected));
    if begins {
        return Ok(());
    }
    let message = format!("a part of type {content_type} must begin with `{expected}`, this does not");
    Err(refusal(Code::PartContent, message))
}

/// What user data is that is no sequence of parts for cloud-init.
fn no_parts(form: Form) -> Box<Diagnostic> {
    let what = match form {
        Form::Other { what, .. } => what,
        Form::Ignition => "an Ignition configuration",
        _ => "nothing that cloud-init knows: it begins with neither #cloud-config nor another of its headers",
    };
    let help = "parts are cloud-init's; edit this user data where it is written";
    Box::new(Diagnostic::error(Code::DocumentForm, format!("userData is {what}, so no part can be added")).help(help))
}
