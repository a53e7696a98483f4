//! `replace`: puts a fragment in the place of nodes.

use crate::diagnostic::Code;
use crate::rule::{Expression, Fragment, Rule};
use crate::xml::{NodeId, QName};

use super::super::fill::Filled;
use super::super::run::{Result, Run};
use super::super::trace::What;
use super::problem;

impl Run<'_, '_> {
    /// Puts the fragment in place of each selected node; of nested ones the outermost counts.
    pub(in super::super) fn replace(
        &mut self,
        rule: &Rule,
        path: &Expression,
        fragment: &Fragment,
        keep: &[QName],
    ) -> Result<()> {
        let filled = self.fill_fragment(fragment)?;
        let targets = self.select(path)?;
        if !self.counted(rule, path, targets.len())? {
            return if self.may_select_nothing(rule, path) { Ok(()) } else { Err(self.nothing_selected(path)?) };
        }
        if filled.is_empty() {
            return Err(problem(Code::EmptyValue, "nothing of the fragment is left to put there", path));
        }
        self.outermost(&targets).into_iter().try_for_each(|target| self.replace_one(rule, path, target, &filled, keep))
    }

    fn replace_one(
        &mut self,
        rule: &Rule,
        path: &Expression,
        target: NodeId,
        filled: &[Filled<'_>],
        keep: &[QName],
    ) -> Result<()> {
        let origin = if self.explains() { self.origin(target) } else { None };
        let nodes = self.build(filled, path)?;
        let replaced = match nodes[..] {
            [element] if self.is_element(target) && self.is_element(element) => {
                let kept = self.kept(target, keep);
                self.forest.xml.replace_element(target, element, &kept)
            }
            _ => self.forest.xml.replace(target, &nodes),
        };
        let changed = replaced.map_err(|error| self.refused(&error, path, target))?;
        if changed {
            self.entry(rule, |entry| entry.changed += 1);
        }
        if self.explains() {
            let node = if self.forest.xml.is_attached(target) { Some(target) } else { nodes.first().copied() };
            let at = node.map(|node| self.forest.xml.node_path(node)).unwrap_or_default();
            let what = if changed { What::Replaced } else { What::Unchanged };
            self.note(rule, what, || at, origin, String::new);
        }
        Ok(())
    }

    /// The children that stay.
    fn kept(&self, element: NodeId, keep: &[QName]) -> Vec<NodeId> {
        let xml = &self.forest.xml;
        let stays = |&child: &NodeId| {
            self.is_element(child)
                && keep.iter().any(|name| name.local == xml.local_name(child) && name.namespace == xml.namespace(child))
        };
        xml.children(element).filter(stays).collect()
    }
}
