//! The XPath that selects exactly one node.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::xpath::Kind;

use super::arena::Place;
use super::names::{NO_NAMESPACE, Name};
use super::{Document, NodeId};

/// The prefix under which a path's reader knows a name's namespace.
type Prefix<'p> = &'p dyn Fn(&Name<'_>) -> Option<String>;

impl Document<'_> {
    /// An XPath expression that selects this node alone: `/domain/devices/disk[2]/target/@dev`. Of a
    /// detached node: its path within what was removed, without a leading slash. Prefixes are the
    /// document's.
    pub fn node_path(&self, node: NodeId) -> String {
        let own = |name: &Name<'_>| Some(name.prefix().to_owned()).filter(|prefix| !prefix.is_empty());
        self.path(node, &own, |at| self.number(at))
    }

    /// [`Document::node_path`] of many nodes, with the reader's prefixes: `prefix` says which one is bound to a URI. A name
    /// in a namespace that the reader has no prefix for is asked for by what it is. Siblings are counted once, however
    /// many of them are asked for.
    pub fn node_paths(&self, nodes: &[NodeId], prefix: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let mut numbers = Numbers { document: self, known: HashMap::new() };
        let prefix = |name: &Name<'_>| prefix(self.names.uri(name.namespace));
        nodes.iter().map(|&node| self.path(node, &prefix, |at| numbers.get(at))).collect()
    }

    /// `number` says which of the like-named siblings a node is, if there are others.
    fn path(&self, node: NodeId, prefix: Prefix<'_>, mut number: impl FnMut(u32) -> Option<usize>) -> String {
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
            steps.push(self.step_to(at, prefix, number(at)));
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

    fn step_to(&self, at: u32, prefix: Prefix<'_>, number: Option<usize>) -> String {
        let node = self.arena.node(at);
        let mut step = match node.kind {
            Kind::Text => "text()".to_owned(),
            Kind::Comment => "comment()".to_owned(),
            Kind::ProcessingInstruction => {
                format!("processing-instruction('{}')", self.names.get(node.name).map_or("", |name| name.qualified()))
            }
            Kind::Element | Kind::Root | Kind::Attribute => self.name_test(node.name, prefix),
        };
        if let Some(number) = number {
            // Writing to a string cannot fail.
            let _ = write!(step, "[{number}]");
        }
        step
    }

    /// What a node's step tells it by: siblings that share it need a number.
    fn likeness(&self, at: u32) -> (Kind, u32) {
        let node = self.arena.node(at);
        (node.kind, self.names.expanded(node.name))
    }

    /// Which of the siblings that its step selects a node is, from 1; `None` where it is the only one.
    fn number(&self, at: u32) -> Option<usize> {
        let likeness = self.likeness(at);
        let parent = self.arena.node(at).parent;
        let mut alike = self.arena.children(parent).filter(|&other| self.likeness(other) == likeness);
        let nth = alike.by_ref().position(|other| other == at).unwrap_or(0) + 1;
        (nth > 1 || alike.next().is_some()).then_some(nth)
    }

    /// A node test for a name. Without a prefix there is no test for a name in a namespace.
    fn name_test(&self, name: u32, prefix: Prefix<'_>) -> String {
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

/// The numbers of nodes among their siblings, for all children of a parent at once.
struct Numbers<'d, 'i> {
    document: &'d Document<'i>,
    known: HashMap<u32, Option<usize>>,
}

impl Numbers<'_, '_> {
    fn get(&mut self, at: u32) -> Option<usize> {
        if let Some(&number) = self.known.get(&at) {
            return number;
        }
        let (document, parent) = (self.document, self.document.arena.node(at).parent);
        // A node that was taken out has no siblings.
        self.known.insert(at, None);
        let mut counts: HashMap<(Kind, u32), usize> = HashMap::new();
        for child in document.arena.children(parent) {
            let count = counts.entry(document.likeness(child)).or_default();
            *count += 1;
            self.known.insert(child, Some(*count));
        }
        for child in document.arena.children(parent) {
            if counts.get(&document.likeness(child)) == Some(&1) {
                self.known.insert(child, None);
            }
        }
        self.known.get(&at).copied().flatten()
    }
}
