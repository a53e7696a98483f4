//! When two nodes say the same: expanded names, attributes as a set, text; white space between
//! elements and comments aside.

use crate::xpath::Kind;

use super::arena::Place;
use super::{Document, NodeId, escape};

/// What counts of an element's content.
#[derive(Debug)]
enum Item {
    Node(u32),
    /// Text, across comments.
    Text(String),
}

impl Document<'_> {
    /// Whether two nodes say the same.
    pub fn deep_equal(&self, a: NodeId, b: NodeId) -> bool {
        match (a.place(), b.place()) {
            (Place::Node(a), Place::Node(b)) => self.equal_nodes(a, b),
            (Place::Attribute(a), Place::Attribute(b)) => self.equal_attributes(a, b),
            (Place::Value(_), _) | (_, Place::Value(_)) => {
                self.kind(a) == self.kind(b) && self.own_text(a) == self.own_text(b)
            }
            _ => false,
        }
    }

    fn equal_attributes(&self, a: u32, b: u32) -> bool {
        self.same_name(self.arena.attribute(a).name, self.arena.attribute(b).name)
            && escape::same_value(self.attribute_markup(a), self.attribute_markup(b))
    }

    fn same_name(&self, a: u32, b: u32) -> bool {
        self.names.expanded(a) == self.names.expanded(b)
    }

    /// Whether a look at their heads tells two nodes apart.
    fn have_other_heads(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.arena.node(a), self.arena.node(b));
        a.kind != b.kind || self.names.expanded(a.name) != self.names.expanded(b.name)
    }

    fn equal_nodes(&self, a: u32, b: u32) -> bool {
        if self.have_other_heads(a, b) || (self.arena.node(a).kind == Kind::Element && !self.same_tag(a, b)) {
            return false;
        }
        let mut open = vec![(a, b)];
        while let Some((a, b)) = open.pop() {
            let kind = self.arena.node(a).kind;
            if a == b {
                continue;
            }
            if kind != self.arena.node(b).kind {
                return false;
            }
            let same = match kind {
                Kind::Element => self.same_tag(a, b) && self.pair(self.items(a), self.items(b), &mut open),
                Kind::Root => self.pair(self.items(a), self.items(b), &mut open),
                _ => {
                    self.same_name(self.arena.node(a).name, self.arena.node(b).name)
                        && self.node_text(a) == self.node_text(b)
                }
            };
            if !same {
                return false;
            }
        }
        true
    }

    /// Whether two elements have the same name and attributes.
    pub(super) fn same_tag(&self, a: u32, b: u32) -> bool {
        self.same_name(self.arena.node(a).name, self.arena.node(b).name)
            && self.arena.attributes_of(a).count() == self.arena.attributes_of(b).count()
            && self
                .arena
                .attributes_of(a)
                .all(|of| self.arena.attributes_of(b).any(|with| self.equal_attributes(of, with)))
    }

    /// Whether an element has the content that `nodes` would be.
    pub(super) fn same_content(&self, element: u32, nodes: &[u32]) -> bool {
        let mut open = Vec::new();
        self.pair(self.items(element), self.items_of(nodes.iter().copied()), &mut open)
            && open.into_iter().all(|(a, b)| self.equal_nodes(a, b))
    }

    /// Sets nodes against nodes for later; texts are compared at once.
    fn pair(&self, a: Vec<Item>, b: Vec<Item>, open: &mut Vec<(u32, u32)>) -> bool {
        a.len() == b.len()
            && a.into_iter().zip(b).all(|pair| match pair {
                (Item::Node(a), Item::Node(b)) => {
                    open.push((a, b));
                    true
                }
                (Item::Text(a), Item::Text(b)) => a == b,
                _ => false,
            })
    }

    fn items(&self, element: u32) -> Vec<Item> {
        self.items_of(self.arena.children(element))
    }

    fn items_of(&self, nodes: impl Iterator<Item = u32>) -> Vec<Item> {
        let mut items = Vec::new();
        let mut elements = false;
        for node in nodes {
            match (self.arena.node(node).kind, items.last_mut()) {
                (Kind::Comment, _) => {}
                (Kind::Text, Some(Item::Text(text))) => text.push_str(&self.node_text(node)),
                (Kind::Text, _) => items.push(Item::Text(self.node_text(node).into_owned())),
                (kind, _) => {
                    elements |= kind == Kind::Element;
                    items.push(Item::Node(node));
                }
            }
        }
        items.retain(|item| match item {
            Item::Text(text) => !(text.is_empty() || elements && escape::is_blank(text)),
            Item::Node(_) => true,
        });
        items
    }
}
