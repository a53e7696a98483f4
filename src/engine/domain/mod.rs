//! The verbs on the domain.

mod create;
mod insert;
mod merge;
mod replace;
mod runs;
mod set;

pub(super) use runs::Runs;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Expect, Expression, Rule};
use crate::xml::{EditError, NodeId};
use crate::xpath::{Kind, PlanStart, Value};

use super::fill::{Filled, FilledElement};
use super::forest::Node;
use super::run::{Result, Run};

impl Run<'_, '_> {
    /// The nodes that a verb works on, each once.
    fn select(&mut self, path: &Expression) -> Result<Vec<NodeId>> {
        if let Some(plan) = path.plan.as_ref().filter(|plan| !plan.steps.is_empty()) {
            let nodes = self.prefix(path, plan.steps.len())?;
            return self.document_nodes(&nodes, path);
        }
        let Value::Nodes(nodes) = self.evaluate(path)? else {
            let message = format!("`{}` gives no nodes, and a verb changes nodes of the document", path.xpath.text());
            return Err(problem(Code::XpathType, message, path));
        };
        self.document_nodes(&nodes, path)
    }

    /// Nodes of the document; others, and those that are no part of it any more, cannot be targets.
    fn document_nodes(&self, nodes: &[Node], path: &Expression) -> Result<Vec<NodeId>> {
        let mut targets = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Node::Xml(node) = *node else {
                let message = format!("`{}` gives values, and a verb changes nodes of the document", path.xpath.text());
                return Err(problem(Code::WrongTarget, message, path));
            };
            if !self.forest.xml.is_attached(node) {
                let message = format!("`{}` gives a node that is not in the document any more", path.xpath.text());
                return Err(problem(Code::DetachedTarget, message, path));
            }
            targets.push(node);
        }
        if targets.len() > 1 {
            let mut seen = std::collections::HashSet::with_capacity(targets.len());
            targets.retain(|&node| seen.insert(node));
        }
        Ok(targets)
    }

    /// Checks `expect` (with a loop it is the loop's), counts, and says whether there is work. Where
    /// nothing is selected, `Ok(false)` lets the caller create or stay.
    fn counted(&mut self, rule: &Rule, path: &Expression, count: usize) -> Result<bool> {
        if let (Some(expect), None) = (rule.expect, &rule.for_each) {
            self.expect(expect, count, path)?;
        }
        self.entry(rule, |entry| entry.matched += count);
        Ok(count > 0)
    }

    /// Whether a path that selects nothing is to be left at that.
    fn may_select_nothing(&mut self, rule: &Rule, path: &Expression) -> bool {
        let any = rule.for_each.is_none() && rule.expect == Some(Expect::Any);
        if any {
            self.skip_by_path(rule, path, "");
        }
        any
    }

    /// The error for a path that selects nothing and creates nothing.
    fn nothing_selected(&mut self, path: &Expression) -> Result<Box<Diagnostic>> {
        if let Some(plan) = &path.plan
            && let PlanStart::Variable(name) = &plan.start
            && self.prefix(path, 0)?.is_empty()
        {
            let message = format!("`{}` begins at `${name}`, which is empty", path.xpath.text());
            let empty = problem(Code::EmptyVariable, message, path);
            return Ok(Box::new(empty.help(format!("guard the rule with `when: ${name}`"))));
        }
        let nothing = problem(Code::NoMatch, format!("`{}` selects nothing", path.xpath.text()), path);
        Ok(Box::new(nothing.help("check the path with `virt-patch query`; `expect: Any` allows it")))
    }

    /// An edit that the document refused, said of the rule's path and node.
    fn refused(&self, error: &EditError, path: &Expression, node: NodeId) -> Box<Diagnostic> {
        let code = match error {
            EditError::Detached => Code::DetachedTarget,
            EditError::HasChildren => Code::HasChildren,
            EditError::WrongKind => {
                return Box::new(self.wrong_kind(path, node));
            }
            EditError::PrefixConflict { .. } => Code::PrefixConflict,
            EditError::InvalidCharacter(_) | EditError::InvalidSyntax(_) => Code::InvalidCharacter,
            EditError::NotDetached => Code::Internal,
        };
        Box::new(problem(code, error.to_string(), path).path(self.forest.xml.node_path(node)))
    }

    /// Why a node cannot be edited so.
    fn wrong_kind(&self, path: &Expression, node: NodeId) -> Diagnostic {
        let xml = &self.forest.xml;
        let (message, help) = match xml.kind(node) {
            Kind::Root => ("the document's root cannot be edited", "select an element"),
            _ if node == xml.root_element() => ("the root element must stay", "edit its children"),
            Kind::Attribute => {
                ("nothing can be put in the place of an attribute, or beside it", "use `set` or `remove`")
            }
            _ => ("a node of this kind cannot be edited so", "select an element"),
        };
        problem(Code::WrongTarget, message, path).path(xml.node_path(node)).help(help)
    }

    /// Makes detached nodes of a filled fragment.
    fn build(&mut self, nodes: &[Filled<'_>], path: &Expression) -> Result<Vec<NodeId>> {
        nodes.iter().map(|node| self.build_node(node, path)).collect()
    }

    fn build_node(&mut self, node: &Filled<'_>, path: &Expression) -> Result<NodeId> {
        self.spend_nodes(1, path)?;
        let xml = &mut self.forest.xml;
        let made = match node {
            Filled::Element(element) => return self.build_element(element, path),
            Filled::Text(text) => xml.create_text(text),
            Filled::Comment(text) => xml.create_comment(text),
            Filled::ProcessingInstruction { target, data } => xml.create_processing_instruction(target, data),
        };
        made.map_err(|error| self.refused(&error, path, self.forest.xml.root_element()))
    }

    /// An element with its attributes and children; depth is bounded by the fragment's.
    fn build_element(&mut self, element: &FilledElement<'_>, path: &Expression) -> Result<NodeId> {
        let made = self.forest.xml.create_element(element.name);
        let made = made.map_err(|error| self.refused(&error, path, self.forest.xml.root_element()))?;
        for (name, value) in &element.attributes {
            let set = self.forest.xml.set_attribute(made, name, value);
            set.map_err(|error| self.refused(&error, path, made))?;
        }
        for child in &element.children {
            let child = self.build_node(child, path)?;
            let appended = self.forest.xml.append_detached(made, child);
            appended.map_err(|error| self.refused(&error, path, made))?;
        }
        Ok(made)
    }

    /// Counts nodes that are created against the limit.
    fn spend_nodes(&mut self, nodes: usize, path: &Expression) -> Result<()> {
        match self.nodes_left.checked_sub(nodes) {
            Some(left) => {
                self.nodes_left = left;
                Ok(())
            }
            None => Err(problem(Code::Limit, "more nodes are created than a call may create", path)),
        }
    }

    /// Those of `nodes` that lie in no other of them.
    fn outermost(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        if nodes.len() < 2 {
            return nodes.to_vec();
        }
        let all: std::collections::HashSet<NodeId> = nodes.iter().copied().collect();
        let inside = |&node: &NodeId| {
            let mut above = std::iter::successors(self.forest.xml.parent(node), |&node| self.forest.xml.parent(node));
            above.any(|ancestor| all.contains(&ancestor))
        };
        nodes.iter().copied().filter(|node| !inside(node)).collect()
    }

    fn is_element(&self, node: NodeId) -> bool {
        self.forest.xml.kind(node) == Kind::Element
    }
}

/// A number of things, for a trace.
fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// A problem of a rule's path.
fn problem(code: Code, message: impl Into<String>, path: &Expression) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message).at(path.location.clone()))
}
