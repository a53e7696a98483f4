//! From text to arena.
//!
//! The scan trusts nothing and judges little: it keeps the limits, finds the nodes, and leaves the
//! verdict on well-formedness to `check`, which sees only texts within the limits.

use std::borrow::Cow;
use std::cell::RefCell;

use memchr::{memchr, memmem};

use crate::diagnostic::Code;
use crate::xpath::Kind;

use super::arena::{Arena, Attribute, Declaration, Flags, MAX_NODES, NONE, Node, index};
use super::escape::{self, is_blank, is_space};
use super::names::{NO_NAMESPACE, Names, XML_NAMESPACE};
use super::order::Order;
use super::{Document, Limits, ParseError, check};

/// Parses a text.
pub(super) fn document<'i>(text: &'i str, limits: &Limits) -> Result<Document<'i>, ParseError> {
    let limit = limits.bytes.min(1 << 31);
    if text.len() > limit {
        let message = format!("the document has {} bytes, more than {limit}", text.len());
        return Err(ParseError::new(Code::XmlLimit, limit, message));
    }
    let head = check::head(text)?;
    let mut scan = Scan::new(text, head, limits);
    let scanned = scan.run();
    if let Err(Stop::Refused(error)) = scanned {
        return Err(*error);
    }
    check::well_formed(text, limits)?;
    if let Err(Stop::Malformed(offset)) = scanned {
        return Err(ParseError::new(Code::XmlSyntax, offset, "this is not well-formed XML"));
    }
    let mut arena = scan.arena;
    arena.parsed_nodes = arena.nodes.len();
    arena.parsed_attributes = arena.attributes.len();
    Ok(Document {
        text,
        added: String::new(),
        arena,
        names: scan.names,
        order: RefCell::new(Order::default()),
        values: RefCell::default(),
        head: index(head),
    })
}

/// What a name cannot go on with.
static ENDS_NAME: [bool; 256] = {
    let mut ends = [false; 256];
    let stops = b" \t\n\r=></";
    let mut at = 0;
    while at < stops.len() {
        ends[stops[at] as usize] = true;
        at += 1;
    }
    ends
};

/// A one in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The high bit of each byte.
const HIGHS: u64 = 0x80 * ONES;

enum Stop {
    /// A limit, a DOCTYPE, or what `check` would let pass. Boxed because it is large and rare.
    Refused(Box<ParseError>),
    /// Not well-formed at this byte: `check` finds better words.
    Malformed(usize),
}

