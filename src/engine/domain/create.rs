//! Creating what a path asks for where it selects nothing.

use crate::diagnostic::Code;
use crate::rule::{Expression, Rule};
use crate::xml::{NodeId, QName};
use crate::xpath::{Name, Operand, PlanStep, Test, TestTarget, Value, Variables};

use super::super::forest::Node;
use super::super::run::{Result, Run};
use super::super::trace::What;
use super::problem;

impl Run<'_, '_> {
    /// Creates what the first `steps` steps of a path ask for, where they select nothing; the last of
    /// them is `last` where that is given. Gives the element that they select then.
    ///
    /// # Errors
    /// Each reason for which that is not possible has its own code.
    pub(super) fn create(
        &mut self,
        rule: &Rule,
        path: &Expression,
        steps: usize,
        last: Option<NodeId>,
    ) -> Result<NodeId> {
        let plan = match path.plan.clone() {
            Some(plan) if steps > 0 => plan,
            Some(_) => return Err(self.nothing_selected(path)?),
            None => {
                let message =
                    format!("`{}` selects nothing, and is no path that says what to create", path.xpath.text());
                return Err(Box::new(problem(Code::NotCreatable, message, path).help("write one path")));
            }
        };
        let (found, parent) = self.deepest(path, steps)?;
        let missing = plan.steps.get(found..steps).unwrap_or_default();
        let mut elements = Vec::with_capacity(missing.len());
        for step in missing {
            match step {
                PlanStep::Element { name, tests } => elements.push((name, tests)),
                PlanStep::Attribute { .. } => {
                    let message = format!("`{}` goes on after an attribute", path.xpath.text());
                    return Err(problem(Code::NotCreatable, message, path));
                }
                PlanStep::Opaque { why, .. } => {
                    let message =
                        format!("`{}` selects nothing, and {why} does not say what to create", path.xpath.text());
                    let help = "create it with child steps and predicates like `[@name='value']`, or with a fragment";
                    return Err(Box::new(problem(Code::NotCreatable, message, path).help(help)));
                }
            }
        }
        self.may_have_child(path, parent, last.is_some() && elements.len() == 1)?;
        let mark = self.forest.xml.mark();
        let mut at = parent;
        let count = elements.len();
        for (index, (name, tests)) in elements.into_iter().enumerate() {
            let element = match last {
                Some(element) if index + 1 == count => element,
                _ => self.element_with(path, name, tests)?,
            };
            self.forest.xml.insert_last(at, &[element]).map_err(|error| self.refused(&error, path, at))?;
            at = element;
        }
        if !self.prefix(path, steps)?.contains(&Node::Xml(at)) {
            self.forest.xml.undo_to(mark);
            let message = format!("`{}` would not select what it asks to create", path.xpath.text());
            return Err(problem(Code::SelfExcluding, message, path));
        }
        self.entry(rule, |entry| entry.changed += 1);
        if self.explains() {
            let created = self.forest.xml.node_path(at);
            self.note(rule, What::Created, || created, None, || format!("for `{}`", path.xpath.prefix_text(steps)));
        }
        Ok(at)
    }

    /// The longest part of a path that selects something, and the one node that it selects.
    fn deepest(&mut self, path: &Expression, steps: usize) -> Result<(usize, NodeId)> {
        for found in (0..steps).rev() {
            let nodes = self.prefix(path, found)?;
            let nodes = self.document_nodes(&nodes, path)?;
            match nodes[..] {
                [] => {}
                [node] => return Ok((found, node)),
                _ => {
                    let part = path.xpath.prefix_text(found);
                    let message = format!(
                        "`{}` selects nothing, and `{part}` selects {} nodes to create it in",
                        path.xpath.text(),
                        nodes.len()
                    );
                    let help = "use `forEach` over them, or a predicate that selects one";
                    return Err(Box::new(problem(Code::AmbiguousParent, message, path).help(help)));
                }
            }
        }
        Err(self.nothing_selected(path)?)
    }

