//! The patterns of `match()` and `search()` (RFC 9535, sections 2.4.6 and 2.4.7): I-Regexp (RFC 9485)
//! and what else the `regex` crate reads.

use regex::{Regex, RegexBuilder};

/// What one compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// A pattern for the whole text or any part of it; `None` for what is no pattern.
///
/// In I-Regexp `.` is neither line feed nor carriage return.
pub(super) fn compile(pattern: &str, whole: bool) -> Option<Regex> {
    let anchored = if whole { format!("^(?:{pattern})$") } else { pattern.to_owned() };
    RegexBuilder::new(&anchored).crlf(true).size_limit(MAX_COMPILED).build().ok()
}
