//! Creating what a path asks for where it selects nothing.

use crate::diagnostic::Code;
use crate::rule::{Expression, Rule};
use crate::xml::{NodeId, QName};
use crate::xpath::{Name, Operand, PlanStep, Test, TestTarget, Value, Variables};

use super::super::forest::Node;
use super::super::run::{Result, Run};
use super::super::trace::What;
use super::{counted, problem};

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
        let plan = match &path.plan {
            Some(plan) if steps > 0 => plan,
            Some(_) => return Err(self.nothing_selected(path)?),
            None => {
                let written = path.xpath.text();
                let message = format!("`{written}` selects nothing, and is no path that says what to create");
                return Err(Box::new(problem(Code::NotCreatable, message, path).help("write one path")));
            }
        };
        let (found, parent) = self.deepest(path, steps)?;
        let elements = creatable(path, plan.steps.get(found..steps).unwrap_or_default())?;
        self.may_be_created(path, parent, &elements, last.is_some())?;
        let mark = self.forest.xml.mark();
        let mut at = parent;
        let mut made = Vec::with_capacity(elements.len());
        for (index, (name, tests)) in elements.iter().enumerate() {
            let element = match last {
                Some(element) if index + 1 == elements.len() => element,
                _ => self.element_with(path, name, tests)?,
            };
            self.forest.xml.insert_last(at, &[element]).map_err(|error| self.refused(&error, path, at))?;
            made.push(element);
            at = element;
        }
        if !self.prefix(path, steps)?.contains(&Node::Xml(at)) {
            self.forest.xml.undo_to(mark);
            let message = format!("`{}` would not select what it asks to create", path.xpath.text());
            return Err(problem(Code::SelfExcluding, message, path));
        }
        self.runs.note_made(&made);
        self.entry(rule, |entry| entry.changed += 1);
        if self.explains() {
            let created = self.forest.xml.node_path(at);
            let count = made.len();
            self.note(rule, What::Created, || created, None, || counted(count, "element"));
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
    fn may_be_created(
        &self,
        path: &Expression,
        parent: NodeId,
        elements: &[(&Name, &[Test])],
        from_fragment: bool,
    ) -> Result<()> {
        let xml = &self.forest.xml;
        let refuse =
            |message: String, help: &str| Err(Box::new(problem(Code::NeedsFragment, message, path).help(help)));
        if parent == xml.root() {
            let first = path.xpath.prefix_text(1);
            let message = format!("`{first}` is not the domain's root, and no rule creates a root");
            return refuse(message, "a domain's paths begin with `/domain`");
        }
        if !self.is_element(parent) {
            let message = format!("`{}` selects something that can have no child", path.xpath.text());
            return Err(problem(Code::WrongTarget, message, path));
        }
        // The names from the root down to what is created, as far as they matter.
        let root = xml.root_element();
        let mut above: Vec<&str> = match () {
            () if parent == root => vec![xml.local_name(root)],
            () if xml.parent(parent) == Some(root) => vec![xml.local_name(root), xml.local_name(parent)],
            () => return Ok(()),
        };
        for (index, (name, _)) in elements.iter().enumerate() {
            let whole = from_fragment && index + 1 == elements.len();
            if above == ["domain", "devices"] && !whole {
                let message = format!("`{}` would create a device from a path", path.xpath.text());
                return refuse(message, "a device comes whole: use `merge` or `insert` with its XML");
            }
            above.push(&name.local);
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

/// The elements that missing steps ask for.
fn creatable<'p>(path: &Expression, steps: &'p [PlanStep]) -> Result<Vec<(&'p Name, &'p [Test])>> {
    let written = path.xpath.text();
    let element = |step: &'p PlanStep| match step {
        PlanStep::Element { name, tests } => Ok((name, tests.as_slice())),
        PlanStep::Attribute { .. } => {
            Err(problem(Code::NotCreatable, format!("`{written}` goes on after an attribute"), path))
        }
        PlanStep::Opaque { why, .. } => {
            let message = format!("`{written}` selects nothing, and {why} does not say what to create");
            let help = "create it with child steps and predicates like `[@name='value']`, or with a fragment";
            Err(Box::new(problem(Code::NotCreatable, message, path).help(help)))
        }
    };
    steps.iter().map(element).collect()
}

fn qname(name: &Name) -> QName {
    QName::new(&name.namespace, &name.prefix, &name.local)
}
