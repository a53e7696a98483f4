//! Twice is once: what a rule inserted is taken out again where it stood before, whole.

use std::collections::HashMap;
use std::iter::successors;

use crate::rule::{Place, Rule};
use crate::xml::NodeId;
use crate::xpath::Kind;

use super::super::run::{Result, Run, at_rule};
use super::super::trace::What;
use super::counted;

/// The nodes that one outermost rule inserted, by where it put them.
#[derive(Debug, Default)]
pub(in super::super) struct Runs {
    runs: Vec<(NodeId, Place, Vec<NodeId>)>,
    at: HashMap<(NodeId, Place), usize>,
    /// The order in which nodes were added, for undoing: the run and how many.
    added: Vec<(usize, usize)>,
    /// What else the rule made: it did not stand there before.
    made: Vec<NodeId>,
}

impl Runs {
    pub(super) fn add(&mut self, target: NodeId, place: Place, nodes: &[NodeId]) {
        let index = *self.at.entry((target, place)).or_insert_with(|| {
            self.runs.push((target, place, Vec::new()));
            self.runs.len() - 1
        });
        if let Some((_, _, run)) = self.runs.get_mut(index) {
            run.extend_from_slice(nodes);
            self.added.push((index, nodes.len()));
        }
    }

    /// Notes nodes that the rule made otherwise.
    pub(super) fn note_made(&mut self, nodes: &[NodeId]) {
        self.made.extend_from_slice(nodes);
    }

    /// The node that was last added at a place.
    pub(super) fn last(&self, target: NodeId, place: Place) -> Option<NodeId> {
        let index = *self.at.get(&(target, place))?;
        self.runs.get(index)?.2.last().copied()
    }

    /// A state to come back to.
    pub(in super::super) fn mark(&self) -> usize {
        self.added.len()
    }

    /// Forgets what was added since the mark.
    pub(in super::super) fn undo_to(&mut self, mark: usize) {
        for (index, count) in self.added.drain(mark.min(self.added.len())..).rev() {
            if let Some((_, _, run)) = self.runs.get_mut(index) {
                run.truncate(run.len().saturating_sub(count));
            }
        }
    }
}

impl Run<'_, '_> {
    /// At the end of an outermost rule: a run that stood there before the rule is taken out again.
    pub(in super::super) fn settle_runs(&mut self, rule: &Rule) -> Result<()> {
        let Runs { runs, made, .. } = std::mem::take(&mut self.runs);
        if runs.is_empty() {
            return Ok(());
        }
        let mut new: Vec<NodeId> = made;
        new.extend(runs.iter().flat_map(|(_, _, nodes)| nodes));
        new.sort_unstable();
        for (target, place, nodes) in &runs {
            let attached: Vec<NodeId> =
                nodes.iter().copied().filter(|&node| self.forest.xml.is_attached(node)).collect();
            if attached.is_empty() || !self.stood_before(rule, *target, *place, &attached, &new)? {
                continue;
            }
            for &node in &attached {
                self.forest.xml.remove(node).map_err(|error| {
                    let problem =
                        crate::diagnostic::Diagnostic::error(crate::diagnostic::Code::Internal, error.to_string());
                    Box::new(problem.at(rule.location.clone()))
                })?;
            }
            self.taken_back(rule, *target, attached.len());
        }
        Ok(())
    }

    fn taken_back(&mut self, rule: &Rule, target: NodeId, nodes: usize) {
        self.entry(rule, |entry| entry.changed = entry.changed.saturating_sub(nodes));
        if self.explains() {
            let (path, origin) = (self.forest.xml.node_path(target), self.origin(target));
            self.note(
                rule,
                What::TakenBack,
                || path,
                origin,
                || format!("{} stood there before", counted(nodes, "node")),
            );
        }
    }

    /// Whether equal nodes stood at the place: among the parent's children, or on that side of the anchor. `new` are the nodes that
    /// the rule inserted anywhere, sorted.
    fn stood_before(&self, rule: &Rule, target: NodeId, place: Place, run: &[NodeId], new: &[NodeId]) -> Result<bool> {
        let xml = &self.forest.xml;
        let is_new = |node: NodeId| new.binary_search(&node).is_ok();
        let has_comment = run.iter().any(|&node| xml.kind(node) == Kind::Comment);
        let counts = |node: NodeId| match xml.kind(node) {
            Kind::Comment => has_comment,
            Kind::Text => !xml.own_text(node).bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')),
            _ => true,
        };
        let mut visited = 0;
        let mut keep = |nodes: &mut dyn Iterator<Item = NodeId>| -> Vec<NodeId> {
            nodes.inspect(|_| visited += 1).filter(|&node| counts(node) && !is_new(node)).collect()
        };
        let old: Vec<NodeId> = match place {
            Place::Into => keep(&mut xml.children(target)),
            Place::Before => {
                let mut nearest_first =
                    keep(&mut successors(xml.previous_sibling(target), |&node| xml.previous_sibling(node)));
                nearest_first.reverse();
                nearest_first
            }
            Place::After => keep(&mut successors(xml.next_sibling(target), |&node| xml.next_sibling(node))),
        };
        self.budget.spend(visited).map_err(|error| at_rule(rule, error))?;
        for window in old.windows(run.len()) {
            let mut equal = true;
            for (&was, &is) in window.iter().zip(run) {
                self.budget.spend(1).map_err(|error| at_rule(rule, error))?;
                equal = xml.deep_equal(was, is);
                if !equal {
                    break;
                }
            }
            if equal {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
