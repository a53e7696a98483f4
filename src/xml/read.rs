//! Reading: what XPath and the rule engine ask of a node. Nodes that were removed read as before.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::xpath::Kind;

use super::arena::{Arrays, Flags, NONE, Node, Place, index, some};
use super::names::NameId;
use super::{Document, NodeId, escape};

/// How many nodes and attributes a document had at some time, those taken out included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    nodes: usize,
    attributes: usize,
}

impl Extent {
    /// Whether the node was there at that time: ids only grow.
    pub fn holds(self, node: NodeId) -> bool {
        match node.place() {
            Place::Node(at) => (at as usize) < self.nodes,
            Place::Attribute(at) => (at as usize) < self.attributes,
            Place::Value(_) => false,
        }
    }
}

impl<'i> Document<'i> {
    /// The document node.
    pub fn root(&self) -> NodeId {
        NodeId::node(0)
    }

    /// The one element of the document node.
    pub fn root_element(&self) -> NodeId {
        NodeId::node(self.root_element_index())
    }

    pub(super) fn root_element_index(&self) -> u32 {
        let element = self.arena.children(0).find(|&child| self.arena.node(child).kind == Kind::Element);
        element.unwrap_or(0)
    }

    /// Where the node stands in the input, in bytes: an element with its tags, an attribute as
    /// `name="value"`. `None` for nodes that an edit made.
    pub fn span(&self, node: NodeId) -> Option<Range<usize>> {
        let (start, end) = match node.place() {
            Place::Node(at) if (at as usize) < self.arena.parsed_nodes => {
                let node = self.original(at);
                (node.start, node.end)
            }
            Place::Attribute(at) if (at as usize) < self.arena.parsed_attributes => {
                let attribute = self.arena.attribute(at);
                (attribute.start, attribute.end)
            }
            _ => return None,
        };
        Some(start as usize..end as usize)
    }

    /// Whether the node, or something in it, is not as it came: an edit made it, or changed it or put something
    /// in or took something out below.
    pub fn is_touched(&self, node: NodeId) -> bool {
        let edited = Flags::ADDED.with(Flags::GENERATED).with(Flags::TAG).with(Flags::TOUCHED);
        match node.place() {
            Place::Node(at) => self.arena.node(at).flags.has(edited) || at as usize >= self.arena.parsed_nodes,
            Place::Attribute(at) => {
                let attribute = self.arena.attribute(at);
                attribute.set.is_some() || attribute.start == NONE
            }
            Place::Value(_) => false,
        }
    }

