//! `virt-patch packs`: the rules that are compiled in.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::fresh;
use super::terminal::Terminal;
use crate::packs::{self, PACKS, Pack};

/// Lists the built-in rules, shows one of them, or copies it as a starting point
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch packs
  virt-patch packs show smbios
  virt-patch packs copy smbios my-smbios")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints a pack's documentation and rules, as Markdown
    Show {
        /// As `virt-patch packs` lists it
        name: String,
    },
    /// Writes a pack's rules and documentation to a folder, to change them there
    ///
    /// Nothing that is there is overwritten.
    Copy {
        /// As `virt-patch packs` lists it
        name: String,
        /// The folder to write to, by default one of the pack's name; it is made where it does not exist
        folder: Option<PathBuf>,
    },
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    match arguments.command {
        None => {
            let width = packs::names().map(str::len).max().unwrap_or_default();
            let line = |pack: &Pack| {
                let gap = " ".repeat(width - pack.name.len());
                format!("{}{gap}  {}\n", terminal.out.bold(pack.name), pack.summary())
            };
            terminal.print(PACKS.iter().map(line).collect::<String>())?;
        }
        Some(Command::Show { name }) => match packs::find(&name) {
            Ok(pack) => {
                terminal.print(format!("{}\n\n## Rules\n\n```yaml\n{}```\n", pack.readme.trim_end(), pack.rules))?;
            }
            Err(problem) => return Ok(terminal.refuse(&[problem])),
        },
        Some(Command::Copy { name, folder }) => match packs::find(&name) {
            Ok(pack) => {
                let folder = folder.as_deref().unwrap_or(Path::new(pack.name));
                let files = [("rules.yaml", pack.rules), ("README.md", pack.readme)];
                terminal.print(fresh::write(folder, &files, &format!("virt-patch packs copy {name} FOLDER"))?)?;
                let rules = folder.join("rules.yaml");
                terminal
                    .note(&format!("it is yours now: `--rules {}` in the place of `--pack {name}`", rules.display()));
            }
            Err(problem) => return Ok(terminal.refuse(&[problem])),
        },
    }
    Ok(ExitCode::SUCCESS)
}
