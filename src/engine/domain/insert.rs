//! `insert`: adds nodes.

use crate::diagnostic::Code;
use crate::rule::{Expression, Fragment, Place, Rule};
use crate::xml::NodeId;

use super::super::fill::Filled;
use super::super::run::{Result, Run};
use super::super::trace::What;
use super::{counted, problem};

impl Run<'_, '_> {
    /// Adds the fragment's nodes as last children, or beside the selected ones.
    pub(in super::super) fn insert(
        &mut self,
        rule: &Rule,
        place: Place,
        path: &Expression,
        fragment: &Fragment,
    ) -> Result<()> {
        let filled = self.fill_fragment(fragment)?;
        if filled.is_empty() {
            self.skip(rule, || "nothing of the fragment is left to insert".to_owned());
            return Ok(());
        }
        let mut targets = self.select(path)?;
        if !self.counted(rule, path, targets.len())? {
            if self.may_select_nothing(rule, path) {
                return Ok(());
            }
            if place != Place::Into {
                return Err(self.nothing_selected(path)?);
            }
            let steps = path.plan.as_ref().map_or(0, |plan| plan.steps.len());
            targets = vec![self.create(rule, path, steps, None)?];
        }
        targets.into_iter().try_for_each(|target| self.insert_at(rule, place, path, target, &filled))
    }

    fn insert_at(
        &mut self,
        rule: &Rule,
        place: Place,
        path: &Expression,
        target: NodeId,
        filled: &[Filled<'_>],
    ) -> Result<()> {
        let root = self.forest.xml.root_element();
        let outside_root = place != Place::Into && (target == root || target == self.forest.xml.root());
        if outside_root || (place == Place::Into && !self.is_element(target)) {
            let message =
                format!("`{}` selects a node that nothing can be inserted {} ", path.xpath.text(), word(place));
            return Err(Box::new(
                problem(Code::WrongTarget, message.trim_end(), path).path(self.forest.xml.node_path(target)),
            ));
        }
        let nodes = self.build(filled, path)?;
        let inserted = match place {
            Place::Into => self.forest.xml.insert_last(target, &nodes),
            Place::Before => self.forest.xml.insert_before(target, &nodes),
            // What the rule inserted after this anchor before stays before what comes now.
            Place::After => {
                let behind = self.runs.last(target, place).filter(|&node| self.forest.xml.is_attached(node));
                self.forest.xml.insert_after(behind.unwrap_or(target), &nodes)
            }
        };
        inserted.map_err(|error| self.refused(&error, path, target))?;
        self.entry(rule, |entry| entry.changed += nodes.len());
        if self.explains() {
            let (at, origin) = (self.forest.xml.node_path(target), self.origin(target));
            self.note(
                rule,
                What::Inserted,
                || at,
                origin,
                || format!("{} {} it", counted(nodes.len(), "node"), word(place)),
            );
        }
        self.runs.add(target, place, &nodes);
        Ok(())
    }
}

fn word(place: Place) -> &'static str {
    match place {
        Place::Into => "into",
        Place::Before => "before",
        Place::After => "after",
    }
}
