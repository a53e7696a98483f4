//! The edits that make a document say something else: node by node, down to what differs.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::layout::Layout;
use super::merged::{Anchors, Says};
use super::splice::Splices;
use crate::yaml::emit::flow::Notation;
use crate::yaml::emit::scalar::{self, Context};
use crate::yaml::emit::style::{Quote, Quotes, Style};
use crate::yaml::emit::{is_literal, scalar::string};
use crate::yaml::{Link, Node, Scalar, Style as Written, Value};

/// The edits of one document. Each method that gives `None` could not place its change: what holds the node is
/// then written anew, from as little around it as can be.
pub(super) struct Update<'t> {
    pub(super) layout: Layout<'t>,
    pub(super) style: Style,
    pub(super) splices: Splices,
    pub(super) anchors: Anchors<'t>,
    /// Whether anything stands in several places.
    pub(super) is_linked: bool,
    /// JSON's notation, where the text is JSON.
    pub(super) json: Option<Notation>,
    /// Members of the document that are written anew, whatever could be done in place.
    pub(super) anew: HashSet<String>,
}

impl<'t> Update<'t> {
    /// Makes `node`, which is `old`, say `new`; `depth` counts collections from 1.
    pub(super) fn node(
        &mut self,
        node: &'t Node,
        old: &'t Json,
        new: &'t Json,
        context: Context,
        depth: usize,
    ) -> Option<()> {
        if let Link::Alias(id) = node.link {
            return match self.anchors.get(&id)? {
                Says::Value(says) => *says == new,
                Says::AsBefore => old == new,
            }
            .then_some(());
        }
        // What stands in several places must be looked at even where it is the same.
        if old != new || self.is_linked {
            match (&node.value, old, new) {
                (Value::Mapping(mapping), Json::Object(old), Json::Object(new)) if !new.is_empty() => {
                    match (mapping.flow, self.layout.is_flow(node)) {
                        (true, true) => self.flow_mapping(node, &mapping.entries, old, new, depth)?,
                        (false, _) => self.block_mapping(&mapping.entries, old, new, depth)?,
                        // `[a: 1]`, a mapping without braces.
                        (true, false) => return None,
                    }
                }
                (Value::Sequence(items), Json::Array(old), Json::Array(new)) if !new.is_empty() && !old.is_empty() => {
                    if self.layout.is_flow(node) {
                        self.flow_sequence(node, items, old, new, depth)?;
                    } else {
                        self.block_sequence(items, old, new, depth)?;
                    }
                }
                _ if old == new => {}
                (Value::Scalar(scalar), ..) => self.scalar(node, scalar, new, context)?,
                _ => return None,
            }
        }
        if let Link::Anchor(id) = node.link {
            self.anchors.insert(id, Says::Value(new));
        }
        Some(())
    }

    /// Makes `node` say `new`, or says that it cannot, with nothing begun.
    pub(super) fn attempt(
        &mut self,
        node: &'t Node,
        old: &'t Json,
        new: &'t Json,
        context: Context,
        depth: usize,
    ) -> bool {
        let edits = self.splices.len();
        let done = self.node(node, old, new, context, depth).is_some();
        if !done {
            self.splices.undo(edits);
            self.lose(node);
        }
        done
    }

    /// A key stays, and its anchor with it.
    pub(super) fn keep_key(&mut self, key: &Node) {
        if let Link::Anchor(id) = key.link {
            self.anchors.insert(id, Says::AsBefore);
        }
    }

    /// A node goes, and its anchors with it. Depth is bounded by the reader.
    pub(super) fn lose(&mut self, node: &Node) {
        match node.link {
            _ if !self.is_linked => return,
            Link::Alias(_) => return,
            Link::Anchor(id) => _ = self.anchors.remove(&id),
            Link::None => {}
        }
        match &node.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => items.iter().for_each(|item| self.lose(item)),
            Value::Mapping(mapping) => mapping.entries.iter().for_each(|(_, value)| self.lose(value)),
        }
    }

    /// Writes a value of one line where a scalar stands, in the quotes that it has; a comment behind it stays.
    fn scalar(&mut self, node: &Node, scalar: &Scalar, new: &Json, context: Context) -> Option<()> {
        let is_one = match new {
            Json::Object(members) => members.is_empty(),
            Json::Array(items) => items.is_empty(),
            // Lines stay lines, but for a text that had its line ends escaped.
            Json::String(text) => {
                let escapes = scalar.style == Written::DoubleQuoted && scalar.text.contains('\n');
                context == Context::Flow || escapes || !is_literal(text)
            }
            _ => true,
        };
        let is_block = matches!(scalar.style, Written::Literal | Written::Folded);
        if node.span.is_empty() || !is_one || is_block || scalar.tag.is_some() {
            return None;
        }
        let quotes = match scalar.style {
            Written::SingleQuoted => Quotes { kind: Quote::Single, always: true },
            Written::DoubleQuoted => Quotes { kind: Quote::Double, always: true },
            _ => self.style.quotes,
        };
        let written = match (new, self.json) {
            (new, Some(_)) => new.to_string(),
            (Json::String(text), None) => string(text, quotes, context),
            (new, None) => scalar::scalar(new, quotes, context),
        };
        self.splices.put(node.span.clone(), written);
        Some(())
    }
}
