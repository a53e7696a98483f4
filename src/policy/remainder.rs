//! `allow`: what is left of a document without what may differ.
//!
//! Every difference lies in or under what the paths select exactly if both documents are equal without that. So
//! nothing has to be aligned, and nothing depends on how one document became the other.

use std::collections::HashSet;

use crate::xml::{Document, NodeId};
use crate::xpath::{Budget, EvalError};

use super::meaning::{View, Written, written};

/// Which elements may come and go with what is allowed in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parents {
    /// None: each must be there before and after.
    Stay,
    /// Those that hold nothing but what is allowed.
    Follow,
}

/// What a document says without the nodes that are allowed to differ.
///
/// # Errors
/// `limit`, where the budget does not reach.
pub(super) fn remainder(
    document: &Document<'_>,
    allowed: &HashSet<NodeId>,
    parents: Parents,
    budget: &Budget,
) -> Result<Written, EvalError> {
    let without_emptied = parents == Parents::Follow;
    let view = View { without: allowed, without_emptied, blank_is_layout: true };
    written(document, document.root(), view, budget)
}

/// The first node of the second document that is not as the first one has it.
pub(super) fn first_difference(before: &str, after: &Written) -> Option<NodeId> {
    let pairs = before.bytes().zip(after.text.bytes());
    let equal = pairs.take_while(|(before, after)| before == after).count();
    after.node_at(equal.min(after.text.len().saturating_sub(1)))
}
