//! All nodes that the expressions of one call can see: the domain, JSON values, sequences' items.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::json::tree::JsonTree;
use crate::xml::{self, Document, NodeId};
use crate::xpath::{Found, Kind, Listed, Tree, find_by_walking};

use super::pool::Pool;

/// A node of any of the trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// Of the domain, attached or not.
    Xml(NodeId),
    /// Of a param or a cloud-init document.
    Json(u32),
    /// An item of a sequence of values: a text without parent.
    Text(u32),
}

/// The trees of one call.
#[derive(Debug)]
pub(super) struct Forest<'i> {
    /// The domain; an empty stand-in where cloud-init data is edited.
    pub(super) xml: Document<'i>,
    /// Params, loop items and cloud-init documents.
    pub(super) json: JsonTree,
    texts: Pool,
}

impl<'i> Forest<'i> {
    pub(super) fn new(xml: Document<'i>) -> Self {
        Self { xml, json: JsonTree::new(), texts: Pool::default() }
    }
}

/// One name in both kinds of tree.
#[derive(Clone, Copy)]
pub(super) struct Name {
    xml: Option<xml::NameId>,
    json: Option<u32>,
}

impl Tree for Forest<'_> {
    type Node = Node;
    type Name = Name;

    fn kind(&self, node: Node) -> Kind {
        match node {
            Node::Xml(node) => self.xml.kind(node),
            Node::Json(node) => self.json.kind(node),
            Node::Text(_) => Kind::Text,
        }
    }

    fn parent(&self, node: Node) -> Option<Node> {
        match node {
            Node::Xml(node) => self.xml.parent(node).map(Node::Xml),
            Node::Json(node) => self.json.parent(node).map(Node::Json),
            Node::Text(_) => None,
        }
    }

    fn first_child(&self, node: Node) -> Option<Node> {
        match node {
            Node::Xml(node) => self.xml.first_child(node).map(Node::Xml),
            Node::Json(node) => self.json.first_child(node).map(Node::Json),
            Node::Text(_) => None,
        }
    }

    fn last_child(&self, node: Node) -> Option<Node> {
        match node {
            Node::Xml(node) => self.xml.last_child(node).map(Node::Xml),
            Node::Json(node) => self.json.last_child(node).map(Node::Json),
            Node::Text(_) => None,
        }
    }

    fn next_sibling(&self, node: Node) -> Option<Node> {
        match node {
            Node::Xml(node) => self.xml.next_sibling(node).map(Node::Xml),
            Node::Json(node) => self.json.next_sibling(node).map(Node::Json),
            Node::Text(_) => None,
        }
    }

    fn previous_sibling(&self, node: Node) -> Option<Node> {
        match node {
            Node::Xml(node) => self.xml.previous_sibling(node).map(Node::Xml),
            Node::Json(node) => self.json.previous_sibling(node).map(Node::Json),
            Node::Text(_) => None,
        }
    }

    fn first_attribute(&self, element: Node) -> Option<Node> {
        match element {
            Node::Xml(element) => self.xml.first_attribute(element).map(Node::Xml),
            Node::Json(_) | Node::Text(_) => None,
        }
    }

    fn next_attribute(&self, attribute: Node) -> Option<Node> {
        match attribute {
            Node::Xml(attribute) => self.xml.next_attribute(attribute).map(Node::Xml),
            Node::Json(_) | Node::Text(_) => None,
        }
    }

    fn local_name(&self, node: Node) -> &str {
        match node {
            Node::Xml(node) => self.xml.local_name(node),
            Node::Json(node) => self.json.local_name(node),
            Node::Text(_) => "",
        }
    }

    fn namespace(&self, node: Node) -> &str {
        match node {
            Node::Xml(node) => self.xml.namespace(node),
            Node::Json(_) | Node::Text(_) => "",
        }
    }

    fn prefix(&self, node: Node) -> &str {
        match node {
            Node::Xml(node) => self.xml.prefix(node),
            Node::Json(_) | Node::Text(_) => "",
        }
    }

    fn resolve(&self, namespace: &str, local: &str) -> Option<Name> {
        let xml = self.xml.resolve(namespace, local);
        let json = if namespace.is_empty() { self.json.resolve(local) } else { None };
        (xml.is_some() || json.is_some()).then_some(Name { xml, json })
    }

    fn is_named(&self, node: Node, name: Name) -> bool {
        match node {
            Node::Xml(node) => name.xml.is_some_and(|name| self.xml.is_named(node, name)),
            Node::Json(node) => name.json.is_some_and(|name| self.json.is_named(node, name)),
            Node::Text(_) => false,
        }
    }

    fn find_named(&self, node: Node, name: Name) -> Found<Node> {
        match (node, name.xml) {
            (Node::Xml(node), Some(name)) => {
                let Found { node, next, looked_at } = self.xml.find_named(node, name);
                Found { node: node.map(Node::Xml), next: next.map(Node::Xml), looked_at }
            }
            _ => find_by_walking(self, node, name),
        }
    }

    fn named_below(&self, top: Node, name: Name) -> Listed<Node> {
        let (Node::Xml(top), Some(name)) = (top, name.xml) else { return Listed { nodes: None, looked_at: 0 } };
        let Listed { nodes, looked_at } = self.xml.named_below(top, name);
        Listed { nodes: nodes.map(|nodes| nodes.into_iter().map(Node::Xml).collect()), looked_at }
    }

    fn find_attribute(&self, element: Node, name: Name) -> (Option<Node>, u64) {
        match (element, name.xml) {
            (Node::Xml(element), Some(name)) => {
                let (found, looked_at) = self.xml.find_attribute(element, name);
                (found.map(Node::Xml), looked_at)
            }
            // Only XML has attributes.
            _ => (None, 0),
        }
    }

    fn has_value(&self, attribute: Node, value: &str) -> bool {
        match attribute {
            Node::Xml(attribute) => self.xml.has_value(attribute, value),
            Node::Json(_) | Node::Text(_) => self.text(attribute) == value,
        }
    }

    fn text(&self, node: Node) -> Cow<'_, str> {
        match node {
            Node::Xml(node) => self.xml.own_text(node),
            Node::Json(node) => Cow::Borrowed(self.json.text(node)),
            Node::Text(text) => Cow::Borrowed(self.texts.get(text)),
        }
    }

    fn order(&self, a: Node, b: Node) -> Ordering {
        match (a, b) {
            (Node::Xml(a), Node::Xml(b)) => self.xml.order(a, b),
            (Node::Json(a), Node::Json(b)) | (Node::Text(a), Node::Text(b)) => a.cmp(&b),
            _ => rank(a).cmp(&rank(b)),
        }
    }

    fn new_text(&self, text: Rc<str>) -> Node {
        Node::Text(self.texts.push(text))
    }

    fn json(&self, node: Node) -> Option<String> {
        match node {
            Node::Json(node) => Some(self.json.json(node)),
            Node::Xml(_) | Node::Text(_) => None,
        }
    }
}

fn rank(node: Node) -> u8 {
    match node {
        Node::Xml(_) => 0,
        Node::Json(_) => 1,
        Node::Text(_) => 2,
    }
}
