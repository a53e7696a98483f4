//! What can be wrong with an expression: when it is compiled, and when it is evaluated.

use std::ops::Range;

use crate::diagnostic::Code;

/// Why a text is no expression that may stand where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub code: Code,
    /// Where, in bytes of the expression's text.
    pub span: Range<usize>,
    /// What was found and what was expected.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What was probably meant in place of the text at `span`.
    pub meant: Option<String>,
}

impl Error {
    pub(super) fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), help: None, meant: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Asks whether this was meant in place of what stands there.
    pub(super) fn meant(mut self, meant: impl Into<String>) -> Self {
        let meant = meant.into();
        self.help = Some(format!("did you mean `{meant}`?"));
        self.meant = Some(meant);
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl std::error::Error for Error {}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError {
    /// What is wrong: `limit`, `xpath-type`, `function-value` or `unknown-variable`.
    pub code: Code,
    /// What was found and what was expected.
    pub message: String,
    /// The failing part of the expression's text, in bytes; empty where it is not known.
    pub span: Range<usize>,
}

impl EvalError {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span: 0..0 }
    }

    pub(super) fn limit(message: String) -> Self {
        Self::new(Code::Limit, message)
    }

    /// Says where, unless a part of that place was already named.
    pub(super) fn within(mut self, span: &Range<usize>) -> Self {
        if self.span.is_empty() {
            self.span = span.clone();
        }
        self
    }
}

impl std::fmt::Display for EvalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError {}
