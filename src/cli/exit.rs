//! Exit codes: 0 fine, 1 the input is wrong (rules, a domain, a VM's values), 2 the tool could not do
//! its work (a file that cannot be read, wrong usage).

/// What was given is wrong.
pub(super) const WRONG: u8 = 1;
/// The tool could not do its work; clap's own code for wrong usage.
pub(super) const UNABLE: u8 = 2;
