//! Start tags, attributes, end tags.

use crate::xml::arena::{Attribute, Flags, NONE, Node, index};
use crate::xml::escape::is_space;
use crate::xml::names::NO_NAMESPACE;
use crate::xpath::Kind;

use super::scan::{self, Written};
use super::{Parsed, Parser, reference};

impl Parser<'_, '_> {
    /// `STag ::= '<' Name (S Attribute)* S? '>'`, `EmptyElemTag ::= '<' Name (S Attribute)* S? '/>'`
    pub(super) fn start_tag(&mut self) -> Parsed<()> {
        let start = self.at;
        self.flush_text(start)?;
        if self.depth == 0 {
            self.begin_root(start)?;
        }
        let element = index(self.arena.arrays.nodes.len());
        let first = self.arena.arrays.attributes.len();
        let declarations = self.arena.declarations.len();
        let name = scan::name(self.bytes, start + 1);
        let mut number = if name.local == name.start {
            self.intern(name, self.scope.default)?
        } else {
            self.check_name(name)?;
            NONE
        };
        self.at = name.end;
        let empty = loop {
            let before = self.at;
            self.skip_spaces();
            match self.bytes.get(self.at) {
                Some(b'>') => break false,
                Some(b'/') if self.bytes.get(self.at + 1) == Some(&b'>') => break true,
                Some(_) if self.at > before => self.attribute(element, first, declarations)?,
                _ => return Err(self.wrong_in_tag(start)),
            }
        };
        if self.scope.is_declared_on(element) || name.local > name.start || !self.prefixed.is_empty() {
            number = self.resolve(name, first)?;
        }
        self.at += if empty { 2 } else { 1 };
        (self.text_start, self.data_start) = (self.at, self.at);
        let mut node = Node::new(Kind::Element, Flags::NEW, index(start), index(self.at));
        node.name = number;
        node.alike = self.names.note_element(number, element);
        if first < self.arena.arrays.attributes.len() {
            node.first_attribute = index(first);
        }
        if declarations < self.arena.declarations.len() {
            node.declaration = index(declarations);
        }
        self.append(node)?;
        if empty {
            self.scope.leave(element);
            return Ok(());
        }
        self.open = element;
        self.last = NONE;
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.too_many(format!("elements are nested deeper than {}", self.limits.depth)));
        }
        Ok(())
    }

    #[inline]
    fn skip_spaces(&mut self) {
        while self.bytes.get(self.at).copied().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// `Attribute ::= Name Eq AttValue`, of an element whose attributes begin at `first`
    #[inline]
    fn attribute(&mut self, element: u32, first: usize, declarations: usize) -> Parsed<()> {
        let name = scan::name(self.bytes, self.at);
        self.at = name.end;
        if self.bytes.get(self.at) != Some(&b'=') {
            self.skip_spaces();
            if self.bytes.get(self.at) != Some(&b'=') {
                return Err(self.no_value(name));
            }
        }
        self.at += 1;
        let quote = match self.bytes.get(self.at) {
            Some(&quote @ (b'"' | b'\'')) => quote,
            _ => {
                self.skip_spaces();
                match self.bytes.get(self.at) {
                    Some(&quote @ (b'"' | b'\'')) => quote,
                    _ => return Err(self.no_quote(name)),
                }
            }
        };
        let value = self.at + 1;
        let end = match scan::end_of_value(self.bytes, value, quote) {
            Some(end) if self.bytes.get(end) == Some(&quote) => end,
            found => return Err(self.no_closing_quote(name, value, found)),
        };
        if self.survey.references {
            reference::check(self.text, value, end)?;
        }
        self.at = end + 1;
        let at = self.arena.arrays.attributes.len();
        if at - first + self.arena.declarations.len() - declarations >= self.limits.attributes {
            return Err(self.too_many(format!("an element has more than {} attributes", self.limits.attributes)));
        }
        if self.is_declaration(name) {
            return self.declare(element, declarations, name, value..end);
        }
        let number = if name.local == name.start {
            let number = self.intern(name, NO_NAMESPACE)?;
            let before = self.arena.arrays.attributes.get(first..).unwrap_or_default();
            if let Some(twin) = before.iter().position(|other| other.name == number) {
                return Err(self.twice(name, first + twin));
            }
            number
        } else {
            self.check_name(name)?;
            self.prefixed.push(index(at));
            NONE
        };
        if at > first
            && let Some(last) = self.arena.arrays.attributes.get_mut(at - 1)
        {
            last.next = index(at);
        }
        self.arena.arrays.attributes.push(Attribute {
            element,
            attached: true,
            name: number,
            next: NONE,
            start: index(name.start),
            end: index(self.at),
            value: index(value),
            set: None,
        });
        Ok(())
    }

    /// The number of a name, which is checked when it is seen first.
    #[inline]
    pub(super) fn intern(&mut self, name: Written, namespace: u32) -> Parsed<u32> {
        match self.names.find_in(self.text, name.start..name.end, namespace) {
            Ok(number) => Ok(number),
            Err(missing) => {
                self.check_name(name)?;
                let written = self.text.get(name.start..name.end).unwrap_or_default();
                Ok(self.names.insert(written.into(), name.local_offset(), namespace, missing))
            }
        }
    }

    /// `ETag ::= '</' Name S? '>'`
    pub(super) fn end_tag(&mut self) -> Parsed<()> {
        let start = self.at;
        self.flush_text(start)?;
        if self.depth == 0 {
            return Err(self.not_outside(start));
        }
        let element = self.open;
        let name = self.names.get(self.arena.node(element).name).map_or("", |name| name.qualified());
        let named = start + 2..start + 2 + name.len();
        self.at = named.end;
        if self.bytes.get(named) != Some(name.as_bytes()) {
            return Err(self.wrong_end_tag(start));
        }
        if self.bytes.get(self.at) != Some(&b'>') {
            self.skip_spaces();
            if self.bytes.get(self.at) != Some(&b'>') {
                return Err(self.wrong_end_tag(start));
            }
        }
        self.at += 1;
        (self.text_start, self.data_start) = (self.at, self.at);
        self.link_children(element);
        if let Some(node) = self.arena.arrays.nodes.get_mut(element as usize) {
            (node.close, node.end) = (index(start), index(self.at));
            self.open = node.parent;
        }
        self.last = element;
        self.depth -= 1;
        self.scope.leave(element);
        Ok(())
    }
}
