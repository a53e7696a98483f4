//! MIME messages as cloud-init takes them apart: with Python's `email`, part by part (RFC 2045, RFC 2046).

use std::ops::Range;

use super::form::form;
use super::transfer::Transfer;

/// Multiparts within multiparts.
const MAX_DEPTH: usize = 8;
/// Parts of a message.
const MAX_PARTS: usize = 256;

/// A message, by the places of its parts.
#[derive(Debug)]
pub(super) struct Message<'t> {
    /// The parts that hold something, in order; those of multiparts inside it too.
    pub(super) parts: Vec<Part<'t>>,
    /// What separates the outermost multipart's parts, and where a part more would stand: at the line that closes
    /// it, or at the end of the text. `None` for a message that is no multipart.
    pub(super) outer: Option<(String, usize)>,
    /// What separates the parts of all multiparts.
    pub(super) boundaries: Vec<String>,
}

/// A part that is no multipart.
#[derive(Debug)]
pub(super) struct Part<'t> {
    headers: Vec<Header<'t>>,
    /// The content as it is written, without the line end that belongs to the boundary.
    pub(super) body: Range<usize>,
    text: &'t str,
}

/// A header field, unfolded (RFC 5322, section 2.2).
#[derive(Debug)]
struct Header<'t> {
    name: &'t str,
    value: String,
    lines: Range<usize>,
}

/// Why a message is not taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A multipart without a boundary, or whose boundary never comes.
    NoBoundary,
    /// Too many parts, or too deep.
    TooMuch,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoBoundary => f.write_str("a MIME multipart whose boundary is not said or never comes"),
            Self::TooMuch => write!(f, "a MIME message of more than {MAX_PARTS} parts or {MAX_DEPTH} levels"),
        }
    }
}

impl<'t> Part<'t> {
    /// The value of a header, without its parameters, in lower case.
    fn header(&self, name: &str) -> Option<&Header<'t>> {
        self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))
    }

    /// `Content-Type` as written, without parameters; `text/plain` where there is none (RFC 2045, section 5.2).
    pub(super) fn declared_type(&self) -> String {
        let value = self.header("content-type").map_or("", |header| header.value.as_str());
        let value = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if value.contains('/') { value } else { "text/plain".to_owned() }
    }

    /// What cloud-init takes the part for: a type that says little is decided by how the content begins
    /// (`cloudinit/user_data.py`, `_process_msg`).
    pub(super) fn effective_type(&self) -> String {
        let declared = self.declared_type();
        if !matches!(declared.as_str(), "text/plain" | "text/x-not-multipart" | "text/x-shellscript") {
            return declared;
        }
        let found = self.content().and_then(|content| form(&content).content_type());
        found.map_or(declared, str::to_owned)
    }

    /// The encoding; `None` for one that Python does not know either.
    pub(super) fn transfer(&self) -> Option<Transfer> {
        Transfer::named(self.header("content-transfer-encoding").map_or("", |header| header.value.as_str()))
    }

    /// The text, decoded; `None` where it is none in UTF-8.
    pub(super) fn content(&self) -> Option<String> {
        self.transfer()?.decode(self.text.get(self.body.clone())?)
    }

    /// Whether the part says that it is in another character set than UTF-8.
    pub(super) fn is_foreign_charset(&self) -> bool {
        let value = self.header("content-type").map_or("", |header| header.value.as_str());
        parameter(value, "charset").is_some_and(|charset| {
            !matches!(charset.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii")
        })
    }

    /// The lines of the header `Content-Transfer-Encoding`, or where it would stand.
    pub(super) fn transfer_header(&self) -> Range<usize> {
        let end = self.headers.last().map_or(self.body.start, |header| header.lines.end);
        self.header("content-transfer-encoding").map_or(end..end, |header| header.lines.clone())
    }
}

/// Takes a message apart.
///
/// # Errors
/// [`Unreadable`]
pub(super) fn parse(text: &str) -> Result<Message<'_>, Unreadable> {
    let mut message = Message { parts: Vec::new(), outer: None, boundaries: Vec::new() };
    entity(text, 0..text.len(), 0, &mut message)?;
    Ok(message)
}

