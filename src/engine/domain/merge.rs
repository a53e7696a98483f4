//! `merge`: an element contains what the fragment says; what it does not mention stays.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Expression, Fragment, KeyPath, Rule, builtin_keys};
use crate::xml::NodeId;
use crate::xpath::PlanStep;

use super::super::fill::{Filled, FilledElement};
use super::super::run::{Result, Run};
use super::super::trace::What;
use super::{counted, problem};

/// The rule's own keys: element name to the paths that tell its elements apart, together.
type Keys = BTreeMap<String, Vec<KeyPath>>;

impl Run<'_, '_> {
    /// Merges the fragment into each selected element; where there is none, adds it to the parent.
    pub(in super::super) fn merge(
        &mut self,
        rule: &Rule,
        path: &Expression,
        fragment: &Fragment,
        keys: &Keys,
    ) -> Result<()> {
        let mut filled = self.fill_fragment(fragment)?;
        let element =
            filled.iter().position(|node| matches!(node, Filled::Element(_))).map(|index| filled.swap_remove(index));
        let Some(Filled::Element(element)) = element else {
            self.skip(rule, || "nothing of the fragment is left to merge".to_owned());
            return Ok(());
        };
        let targets = self.select(path)?;
        if self.counted(rule, path, targets.len())? {
            return targets.into_iter().try_for_each(|target| self.merge_top(rule, path, target, &element, keys));
        }
        if self.may_select_nothing(rule, path) {
            return Ok(());
        }
        let steps = path.plan.as_ref().map(|plan| plan.steps.as_slice()).unwrap_or_default();
        if !matches!(steps.last(), Some(PlanStep::Element { .. })) {
            return match steps.last() {
                Some(PlanStep::Opaque { .. }) => self.create(rule, path, steps.len(), None).map(drop),
                _ => Err(self.nothing_selected(path)?),
            };
        }
        let steps = steps.len();
        let made = self.build_element(&element, path)?;
        self.spend_nodes(1, path)?;
        self.create(rule, path, steps, Some(made)).map(drop)
    }

    fn merge_top(
        &mut self,
        rule: &Rule,
        path: &Expression,
        target: NodeId,
        element: &FilledElement<'_>,
        keys: &Keys,
    ) -> Result<()> {
        let xml = &self.forest.xml;
        let same_name = self.is_element(target)
            && xml.local_name(target) == element.name.local
            && xml.namespace(target) == element.name.namespace;
        if !same_name {
            let message = format!(
                "`{}` selects something that is no `{}` as the fragment is",
                path.xpath.text(),
                element.name.local
            );
            let wrong = problem(Code::FragmentShape, message, path);
            return Err(Box::new(wrong.path(xml.node_path(target))));
        }
        let changed = self.merge_into(path, target, element, keys)?;
        self.entry(rule, |entry| entry.changed += changed);
        if self.explains() {
            let (at, origin) = (self.forest.xml.node_path(target), self.origin(target));
            let what = if changed > 0 { What::Merged } else { What::Unchanged };
            self.note(rule, what, || at, origin, || counted(changed, "change"));
        }
        Ok(())
    }

    /// Merges an element and, below it, its children; depth is bounded by the fragment's. Gives how
    /// many things changed.
    fn merge_into(
        &mut self,
        path: &Expression,
        target: NodeId,
        element: &FilledElement<'_>,
        keys: &Keys,
    ) -> Result<usize> {
        let mut changed = 0;
        for (name, value) in &element.attributes {
            let set = self.forest.xml.set_attribute(target, name, value);
            changed += usize::from(set.map_err(|error| self.refused(&error, path, target))?);
        }
        if element.elements().next().is_none()
            && let Some(text) = element.text()
        {
            let set = self.forest.xml.set_text(target, &text);
            changed += usize::from(set.map_err(|error| self.refused(&error, path, target))?);
        }
        for child in element.elements() {
            let matching = self.matching(path, target, element, child, keys)?;
            changed += match matching {
                Some(matching) => self.merge_into(path, matching, child, keys)?,
                None => {
                    let made = self.build_element(child, path)?;
                    self.spend_nodes(1, path)?;
                    let added = self.forest.xml.insert_last(target, &[made]);
                    added.map_err(|error| self.refused(&error, path, target))?;
                    self.runs.note_made(&[made]);
                    1
                }
            };
        }
        Ok(changed)
    }