    /// The elements that edits made, or gave another name or a parent of another name, and the attributes that they made; those
    /// taken out again too.
    pub fn new_nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let Arrays { nodes, attributes, .. } = &self.arena.arrays;
        let elements = (self.arena.parsed_nodes..nodes.len()).filter(|&at| nodes[at].kind == Kind::Element);
        let attributes = self.arena.parsed_attributes..attributes.len();
        let below = |at| self.arena.children(at).filter(|&child| self.arena.node(child).kind == Kind::Element);
        // Each once, however often it got another name.
        let renamed: BTreeSet<u32> = self.renamed.iter().copied().collect();
        let renamed = renamed.into_iter().flat_map(move |at| std::iter::once(at).chain(below(at)));
        renamed
            .map(NodeId::node)
            .chain(elements.map(|at| NodeId::node(index(at))))
            .chain(attributes.map(|at| NodeId::attribute(index(at))))
    }

    /// How many nodes and attributes there are by now.
    pub fn extent(&self) -> Extent {
        Extent { nodes: self.arena.arrays.nodes.len(), attributes: self.arena.arrays.attributes.len() }
    }

    /// A parsed node as it was first: a text that was given another content points elsewhere now.
    fn original(&self, at: u32) -> Node {
        let changed = self.arena.node(at);
        if !changed.flags.has(Flags::ADDED) {
            return *changed;
        }
        let first = self.arena.arrays.journal.iter().find_map(|undo| match undo {
            super::arena::Undo::Node(of, node) if *of == at => Some(*node),
            _ => None,
        });
        first.unwrap_or(*changed)
    }

    /// Whether the node is in the document: neither removed nor part of a fragment.
    pub fn is_attached(&self, node: NodeId) -> bool {
        match node.place() {
            Place::Node(at) => self.is_attached_index(at),
            Place::Attribute(at) => {
                let attribute = self.arena.attribute(at);
                attribute.attached && self.is_attached_index(attribute.element)
            }
            Place::Value(_) => false,
        }
    }

    pub(super) fn is_attached_index(&self, at: u32) -> bool {
        self.arena.top(at) == 0
    }

    /// What the node is.
    pub fn kind(&self, node: NodeId) -> Kind {
        match node.place() {
            Place::Node(at) => self.arena.node(at).kind,
            Place::Attribute(_) => Kind::Attribute,
            Place::Value(_) => Kind::Text,
        }
    }

    /// The parent; an attribute's is its element.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        match node.place() {
            Place::Node(at) => some(self.arena.node(at).parent).map(NodeId::node),
            Place::Attribute(at) => {
                let attribute = self.arena.attribute(at);
                attribute.attached.then(|| NodeId::node(attribute.element))
            }
            Place::Value(_) => None,
        }
    }

    fn linked(&self, node: NodeId, link: impl FnOnce(&Node) -> u32) -> Option<NodeId> {
        match node.place() {
            Place::Node(at) => some(link(self.arena.node(at))).map(NodeId::node),
            Place::Attribute(_) | Place::Value(_) => None,
        }
    }

    /// The first child.
    pub fn first_child(&self, node: NodeId) -> Option<NodeId> {
        self.linked(node, |node| node.first_child)
    }

    /// The last child.
    pub fn last_child(&self, node: NodeId) -> Option<NodeId> {
        self.linked(node, |node| node.last_child)
    }

    /// The next sibling.
    pub fn next_sibling(&self, node: NodeId) -> Option<NodeId> {
        self.linked(node, |node| node.next)
    }

    /// The previous sibling.
    pub fn previous_sibling(&self, node: NodeId) -> Option<NodeId> {
        self.linked(node, |node| node.previous)
    }

    /// The children.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.first_child(node), |&child| self.next_sibling(child))
    }

    /// An element's first attribute. Namespace declarations are no attributes.
    pub fn first_attribute(&self, element: NodeId) -> Option<NodeId> {
        match element.place() {
            Place::Node(at) => some(self.arena.node(at).first_attribute).map(NodeId::attribute),
            Place::Attribute(_) | Place::Value(_) => None,
        }
    }

    /// The attribute after this one.
    pub fn next_attribute(&self, attribute: NodeId) -> Option<NodeId> {
        match attribute.place() {
            Place::Attribute(at) => some(self.arena.attribute(at).next).map(NodeId::attribute),
            Place::Node(_) | Place::Value(_) => None,
        }
    }

    /// The attributes of an element.
    pub fn attributes(&self, element: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.first_attribute(element), |&attribute| self.next_attribute(attribute))
    }

    /// The attribute of that name; `namespace` is empty for none.
    pub fn attribute(&self, element: NodeId, namespace: &str, local: &str) -> Option<NodeId> {
        let name = self.resolve(namespace, local)?;
        self.find_attribute(element, name).0
    }

    /// The attribute of that name, and how many attributes were looked at.
    pub fn find_attribute(&self, element: NodeId, name: NameId) -> (Option<NodeId>, u64) {
        let Place::Node(element) = element.place() else { return (None, 0) };
        let mut looked_at = 0;
        let mut at = self.arena.node(element).first_attribute;
        while at != NONE {
            looked_at += 1;
            let attribute = self.arena.attribute(at);
            if self.names.means(attribute.name, name.0) {
                return (Some(NodeId::attribute(at)), looked_at);
            }
            at = attribute.next;
        }
        (None, looked_at)
    }

    fn name_index(&self, node: NodeId) -> u32 {
        match node.place() {
            Place::Node(at) => self.arena.node(at).name,
            Place::Attribute(at) => self.arena.attribute(at).name,
            Place::Value(_) => NONE,
        }
    }

    /// The expanded name of an element or attribute, by which two are compared at once.
    pub fn name_id(&self, node: NodeId) -> NameId {
        NameId(self.names.expanded(self.name_index(node)))
    }

    /// The local part of the name, the target of a processing instruction; empty for what has none.
    pub fn local_name(&self, node: NodeId) -> &str {
        self.names.get(self.name_index(node)).map_or("", |name| name.local())
    }

    /// The namespace URI of the name, empty for none.
    pub fn namespace(&self, node: NodeId) -> &str {
        self.names.get(self.name_index(node)).map_or("", |name| self.names.uri(name.namespace))
    }

    /// The prefix as written, empty for none.
    pub fn prefix(&self, node: NodeId) -> &str {
        self.names.get(self.name_index(node)).map_or("", |name| name.prefix())
    }

    /// An expanded name, where the document has ever had it.
    pub fn resolve(&self, namespace: &str, local: &str) -> Option<NameId> {
        self.names.find(self.names.find_namespace(namespace)?, local).map(NameId)
    }

    /// Whether an element or attribute has this name.
    pub fn is_named(&self, node: NodeId, name: NameId) -> bool {
        self.names.get(self.name_index(node)).is_some_and(|known| known.expanded == name.0)
    }

    /// The node's own text, decoded: an attribute's value, the content of a text, comment or
    /// processing instruction; of an element nothing.
    pub fn own_text(&self, node: NodeId) -> Cow<'_, str> {
        match node.place() {
            Place::Node(at) => self.node_text(at),
            Place::Attribute(at) => escape::attribute(self.attribute_markup(at)),
            Place::Value(at) => {
                let values = self.values.borrow();
                Cow::Owned(values.get(at as usize).map(|text| text.to_string()).unwrap_or_default())
            }
        }
    }

    /// Whether an attribute's value is this text: mostly told without decoding it.
    pub fn has_value(&self, attribute: NodeId, value: &str) -> bool {
        let Place::Attribute(at) = attribute.place() else { return self.own_text(attribute) == value };
        let markup = self.attribute_markup(at);
        if escape::is_plain_value(markup) { markup == value } else { escape::attribute(markup) == value }
    }

    /// Whether a node's own text is nothing but white space, also where references or a CDATA section write it.
    pub fn is_blank(&self, node: NodeId) -> bool {
        let as_written = matches!(node.place(), Place::Node(at) if escape::is_blank(self.markup(at)));
        as_written || escape::is_blank(&self.own_text(node))
    }

    pub(super) fn node_text(&self, at: u32) -> Cow<'_, str> {
        let node = self.arena.node(at);
        match node.kind {
            Kind::Text => escape::text(self.markup(at)),
            Kind::Comment => {
                let markup = self.markup(at);
                escape::verbatim(markup.get(4..markup.len().saturating_sub(3)).unwrap_or_default())
            }
            Kind::ProcessingInstruction => {
                let markup = self.markup(at);
                let content = markup.get(2..markup.len().saturating_sub(2)).unwrap_or_default();
                let target = self.names.get(node.name).map_or(0, |name| name.qualified().len());
                let content = content.get(target..).unwrap_or_default();
                escape::verbatim(content.trim_start_matches([' ', '\t', '\r', '\n']))
            }
            Kind::Root | Kind::Element | Kind::Attribute => Cow::Borrowed(""),
        }
    }

    /// The string-value (XPath 1.0, section 5): of an element or the root the texts in it, joined.
    pub fn string_value(&self, node: NodeId) -> Cow<'_, str> {
        match node.place() {
            Place::Node(at) if matches!(self.arena.node(at).kind, Kind::Element | Kind::Root) => self.joined_text(at),
            _ => self.own_text(node),
        }
    }

    fn joined_text(&self, top: u32) -> Cow<'_, str> {
        let mut joined: Option<Cow<'_, str>> = None;
        let mut at = self.arena.following(top, top);
        while let Some(node) = at {
            if self.arena.node(node).kind == Kind::Text {
                let text = self.node_text(node);
                joined = Some(match joined {
                    None => text,
                    Some(before) => Cow::Owned(before.into_owned() + &text),
                });
            }
            at = self.arena.following(node, top);
        }
        joined.unwrap_or_default()
    }

    /// The markup of a text, comment or processing instruction.
    pub(super) fn markup(&self, at: u32) -> &str {
        let node = self.arena.node(at);
        let from = if node.flags.has(Flags::ADDED) { self.added.as_str() } else { self.text };
        from.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// The markup of an attribute's value, without quotes.
    pub(super) fn attribute_markup(&self, at: u32) -> &str {
        let attribute = self.arena.attribute(at);
        let markup = match attribute.set {
            Some((start, end)) => self.added.get(start as usize..end as usize),
            None => self.text.get(attribute.value as usize..(attribute.end as usize).saturating_sub(1)),
        };
        markup.unwrap_or_default()
    }
}
