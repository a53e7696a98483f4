//! Twice is once: what a rule inserted is taken out again where it stood before, whole.

use std::cell::Cell;
use std::collections::HashMap;
use std::iter::successors;

use crate::rule::{Place, Rule};
use crate::xml::{Document, NodeId};
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

    /// Forgets everything, for the next rule.
    fn clear(&mut self) {
        self.runs.clear();
        self.at.clear();
        self.added.clear();
        self.made.clear();
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
        if self.runs.runs.is_empty() {
            self.runs.made.clear();
            return Ok(());
        }
        let mut settled = std::mem::take(&mut self.runs);
        let Runs { runs, made: new, .. } = &mut settled;
        new.extend(runs.iter().flat_map(|(_, _, nodes)| nodes));
        new.sort_unstable();
        // Many anchors under one parent are one look at its children.
        let mut has_old = HashMap::new();
        for (target, place, nodes) in runs.iter() {
            let attached: Vec<NodeId> =
                nodes.iter().copied().filter(|&node| self.forest.xml.is_attached(node)).collect();
            let Some(&head) = attached.first() else { continue };
            if runs.len() > 1 {
                let key = self.likeness(head);
                let is_likely = match has_old.get(&key) {
                    Some(&known) => known,
                    None => *has_old.entry(key).or_insert(self.has_old(rule, head, new)?),
                };
                if !is_likely {
                    continue;
                }
            }
            if !self.stood_before(rule, *target, *place, &attached, new)? {
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
        settled.clear();
        self.runs = settled;
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

    /// What a node and others that may be equal to it have in common, and where it stands.
    fn likeness(&self, node: NodeId) -> (Option<NodeId>, Kind, String, String) {
        let xml = &self.forest.xml;
        (xml.parent(node), xml.kind(node), xml.namespace(node).to_owned(), xml.local_name(node).to_owned())
    }

    /// Whether the rule found anything of the kind and name of `head` among its siblings.
    fn has_old(&self, rule: &Rule, head: NodeId, new: &[NodeId]) -> Result<bool> {
        let Some(parent) = self.forest.xml.parent(head) else { return Ok(false) };
        let mut alike = self.forest.xml.children_alike(parent, head);
        loop {
            let found = alike.next();
            self.budget.spend(alike.looked_at()).map_err(|error| at_rule(rule, error))?;
            match found {
                None => return Ok(false),
                Some(candidate) if new.binary_search(&candidate).is_err() => return Ok(true),
                Some(_) => {}
            }
        }
    }

    /// Whether equal nodes stood at the place: among the parent's children, or on that side of the anchor. `new` are the nodes that
    /// the rule inserted anywhere, sorted.
    fn stood_before(&self, rule: &Rule, target: NodeId, place: Place, run: &[NodeId], new: &[NodeId]) -> Result<bool> {
        let Some(&head) = run.first() else { return Ok(false) };
        let has_comment = run.iter().any(|&node| self.forest.xml.kind(node) == Kind::Comment);
        let old = Old { has_comment, new };
        if place == Place::Into {
            let mut alike = self.forest.xml.children_alike(target, head);
            loop {
                let found = alike.next();
                self.budget.spend(alike.looked_at()).map_err(|error| at_rule(rule, error))?;
                let Some(candidate) = found else { return Ok(false) };
                if self.stands_at(rule, candidate, None, run, &old)? {
                    return Ok(true);
                }
            }
        }
        let xml = &self.forest.xml;
        let (first, end) = match place {
            Place::Before => (xml.parent(target).and_then(|parent| xml.first_child(parent)), Some(target)),
            Place::After | Place::Into => (xml.next_sibling(target), None),
        };
        let mut next = first;
        while let Some(from) = next {
            let (found, looked_at) = xml.find_alike(from, end, head);
            self.budget.spend(looked_at).map_err(|error| at_rule(rule, error))?;
            let Some(candidate) = found else { break };
            if self.stands_at(rule, candidate, end, run, &old)? {
                return Ok(true);
            }
            next = xml.next_sibling(candidate);
        }
        Ok(false)
    }

    /// Whether nodes equal to those of a run stood from `candidate` on, up to `end`.
    fn stands_at(
        &self,
        rule: &Rule,
        candidate: NodeId,
        end: Option<NodeId>,
        run: &[NodeId],
        old: &Old<'_>,
    ) -> Result<bool> {
        let xml = &self.forest.xml;
        if !old.holds(xml, candidate) {
            return Ok(false);
        }
        let passed = Cell::new(1);
        let siblings =
            successors(Some(candidate), |&node| xml.next_sibling(node)).take_while(|&node| Some(node) != end);
        let mut window = siblings.inspect(|_| passed.set(passed.get() + 1)).filter(|&node| old.holds(xml, node));
        for &is in run {
            self.budget.spend(passed.replace(1)).map_err(|error| at_rule(rule, error))?;
            if !window.next().is_some_and(|was| xml.deep_equal(was, is)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a run is compared with.
struct Old<'n> {
    /// Whether comments count: where the run has some.
    has_comment: bool,
    /// What the rule itself made, sorted.
    new: &'n [NodeId],
}

impl Old<'_> {
    fn holds(&self, xml: &Document<'_>, node: NodeId) -> bool {
        let counts = match xml.kind(node) {
            Kind::Comment => self.has_comment,
            Kind::Text => !xml.is_blank(node),
            _ => true,
        };
        counts && self.new.binary_search(&node).is_err()
    }
}
