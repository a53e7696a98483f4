//! `virt-patch man`: manual pages, made from the command line's own definitions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Command};
use clap_mangen::Man;

use super::terminal::Terminal;
use crate::diagnostic::nearest;

/// Prints a manual page, or writes all of them to a folder
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch man apply | man -l -
  virt-patch man --out ~/.local/share/man/man1")]
pub(super) struct Arguments {
    /// The command that the page is about; without it virt-patch as a whole
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Option<String>,
    /// The folder for all pages, each in a file (virt-patch-apply.1); it is made where it does not exist
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints or writes the pages of `command`, the whole command line.
pub(super) fn run(arguments: Arguments, mut command: Command, terminal: Terminal) -> anyhow::Result<ExitCode> {
    // Only then do the commands know what they are called in full.
    command.build();
    if let Some(folder) = arguments.out {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        write(&command, &folder).with_context(|| format!("cannot write to `{}`", folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let about = match &arguments.command {
        None => &command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => found,
            None => {
                let near = nearest(name, command.get_subcommands().map(Command::get_name));
                let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                bail!("there is no command `{name}`{help}");
            }
        },
    };
    let mut text = Vec::new();
    page(about).render(&mut text)?;
    terminal.print(text)?;
    Ok(ExitCode::SUCCESS)
}

/// The pages of a command and of those below it.
fn write(command: &Command, folder: &Path) -> std::io::Result<()> {
    page(command).generate_to(folder)?;
    command.get_subcommands().try_for_each(|below| write(below, folder))
}

fn page(command: &Command) -> Man {
    Man::new(command.clone()).source(concat!("virt-patch ", env!("CARGO_PKG_VERSION"))).manual("virt-patch")
}
