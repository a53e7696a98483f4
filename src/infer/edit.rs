//! What must be done to one element so that it becomes its partner.

use super::comparison::Comparison;
use super::tree::{Id, Name};

/// Where new children come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind all others.
    Last,
    /// Directly after this one.
    After(Id),
    /// Directly before this one.
    Before(Id),
}

/// One thing to do; elements are those of the document before, `nodes` and `with` those of the one after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// An attribute gets this value.
    Attribute { element: Id, name: Name, value: String },
    /// An element without children gets this text.
    Text { element: Id, value: String },
    /// An attribute goes.
    RemoveAttribute { element: Id, name: Name },
    /// The text goes.
    RemoveText { element: Id },
    /// An element goes.
    Remove { element: Id },
    /// New children come.
    Add { parent: Id, place: Place, nodes: Vec<Id> },
    /// An element is replaced whole: text and elements are mixed in it, or nothing else worked.
    Replace { element: Id, with: Id },
}

impl Comparison {
    /// What makes `b` its partner `a`, children included; what goes, goes before anything comes.
    pub(super) fn edits(&self, b: Id, a: Id) -> Vec<Edit> {
        let mut edits = Vec::new();
        self.collect(b, a, &mut edits);
        edits
    }

    /// Recurses as deep as both documents do, which is bounded by the parser.
    fn collect(&self, b: Id, a: Id, edits: &mut Vec<Edit>) {
        if !self.differs(b, a) {
            return;
        }
        let becomes_other = self.before.text(b).is_some() && self.after.children(a).next().is_some();
        if self.before.is_mixed(b) || self.after.is_mixed(a) || becomes_other {
            edits.push(Edit::Replace { element: b, with: a });
            return;
        }
        self.attributes(b, a, edits);
        let (mut inner, added) = self.children(b, a);
        edits.append(&mut inner);
        match (self.before.text(b), self.after.text(a)) {
            (before, Some(text)) if before != Some(text) => {
                edits.push(Edit::Text { element: b, value: text.to_owned() });
            }
            (Some(_), None) => edits.push(Edit::RemoveText { element: b }),
            _ => {}
        }
        edits.extend(added);
    }

    /// What becomes of the attributes.
    pub(super) fn attributes(&self, b: Id, a: Id, edits: &mut Vec<Edit>) {
        let (of_b, of_a) = (&self.before.at(b).attributes, &self.after.at(a).attributes);
        for (name, _) in of_b.iter().filter(|(name, _)| !of_a.iter().any(|(other, _)| other == name)) {
            edits.push(Edit::RemoveAttribute { element: b, name: name.clone() });
        }
        for (name, value) in of_a.iter().filter(|attribute| !of_b.contains(attribute)) {
            edits.push(Edit::Attribute { element: b, name: name.clone(), value: value.clone() });
        }
    }

    /// What becomes of the children, and apart from that those that come.
    fn children(&self, b: Id, a: Id) -> (Vec<Edit>, Vec<Edit>) {
        let (kept, mut edits, added) = self.comings_and_goings(b, a);
        for (b, a) in kept {
            self.collect(b, a, &mut edits);
        }
        (edits, added)
    }

    /// The children that stay in place, what removes the others, what adds the new ones.
    pub(super) fn comings_and_goings(&self, b: Id, a: Id) -> (Vec<(Id, Id)>, Vec<Edit>, Vec<Edit>) {
        let kept = self.in_place(b, a);
        let gone = self.before.children(b).filter(|child| !kept.iter().any(|(stays, _)| stays == child));
        let removed = gone.map(|element| Edit::Remove { element }).collect();
        let added = self.added(b, a, &kept);
        (kept, removed, added)
    }

    /// New children in runs, each with its place.
    fn added(&self, b: Id, a: Id, kept: &[(Id, Id)]) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut run: Vec<Id> = Vec::new();
        let mut previous: Option<Id> = None;
        for child in self.after.children(a) {
            match kept.iter().find(|(_, stays)| *stays == child) {
                None => run.push(child),
                Some(&(next, _)) => {
                    if !run.is_empty() {
                        let place = self.beside(previous, next);
                        edits.push(Edit::Add { parent: b, place, nodes: std::mem::take(&mut run) });
                    }
                    previous = Some(next);
                }
            }
        }
        if !run.is_empty() {
            let place = self.behind(previous, b, &run);
            edits.push(Edit::Add { parent: b, place, nodes: run });
        }
        edits
    }

    /// The better anchor of two: one that is found without counting.
    fn beside(&self, previous: Option<Id>, next: Id) -> Place {
        match previous {
            Some(previous) if !self.selector(previous).positional => Place::After(previous),
            Some(previous) if self.selector(next).positional => Place::After(previous),
            _ => Place::Before(next),
        }
    }

    /// Last, but for what stands there already: an equal one is not added again unless it must stand beside the first.
    fn behind(&self, previous: Option<Id>, parent: Id, run: &[Id]) -> Place {
        let stands = |node: &Id| {
            self.before.children(parent).any(|child| self.before.at(child).digest == self.after.at(*node).digest)
        };
        match previous {
            Some(previous) if run.iter().any(stands) => Place::After(previous),
            _ => Place::Last,
        }
    }
}
