//! Writing is copying: only marked nodes are looked at, and what lies between two edits is one copy
//! of the input's bytes.

use std::borrow::Cow;
use std::ops::Range;

use crate::xpath::Kind;

use super::Document;
use super::arena::{Flags, NONE, Node, index};
use super::escape::{self, is_space};

impl<'i> Document<'i> {
    /// The document's text; the input itself where no byte differs.
    pub fn write(&self) -> Cow<'i, str> {
        if !self.arena.node(0).flags.has(Flags::TOUCHED) {
            return Cow::Borrowed(self.text);
        }
        let written = Writer::new(self).document();
        if written == self.text { Cow::Borrowed(self.text) } else { Cow::Owned(written) }
    }

    /// Whether the text would differ from the input.
    pub fn is_changed(&self) -> bool {
        matches!(self.write(), Cow::Owned(_))
    }

    /// Whether the document writes empty elements as `<a></a>`: as its first one is written.
    fn writes_end_tags(&self) -> bool {
        let parsed = self.arena.arrays.nodes.iter().take(self.arena.parsed_nodes);
        let mut elements = parsed.filter(|node| node.kind == Kind::Element && !node.flags.has(Flags::GENERATED));
        elements.find(|node| node.tag_end == node.close).is_some_and(|node| node.close != node.end)
    }
}

struct Writer<'d, 'i> {
    document: &'d Document<'i>,
    out: String,
    /// A part of the input that is to be written next, and may still grow.
    pending: Range<usize>,
    end_tags: Option<bool>,
}

impl<'d, 'i> Writer<'d, 'i> {
    fn new(document: &'d Document<'i>) -> Self {
        // Tags, quotes and indentation around what was added: a buffer that grows is copied.
        let around = 64 * (1 + document.arena.arrays.nodes.len() - document.arena.parsed_nodes);
        let out = String::with_capacity(document.text.len() + document.added.len() + around);
        Self { document, out, pending: 0..0, end_tags: None }
    }

    /// `document ::= prolog element Misc*`
    fn document(mut self) -> String {
        let head = self.document.head as usize;
        let text = self.document.text;
        self.copy(0..head);
        let mut first = true;
        for child in self.document.arena.children(0) {
            let node = self.document.arena.node(child);
            if node.kind != Kind::Element && node.flags.has(Flags::ADDED) {
                if !first || head > 0 {
                    self.push(layout_break(self.document));
                }
            } else {
                let start = node.start as usize;
                let gap = gap_before(text, head, start);
                if gap == head && !first {
                    self.push(layout_break(self.document));
                } else if gap == head || !first || head > 0 {
                    self.copy(gap..start);
                }
            }
            self.tree(child);
            first = false;
        }
        self.copy(gap_before(text, head, text.len())..text.len());
        std::mem::take(self.out())
    }

    fn copy(&mut self, range: Range<usize>) {
        if range.start == self.pending.end {
            self.pending.end = range.end;
        } else {
            self.out();
            self.pending = range;
        }
    }

    #[inline]
    fn push(&mut self, text: &str) {
        self.out().push_str(text);
    }

    /// What is written so far.
    #[inline]
    fn out(&mut self) -> &mut String {
        if !self.pending.is_empty() {
            self.flush();
        }
        &mut self.out
    }

    fn flush(&mut self) {
        self.out.push_str(self.document.text.get(self.pending.clone()).unwrap_or_default());
        self.pending = self.pending.end..self.pending.end;
    }

    /// Writes a node and all in it.
    fn tree(&mut self, top: u32) {
        let arena = &self.document.arena;
        let mut at = top;
        loop {
            let descend = self.begin(at) && arena.node(at).first_child != NONE;
            if descend {
                at = arena.node(at).first_child;
                continue;
            }
            loop {
                if at == top {
                    return;
                }
                let Node { next, parent, .. } = *arena.node(at);
                if next != NONE {
                    at = next;
                    break;
                }
                at = parent;
                self.end_tag(at);
            }
        }
    }

    /// Writes a node up to its content; tells whether the content is still to be written. An
    /// element without children is written whole.
    fn begin(&mut self, at: u32) -> bool {
        let document = self.document;
        let node = document.arena.node(at);
        let new = Flags::ADDED.with(Flags::GENERATED);
        if node.kind != Kind::Element {
            if node.flags.has(Flags::ADDED) {
                self.push(document.markup(at));
            } else {
                self.copy(node.start as usize..node.end as usize);
            }
            return false;
        }
        if !node.flags.has(new.with(Flags::TAG).with(Flags::TOUCHED)) {
            self.copy(node.start as usize..node.end as usize);
            return false;
        }
        if node.flags.has(new) {
            self.new_tag(at);
        } else {
            self.changed_tag(at);
            if node.first_child == NONE {
                self.copy(node.close as usize..node.end as usize);
            }
        }
        true
    }

