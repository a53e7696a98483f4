//! Prefixes: which one stands for a namespace at a place, and declaring one that is lacking.

use std::borrow::Cow;

use crate::xpath::Kind;

use super::arena::{Attribute, Declaration, NONE, Node, index};
use super::names::{NO_NAMESPACE, XML_NAMESPACE};
use super::{Document, EditError};

impl Document<'_> {
    /// What a prefix stands for at an element.
    pub(super) fn lookup(&self, element: u32, prefix: &str) -> Option<u32> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        let declared = self.arena.upwards(element).find_map(|at| self.declared_on(at, prefix));
        declared.or_else(|| prefix.is_empty().then_some(NO_NAMESPACE))
    }

    /// What an element itself declares a prefix to stand for.
    fn declared_on(&self, element: u32, prefix: &str) -> Option<u32> {
        let mut declarations = self.arena.declarations_of(element);
        declarations.find(|known| known.prefix == prefix).map(|known| known.namespace)
    }

    /// A prefix that stands for the namespace at an element: `wanted` if it does, else the nearest.
    /// Attributes need one that is not empty.
    fn prefix_for(&self, element: u32, namespace: u32, wanted: &str, attribute: bool) -> Option<String> {
        let fits = |prefix: &str| !(attribute && prefix.is_empty()) && self.lookup(element, prefix) == Some(namespace);
        if fits(wanted) {
            return Some(wanted.to_owned());
        }
        if namespace == XML_NAMESPACE {
            return Some("xml".to_owned());
        }
        let mut declarations = self.arena.upwards(element).flat_map(|at| self.arena.declarations_of(at));
        let found = declarations.find(|known| known.namespace == namespace && fits(&known.prefix));
        found.map(|known| known.prefix.to_string())
    }

    /// Gives every name of a subtree that was just put in a prefix that means its namespace there.
    pub(super) fn bind(&mut self, top: u32) -> Result<(), EditError> {
        let mut at = Some(top);
        while let Some(node) = at {
            if self.arena.node(node).kind == Kind::Element {
                self.bind_element(node)?;
            }
            at = self.arena.following(node, top);
        }
        Ok(())
    }

    fn bind_element(&mut self, element: u32) -> Result<(), EditError> {
        let name = self.arena.node(element).name;
        let bound = self.bind_name(element, name, false)?;
        let mut renamed = bound != name;
        let mut next = self.arena.node(element).first_attribute;
        while next != NONE {
            let attribute = next;
            let Attribute { name, next: after, .. } = *self.arena.attribute(attribute);
            let bound = self.bind_name(element, name, true)?;
            if bound != name {
                renamed = true;
                self.arena.change_attribute(attribute, |attribute| attribute.name = bound);
            }
            next = after;
        }
        if renamed {
            self.arena.change(element, |node: &mut Node| {
                node.name = bound;
                node.flags = node.flags.with(super::arena::Flags::GENERATED);
            });
        }
        Ok(())
    }

    /// The name with a prefix that means its namespace at `element`, declared where none does.
    pub(super) fn bind_name(&mut self, element: u32, name: u32, attribute: bool) -> Result<u32, EditError> {
        let Some(known) = self.names.get(name) else { return Ok(name) };
        let namespace = known.namespace;
        if namespace == NO_NAMESPACE {
            if !attribute && self.lookup(element, "") != Some(NO_NAMESPACE) {
                self.declare(element, "", NO_NAMESPACE)?;
            }
            return Ok(name);
        }
        let own = known.prefix().to_owned();
        let prefix = match self.prefix_for(element, namespace, &own, attribute) {
            Some(prefix) => prefix,
            None => {
                let on = if own.is_empty() { element } else { self.root_element_index() };
                self.declare(on, &own, namespace)?;
                if self.prefix_for(element, namespace, &own, attribute).as_ref() != Some(&own) {
                    return Err(self.conflict(&own, namespace));
                }
                own.clone()
            }
        };
        Ok(if prefix == own { name } else { self.names.with_prefix(name, &prefix) })
    }

    fn declare(&mut self, element: u32, prefix: &str, namespace: u32) -> Result<(), EditError> {
        if self.declared_on(element, prefix).is_some() {
            return Err(self.conflict(prefix, namespace));
        }
        let next = self.arena.node(element).declaration;
        let at = index(self.arena.declarations.len());
        let prefix = Cow::Owned(prefix.to_owned());
        self.arena.declarations.push(Declaration { prefix, namespace, next, parsed: false });
        self.arena.change(element, |node| node.declaration = at);
        self.arena.touch_tag(element);
        Ok(())
    }

    fn conflict(&self, prefix: &str, namespace: u32) -> EditError {
        EditError::PrefixConflict { prefix: prefix.to_owned(), uri: self.names.uri(namespace).to_owned() }
    }
}
