//! `virt-patch test`: runs the cases of `RuleTest`s.

mod all;
mod beside;
mod bless;
mod find;
mod json;
mod junit;
mod text;
mod watch;

pub(super) use beside::Beside;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::exit::WRONG;
use super::terminal::{Terminal, exit_code};
use crate::diagnostic::Diagnostic;
use crate::report::unmatched_in_all;

use find::Found;

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
    /// Run again whenever a file that a test reads changes, until the command is ended
    #[arg(long, conflicts_with = "bless")]
    watch: bool,
    /// Print what each rule matched, changed and skipped in cases that fail
    #[arg(long)]
    explain: bool,
    /// Fail where a rule matches nothing in any case
    #[arg(long)]
    strict: bool,
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
    if arguments.bless {
        let found = find::tests(&arguments.paths);
        bless::bless(&arguments.run(&found)?, arguments.interactive, terminal)?;
    }
    if !arguments.watch {
        return arguments.report(&find::tests(&arguments.paths), terminal);
    }
    let mut found = find::tests(&arguments.paths);
    loop {
        let look = watch::Look::at(&found.seen);
        // What was changed while it was read is read again.
        found = find::tests(&arguments.paths);
        if let Err(error) = arguments.report(&found, terminal) {
            terminal.unable(&error);
        }
        terminal.note(&format!("waiting for a change of {} files and folders; Ctrl-C ends this", found.seen.len()));
        look.wait();
    }
}

impl Arguments {
    fn run<'t>(&self, found: &'t Found) -> anyhow::Result<Vec<all::Ran<'t>>> {
        let threads = self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        all::run(&found.files, &self.filter, threads)
    }

    /// Runs the tests once and prints what they came to.
    fn report(&self, found: &Found, terminal: Terminal) -> anyhow::Result<ExitCode> {
        let (ran, problems) = (self.run(found)?, &found.problems);
        if ran.is_empty() && problems.is_empty() && !self.filter.is_empty() {
            bail!("no case's TEST/CASE holds `{}`", self.filter);
        }
        // Of some of the cases nothing can be said of all.
        let warnings = if self.filter.is_empty() { unmatched(&ran) } else { Vec::new() };
        terminal.print(self.rendered(&ran, problems, &warnings, terminal)?)?;
        if self.format != Format::Json {
            terminal.show(&warnings);
        }
        if self.format == Format::Text {
            terminal.show(problems);
        }
        let is_wrong = ran.iter().any(all::Ran::is_wrong) || (self.strict && !warnings.is_empty());
        Ok(match (problems.is_empty(), is_wrong) {
            (false, _) => exit_code(problems),
            (true, true) => ExitCode::from(WRONG),
            (true, false) => ExitCode::SUCCESS,
        })
    }

    fn rendered(
        &self,
        ran: &[all::Ran<'_>],
        problems: &[Diagnostic],
        warnings: &[Diagnostic],
        terminal: Terminal,
    ) -> anyhow::Result<String> {
        Ok(match self.format {
            Format::Text if ran.is_empty() => String::new(),
            Format::Text => text::render(ran, self.explain, terminal.out),
            Format::Junit => junit::render(ran, problems),
            Format::Json => serde_json::to_string_pretty(&json::render(ran, problems, warnings))? + "\n",
        })
    }
}

/// The rules that match nothing in any case of their test.
fn unmatched(ran: &[all::Ran<'_>]) -> Vec<Diagnostic> {
    let tests = ran.chunk_by(|a, b| std::ptr::eq(a.test, b.test));
    tests.flat_map(|cases| unmatched_in_all(cases.iter().map(|one| &one.outcome.report))).collect()
}
