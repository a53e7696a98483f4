//! One sweep over the whole text before it is parsed: characters that XML forbids, and whether there is anything at all
//! of what would have to be looked for in every text and value.

use memchr::{memchr, memchr3, memmem};

use crate::diagnostic::Code;
use crate::xml::ParseError;
use crate::xml::escape::is_char;

use super::scan::{HIGHS, ONES};

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

/// Whether a control character occurs that is no white space.
fn has_control(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [b' '; 8];
    last.iter_mut().zip(rest).for_each(|(byte, &is)| *byte = is);
    words.iter().fold(controls(last), |seen, &word| seen | controls(word)) != 0
}

/// The high bit of each byte that is a control character but no white space. Eight at a time: the sidecar is built to be
/// small, and then there is no vector code.
#[inline]
const fn controls(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    let low = word & !HIGHS;
    // An addition carries into the high bit of its byte, and never out of it: from 0x20 on, and where two bytes differ.
    let printed = (low + (0x80 - b' ') as u64 * ONES) | word;
    let [tab, feed, carriage] = [b'\t' as u64 * ONES, b'\n' as u64 * ONES, b'\r' as u64 * ONES];
    let no_space = ((low ^ tab) + !HIGHS) & ((low ^ feed) + !HIGHS) & ((low ^ carriage) + !HIGHS);
    !printed & no_space & HIGHS
}

/// `Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]`
pub(super) fn forbidden(text: &str, at: usize) -> ParseError {
    let character = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
    let message = format!("XML cannot hold the character U+{:04X}", u32::from(character));
    ParseError::new(Code::XmlSyntax, at, message).help("take it out: XML has no way to write it")
}
