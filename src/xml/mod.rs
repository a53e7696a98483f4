//! The live XML document: parsed once, read by node id, edited, and written back byte for byte
//! where no edit touched it.
//!
//! Nodes lie in flat arrays and point into the input (`arena`); names are interned (`names`).
//! An edit changes links and leaves marks on the way up to the root; [`Document::write`] walks only
//! marked paths and copies what lies between them. Every change is noted in a journal, so that
//! [`Document::undo_to`] takes back whole rules at the cost of their edits.

mod arena;
mod build;
mod check;
mod edit;
mod equal;
mod escape;
mod insert;
mod layout;
mod names;
mod namespace;
mod order;
mod path;
mod read;
mod replace;
mod tree;
mod write;

use std::cell::RefCell;
use std::rc::Rc;

use crate::diagnostic::Code;

use arena::Arena;
use names::Names;
use order::Order;

pub use escape::{escape_attribute, escape_text, is_ncname, text as decode_text};
pub use names::{NameId, QName};
pub use read::Extent;

/// A node of a [`Document`]: an element, attribute, text, comment, processing instruction or the
/// root. It means the same node as long as the document lives, removed or not.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, PartialOrd, Ord)]
pub struct NodeId(u32);

/// An XML document that can be edited.
#[derive(Debug)]
pub struct Document<'i> {
    text: &'i str,
    /// What edits wrote: markup, as it will be printed. Only ever appended to.
    added: String,
    arena: Arena<'i>,
    names: Names<'i>,
    order: RefCell<Order>,
    /// Text nodes without parent that an XPath evaluation asked for.
    values: RefCell<Vec<Rc<str>>>,
    /// The byte order mark and the XML declaration end here.
    head: u32,
}

/// What a document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes; never more than 2 GiB.
    pub bytes: usize,
    /// The deepest nesting of elements.
    pub depth: usize,
    /// The most attributes and namespace declarations on one element.
    pub attributes: usize,
    /// The most nodes, attributes not counted.
    pub nodes: usize,
    /// The most namespace declarations in the document.
    pub namespaces: usize,
}

impl Default for Limits {
    /// Far beyond any domain; every one of them is parsed in well under a second.
    fn default() -> Self {
        Self { bytes: 16 << 20, depth: 512, attributes: 256, nodes: 250_000, namespaces: 1024 }
    }
}

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// `xml-syntax`, `unknown-prefix`, `xml-limit`, `xml-encoding` or `xml-doctype`.
    pub code: Code,
    /// The byte in the input that is wrong.
    pub offset: usize,
    /// What is wrong there, without a final stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl ParseError {
    fn new(code: Code, offset: usize, message: impl Into<String>) -> Self {
        Self { code, offset, message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
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

/// A state of the document to come back to: see [`Document::undo_to`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(usize);

impl<'i> Document<'i> {
    /// Parses a text under the default [`Limits`]. XML 1.0, fifth edition, with namespaces; no DOCTYPE.
    ///
    /// # Errors
    /// Where the text is not well-formed, too large, or has a DOCTYPE.
    pub fn parse(text: &'i str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Limits::default())
    }

    /// Parses a text.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn parse_with(text: &'i str, limits: &Limits) -> Result<Self, ParseError> {
        build::document(text, limits)
    }

    /// Parses bytes, which must be UTF-8.
    ///
    /// # Errors
    /// As [`Document::parse`], and for other encodings.
    pub fn parse_bytes(bytes: &'i [u8]) -> Result<Self, ParseError> {
        Self::parse(check::utf8(bytes)?)
    }

    /// The input.
    pub fn text(&self) -> &'i str {
        self.text
    }

    /// The state as it is now.
    pub fn mark(&self) -> Mark {
        Mark(self.arena.journal.len())
    }

    /// Takes back every edit since `mark` was taken; later marks mean nothing from then on. Nodes
    /// made since are detached and keep their ids.
    pub fn undo_to(&mut self, mark: Mark) {
        if self.arena.undo_to(mark.0) {
            self.order.get_mut().forget();
        }
    }
}
