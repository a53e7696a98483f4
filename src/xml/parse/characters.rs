//! One sweep over the whole text before it is parsed: characters that XML forbids, and whether there is anything at all
//! of what would have to be looked for in every text and value.

use memchr::{memchr, memchr3, memmem};

use crate::diagnostic::Code;
use crate::xml::ParseError;
use crate::xml::escape::is_char;

/// What occurs in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Survey {
    /// The first character that no part of a document can hold.
    pub(super) forbidden: Option<usize>,
    /// Whether `&` occurs.
    pub(super) references: bool,
    /// Whether `]]>` occurs.
    pub(super) section_ends: bool,
}

/// The first byte of U+FFFE, U+FFFF and their neighbours.
const BEFORE_FFFE: u8 = 0xef;

pub(super) fn survey(text: &str) -> Survey {
    let bytes = text.as_bytes();
    let rare = memchr3(b'&', b']', BEFORE_FFFE, bytes).is_some();
    let beyond = rare && text.contains(['\u{fffe}', '\u{ffff}']);
    let forbidden = if beyond || has_control(bytes) { text.find(|character| !is_char(character)) } else { None };
    Survey {
        forbidden,
        references: rare && memchr(b'&', bytes).is_some(),
        section_ends: rare && memmem::find(bytes, b"]]>").is_some(),
    }
}

/// Whether a control character occurs that is no white space. Written so that it becomes vector code.
fn has_control(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<32>();
    let mut seen = [false; 32];
    for chunk in chunks {
        for (seen, &byte) in seen.iter_mut().zip(chunk) {
            *seen |= is_control(byte);
        }
    }
    seen.contains(&true) || rest.iter().any(|&byte| is_control(byte))
}

/// Not lazy, so that there is nothing to branch on.
#[inline]
const fn is_control(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}

/// `Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]`
pub(super) fn forbidden(text: &str, at: usize) -> ParseError {
    let character = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
    let message = format!("XML cannot hold the character U+{:04X}", u32::from(character));
    ParseError::new(Code::XmlSyntax, at, message).help("take it out: XML has no way to write it")
}
