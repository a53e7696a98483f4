//! `virt-patch packs`: the rules that are compiled in.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::terminal::Terminal;
use crate::packs;

/// Lists the built-in rules, or prints one of them
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints a pack's rule file
    Show {
        /// As `virt-patch packs` lists it
        name: String,
    },
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Some(Command::Show { name }) => match packs::rule_file(&name) {
            Ok(file) => terminal.print(file.source.text())?,
            Err(problem) => return Ok(terminal.refuse(&[problem])),
        },
        None => {
            let mut text = String::new();
            for name in packs::names() {
                text += &format!("{}  {}\n", terminal.out.bold(name), first_sentence(name));
            }
            terminal.print(text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The first sentence of the comment at the top of a pack.
fn first_sentence(name: &str) -> String {
    let Ok(file) = packs::rule_file(name) else { return String::new() };
    let comment: Vec<&str> = file.source.text().lines().map_while(|line| line.strip_prefix("# ")).collect();
    let comment = comment.join(" ");
    comment.split_inclusive(". ").next().unwrap_or_default().trim_end().to_owned()
}
