//! `virt-patch init`: a first rule set with its test.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

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
    let folder = arguments.folder;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let path = |name: &str| folder.strip_prefix(".").unwrap_or(&folder).join(name);
    let schema = schema::text();
    let files = || FILES.into_iter().chain([(SCHEMA, schema.as_str())]);
    let taken: Vec<_> = files().map(|(name, _)| path(name)).filter(|path| path.symlink_metadata().is_ok()).collect();
    if let Some(first) = taken.first() {
        bail!(
            "`{}` is there already, and nothing is overwritten; name an empty folder: `virt-patch init FOLDER`",
            first.display()
        );
    }
    let mut out = String::new();
    for (name, text) in files() {
        let path = path(name);
        let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!("`{}` is there already", path.display()),
            written => written.with_context(|| format!("cannot write `{}`", path.display()))?,
        }
        out += &format!("wrote {}\n", path.display());
    }
    terminal.print(out)?;
    terminal.note("run its test with `virt-patch test`, see what it does with `virt-patch apply rules.yaml --domain domain.xml --diff`");
    Ok(ExitCode::SUCCESS)
}
