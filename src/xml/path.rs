//! The XPath that selects exactly one node.

use std::fmt::Write as _;

use crate::xpath::Kind;

use super::arena::Place;
use super::names::{NO_NAMESPACE, Name};
use super::{Document, NodeId};

impl Document<'_> {
    /// An XPath expression that selects this node alone: `/domain/devices/disk[2]/target/@dev`. Of a
    /// detached node: its path within what was removed, without a leading slash. Prefixes are the
    /// document's.
    pub fn node_path(&self, node: NodeId) -> String {
        self.path_of(node, &|name| match name.prefix() {
            "" => None,
            prefix => Some(prefix.to_owned()),
        })
    }

    /// As [`Document::node_path`], with the reader's prefixes: `prefix` says which one is bound to a URI. A name in a
    /// namespace that the reader has no prefix for is asked for by what it is.
    pub fn node_path_with(&self, node: NodeId, prefix: impl Fn(&str) -> Option<String>) -> String {
        self.path_of(node, &|name| prefix(self.names.uri(name.namespace)))
    }

    fn path_of(&self, node: NodeId, prefix: &dyn Fn(&Name<'_>) -> Option<String>) -> String {
        let mut steps = Vec::new();
        let mut at = match node.place() {
            Place::Node(at) => at,
            Place::Attribute(at) => {
                let attribute = self.arena.attribute(at);
                steps.push(format!("@{}", self.name_test(attribute.name, prefix)));
                if !attribute.attached {
                    return steps.concat();
                }
                attribute.element
            }
            Place::Value(_) => return "text()".to_owned(),
        };
        while self.arena.node(at).kind != Kind::Root {
            steps.push(self.step_to(at, prefix));
            let parent = self.arena.node(at).parent;
            if self.arena.node(parent).kind == Kind::Text {
                steps.reverse();
                return steps.join("/");
            }
            at = parent;
        }
        steps.push(String::new());
        steps.reverse();
        if steps.len() == 1 { "/".to_owned() } else { steps.join("/") }
    }

    fn step_to(&self, at: u32, prefix: &dyn Fn(&Name<'_>) -> Option<String>) -> String {
        let node = self.arena.node(at);
        let mut step = match node.kind {
            Kind::Text => "text()".to_owned(),
            Kind::Comment => "comment()".to_owned(),
            Kind::ProcessingInstruction => {
                format!("processing-instruction('{}')", self.names.get(node.name).map_or("", |name| name.qualified()))
            }
            Kind::Element | Kind::Root | Kind::Attribute => self.name_test(node.name, prefix),
        };
        let expanded = self.names.get(node.name).map(|name| name.expanded);
        let mut alike = self.arena.children(node.parent).filter(|&other| {
            let with = self.arena.node(other);
            with.kind == node.kind && self.names.get(with.name).map(|name| name.expanded) == expanded
        });
        let nth = alike.by_ref().position(|other| other == at).unwrap_or(0) + 1;
        if nth > 1 || alike.next().is_some() {
            // Writing to a string cannot fail.
            let _ = write!(step, "[{nth}]");
        }
        step
    }

    /// A node test for a name. Without a prefix there is no test for a name in a namespace.
    fn name_test(&self, name: u32, prefix: &dyn Fn(&Name<'_>) -> Option<String>) -> String {
        let Some(name) = self.names.get(name) else { return "*".to_owned() };
        if name.namespace == NO_NAMESPACE {
            return name.local().to_owned();
        }
        if let Some(prefix) = prefix(name) {
            return format!("{prefix}:{}", name.local());
        }
        let uri = self.names.uri(name.namespace);
        let quote = if uri.contains('\'') { '"' } else { '\'' };
        format!("*[local-name()='{}' and namespace-uri()={quote}{uri}{quote}]", name.local())
    }
}
