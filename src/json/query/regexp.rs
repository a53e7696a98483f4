//! The patterns of `match()` and `search()` (RFC 9535, sections 2.4.6 and 2.4.7): I-Regexp (RFC 9485)
//! and what else `crate::regexp` reads.

use crate::regexp::{Options, Regexp};

/// What one compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// A pattern for the whole text or any part of it; `None` for what is no pattern.
///
/// In I-Regexp `.` is neither line feed nor carriage return.
pub(super) fn compile(pattern: &str, whole: bool) -> Option<Regexp> {
    Regexp::compile(pattern, &Options { crlf: true, whole, size_limit: MAX_COMPILED, ..Options::default() }).ok()
}
