//! Standard output and standard error: colours, closed pipes, and how problems are told.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;

use super::exit::{UNABLE, WRONG};
use crate::diagnostic::{Code, Diagnostic};
use crate::report::{Paint, text, visible};

/// When to use colours: `Auto` is where a terminal reads, and NO_COLOR does not forbid it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// Both streams, each with or without colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    pub(super) out: Paint,
    pub(super) err: Paint,
}

impl Terminal {
    /// Looks at both streams, at `NO_COLOR` (<https://no-color.org>) and at `TERM`.
    pub(super) fn new(color: Color) -> Self {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let on = |is_terminal: bool| match color {
            Color::Auto => is_terminal && !forbidden,
            Color::Always => true,
            Color::Never => false,
        };
        Self {
            out: Paint::new(on(std::io::stdout().is_terminal())),
            err: Paint::new(on(std::io::stderr().is_terminal())),
        }
    }

    /// Writes to standard output. A reader that has gone away has read all it wanted.
    pub(super) fn print(self, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        match out.write_all(bytes.as_ref()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => result.context("cannot write to standard output"),
        }
    }

    /// Writes a line to standard error. Where that is closed there is nobody to tell.
    pub(super) fn say(self, line: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// A note: nothing is wrong.
    pub(super) fn note(self, message: &str) {
        self.say(&format!("{}: {}", self.err.bold("note"), visible(message)));
    }

    /// A warning about something that is no input's fault.
    pub(super) fn warn(self, message: &str) {
        self.say(&format!("{}: {}", self.err.yellow("warning"), visible(message)));
    }

    /// Shows problems with their source lines.
    pub(super) fn show(self, problems: &[Diagnostic]) {
        if !problems.is_empty() {
            let _ = std::io::stderr().lock().write_all(text::render(problems, self.err).as_bytes());
        }
    }

    /// Shows problems, counts them, and gives the exit code that they mean.
    pub(super) fn refuse(self, problems: &[Diagnostic]) -> ExitCode {
        self.show(problems);
        if problems.len() > 1 {
            self.say(&format!("\n{}", self.err.bold(&format!("{} problems", problems.len()))));
        }
        exit_code(problems)
    }

    /// The tool cannot do its work.
    pub(super) fn unable(self, error: &anyhow::Error) {
        let message = format!("{error:#}");
        let lines: Vec<_> = message.lines().map(visible).collect();
        self.say(&format!("{}: {}", self.err.red("error"), lines.join("\n  ")));
    }
}

/// 2 where something could not even be read, else 1.
pub(super) fn exit_code(problems: &[Diagnostic]) -> ExitCode {
    let is_unable = problems.iter().any(|problem| match problem.code {
        Code::Unreadable => true,
        // In a file they are the file's fault, else those of the command line.
        Code::UnknownPack | Code::UnknownPolicy | Code::InvalidArgument => problem.at.is_none(),
        _ => false,
    });
    ExitCode::from(if is_unable { UNABLE } else { WRONG })
}
