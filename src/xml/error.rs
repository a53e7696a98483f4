//! What can be wrong with a text, and with an edit.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source};

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// `xml-syntax`, `unknown-prefix`, `xml-limit`, `xml-encoding` or `xml-doctype`.
    pub code: Code,
    /// The byte in the input that is wrong.
    pub offset: usize,
    /// What was found there and what was expected, without a final stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Bytes of the input that belong to the problem, with what they are: the start tag that an end tag
    /// should match, the first of two attributes.
    pub related: Option<(Range<usize>, String)>,
}

impl ParseError {
    pub(super) fn new(code: Code, offset: usize, message: impl Into<String>) -> Self {
        Self { code, offset, message: message.into(), help: None, related: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn related(mut self, span: Range<usize>, what: impl Into<String>) -> Self {
        self.related = Some((span, what.into()));
        self
    }

    /// The problem in `source`, whose text is the one that was parsed, from its byte `from` on: a fragment is
    /// parsed with a start tag before it. Places outside of the source's text are left out.
    pub fn diagnostic(self, source: &Arc<Source>, from: usize) -> Diagnostic {
        let length = source.text().len();
        let offset = self.offset.saturating_sub(from).min(length);
        let mut problem = Diagnostic::error(self.code, self.message).at(Location::new(source, offset..offset));
        problem.help = self.help;
        match self.related {
            Some((span, what)) if span.start >= from && span.end - from <= length => {
                problem.related(Location::new(source, span.start - from..span.end - from), what)
            }
            _ => problem,
        }
    }
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (byte {})", self.message, self.offset)
    }
}

impl std::error::Error for ParseError {}

/// Why an edit is not possible. A refused edit changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditError {
    /// The target is no node of the document any more.
    Detached,
    /// A node that is to be put in already stands in the document or in another fragment.
    NotDetached,
    /// A text for an element that has child elements.
    HasChildren,
    /// A node of this kind cannot be edited so, or cannot stand there.
    WrongKind,
    /// The namespace has no prefix in scope, and its own is bound to another namespace there.
    PrefixConflict {
        /// The prefix wanted.
        prefix: String,
        /// The namespace it should stand for.
        uri: String,
    },
    /// XML cannot hold this character here.
    InvalidCharacter(char),
    /// No XML name, or `--` in a comment, `?>` in a processing instruction.
    InvalidSyntax(String),
}

impl std::fmt::Display for EditError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Detached => f.write_str("the node is not in the document any more"),
            Self::NotDetached => f.write_str("the node to be put in stands somewhere else already"),
            Self::HasChildren => f.write_str("the element has child elements, so it cannot be given a text"),
            Self::WrongKind => f.write_str("a node of this kind cannot be edited so"),
            Self::PrefixConflict { prefix, uri } => {
                write!(f, "the prefix '{prefix}' cannot stand for {uri} here: it is bound to another namespace")
            }
            Self::InvalidCharacter(character) => {
                write!(f, "XML cannot hold the character U+{:04X}", u32::from(*character))
            }
            Self::InvalidSyntax(text) => write!(f, "'{}' cannot be written in XML here", text.escape_debug()),
        }
    }
}

impl std::error::Error for EditError {}
