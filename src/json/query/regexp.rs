//! The patterns of `match()` and `search()` (RFC 9535, sections 2.4.6 and 2.4.7): I-Regexp (RFC 9485)
//! and what else `crate::regexp` reads.

use crate::regexp::{Error, Options, Regexp};

/// A pattern for the whole text or any part of it; `None` for what is no pattern.
///
/// # Errors
/// A sentence, where it needs too much: that is no reason to match nothing.
///
/// In I-Regexp `.` is neither line feed nor carriage return.
pub(super) fn compile(pattern: &str, whole: bool) -> Result<Option<Regexp>, String> {
    match Regexp::compile(pattern, &Options { crlf: true, whole, ..Options::default() }) {
        Ok(pattern) => Ok(Some(pattern)),
        Err(Error::Syntax(_)) => Ok(None),
        Err(Error::Limit(sentence)) => Err(sentence),
    }
}
