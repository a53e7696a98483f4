//! `virt-patch validate` and `explain`, and the library behind them.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

mod explain;
mod folders;
mod library;
mod mutations;
mod runs;
#[path = "../support/sarif.rs"]
mod sarif;

use std::path::Path;
use std::process::Command;

/// What a run gave.
struct Done {
    code: i32,
    out: String,
    err: String,
}

/// Runs the built command in `folder`.
fn run(folder: &Path, arguments: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virt-patch"));
    let output = command.args(arguments).current_dir(folder).env("NO_COLOR", "1").output().expect("the command runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Done { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}
