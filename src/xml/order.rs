//! Document order under edits: labels between labels.
//!
//! As long as nothing was put in the arena's order is the document's. After that every node gets a
//! number when it is first asked for, between its neighbours' numbers; a whole tree is numbered
//! afresh only where two neighbours have no room left.

use std::cmp::Ordering;

use super::arena::{Arena, Place};
use super::{Document, NodeId};

/// The distance of two nodes in a freshly numbered tree.
const ROOM: u64 = 1 << 32;
/// The distance kept from the node before, so that a long run of insertions at one place finds room.
const STEP: u64 = 1 << 14;

/// What is known about the order.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Whether nodes were put in: until then the index is the order.
    moved: bool,
    /// Numbers by node, 0 where there is none yet.
    labels: Vec<u64>,
}

impl Order {
    /// Nodes have moved in ways that nobody followed.
    pub(super) fn forget(&mut self) {
        self.moved = true;
        self.labels.clear();
    }

    /// The tree of `top` now stands elsewhere.
    pub(super) fn moved(&mut self, arena: &Arena<'_>, top: u32) {
        self.moved = true;
        let mut at = Some(top);
        while let Some(node) = at.filter(|_| !self.labels.is_empty()) {
            if let Some(label) = self.labels.get_mut(node as usize) {
                *label = 0;
            }
            at = arena.following(node, top);
        }
    }

    fn get(&self, node: u32) -> u64 {
        self.labels.get(node as usize).copied().unwrap_or(0)
    }

    fn set(&mut self, node: u32, label: u64) {
        if let Some(known) = self.labels.get_mut(node as usize) {
            *known = label;
        }
    }

    /// The node's number within its tree.
    fn label(&mut self, arena: &Arena<'_>, node: u32, top: u32) -> u64 {
        self.labels.resize(arena.arrays.nodes.len(), 0);
        if self.get(top) == 0 {
            self.number(arena, top);
        }
        if self.get(node) == 0 && !self.squeeze(arena, node, top) {
            self.number(arena, top);
        }
        self.get(node)
    }

    /// Numbers the unnumbered nodes around `node`, if there is room for them.
    fn squeeze(&mut self, arena: &Arena<'_>, node: u32, top: u32) -> bool {
        let mut first = node;
        let mut low = 0;
        while let Some(before) = arena.preceding(first) {
            low = self.get(before);
            if low != 0 {
                break;
            }
            first = before;
        }
        let mut count = 1;
        let mut high = u64::MAX;
        let mut at = first;
        while let Some(next) = arena.following(at, top) {
            if self.get(next) != 0 {
                high = self.get(next);
                break;
            }
            count += 1;
            at = next;
        }
        let step = ((high - low) / (count + 1)).min(STEP);
        if low == 0 || step == 0 {
            return false;
        }
        let mut at = Some(first);
        for nth in 1..=count {
            let Some(node) = at else { break };
            self.set(node, low + nth * step);
            at = arena.following(node, top);
        }
        true
    }

    fn number(&mut self, arena: &Arena<'_>, top: u32) {
        let mut at = Some(top);
        let mut label = ROOM;
        while let Some(node) = at {
            self.set(node, label);
            label += ROOM;
            at = arena.following(node, top);
        }
    }
}

impl Document<'_> {
    /// Document order: an element, its attributes, its children. Nodes of different trees (removed
    /// ones, fragments) come after the document's.
    pub fn order(&self, a: NodeId, b: NodeId) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        match (a.place(), b.place()) {
            (Place::Value(a), Place::Value(b)) => a.cmp(&b),
            (Place::Value(_), _) => Ordering::Greater,
            (_, Place::Value(_)) => Ordering::Less,
            (Place::Node(a), Place::Node(b)) => self.node_order(a, b),
            (Place::Attribute(a), Place::Node(b)) => self.attribute_order(a, b),
            (Place::Node(a), Place::Attribute(b)) => self.attribute_order(b, a).reverse(),
            (Place::Attribute(a), Place::Attribute(b)) => {
                let (of, with) = (self.arena.attribute(a).element, self.arena.attribute(b).element);
                self.node_order(of, with).then(a.cmp(&b))
            }
        }
    }

    /// An attribute comes right behind its element.
    fn attribute_order(&self, attribute: u32, node: u32) -> Ordering {
        let element = self.arena.attribute(attribute).element;
        self.node_order(element, node).then(Ordering::Greater)
    }

    fn node_order(&self, a: u32, b: u32) -> Ordering {
        let mut order = self.order.borrow_mut();
        if a == b || !order.moved {
            return a.cmp(&b);
        }
        let (top, other) = (self.arena.top(a), self.arena.top(b));
        if top != other {
            return top.cmp(&other);
        }
        order.label(&self.arena, a, top);
        // This may number the whole tree afresh, so `a` is read only now.
        let other = order.label(&self.arena, b, top);
        order.get(a).cmp(&other)
    }
}
