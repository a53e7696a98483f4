//! Names with prefixes, and what declares them (Namespaces in XML 1.0).

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::Code;
use crate::xml::ParseError;
use crate::xml::arena::{Declaration, NONE, index};
use crate::xml::escape::{self, is_name_char, is_name_start};
use crate::xml::names::{NO_NAMESPACE, XML, XML_NAMESPACE};

use super::scan::{self, Written};
use super::{Parsed, Parser};

/// The namespace of `xmlns` itself (section 3).
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl<'i> Parser<'i, '_> {
    /// `QName ::= (NCName ':')? NCName` (section 4). The error is at the first byte that makes it none.
    #[cold]
    pub(super) fn check_name(&self, name: Written) -> Parsed<()> {
        let written = self.text.get(name.start..name.end).unwrap_or_default();
        if is_plain(written.as_bytes()) {
            return Ok(());
        }
        let mut begins = true;
        for (at, character) in written.char_indices().map(|(at, character)| (name.start + at, character)) {
            let separates = character == ':' && at + 1 == name.local && at > name.start;
            if !separates && !(if begins { is_name_start(character) } else { is_name_char(character) }) {
                return Err(self.no_name(at, begins));
            }
            begins = separates;
        }
        if begins { Err(self.no_name(name.end, true)) } else { Ok(()) }
    }

    /// Whether an attribute of this name is a namespace declaration.
    #[inline]
    pub(super) fn is_declaration(&self, name: Written) -> bool {
        let written = self.bytes.get(name.start..name.end).unwrap_or_default();
        written.starts_with(b"xmlns") && matches!((written.len(), name.local_offset()), (5, _) | (_, 6))
    }

    /// `NSAttName ::= PrefixedAttName | DefaultAttName` (section 3), of an element whose declarations begin at `first`
    #[cold]
    pub(super) fn declare(&mut self, element: u32, first: usize, name: Written, value: Range<usize>) -> Parsed<()> {
        self.check_name(name)?;
        let (offset, named) = (name.start, name.start..name.end);
        let wrong = |message: String| Err(Box::new(ParseError::new(Code::XmlSyntax, offset, message)));
        let prefix = if name.local > name.start { self.text.get(name.local..name.end).unwrap_or_default() } else { "" };
        let uri = escape::attribute(self.text.get(value).unwrap_or_default());
        if prefix == "xmlns" {
            return wrong("the prefix `xmlns` cannot be declared".to_owned());
        }
        if uri == XMLNS {
            return wrong(format!("no prefix can stand for {XMLNS}"));
        }
        if (prefix == "xml") != (uri == XML) {
            return wrong(format!("the prefix `xml` stands for {XML}, and no other prefix does"));
        }
        if uri.is_empty() && !prefix.is_empty() {
            return wrong(format!("the prefix `{prefix}` is declared to stand for nothing"));
        }
        if self.arena.declarations.len() >= self.limits.namespaces {
            return Err(self.too_many(format!("the document declares more than {} namespaces", self.limits.namespaces)));
        }
        let earlier = self.arena.declarations.get(first..).unwrap_or_default();
        if earlier.iter().any(|earlier| earlier.prefix == prefix) {
            let written = self.text.get(named).unwrap_or_default();
            return wrong(format!("`{written}` stands twice in one tag"));
        }
        let namespace = self.names.namespace(uri);
        self.scope.enter(element);
        if prefix.is_empty() {
            self.scope.default = namespace;
        } else {
            let prefix = self.names.add(Cow::Borrowed(prefix), 0, NO_NAMESPACE);
            self.scope.bind(prefix, namespace);
        }
        let at = self.arena.declarations.len();
        if at > first
            && let Some(last) = self.arena.declarations.last_mut()
        {
            last.next = index(at);
        }
        self.arena.declarations.push(Declaration { prefix: prefix.into(), namespace, next: NONE, parsed: true });
        Ok(())
    }

    /// Gives the tag's attributes with prefixes their names, and tells the element's: only now all its declarations are
    /// known.
    #[cold]
    pub(super) fn resolve(&mut self, element: Written, first: usize) -> Parsed<u32> {
        let namespace = if element.local == element.start { self.scope.default } else { self.namespace_of(element)? };
        let number = self.intern(element, namespace)?;
        for at in std::mem::take(&mut self.prefixed) {
            let name = self.attribute_name(at);
            let namespace = self.namespace_of(name)?;
            let number = self.intern(name, namespace)?;
            let expanded = self.names.expanded(number);
            let before = self.arena.arrays.attributes.get(first..at as usize).unwrap_or_default();
            if let Some(twin) = before.iter().position(|other| self.names.expanded(other.name) == expanded) {
                return Err(self.twice(name, first + twin));
            }
            if let Some(attribute) = self.arena.arrays.attributes.get_mut(at as usize) {
                attribute.name = number;
            }
        }
        Ok(number)
    }

    /// The name of an attribute that is read already, but not resolved.
    fn attribute_name(&self, at: u32) -> Written {
        scan::name(self.bytes, self.arena.attribute(at).start as usize)
    }

    /// What the name's prefix stands for here.
    fn namespace_of(&mut self, name: Written) -> Parsed<u32> {
        let prefix: &'i str = self.text.get(name.start..name.local.saturating_sub(1)).unwrap_or_default();
        if prefix == "xml" {
            return Ok(XML_NAMESPACE);
        }
        let known = self.names.find(NO_NAMESPACE, prefix);
        known.and_then(|prefix| self.scope.namespace(prefix)).ok_or_else(|| self.undeclared(name, prefix))
    }
}

/// Whether a name is of the kind that nearly all are: a letter, then letters, digits, `-`, `_` and `.`.
fn is_plain(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(|&byte| PLAIN[usize::from(byte)])
}

/// By byte: a look costs less than four comparisons.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        plain[byte] = character.is_ascii_alphanumeric() || matches!(character, b'-' | b'_' | b'.');
        byte += 1;
    }
    plain
};
