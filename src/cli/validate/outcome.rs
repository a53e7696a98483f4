//! What a run came to, and the exit code that it means.

use std::process::ExitCode;

use super::super::exit::WRONG;
use super::super::terminal::exit_code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::validate::Counts;

/// What a run came to.
pub(super) struct Outcome {
    pub(super) problems: Vec<Diagnostic>,
    pub(super) counts: Counts,
    /// Warnings that the baseline knew.
    pub(super) baselined: usize,
    pub(super) strict: bool,
}

impl Outcome {
    /// How many problems are errors.
    pub(super) fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// How many problems are warnings.
    pub(super) fn warnings(&self) -> usize {
        self.problems.len() - self.errors()
    }

    /// 0 where nothing is wrong, or only warnings that do not count; else as for every command.
    pub(super) fn exit_code(&self) -> ExitCode {
        match (self.errors(), self.warnings()) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) if !self.strict => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(WRONG),
            _ => exit_code(&self.problems),
        }
    }
}
