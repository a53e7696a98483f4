//! From markup to characters and back: references, line ends, CDATA sections.

use std::borrow::Cow;

use memchr::memchr3;

use super::EditError;

const CDATA: &str = "<![CDATA[";

/// The characters of a text node's markup: references resolved, CDATA sections opened (XML 1.0,
/// section 4.6 and 2.7), line ends as one line feed each (section 2.11).
pub fn text(markup: &str) -> Cow<'_, str> {
    if !holds(markup, [b'&', b'\r', b'<']) {
        return Cow::Borrowed(markup);
    }
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(at) = memchr3(b'&', b'\r', b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(section) = rest.strip_prefix(CDATA) {
            let (content, after) = section.split_once("]]>").unwrap_or((section, ""));
            lines(content, &mut out);
            rest = after;
        } else if rest.starts_with('&') {
            rest = reference(rest, &mut out);
        } else if rest.starts_with('\r') {
            out.push('\n');
            rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
        } else {
            out.push('<');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether any of three bytes occurs. Most texts are shorter than a call of `memchr` is worth.
fn holds(markup: &str, [a, b, c]: [u8; 3]) -> bool {
    let bytes = markup.as_bytes();
    if bytes.len() > 16 {
        return memchr3(a, b, c, bytes).is_some();
    }
    bytes.iter().any(|&byte| byte == a || byte == b || byte == c)
}

/// The characters of a comment or processing instruction: only line ends change.
pub(super) fn verbatim(markup: &str) -> Cow<'_, str> {
    if !markup.contains('\r') {
        return Cow::Borrowed(markup);
    }
    let mut out = String::with_capacity(markup.len());
    lines(markup, &mut out);
    Cow::Owned(out)
}

/// The value of an attribute's markup without quotes (XML 1.0, section 3.3.3).
pub(super) fn attribute(markup: &str) -> Cow<'_, str> {
    if !holds(markup, [b'&', b'\r', b'\n']) && !markup.contains('\t') {
        return Cow::Borrowed(markup);
    }
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(at) = rest.find(['&', '\r', '\n', '\t']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            rest = reference(rest, &mut out);
        } else {
            out.push(' ');
            rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether an attribute's markup is its value: nothing in it is decoded or normalized.
pub(super) fn is_plain_value(markup: &str) -> bool {
    !markup.bytes().any(|byte| matches!(byte, b'&' | b'\r' | b'\n' | b'\t'))
}

/// Whether the markup of two attributes gives the same value.
pub(super) fn same_value(a: &str, b: &str) -> bool {
    a == b || (!(is_plain_value(a) && is_plain_value(b)) && attribute(a) == attribute(b))
}

fn lines(content: &str, out: &mut String) {
    let mut rest = content;
    while let Some((line, after)) = rest.split_once('\r') {
        out.push_str(line);
        out.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    out.push_str(rest);
}

/// Resolves the reference that `rest` begins with, and gives what follows it. The parser has seen
/// to it that there is one.
fn reference<'t>(rest: &'t str, out: &mut String) -> &'t str {
    let resolved = rest[1..].split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
    if let Some((character, after)) = resolved {
        out.push(character);
        after
    } else {
        out.push('&');
        &rest[1..]
    }
}

/// `CharRef ::= '&#' [0-9]+ ';' | '&#x' [0-9a-fA-F]+ ';'`, or one of the five predefined entities.
fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// Appends `text` as the markup of a text node.
pub(super) fn push_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '\r']) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'&' => out.push_str("&amp;"),
            b'<' => out.push_str("&lt;"),
            b'\r' => out.push_str("&#13;"),
            _ if out.ends_with("]]") => out.push_str("&gt;"),
            _ => out.push('>'),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Appends `value` as the markup of an attribute value within quotes of that kind.
pub(super) fn push_attribute(value: &str, quote: u8, out: &mut String) {
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '"' if quote == b'"' => out.push_str("&quot;"),
            '\'' if quote == b'\'' => out.push_str("&apos;"),
            _ => out.push(character),
        }
    }
}

/// `text` as the markup of a text node.
pub fn escape_text(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    push_text(text, &mut markup);
    markup
}

/// `value` as the markup of an attribute's value, for double quotes.
pub fn escape_attribute(value: &str) -> String {
    let mut markup = String::with_capacity(value.len());
    push_attribute(value, b'"', &mut markup);
    markup
}

/// Joins the markup of two texts that have come to stand beside each other. Where the seam would
/// mean something else (`]]` and `>`, CR and LF) one byte is written differently.
pub(super) fn join(before: &str, after: &str) -> String {
    let mut out = String::with_capacity(before.len() + after.len() + 4);
    out.push_str(before);
    let mut rest = after;
    if out.ends_with('\r') && rest.starts_with('\n') {
        out.pop();
        out.push('\n');
    }
    if out.ends_with(']') && rest.starts_with("]>") {
        out.push_str("]&gt;");
        rest = &rest[2..];
    }
    if out.ends_with("]]") && rest.starts_with('>') {
        out.push_str("&gt;");
        rest = &rest[1..];
    }
    out.push_str(rest);
    out
}

/// Whether a text node's markup is nothing but white space, as written.
pub(super) fn is_blank(markup: &str) -> bool {
    markup.bytes().all(is_space)
}

/// `S ::= (#x20 | #x9 | #xD | #xA)+`
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// `Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]`
pub(super) const fn is_char(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => character >= ' ',
    }
}

/// # Errors
/// Names the first character that XML cannot hold.
pub(super) fn check(text: &str) -> Result<(), EditError> {
    match text.chars().find(|&character| !is_char(character)) {
        Some(character) => Err(EditError::InvalidCharacter(character)),
        None => Ok(()),
    }
}

/// Whether `name` is an `NCName` (Namespaces in XML 1.0, section 3).
pub fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_char)
}

/// `NameStartChar` without the colon.
pub(super) const fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// `NameChar` without the colon.
pub(super) const fn is_name_char(character: char) -> bool {
    is_name_start(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
