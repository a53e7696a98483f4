//! `virt-patch init`: a first rule set with its test.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::fresh;
use super::terminal::Terminal;
use crate::schema;

/// The schema that editors complete from; both YAML files name it.
const SCHEMA: &str = ".virt-patch.schema.json";

/// What is written beside the schema: a rule, its test, the domain that the test applies it to, and what must come
/// of that.
const FILES: [(&str, &str); 4] = [
    ("rules.yaml", include_str!("start/rules.yaml")),
    ("rules_test.yaml", include_str!("start/rules_test.yaml")),
    ("domain.xml", include_str!("start/domain.xml")),
    ("queues.diff", include_str!("start/queues.diff")),
];

/// Writes a first rule set with its test, and the schema for editors
///
/// Nothing that is there is overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch init
  virt-patch init rules/queues && virt-patch test rules/queues")]
pub(super) struct Arguments {
    /// The folder to write to; it is made where it does not exist
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let schema = schema::text();
    let files: Vec<(&str, &str)> = FILES.into_iter().chain([(SCHEMA, schema.as_str())]).collect();
    terminal.print(fresh::write(&arguments.folder, &files, "virt-patch init FOLDER")?)?;
    terminal.note("run its test with `virt-patch test`, see what it does with `virt-patch apply rules.yaml --domain domain.xml --diff`");
    Ok(ExitCode::SUCCESS)
}