    /// No path creates the root element or a device: those come whole, from a fragment.
    fn may_have_child(&self, path: &Expression, parent: NodeId, from_fragment: bool) -> Result<()> {
        let xml = &self.forest.xml;
        let root = xml.root_element();
        let refuse =
            |message: String, help: &str| Err(Box::new(problem(Code::NeedsFragment, message, path).help(help)));
        if parent == xml.root() {
            let message =
                format!("`{}` is not the domain's root, and no rule creates a root", path.xpath.prefix_text(1));
            return refuse(message, "a domain's paths begin with `/domain`");
        }
        if !self.is_element(parent) {
            let message = format!("`{}` selects something that can have no child", path.xpath.text());
            return Err(problem(Code::WrongTarget, message, path));
        }
        let is_devices =
            xml.local_name(parent) == "devices" && xml.parent(parent) == Some(root) && xml.local_name(root) == "domain";
        if is_devices && !from_fragment {
            let message = format!("`{}` would create a device from a path", path.xpath.text());
            return refuse(message, "a device comes whole: use `merge` or `insert` with its XML");
        }
        Ok(())
    }

    /// An element that satisfies the predicates of its step.
    fn element_with(&mut self, path: &Expression, name: &Name, tests: &[Test]) -> Result<NodeId> {
        self.spend_nodes(1 + tests.len(), path)?;
        let element = self.new_element(path, name)?;
        for test in tests {
            let value = self.operand(path, &test.value)?;
            match &test.target {
                TestTarget::Attribute(name) => self.give_attribute(path, element, name, &value)?,
                TestTarget::Child(name) => {
                    let child = self.child_named(path, element, name)?;
                    let text =
                        self.forest.xml.create_text(&value).map_err(|error| self.refused(&error, path, element))?;
                    let appended = self.forest.xml.append_detached(child, text);
                    appended.map_err(|error| self.refused(&error, path, element))?;
                }
                TestTarget::ChildAttribute(child, attribute) => {
                    let child = self.child_named(path, element, child)?;
                    self.give_attribute(path, child, attribute, &value)?;
                }
            }
        }
        Ok(element)
    }

    fn new_element(&mut self, path: &Expression, name: &Name) -> Result<NodeId> {
        let made = self.forest.xml.create_element(&qname(name));
        made.map_err(|error| self.refused(&error, path, self.forest.xml.root_element()))
    }

    fn give_attribute(&mut self, path: &Expression, element: NodeId, name: &Name, value: &str) -> Result<()> {
        let set = self.forest.xml.set_attribute(element, &qname(name), value);
        set.map(drop).map_err(|error| self.refused(&error, path, element))
    }

    /// The child of this name that an earlier test made, else a new one.
    fn child_named(&mut self, path: &Expression, element: NodeId, name: &Name) -> Result<NodeId> {
        let xml = &self.forest.xml;
        let known = xml
            .children(element)
            .find(|&child| xml.local_name(child) == name.local && xml.namespace(child) == name.namespace);
        if let Some(known) = known {
            return Ok(known);
        }
        let child = self.new_element(path, name)?;
        let appended = self.forest.xml.append_detached(element, child);
        appended.map_err(|error| self.refused(&error, path, element))?;
        Ok(child)
    }

    /// The value that a predicate compares with: a literal, or a variable with one value.
    fn operand(&mut self, path: &Expression, operand: &Operand) -> Result<String> {
        let name = match operand {
            Operand::Literal(text) => return Ok(text.clone()),
            Operand::Variable(name) => name,
        };
        let Some(value) = self.bindings.get(name).cloned() else { return Ok(String::new()) };
        if let Value::Nodes(nodes) = &value
            && nodes.len() != 1
        {
            let message = format!(
                "`{}` selects nothing, and `${name}` has {} values to create it with",
                path.xpath.text(),
                nodes.len()
            );
            return Err(problem(Code::NotCreatable, message, path));
        }
        self.value_text(&value, "").map_err(|error| problem(error.code, error.message, path))
    }
}

fn qname(name: &Name) -> QName {
    QName::new(&name.namespace, &name.prefix, &name.local)
}