struct Scan<'i, 'l> {
    text: &'i str,
    bytes: &'i [u8],
    at: usize,
    limits: &'l Limits,
    arena: Arena<'i>,
    names: Names<'i>,
    /// The innermost open element, and how many are open.
    open: u32,
    depth: usize,
    /// Text, CDATA sections and references beside each other are one node; it begins here.
    text_start: usize,
    /// The declarations in scope, and for each open element that has any how many there were before.
    scope: Vec<(&'i str, u32)>,
    scopes: Vec<(u32, usize)>,
    /// Whether `&` occurs at all, so that texts need to be looked at for references.
    any_references: bool,
    /// Attributes of the tag being read whose prefix is still to be resolved.
    prefixed: Vec<(u32, &'i str, usize)>,
}

impl<'i, 'l> Scan<'i, 'l> {
    fn new(text: &'i str, head: usize, limits: &'l Limits) -> Self {
        // Libvirt's indented domains have a node every 18 bytes and an attribute every 30.
        let mut nodes = Vec::with_capacity(text.len() / 16 + 8);
        nodes.push(Node::new(Kind::Root, Flags::NEW, 0, index(text.len())));
        Self {
            text,
            bytes: text.as_bytes(),
            at: head,
            limits,
            arena: Arena {
                nodes,
                attributes: Vec::with_capacity(text.len() / 28 + 8),
                declarations: Vec::new(),
                journal: Vec::new(),
                parsed_nodes: 0,
                parsed_attributes: 0,
            },
            names: Names::new(),
            open: 0,
            depth: 0,
            text_start: head,
            scope: Vec::new(),
            scopes: Vec::new(),
            prefixed: Vec::new(),
            any_references: memchr(b'&', text.as_bytes()).is_some(),
        }
    }

    fn run(&mut self) -> Result<(), Stop> {
        while let Some(found) = self.find(b'<', self.at) {
            self.at = found;
            match self.bytes.get(self.at + 1) {
                Some(b'/') => self.end_tag()?,
                Some(b'?') => self.instruction()?,
                Some(b'!') => self.declaration()?,
                _ => self.start_tag()?,
            }
        }
        self.at = self.bytes.len();
        self.flush_text(self.at)?;
        if self.depth == 0 { Ok(()) } else { Err(Stop::Malformed(self.at)) }
    }

    /// Where the byte is next. Most texts and values end within a few bytes, and a call of `memchr` costs more than
    /// looking at eight of them as one word.
    #[inline]
    fn find(&self, byte: u8, from: usize) -> Option<usize> {
        let mut rest = self.bytes.get(from..)?;
        for _ in 0..2 {
            let Some((word, after)) = rest.split_first_chunk::<8>() else { break };
            let differs = u64::from_le_bytes(*word) ^ (u64::from(byte) * ONES);
            let same = differs.wrapping_sub(ONES) & !differs & HIGHS;
            if same != 0 {
                return Some(self.bytes.len() - rest.len() + same.trailing_zeros() as usize / 8);
            }
            rest = after;
        }
        memchr(byte, rest).map(|at| self.bytes.len() - rest.len() + at)
    }

    /// `document ::= prolog element Misc*`: outside the root element white space is no node.
    fn flush_text(&mut self, end: usize) -> Result<(), Stop> {
        let start = self.text_start;
        if start == end {
            return Ok(());
        }
        if self.depth == 0 {
            let blank = is_blank(&self.text[start..end]);
            return if blank { Ok(()) } else { Err(Stop::Malformed(start)) };
        }
        if self.any_references {
            self.references(start, end)?;
        }
        self.leaf(Kind::Text, start, end).map(|_| ())
    }

    /// A character reference must be to a character that XML allows (section 4.1).
    fn references(&self, start: usize, end: usize) -> Result<(), Stop> {
        if let Some(at) = escape::wrong_reference(&self.text[start..end]) {
            let message = "a reference to a character that XML does not allow";
            return Err(Stop::Refused(Box::new(ParseError::new(Code::XmlSyntax, start + at, message))));
        }
        Ok(())
    }

    #[inline]
    fn leaf(&mut self, kind: Kind, start: usize, end: usize) -> Result<u32, Stop> {
        self.append(Node::new(kind, Flags::NEW, index(start), index(end)))
    }

    #[inline]
    fn append(&mut self, mut node: Node) -> Result<u32, Stop> {
        let at = self.arena.nodes.len();
        if at > self.limits.nodes || at >= MAX_NODES {
            let message = format!("the document has more than {} nodes", self.limits.nodes);
            return Err(self.refused(Code::XmlLimit, message));
        }
        let at = index(at);
        let parent = &mut self.arena.nodes[self.open as usize];
        let previous = parent.last_child;
        parent.last_child = at;
        if previous == NONE {
            parent.first_child = at;
        } else {
            self.arena.nodes[previous as usize].next = at;
        }
        node.parent = self.open;
        node.previous = previous;
        self.arena.nodes.push(node);
        Ok(at)
    }

    /// `Comment`, `CDSect`; a DOCTYPE is refused.
    fn declaration(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let rest = &self.bytes[start..];
        if rest.starts_with(b"<![CDATA[") && self.depth > 0 {
            self.at = self.behind(start + 9, b"]]>")?;
        } else if rest.starts_with(b"<!--") {
            self.flush_text(start)?;
            self.at = self.behind(start + 4, b"-->")?;
            self.leaf(Kind::Comment, start, self.at)?;
            self.text_start = self.at;
        } else if rest.starts_with(b"<!DOCTYPE") {
            let error = ParseError::new(Code::XmlDoctype, start, "a DOCTYPE is not allowed")
                .help("libvirt writes none: remove it, and write what its entities stand for");
            return Err(Stop::Refused(Box::new(error)));
        } else {
            return Err(Stop::Malformed(start));
        }
        Ok(())
    }

    /// `PI ::= '<?' PITarget (S (Char* - (Char* '?>' Char*)))? '?>'`
    fn instruction(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.flush_text(start)?;
        let end = self.behind(start + 2, b"?>")?;
        let content = &self.text[start + 2..end - 2];
        let target = content.split(|c: char| c.is_ascii() && is_space(c as u8)).next().unwrap_or_default();
        if !escape::is_ncname(target) {
            return Err(self.refused(Code::XmlSyntax, "the name of a processing instruction is wrong"));
        }
        if target.eq_ignore_ascii_case("xml") {
            let message = "an XML declaration can only stand at the very beginning";
            return Err(self.refused(Code::XmlSyntax, message));
        }
        let node = self.leaf(Kind::ProcessingInstruction, start, end)?;
        self.arena.nodes[node as usize].name = self.names.intern(target, 0, NO_NAMESPACE);
        self.at = end;
        self.text_start = end;
        Ok(())
    }

    /// The byte behind the next `close`.
    fn behind(&self, from: usize, close: &[u8]) -> Result<usize, Stop> {
        let found = self.bytes.get(from..).and_then(|rest| memmem::find(rest, close));
        found.map(|found| from + found + close.len()).ok_or(Stop::Malformed(self.at))
    }

    /// `ETag ::= '</' Name S? '>'`
    fn end_tag(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.flush_text(start)?;
        if self.depth == 0 {
            return Err(Stop::Malformed(start));
        }
        let end = self.find(b'>', start + 2).ok_or(Stop::Malformed(start))? + 1;
        let node = &mut self.arena.nodes[self.open as usize];
        node.close = index(start);
        node.end = index(end);
        let parent = node.parent;
        self.close_scope();
        self.open = parent;
        self.depth -= 1;
        self.at = end;
        self.text_start = end;
        Ok(())
    }

    fn close_scope(&mut self) {
        if let Some(&(element, length)) = self.scopes.last()
            && element == self.open
        {
            self.scope.truncate(length);
            self.scopes.pop();
        }
    }

    /// `STag ::= '<' Name (S Attribute)* S? '>'`, `EmptyElemTag ::= '<' Name (S Attribute)* S? '/>'`
    fn start_tag(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.flush_text(start)?;
        let (name, colon) = self.name(start + 1);
        let element = self.append(Node::new(Kind::Element, Flags::NEW, index(start), 0))?;
        let mut last = NONE;
        let mut count = 0;
        let empty = loop {
            self.spaces();
            match self.bytes.get(self.at) {
                Some(b'>') => break false,
                Some(b'/') if self.bytes.get(self.at + 1) == Some(&b'>') => break true,
                None | Some(b'/' | b'<' | b'=') => return Err(Stop::Malformed(self.at)),
                Some(_) => {
                    count += 1;
                    if count > self.limits.attributes {
                        let message = format!("an element has more than {} attributes", self.limits.attributes);
                        return Err(self.refused(Code::XmlLimit, message));
                    }
                    self.attribute(element, &mut last)?;
                }
            }
        };
        self.resolve(element, name, colon)?;
        self.at += if empty { 2 } else { 1 };
        self.text_start = self.at;
        let end = index(self.at);
        let node = &mut self.arena.nodes[element as usize];
        (node.tag_end, node.close, node.end) = (end, end, end);
        self.open = element;
        if empty {
            self.close_scope();
            self.open = self.arena.nodes[element as usize].parent;
            return Ok(());
        }
        self.depth += 1;
        if self.depth > self.limits.depth {
            let message = format!("elements are nested deeper than {}", self.limits.depth);
            return Err(self.refused(Code::XmlLimit, message));
        }
        Ok(())
    }

    #[inline]
    fn spaces(&mut self) {
        while self.bytes.get(self.at).copied().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// The name at `start`, and where in it the local part begins.
    #[inline]
    fn name(&mut self, start: usize) -> (&'i str, usize) {
        let (mut at, mut local) = (start, 0);
        loop {
            // Eight bytes at once: all that can end a name comes before the letters.
            if let Some(word) = self.bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
                let word = u64::from_le_bytes(*word);
                let letters = (((word & !HIGHS) + u64::from(0x80 - b'A') * ONES) | word) & HIGHS;
                at += (letters ^ HIGHS).trailing_zeros() as usize / 8;
                if letters == HIGHS {
                    continue;
                }
            }
            match self.bytes.get(at) {
                Some(b':') if local == 0 => local = at + 1 - start,
                Some(&byte) if !ENDS_NAME[byte as usize] => {}
                _ => break,
            }
            at += 1;
        }
        self.at = at;
        (&self.text[start..at], local)
    }

    /// `Attribute ::= Name S? '=' S? AttValue`
    #[inline]
    fn attribute(&mut self, element: u32, last: &mut u32) -> Result<(), Stop> {
        let start = self.at;
        let (name, local) = self.name(start);
        self.spaces();
        if self.bytes.get(self.at) != Some(&b'=') {
            return Err(Stop::Malformed(self.at));
        }
        self.at += 1;
        self.spaces();
        let quote = match self.bytes.get(self.at) {
            Some(&quote @ (b'"' | b'\'')) => quote,
            _ => return Err(Stop::Malformed(self.at)),
        };
        let value = self.at + 1;
        let end = self.find(quote, value).ok_or(Stop::Malformed(self.at))?;
        self.at = end + 1;
        if name.starts_with("xmlns") && (name.len() == 5 || local == 6) {
            return self.namespace(element, &name[local.max(5)..], &self.text[value..end]);
        }
        if self.any_references {
            self.references(value, self.at)?;
        }
        let at = index(self.arena.attributes.len());
        let name = if local == 0 {
            self.names.intern(name, 0, NO_NAMESPACE)
        } else {
            self.prefixed.push((at, name, local));
            NONE
        };
        self.arena.attributes.push(Attribute {
            element,
            attached: true,
            name,
            next: NONE,
            start: index(start),
            end: index(self.at),
            value: index(value),
            set: None,
        });
        if *last == NONE {
            self.arena.nodes[element as usize].first_attribute = at;
        } else {
            self.arena.attributes[*last as usize].next = at;
        }
        *last = at;
        Ok(())
    }

    #[cold]
    fn namespace(&mut self, element: u32, prefix: &'i str, markup: &'i str) -> Result<(), Stop> {
        if self.arena.declarations.len() >= self.limits.namespaces {
            let message = format!("the document declares more than {} namespaces", self.limits.namespaces);
            return Err(self.refused(Code::XmlLimit, message));
        }
        let uri = escape::attribute(markup);
        if prefix == "xmlns" || (uri.is_empty() && !prefix.is_empty()) {
            let message = format!("the prefix '{}' cannot be declared so", prefix.escape_debug());
            return Err(self.refused(Code::XmlSyntax, message));
        }
        let namespace = self.names.namespace(uri);
        if self.scopes.last().is_none_or(|&(of, _)| of != element) {
            self.scopes.push((element, self.scope.len()));
        }
        self.scope.push((prefix, namespace));
        let node = &mut self.arena.nodes[element as usize];
        let next = node.declaration;
        node.declaration = index(self.arena.declarations.len());
        self.arena.declarations.push(Declaration { prefix: Cow::Borrowed(prefix), namespace, next, parsed: true });
        Ok(())
    }

    /// Gives the element and its attributes their names: only now all its declarations are known.
    #[inline]
    fn resolve(&mut self, element: u32, name: &'i str, local: usize) -> Result<(), Stop> {
        let namespace = match local {
            0 if self.scope.is_empty() => NO_NAMESPACE,
            0 => self.lookup("", element)?,
            1 => return Err(self.refused(Code::XmlSyntax, "a name cannot begin with a colon")),
            _ => self.lookup(&name[..local - 1], element)?,
        };
        self.arena.nodes[element as usize].name = self.names.intern(name, local, namespace);
        while let Some((attribute, name, local)) = self.prefixed.pop() {
            if local == 1 {
                return Err(self.refused(Code::XmlSyntax, "a name cannot begin with a colon"));
            }
            let namespace = self.lookup(&name[..local - 1], element)?;
            self.arena.attributes[attribute as usize].name = self.names.intern(name, local, namespace);
        }
        Ok(())
    }

    /// What a prefix stands for here.
    fn lookup(&self, prefix: &str, element: u32) -> Result<u32, Stop> {
        match self.scope.iter().rev().find(|(known, _)| *known == prefix) {
            Some(&(_, namespace)) => Ok(namespace),
            None if prefix.is_empty() => Ok(NO_NAMESPACE),
            None if prefix == "xml" => Ok(XML_NAMESPACE),
            None => Err(Stop::Malformed(self.arena.node(element).start as usize)),
        }
    }

    #[cold]
    fn refused(&self, code: Code, message: impl Into<String>) -> Stop {
        Stop::Refused(Box::new(ParseError::new(code, self.at, message)))
    }
}
