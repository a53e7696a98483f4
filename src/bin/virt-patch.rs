//! virt-patch for people and pipelines.

use std::process::ExitCode;

fn main() -> ExitCode {
    virt_patch::cli::main()
}