    fn end_tag(&mut self, at: u32) {
        let node = self.document.arena.node(at);
        let as_parsed = !node.flags.has(Flags::GENERATED) && node.close != node.end;
        if as_parsed {
            self.copy(node.close as usize..node.end as usize);
        } else {
            let name = self.name(node.name);
            let out = self.out();
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        }
    }

    fn name(&self, name: u32) -> &'d str {
        self.document.names.get(name).map_or("", |name| name.qualified())
    }

    /// The start tag of an element that the input does not have so.
    fn new_tag(&mut self, at: u32) {
        let document = self.document;
        let node = document.arena.node(at);
        let name = self.name(node.name);
        let out = self.out();
        out.push('<');
        out.push_str(name);
        self.declarations(at, true);
        for attribute in document.arena.attributes_of(at) {
            self.new_attribute(attribute);
        }
        if node.first_child != NONE {
            self.push(">");
        } else if *self.end_tags.get_or_insert_with(|| document.writes_end_tags()) {
            let out = self.out();
            out.push_str("></");
            out.push_str(name);
            out.push('>');
        } else {
            self.push("/>");
        }
    }

    fn new_attribute(&mut self, attribute: u32) {
        let document = self.document;
        let name = self.name(document.arena.attribute(attribute).name);
        let quote = char::from(document.quote(attribute));
        let out = self.out();
        out.push(' ');
        out.push_str(name);
        out.push('=');
        out.push(quote);
        out.push_str(document.attribute_markup(attribute));
        out.push(quote);
    }

    /// The namespace declarations that the input does not have there; or all.
    fn declarations(&mut self, at: u32, all: bool) {
        let document = self.document;
        for declaration in document.arena.declarations_of(at).filter(|declaration| all || !declaration.parsed) {
            let out = self.out();
            out.push_str(if declaration.prefix.is_empty() { " xmlns" } else { " xmlns:" });
            out.push_str(&declaration.prefix);
            out.push_str("=\"");
            escape::push_attribute(document.names.uri(declaration.namespace), b'"', out);
            out.push('"');
        }
    }

    /// The input's start tag with what edits changed in it.
    fn changed_tag(&mut self, at: u32) {
        let document = self.document;
        let (arena, bytes) = (&document.arena, document.text.as_bytes());
        let node = arena.node(at);
        let mut from = node.start as usize;
        let parsed = &arena.arrays.attributes[..arena.parsed_attributes];
        let first = parsed.partition_point(|attribute| attribute.start < node.start);
        for (number, attribute) in parsed.iter().enumerate().skip(first).take_while(|(_, it)| it.element == at) {
            if !attribute.attached {
                self.copy(from..trimmed(bytes, attribute.start as usize));
                from = attribute.end as usize;
            } else if attribute.set.is_some() {
                self.copy(from..attribute.value as usize);
                self.push(document.attribute_markup(index(number)));
                from = attribute.end as usize - 1;
            }
        }
        let tag_end = node.tag_end as usize;
        let empty = node.close == node.end;
        let mark = tag_end - if empty { 2 } else { 1 };
        let body_end = trimmed(bytes, mark).max(from);
        self.copy(from..body_end);
        self.declarations(at, false);
        for attribute in arena.attributes_of(at).filter(|&attribute| arena.attribute(attribute).start == NONE) {
            self.new_attribute(attribute);
        }
        if empty && node.first_child != NONE {
            self.push(">");
        } else {
            self.copy(body_end..tag_end);
        }
    }
}

/// Where the white space before `end` begins.
fn trimmed(bytes: &[u8], end: usize) -> usize {
    let blank = bytes[..end].iter().rev().take_while(|&&byte| is_space(byte)).count();
    end - blank
}

/// The same, but not within the first `head` bytes.
fn gap_before(text: &str, head: usize, end: usize) -> usize {
    trimmed(text.as_bytes(), end).max(head)
}

/// What stands between nodes outside the root element.
fn layout_break(document: &Document<'_>) -> &'static str {
    if document.text.contains('\n') { document.newline() } else { "" }
}
