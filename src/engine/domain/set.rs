//! `set` and `remove`.

use crate::diagnostic::Code;
use crate::rule::{Expression, Rule, Template};
use crate::xml::{Mark, NodeId, QName};
use crate::xpath::{Kind, PlanStep};

use super::super::run::{Result, Run};
use super::super::trace::What;
use super::problem;

impl Run<'_, '_> {
    /// Attributes or elements' text get these values.
    pub(in super::super) fn set_values(&mut self, rule: &Rule, entries: &[(Expression, Template)]) -> Result<()> {
        for (path, value) in entries {
            let Some(text) = self.fill(value)? else {
                self.skip(rule, || format!("the value for `{}` is empty", path.xpath.text()));
                continue;
            };
            self.set_value(rule, path, &text)?;
        }
        Ok(())
    }

    fn set_value(&mut self, rule: &Rule, path: &Expression, text: &str) -> Result<()> {
        let steps = path.plan.as_ref().map(|plan| plan.steps.as_slice()).unwrap_or_default();
        // A final attribute step is set on every element that the path before it selects.
        if let Some((PlanStep::Attribute { name }, before)) = steps.split_last() {
            let name = QName::new(&name.namespace, &name.prefix, &name.local);
            let found = self.prefix(path, before.len())?;
            let elements = self.document_nodes(&found, path)?;
            if !self.counted(rule, path, elements.len())? {
                if self.may_select_nothing(rule, path) {
                    return Ok(());
                }
                let mark = self.forest.xml.mark();
                let element = self.create(rule, path, before.len(), None)?;
                self.set_attribute(rule, path, element, &name, text)?;
                return self.still_selected(path, mark);
            }
            return elements.into_iter().try_for_each(|element| self.set_attribute(rule, path, element, &name, text));
        }
        let nodes = self.select(path)?;
        if !self.counted(rule, path, nodes.len())? {
            if self.may_select_nothing(rule, path) {
                return Ok(());
            }
            let mark = self.forest.xml.mark();
            let element = self.create(rule, path, steps.len(), None)?;
            self.set_text(rule, path, element, text)?;
            return self.still_selected(path, mark);
        }
        for node in nodes {
            match self.forest.xml.kind(node) {
                Kind::Element => self.set_text(rule, path, node, text)?,
                Kind::Attribute => {
                    let xml = &self.forest.xml;
                    let name = QName::new(xml.namespace(node), xml.prefix(node), xml.local_name(node));
                    if let Some(element) = xml.parent(node) {
                        self.set_attribute(rule, path, element, &name, text)?;
                    }
                }
                _ => {
                    let message = format!(
                        "`{}` selects a text, comment or the root; `set` takes elements and attributes",
                        path.xpath.text()
                    );
                    let wrong = problem(Code::WrongTarget, message, path);
                    return Err(Box::new(wrong.path(self.forest.xml.node_path(node))));
                }
            }
        }
        Ok(())
    }

    /// What was created and then set must still be what the path selects: else the next call would
    /// create it again.
    fn still_selected(&mut self, path: &Expression, mark: Mark) -> Result<()> {
        if !self.select(path)?.is_empty() {
            return Ok(());
        }
        self.forest.xml.undo_to(mark);
        let message = format!("`{}` would not select what it creates once the value is set", path.xpath.text());
        let help = "leave the part that is set out of the predicate";
        Err(Box::new(problem(Code::SelfExcluding, message, path).help(help)))
    }

    fn set_text(&mut self, rule: &Rule, path: &Expression, element: NodeId, text: &str) -> Result<()> {
        let old = if self.explains() { self.forest.xml.string_value(element).into_owned() } else { String::new() };
        let changed = self.forest.xml.set_text(element, text).map_err(|error| self.refused(&error, path, element))?;
        self.value_noted(rule, element, element, changed, &old, text);
        Ok(())
    }

    fn set_attribute(
        &mut self,
        rule: &Rule,
        path: &Expression,
        element: NodeId,
        name: &QName,
        text: &str,
    ) -> Result<()> {
        if !self.explains() {
            let changed = self.forest.xml.set_attribute(element, name, text);
            if changed.map_err(|error| self.refused(&error, path, element))? {
                self.entry(rule, |entry| entry.changed += 1);
            }
            return Ok(());
        }
        let before = self.forest.xml.attribute(element, &name.namespace, &name.local);
        let old = before.map(|attribute| self.forest.xml.own_text(attribute).into_owned()).unwrap_or_default();
        let changed = self.forest.xml.set_attribute(element, name, text);
        let changed = changed.map_err(|error| self.refused(&error, path, element))?;
        let node = self.forest.xml.attribute(element, &name.namespace, &name.local).unwrap_or(element);
        // A new attribute stands where its element stands.
        let place = if before.is_some() { node } else { element };
        self.value_noted(rule, node, place, changed, &old, text);
        Ok(())
    }

    fn value_noted(&mut self, rule: &Rule, node: NodeId, place: NodeId, changed: bool, old: &str, new: &str) {
        if changed {
            self.entry(rule, |entry| entry.changed += 1);
        }
        if self.explains() {
            let path = self.forest.xml.node_path(node);
            let origin = self.origin(place);
            let (old, new) = (self.secrets.mask(old).into_owned(), self.secrets.mask(new).into_owned());
            let what = if changed { What::Set } else { What::Unchanged };
            self.note(
                rule,
                what,
                || path,
                origin,
                || if changed && !old.is_empty() { format!("`{old}` → `{new}`") } else { format!("`{new}`") },
            );
        }
    }

    /// Removes the selected nodes.
    pub(in super::super) fn remove(&mut self, rule: &Rule, path: &Expression) -> Result<()> {
        let nodes = self.select(path)?;
        self.entry(rule, |entry| entry.matched += nodes.len());
        if nodes.is_empty() {
            self.skip_by_path(rule, path, " to remove");
        }
        for node in self.outermost(&nodes) {
            if self.explains() {
                let (path, origin) = (self.forest.xml.node_path(node), self.origin(node));
                self.note(rule, What::Removed, || path, origin, String::new);
            }
            self.forest.xml.remove(node).map_err(|error| self.refused(&error, path, node))?;
            self.entry(rule, |entry| entry.changed += 1);
        }
        Ok(())
    }
}