/// Headers, an empty line, a body (RFC 2045, section 2.4).
fn entity<'t>(text: &'t str, range: Range<usize>, depth: usize, message: &mut Message<'t>) -> Result<(), Unreadable> {
    let (headers, body) = headers(text, range.clone());
    let kind = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-type"));
    let kind = kind.map_or("", |header| header.value.as_str());
    if !kind.trim_start().get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/")) {
        if message.parts.len() >= MAX_PARTS {
            return Err(Unreadable::TooMuch);
        }
        message.parts.push(Part { headers, body: body..range.end, text });
        return Ok(());
    }
    if depth >= MAX_DEPTH {
        return Err(Unreadable::TooMuch);
    }
    let boundary = parameter(kind, "boundary").filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or(Unreadable::NoBoundary)?;
    let (parts, close) = split(text, body..range.end, &boundary).ok_or(Unreadable::NoBoundary)?;
    for part in parts {
        entity(text, part, depth + 1, message)?;
    }
    if depth == 0 {
        message.outer = Some((boundary.clone(), close));
    }
    message.boundaries.push(boundary);
    Ok(())
}

/// The bodies between boundary lines, and where the closing one begins; `None` where there is no boundary.
fn split(text: &str, range: Range<usize>, boundary: &str) -> Option<(Vec<Range<usize>>, usize)> {
    let (mut parts, mut open) = (Vec::new(), None);
    let mut at = range.start;
    for line in text.get(range.clone())?.split_inclusive('\n') {
        let rest = line.strip_prefix("--").and_then(|rest| rest.strip_prefix(boundary)).map(str::trim_end);
        let (is_boundary, closes) = (matches!(rest, Some("" | "--")), rest == Some("--"));
        if is_boundary {
            if let Some(start) = open {
                // The line end before a boundary belongs to it (RFC 2046, section 5.1.1).
                let part = text.get(start..at)?;
                let part = part.strip_suffix('\n').map_or(part, |part| part.strip_suffix('\r').unwrap_or(part));
                parts.push(start..start + part.len());
            }
            if closes {
                return Some((parts, at));
            }
            open = Some(at + line.len());
        }
        at += line.len();
    }
    parts.push(open?..range.end);
    Some((parts, range.end))
}

/// The header fields at the beginning of `range`, and where the body begins.
fn headers(text: &str, range: Range<usize>) -> (Vec<Header<'_>>, usize) {
    let mut headers: Vec<Header<'_>> = Vec::new();
    let mut at = range.start;
    for line in text.get(range).unwrap_or_default().split_inclusive('\n') {
        let lines = at..at + line.len();
        let content = line.trim_end_matches(['\r', '\n']);
        if content.is_empty() {
            return (headers, lines.end);
        }
        match (content.split_once(':'), headers.last_mut()) {
            (_, Some(last)) if content.starts_with([' ', '\t']) => {
                last.value.push_str(content);
                last.lines.end = lines.end;
            }
            (_, None) if content.starts_with("From ") => {}
            (Some((name, value)), _) if name.bytes().all(|byte| byte.is_ascii_graphic()) => {
                headers.push(Header { name, value: value.trim().to_owned(), lines: lines.clone() });
            }
            // Python takes what is no header for the body's first line.
            _ => return (headers, at),
        }
        at = lines.end;
    }
    (headers, at)
}

/// A parameter of a header's value, quoted or not (RFC 2045, section 5.1).
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (found, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (content, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut content = String::new();
                let mut chars = quoted.char_indices();
                let end = loop {
                    match chars.next()? {
                        (_, '\\') => content.push(chars.next()?.1),
                        (at, '"') => break at + 1,
                        (_, char) => content.push(char),
                    }
                };
                (content, quoted.get(end..)?.split_once(';').map_or("", |(_, next)| next))
            }
            None => {
                let (content, next) = after.split_once(';').unwrap_or((after, ""));
                (content.trim().to_owned(), next)
            }
        };
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(content);
        }
        rest = next;
    }
}
