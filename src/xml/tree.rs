//! The document as XPath walks it.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::xpath::{Found, Kind, Listed, Tree};

use super::arena::index;
use super::{Document, NameId, NodeId};

impl Tree for Document<'_> {
    type Node = NodeId;
    type Name = NameId;

    fn kind(&self, node: NodeId) -> Kind {
        Document::kind(self, node)
    }

    fn parent(&self, node: NodeId) -> Option<NodeId> {
        Document::parent(self, node)
    }

    fn first_child(&self, node: NodeId) -> Option<NodeId> {
        Document::first_child(self, node)
    }

    fn last_child(&self, node: NodeId) -> Option<NodeId> {
        Document::last_child(self, node)
    }

    fn next_sibling(&self, node: NodeId) -> Option<NodeId> {
        Document::next_sibling(self, node)
    }

    fn previous_sibling(&self, node: NodeId) -> Option<NodeId> {
        Document::previous_sibling(self, node)
    }

    fn first_attribute(&self, element: NodeId) -> Option<NodeId> {
        Document::first_attribute(self, element)
    }

    fn next_attribute(&self, attribute: NodeId) -> Option<NodeId> {
        Document::next_attribute(self, attribute)
    }

    fn local_name(&self, node: NodeId) -> &str {
        Document::local_name(self, node)
    }

    fn namespace(&self, node: NodeId) -> &str {
        Document::namespace(self, node)
    }

    fn prefix(&self, node: NodeId) -> &str {
        Document::prefix(self, node)
    }

    fn resolve(&self, namespace: &str, local: &str) -> Option<NameId> {
        Document::resolve(self, namespace, local)
    }

    fn is_named(&self, node: NodeId, name: NameId) -> bool {
        Document::is_named(self, node, name)
    }

    fn find_named(&self, node: NodeId, name: NameId) -> Found<NodeId> {
        Document::find_named(self, node, name)
    }

    fn named_below(&self, top: NodeId, name: NameId) -> Listed<NodeId> {
        Document::named_below(self, top, name)
    }

    fn find_attribute(&self, element: NodeId, name: NameId) -> (Option<NodeId>, u64) {
        Document::find_attribute(self, element, name)
    }

    fn has_value(&self, attribute: NodeId, value: &str) -> bool {
        Document::has_value(self, attribute, value)
    }

    fn text(&self, node: NodeId) -> Cow<'_, str> {
        self.own_text(node)
    }

    fn order(&self, a: NodeId, b: NodeId) -> Ordering {
        Document::order(self, a, b)
    }

    fn new_text(&self, text: Rc<str>) -> NodeId {
        let mut values = self.values.borrow_mut();
        values.push(text);
        NodeId::value(index(values.len() - 1))
    }
}
