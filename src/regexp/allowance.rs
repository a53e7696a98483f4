//! What all patterns of one piece of work may take together.
//!
//! Each is limited by itself, and that is not enough: a hundred bytes make a pattern of a megabyte, and an
//! annotation has room for thousands. The allowance is the thread's and not an argument, for between the rules and
//! their patterns stand parsers that know nothing of either.

use std::cell::Cell;

use super::Error;

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Compiles patterns, in `work` and on this thread, that take so many bytes together at most.
pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    /// Gives back what held before, also where the work panics.
    struct Before(Option<usize>);
    impl Drop for Before {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let _before = Before(LEFT.replace(Some(bytes)));
    work()
}

/// Whether nothing is left: nothing more is then compiled.
pub(super) fn is_used_up() -> bool {
    LEFT.get() == Some(0)
}

pub(super) fn too_much() -> Error {
    Error::Limit("the regular expressions here need too much memory together: fewer, or simpler ones".to_owned())
}

/// Takes what a pattern needs; false where that is more than is left.
pub(super) fn take(bytes: usize) -> bool {
    let Some(left) = LEFT.get() else { return true };
    let rest = left.checked_sub(bytes);
    LEFT.set(Some(rest.unwrap_or(0)));
    rest.is_some()
}
