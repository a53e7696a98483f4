//! The live XML document: parsed once, read by node id, edited, and written back byte for byte
//! where no edit touched it.
//!
//! Nodes lie in flat arrays and point into the input (`arena`); names are interned (`names`).
//! An edit changes links and leaves marks on the way up to the root; [`Document::write`] walks only
//! marked paths and copies what lies between them. Every change is noted in a journal, so that
//! [`Document::undo_to`] takes back whole rules at the cost of their edits.

mod alike;
mod arena;
mod edit;
mod equal;
mod error;
mod escape;
mod insert;
mod layout;
mod names;
mod namespace;
mod order;
mod parse;
mod path;
mod read;
mod replace;
mod tree;
mod write;

use std::cell::RefCell;
use std::rc::Rc;

use arena::Arena;
use names::Names;
use order::Order;

pub use alike::Alike;
pub use error::{EditError, ParseError};
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
    /// Elements of the input that have, or had, another name by now.
    renamed: Vec<u32>,
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
        parse::document(text, limits)
    }

    /// Parses bytes, which must be UTF-8.
    ///
    /// # Errors
    /// As [`Document::parse`], and for other encodings.
    pub fn parse_bytes(bytes: &'i [u8]) -> Result<Self, ParseError> {
        Self::parse(parse::utf8(bytes)?)
    }

    /// The input.
    pub fn text(&self) -> &'i str {
        self.text
    }

    /// The state as it is now.
    pub fn mark(&self) -> Mark {
        Mark(self.arena.arrays.journal.len())
    }

    /// Takes back every edit since `mark` was taken; later marks mean nothing from then on. Nodes
    /// made since are detached and keep their ids.
    pub fn undo_to(&mut self, mark: Mark) {
        if self.arena.undo_to(mark.0) {
            self.order.get_mut().forget();
        }
    }
}
