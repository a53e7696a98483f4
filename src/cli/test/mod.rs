//! `virt-patch test`: runs the cases of `RuleTest`s.

mod all;
mod beside;
mod bless;
mod find;
mod json;
mod junit;
mod text;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::exit::WRONG;
use super::terminal::{Terminal, exit_code};
use crate::diagnostic::Diagnostic;

/// Runs the tests of rules
///
/// A test is a YAML document of kind RuleTest: rules, cases, and what must come of each. Every case is applied to
/// its document, to its own result and to what virt-launcher's second call of one boot sends.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch test
  virt-patch test rules/ --filter manufacturer --explain
  virt-patch test rules/ --format junit > report.xml")]
pub(super) struct Arguments {
    /// Test files, or folders in which to look for them
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Run only the cases whose TEST/CASE holds this text
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    filter: String,
    /// Make what was found what is expected, in the files that tests name for it
    #[arg(long)]
    bless: bool,
    /// Show each such change and ask
    #[arg(short, long, requires = "bless")]
    interactive: bool,
    /// Print what each rule matched, changed and skipped in cases that fail
    #[arg(long)]
    explain: bool,
    /// How to print
    #[arg(
        short = 'o',
        long = "format",
        visible_alias = "output",
        value_enum,
        default_value = "text",
        value_name = "FORMAT"
    )]
    format: Format,
    /// How many cases to run at once; as many as there are processors otherwise
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Junit,
    Json,
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let threads = arguments.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    if arguments.bless {
        let (files, _) = find::tests(&arguments.paths);
        bless::bless(&all::run(&files, &arguments.filter, threads)?, arguments.interactive, terminal)?;
    }
    let (files, problems) = find::tests(&arguments.paths);
    let ran = all::run(&files, &arguments.filter, threads)?;
    if ran.is_empty() && problems.is_empty() && !arguments.filter.is_empty() {
        bail!("no case's TEST/CASE holds `{}`", arguments.filter);
    }
    terminal.print(arguments.rendered(&ran, &problems, terminal)?)?;
    if arguments.format == Format::Text {
        terminal.show(&problems);
    }
    Ok(match (problems.is_empty(), ran.iter().any(all::Ran::is_wrong)) {
        (false, _) => exit_code(&problems),
        (true, true) => ExitCode::from(WRONG),
        (true, false) => ExitCode::SUCCESS,
    })
}

impl Arguments {
    fn rendered(&self, ran: &[all::Ran<'_>], problems: &[Diagnostic], terminal: Terminal) -> anyhow::Result<String> {
        Ok(match self.format {
            Format::Text if ran.is_empty() => String::new(),
            Format::Text => text::render(ran, self.explain, terminal.out),
            Format::Junit => junit::render(ran, problems),
            Format::Json => serde_json::to_string_pretty(&json::render(ran, problems))? + "\n",
        })
    }
}
