//! From text to arena, in one pass: XML 1.0, fifth edition, with namespaces, no DOCTYPE.
//!
//! Every byte is judged where it is read, and the first wrong one ends the pass. Two things are judged once for all
//! instead of at every place: characters, by a sweep over the text (`survey`), and names, when they are first seen.

mod characters;
mod head;
mod markup;
mod namespace;
mod reference;
mod scan;
mod scope;
mod tag;
mod wrong;

pub(super) use head::utf8;

use std::cell::RefCell;

use crate::diagnostic::Code;
use crate::xpath::Kind;

use super::arena::{Arena, Flags, MAX_NODES, NONE, Node, index};
use super::escape::is_blank;
use super::names::Names;
use super::order::Order;
use super::{Document, Limits, ParseError};

use characters::Survey;
use scope::Scope;

/// A problem, boxed because it is large and rare.
type Parsed<T> = Result<T, Box<ParseError>>;

/// Parses a text.
pub(super) fn document<'i>(text: &'i str, limits: &Limits) -> Result<Document<'i>, ParseError> {
    let limit = limits.bytes.min(1 << 31);
    if text.len() > limit {
        let message = format!("the document has {} bytes, more than {limit}", text.len());
        return Err(ParseError::new(Code::XmlLimit, limit, message));
    }
    let head = head::head(text)?;
    let survey = characters::survey(text);
    let mut parser = Parser::new(text, head, limits, survey);
    let parsed = parser.run();
    match (parsed, survey.forbidden) {
        (Ok(()), None) => {}
        (Err(problem), None) => return Err(*problem),
        (Err(problem), Some(at)) if problem.offset < at => return Err(*problem),
        (_, Some(at)) => return Err(characters::forbidden(text, at)),
    }
    let mut arena = parser.arena;
    arena.parsed_nodes = arena.arrays.nodes.len();
    arena.parsed_attributes = arena.arrays.attributes.len();
    Ok(Document {
        text,
        added: String::new(),
        arena,
        names: parser.names,
        order: RefCell::new(Order::default()),
        renamed: Vec::new(),
        values: RefCell::default(),
        head: index(head),
    })
}

/// The pass over the text, and what is known at the byte where it stands.
struct Parser<'i, 'l> {
    text: &'i str,
    bytes: &'i [u8],
    at: usize,
    limits: &'l Limits,
    survey: Survey,
    arena: Arena<'i>,
    names: Names<'i>,
    scope: Scope,
    /// The innermost open element, or the root.
    open: u32,
    /// How many elements are open.
    depth: usize,
    /// The last child of `open` so far.
    last: u32,
    /// Whether the root element has begun.
    rooted: bool,
    /// Text, CDATA sections and references beside each other are one node, which begins here.
    text_start: usize,
    /// What follows the last CDATA section of that node.
    data_start: usize,
    /// Attributes of the tag being read whose prefix is still to be resolved.
    prefixed: Vec<u32>,
}

impl<'i, 'l> Parser<'i, 'l> {
    fn new(text: &'i str, head: usize, limits: &'l Limits, survey: Survey) -> Self {
        let mut arena = Arena::new(text.len());
        arena.arrays.nodes.push(Node::new(Kind::Root, Flags::NEW, 0, index(text.len())));
        Self {
            text,
            bytes: text.as_bytes(),
            at: head,
            limits,
            survey,
            arena,
            names: Names::new(),
            scope: Scope::default(),
            open: 0,
            depth: 0,
            last: NONE,
            rooted: false,
            text_start: head,
            data_start: head,
            prefixed: Vec::new(),
        }
    }

    /// `document ::= prolog element Misc*`
    fn run(&mut self) -> Parsed<()> {
        while let Some(found) = scan::find(self.bytes, self.at, b'<') {
            self.at = found;
            match self.bytes.get(found + 1) {
                Some(b'/') => self.end_tag()?,
                Some(b'?') => self.instruction()?,
                Some(b'!') => self.declaration()?,
                _ => self.start_tag()?,
            }
        }
        if self.depth > 0 {
            return Err(self.unclosed());
        }
        self.outside(self.bytes.len())?;
        if !self.rooted {
            return Err(self.wrong(self.bytes.len(), "the document has no root element"));
        }
        self.link_children(0);
        Ok(())
    }

    /// Ends the text before a tag, comment or processing instruction.
    #[inline]
    fn flush_text(&mut self, end: usize) -> Parsed<()> {
        if self.text_start == end {
            return Ok(());
        }
        if self.depth == 0 {
            return self.outside(end);
        }
        if self.survey.references || self.survey.section_ends {
            self.character_data(self.data_start, end)?;
        }
        self.append(Node::new(Kind::Text, Flags::NEW, index(self.text_start), index(end)))?;
        Ok(())
    }

    /// Text can stand in the root element only; white space around it is no node.
    #[cold]
    fn outside(&mut self, end: usize) -> Parsed<()> {
        let between = self.text.get(self.text_start..end).unwrap_or_default();
        if is_blank(between) {
            return Ok(());
        }
        let blank = between.len() - between.trim_start_matches([' ', '\t', '\r', '\n']).len();
        Err(self.not_outside(self.text_start + blank))
    }

    /// Adds the next child of the open element.
    #[inline]
    fn append(&mut self, mut node: Node) -> Parsed<u32> {
        let at = self.arena.arrays.nodes.len();
        if at > self.limits.nodes || at >= MAX_NODES {
            return Err(self.too_many(format!("the document has more than {} nodes", self.limits.nodes)));
        }
        let at = index(at);
        node.parent = self.open;
        node.previous = self.last;
        if let Some(last) = self.arena.arrays.nodes.get_mut(self.last as usize) {
            last.next = at;
        }
        self.arena.arrays.nodes.push(node);
        self.last = at;
        Ok(at)
    }

    /// Tells a parent what its children are: in document order the first one comes right behind it.
    #[inline]
    fn link_children(&mut self, parent: u32) {
        if self.last != NONE
            && let Some(node) = self.arena.arrays.nodes.get_mut(parent as usize)
        {
            node.first_child = parent + 1;
            node.last_child = self.last;
        }
    }
}
