//! What calls give, and what of it does not hold.

use crate::diagnostic::Diagnostic;
use crate::engine::Report;
use crate::source::Location;

/// Which call of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// The rules on the case's document.
    First,
    /// The rules on their own result.
    Again,
    /// The rules on what virt-launcher's second call sends.
    Second,
}

impl Call {
    /// The call in words: what the rules were applied to.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first call",
            Self::Again => "applied to its own result",
            Self::Second => "second call",
        }
    }
}

/// Something that does not hold.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// In which call.
    pub call: Call,
    /// What was expected, in the test file.
    pub at: Location,
    /// What was expected and what was found.
    pub message: String,
    /// What shows it.
    pub evidence: Evidence,
}

/// What shows a mismatch. Secrets in it are masked.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// The message says it all.
    Nothing,
    /// The problems of the rules, or of what they were applied to.
    Problems(Vec<Diagnostic>),
    /// Two texts.
    Difference {
        /// What the two are called.
        names: [&'static str; 2],
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
        /// The file that holds what was expected, relative to the test's folder: `found` may become it.
        golden: Option<String>,
    },
}

/// What a case came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What does not hold; empty where everything does.
    pub mismatches: Vec<Mismatch>,
    /// What the rules did in the first call.
    pub report: Report,
}

/// A result of rules.
pub(super) struct Applied {
    /// What they were applied to.
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    pub(super) report: Report,
}

/// Why there is no result.
pub(super) struct Refused {
    pub(super) problems: Vec<Diagnostic>,
    pub(super) report: Report,
}

impl From<Vec<Diagnostic>> for Refused {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self { problems, report: Report::default() }
    }
}

pub(super) type Answer = Result<Applied, Refused>;
