//! Which rule made a node that did not come with the document.

use std::sync::Arc;

use crate::xml::{Extent, NodeId};

/// How large the document was when each rule began to make nodes: ids only grow, so the last rule that began
/// before a node was there made it.
#[derive(Debug, Default)]
pub(super) struct Makers {
    begun: Vec<(Extent, Arc<str>)>,
}

impl Makers {
    /// From now on nodes are made by this rule.
    pub(super) fn begin(&mut self, extent: Extent, rule: &Arc<str>) {
        match self.begun.last_mut() {
            Some((last, label)) if *last == extent => *label = Arc::clone(rule),
            _ => self.begun.push((extent, Arc::clone(rule))),
        }
    }

    /// The rule that made a node; none for one of the input.
    pub(super) fn of(&self, node: NodeId) -> Option<&Arc<str>> {
        let later = self.begun.partition_point(|(extent, _)| !extent.holds(node));
        self.begun.get(later.checked_sub(1)?).map(|(_, label)| label)
    }
}
