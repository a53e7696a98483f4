//! `virt-patch schema`: the JSON Schema that editors complete from.

use std::process::ExitCode;

use clap::Args;

use super::terminal::Terminal;
use crate::schema;

/// Prints the JSON Schema (2020-12) of rule files, for editors
///
/// The YAML language server takes it from a comment at the top of a file:
/// # yaml-language-server: $schema=virt-patch.schema.json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
#[command(after_help = "Example:
  virt-patch schema > virt-patch.schema.json")]
pub(super) struct Arguments {}

pub(super) fn run(_arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    terminal.print(schema::text())?;
    Ok(ExitCode::SUCCESS)
}
