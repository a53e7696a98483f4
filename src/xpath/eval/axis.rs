//! The axes (XPath 1.0, section 2.2), each a walk from node to node without recursion.

use crate::xpath::ast::Axis;
use crate::xpath::tree::{Kind, Tree};
use crate::xpath::value::next_under;

/// The nodes of an axis in its order: forward axes in document order, reverse axes against it.
pub(super) struct Walk<'t, T: Tree> {
    tree: &'t T,
    axis: Axis,
    /// The node that comes next; on `preceding` the one that was last.
    next: Option<T::Node>,
    /// Where the walk began.
    origin: T::Node,
    /// How many nodes were looked at since [`Walk::looked_at`] was asked.
    looked_at: u64,
    /// On `preceding`: the origin's ancestor-or-self beside or before whose subtree the walk is.
    beside: T::Node,
}

impl<'t, T: Tree> Walk<'t, T> {
    pub(super) fn new(tree: &'t T, axis: Axis, origin: T::Node) -> Self {
        let is_attribute = tree.kind(origin) == Kind::Attribute;
        let mut beside = origin;
        let next = match axis {
            Axis::SelfNode | Axis::AncestorOrSelf | Axis::DescendantOrSelf => Some(origin),
            Axis::Parent | Axis::Ancestor => tree.parent(origin),
            Axis::Attribute => {
                if tree.kind(origin) == Kind::Element {
                    tree.first_attribute(origin)
                } else {
                    None
                }
            }
            _ if is_attribute => match (axis, tree.parent(origin)) {
                // An attribute comes before its element's children and after the element.
                (Axis::Following, Some(element)) => tree.first_child(element).or_else(|| after(tree, element)),
                (Axis::Preceding, Some(element)) => {
                    beside = element;
                    Some(element)
                }
                _ => None,
            },
            Axis::Child | Axis::Descendant => tree.first_child(origin),
            Axis::FollowingSibling => tree.next_sibling(origin),
            Axis::PrecedingSibling => tree.previous_sibling(origin),
            Axis::Following => after(tree, origin),
            Axis::Preceding => Some(origin),
        };
        Self { tree, axis, next, origin, looked_at: 0, beside }
    }

    /// How many nodes were looked at since this was last asked.
    pub(super) fn looked_at(&mut self) -> u64 {
        std::mem::take(&mut self.looked_at)
    }

    /// The node before the last one on `preceding`, ancestors of the origin left out.
    fn preceding(&mut self) -> Option<T::Node> {
        let mut node = self.next?;
        loop {
            if let Some(sibling) = self.tree.previous_sibling(node) {
                let mut last = sibling;
                while let Some(child) = self.tree.last_child(last) {
                    last = child;
                }
                return Some(last);
            }
            let parent = self.tree.parent(node)?;
            if Some(parent) != self.tree.parent(self.beside) {
                return Some(parent);
            }
            self.beside = parent;
            node = parent;
        }
    }
}

/// The first node after a whole subtree.
fn after<T: Tree>(tree: &T, node: T::Node) -> Option<T::Node> {
    let mut node = node;
    loop {
        if let Some(sibling) = tree.next_sibling(node) {
            return Some(sibling);
        }
        node = tree.parent(node)?;
    }
}

impl<T: Tree> Iterator for Walk<'_, T> {
    type Item = T::Node;

    fn next(&mut self) -> Option<T::Node> {
        if self.axis == Axis::Preceding {
            self.next = self.preceding();
            self.looked_at += u64::from(self.next.is_some());
            return self.next;
        }
        let node = self.next?;
        self.looked_at += 1;
        self.next = match self.axis {
            Axis::SelfNode | Axis::Parent | Axis::Preceding => None,
            Axis::Ancestor | Axis::AncestorOrSelf => self.tree.parent(node),
            Axis::Attribute => self.tree.next_attribute(node),
            Axis::Child | Axis::FollowingSibling => self.tree.next_sibling(node),
            Axis::PrecedingSibling => self.tree.previous_sibling(node),
            Axis::Descendant | Axis::DescendantOrSelf => next_under(self.tree, self.origin, node),
            Axis::Following => self.tree.first_child(node).or_else(|| after(self.tree, node)),
        };
        Some(node)
    }
}
