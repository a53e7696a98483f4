//! The VirtualMachineInstance that params read, from a file.

use std::path::Path;

use super::input;
use crate::diagnostic::{Code, Diagnostic};
use crate::vmi::{self, Vmi};

/// Reads the VMI's JSON or a manifest.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vmi, Vec<Diagnostic>> {
    let input = input::read(path, "a VMI")?;
    // Bytes that are no UTF-8 are replaced in the source that messages show; as JSON they are an error.
    if input.bytes.trim_ascii_start().starts_with(b"{") {
        input::json(&input, Code::VmiSyntax, "the VMI")?;
    }
    vmi::parse(&input.source())
}