    /// The child of `target` that a child of the fragment means, by name and key.
    fn matching(
        &self,
        path: &Expression,
        target: NodeId,
        element: &FilledElement<'_>,
        child: &FilledElement<'_>,
        keys: &Keys,
    ) -> Result<Option<NodeId>> {
        let xml = &self.forest.xml;
        let mut visited = 0;
        let named: Vec<NodeId> = xml
            .children(target)
            .inspect(|_| visited += 1)
            .filter(|&node| {
                self.is_element(node)
                    && xml.local_name(node) == child.name.local
                    && xml.namespace(node) == child.name.namespace
            })
            .collect();
        self.budget.spend(visited + 1).map_err(|error| problem(error.code, error.message, path))?;
        let own = keys.get(&child.name.local).into_iter();
        let mut keyed = false;
        for key in own.chain(builtin_keys(&child.name.local)) {
            let wanted: Option<Vec<Cow<'_, str>>> = key.iter().map(|path| key_of_filled(child, path)).collect();
            let Some(wanted) = wanted else { continue };
            keyed = true;
            let has_key = |&node: &NodeId| {
                key.iter().zip(&wanted).all(|(path, value)| self.key_of(node, path).as_ref() == Some(value))
            };
            let matching: Vec<NodeId> = named.iter().copied().filter(has_key).collect();
            match matching[..] {
                [] => {}
                [one] => return Ok(Some(one)),
                _ => return Err(self.ambiguous(path, target, child, "several of them have the fragment's key")),
            }
        }
        let mentioned = element
            .elements()
            .filter(|other| other.name.local == child.name.local && other.name.namespace == child.name.namespace)
            .count();
        match named[..] {
            _ if keyed => Ok(None),
            _ if mentioned > 1 => {
                Err(self.ambiguous(path, target, child, "the fragment mentions it more than once, without a key"))
            }
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(self.ambiguous(path, target, child, "there are several, and the fragment gives no key")),
        }
    }

    fn ambiguous(&self, path: &Expression, target: NodeId, child: &FilledElement<'_>, why: &str) -> Box<Diagnostic> {
        let message = format!("`merge` cannot tell which `{}` is meant: {why}", child.name.local);
        let help = format!("give a key: `key: {{{}: ['@…']}}`", child.name.local);
        Box::new(problem(Code::AmbiguousMerge, message, path).path(self.forest.xml.node_path(target)).help(help))
    }

    /// The value of a key path below a node.
    fn key_of(&self, node: NodeId, key: &KeyPath) -> Option<Cow<'_, str>> {
        let xml = &self.forest.xml;
        let mut at = node;
        for name in &key.elements {
            at = xml.children(at).find(|&child| self.is_element(child) && xml.local_name(child) == name)?;
        }
        match &key.attribute {
            Some(name) => Some(xml.own_text(xml.attribute(at, "", name)?)),
            None => Some(xml.string_value(at)),
        }
    }
}

/// The value of a key path below an element of the fragment.
fn key_of_filled<'e>(element: &'e FilledElement<'_>, key: &KeyPath) -> Option<Cow<'e, str>> {
    let mut at = element;
    for name in &key.elements {
        at = at.elements().find(|child| child.name.local == *name)?;
    }
    match &key.attribute {
        Some(name) => at
            .attributes
            .iter()
            .find(|(known, _)| known.local == *name && known.namespace.is_empty())
            .map(|(_, value)| Cow::Borrowed(value.as_ref())),
        None => Some(at.text().unwrap_or_default()),
    }
}
