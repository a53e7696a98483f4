//! What stands at a place of a text: content, or what YAML passes over.

use super::{Node, Value};

/// Whether byte `offset` lies in a scalar of `documents`. A `#` after white space that does not is a comment.
///
/// Recurses with the depth of the nodes, which the reader bounds.
pub fn is_in_scalar(documents: &[Node], offset: usize) -> bool {
    documents.iter().any(|node| holds(node, offset))
}

fn holds(node: &Node, offset: usize) -> bool {
    match &node.value {
        Value::Scalar(_) => node.span.contains(&offset),
        Value::Sequence(items) => items.iter().any(|item| holds(item, offset)),
        Value::Mapping(mapping) => {
            mapping.entries.iter().any(|(key, value)| holds(key, offset) || holds(value, offset))
        }
    }
}
