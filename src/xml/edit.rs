//! Setting and removing.

use std::borrow::Cow;

use crate::xpath::Kind;

use super::arena::{Attribute, Flags, NONE, Place, index};
use super::{Document, EditError, NameId, NodeId, QName, escape};

impl Document<'_> {
    /// Gives an element an attribute of this name and value; tells whether that changed anything. A
    /// value that was there keeps its place and quotes, a new attribute comes last.
    ///
    /// # Errors
    /// Where the target is no element or removed, or the name or value cannot be written.
    pub fn set_attribute(&mut self, element: NodeId, name: &QName, value: &str) -> Result<bool, EditError> {
        escape::check(value)?;
        let element = self.element(element)?;
        let name = self.intern_name(name)?;
        let expanded = self.names.get(name).map(|name| name.expanded);
        let known = self
            .arena
            .attributes_of(element)
            .find(|&at| self.names.get(self.arena.attribute(at).name).map(|name| name.expanded) == expanded);
        if let Some(known) = known {
            return Ok(self.set_attribute_value(known, value));
        }
        self.all_or_nothing(|document| {
            let attached = document.is_attached_index(element);
            let name = if attached { document.bind_name(element, name, true)? } else { name };
            document.add_attribute(element, name, value);
            Ok(true)
        })
    }

    /// Gives an attribute another value; tells whether that changed anything.
    fn set_attribute_value(&mut self, attribute: u32, value: &str) -> bool {
        if escape::attribute(self.attribute_markup(attribute)) == value {
            return false;
        }
        let set = Some(self.add_value(value, self.quote(attribute)));
        self.arena.change_attribute(attribute, |attribute| attribute.set = set);
        self.arena.touch_tag(self.arena.attribute(attribute).element);
        true
    }

    fn add_attribute(&mut self, element: u32, name: u32, value: &str) {
        let set = Some(self.add_value(value, b'"'));
        let last = self.arena.attributes_of(element).last();
        let at = index(self.arena.arrays.attributes.len());
        self.arena.arrays.attributes.push(Attribute {
            element,
            attached: false,
            name,
            next: NONE,
            start: NONE,
            end: NONE,
            value: NONE,
            set,
        });
        // In the journal, so that an undone attribute is none of the element's.
        self.arena.change_attribute(at, |attribute| attribute.attached = true);
        match last {
            Some(last) => self.arena.change_attribute(last, |last| last.next = at),
            None => self.arena.change(element, |node| node.first_attribute = at),
        }
        self.arena.touch_tag(element);
    }

    fn add_value(&mut self, value: &str, quote: u8) -> (u32, u32) {
        let start = index(self.added.len());
        escape::push_attribute(value, quote, &mut self.added);
        (start, index(self.added.len()))
    }

    /// The quote around an attribute's value.
    pub(super) fn quote(&self, attribute: u32) -> u8 {
        let at = (self.arena.attribute(attribute).value as usize).checked_sub(1);
        let quote = at.and_then(|at| self.text.as_bytes().get(at)).copied();
        quote.unwrap_or(b'"')
    }

    /// Takes a node out of the document: an attribute, or an element, text, comment or processing
    /// instruction with the white space that it would leave behind.
    ///
    /// # Errors
    /// Where it is the root or its element, or removed already.
    pub fn remove(&mut self, node: NodeId) -> Result<(), EditError> {
        if !self.is_attached(node) {
            return Err(EditError::Detached);
        }
        match node.place() {
            Place::Attribute(at) => self.take_attribute(at),
            Place::Node(at) if at == 0 || at == self.root_element_index() => return Err(EditError::WrongKind),
            Place::Node(at) => self.take_out(at),
            Place::Value(_) => return Err(EditError::Detached),
        }
        Ok(())
    }

    fn take_attribute(&mut self, attribute: u32) {
        let Attribute { element, next, .. } = *self.arena.attribute(attribute);
        let previous = self.arena.attributes_of(element).find(|&at| self.arena.attribute(at).next == attribute);
        match previous {
            Some(previous) => self.arena.change_attribute(previous, |previous| previous.next = next),
            None => self.arena.change(element, |node| node.first_attribute = next),
        }
        self.arena.change_attribute(attribute, |attribute| {
            attribute.attached = false;
            attribute.next = NONE;
        });
        self.arena.touch_tag(element);
    }

    /// Makes `text` the text of an element without child elements, the content of a text node, or
    /// the value of an attribute; tells whether that changed anything.
    ///
    /// # Errors
    /// Where the element has child elements, the node is of another kind or removed, or XML cannot
    /// hold a character of it.
    pub fn set_text(&mut self, node: NodeId, text: &str) -> Result<bool, EditError> {
        escape::check(text)?;
        match node.place() {
            Place::Attribute(at) if self.is_attached(node) => Ok(self.set_attribute_value(at, text)),
            Place::Node(at) if self.arena.node(at).kind == Kind::Text && self.is_attached_index(at) => {
                Ok(self.set_text_node(at, text))
            }
            Place::Node(at) if matches!(self.arena.node(at).kind, Kind::Text | Kind::Element) => {
                let element = self.element(node)?;
                if self.arena.children(element).any(|child| self.arena.node(child).kind == Kind::Element) {
                    return Err(EditError::HasChildren);
                }
                Ok(self.set_element_text(element, text))
            }
            Place::Node(_) => Err(EditError::WrongKind),
            Place::Attribute(_) | Place::Value(_) => Err(EditError::Detached),
        }
    }

    fn set_text_node(&mut self, node: u32, text: &str) -> bool {
        if self.node_text(node) == text {
            return false;
        }
        if text.is_empty() {
            self.arena.unlink(node);
            return true;
        }
        let mut markup = String::with_capacity(text.len());
        escape::push_text(text, &mut markup);
        self.set_markup(node, &markup);
        true
    }

    /// The first text node takes the whole text; comments stay.
    fn set_element_text(&mut self, element: u32, text: &str) -> bool {
        if self.string_value(NodeId::node(element)) == text {
            return false;
        }
        let texts = self.arena.children(element).filter(|&child| self.arena.node(child).kind == Kind::Text);
        let texts: Vec<u32> = texts.collect();
        match texts.split_first() {
            Some((&first, others)) => {
                others.iter().for_each(|&other| self.arena.unlink(other));
                self.set_text_node(first, text);
            }
            None => {
                let mut markup = String::with_capacity(text.len());
                escape::push_text(text, &mut markup);
                let node = self.white_space(&markup);
                self.arena.change(node, |node| node.flags = node.flags.without(Flags::LAYOUT));
                self.arena.link(element, NONE, node);
                self.order.get_mut().moved(&self.arena, node);
            }
        }
        true
    }

    /// An element that can be edited: of the document, or of a fragment that is being made.
    pub(super) fn element(&self, node: NodeId) -> Result<u32, EditError> {
        let Place::Node(at) = node.place() else { return Err(EditError::WrongKind) };
        let top = self.arena.top(at);
        if top != 0 && self.arena.node(top).flags.has(Flags::REMOVED) {
            return Err(EditError::Detached);
        }
        if self.arena.node(at).kind == Kind::Element { Ok(at) } else { Err(EditError::WrongKind) }
    }

    pub(super) fn intern_name(&mut self, name: &QName) -> Result<u32, EditError> {
        let QName { namespace, prefix, local } = name;
        let with_prefix = !prefix.is_empty() && !namespace.is_empty();
        // A name that the document has needs no second look, but for a target of `<?a:b?>`, which is no name of an element.
        if !with_prefix
            && !local.contains(':')
            && let Some(NameId(known)) = self.resolve(namespace, local)
        {
            return Ok(known);
        }
        if !escape::is_ncname(local) || (with_prefix && !escape::is_ncname(prefix)) {
            return Err(EditError::InvalidSyntax(local.clone()));
        }
        let namespace = self.names.namespace(Cow::Owned(namespace.clone()));
        Ok(if with_prefix {
            self.names.add(Cow::Owned(format!("{prefix}:{local}")), prefix.len() + 1, namespace)
        } else {
            self.names.add(Cow::Owned(local.clone()), 0, namespace)
        })
    }
}
