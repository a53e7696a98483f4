//! What must be done to one element so that it becomes its partner.

use super::comparison::Comparison;
use super::tree::{Id, Name};

/// An element in which more children than this come, go or change is replaced whole.
const MOST_CHANGES: usize = 250;

/// Where new children come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind all others.
    Last,
    /// Directly after this one.
    After(Anchor),
    /// Directly before this one.
    Before(Anchor),
}

/// What new children come beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// A child that stays, of the document before.
    Old(Id),
    /// A child that came just now, of the document after.
    New(Id),
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
        if self.before.is_mixed(b) || self.after.is_mixed(a) || becomes_other || self.is_another(b, a) {
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

    /// Whether so many children differ that nobody would read a rule for each.
    pub(super) fn is_another(&self, b: Id, a: Id) -> bool {
        let kept = self.in_place(b, a);
        let changed = kept.iter().filter(|&&(b, a)| self.differs(b, a)).count();
        let (of_b, of_a) = (self.before.children(b).count(), self.after.children(a).count());
        of_b + of_a - 2 * kept.len() + changed > MOST_CHANGES
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
                    let place = self.beside(previous, next, kept, &run);
                    edits.extend(self.chained(b, place, &std::mem::take(&mut run)));
                    previous = Some(next);
                }
            }
        }
        let place = self.behind(previous, b, &run);
        edits.extend(self.chained(b, place, &run));
        edits
    }

    /// What has moved is taken out and put in again each time, what is new is put in once: in a run of both each
    /// stretch comes beside the one before it, so that the second time they find each other.
    fn chained(&self, parent: Id, place: Place, run: &[Id]) -> Vec<Edit> {
        let has_moved = |node: &Id| self.pairs.after[*node].is_some();
        let mut stretches: Vec<Vec<Id>> =
            run.chunk_by(|x, y| has_moved(x) == has_moved(y)).map(<[Id]>::to_vec).collect();
        if matches!(place, Place::Before(_)) {
            stretches.reverse();
        }
        let mut place = place;
        let mut edits = Vec::new();
        for nodes in stretches {
            let next = match (place, nodes.first(), nodes.last()) {
                (Place::Before(_), Some(&first), _) => Place::Before(Anchor::New(first)),
                (_, _, Some(&last)) => Place::After(Anchor::New(last)),
                _ => place,
            };
            edits.push(Edit::Add { parent, place, nodes });
            place = next;
        }
        edits
    }

    /// The better anchor of two: on a side where nothing equal stands, which would be taken for what was inserted,
    /// and one that is found without counting.
    fn beside(&self, previous: Option<Id>, next: Id, kept: &[(Id, Id)], run: &[Id]) -> Place {
        let after = Place::Before(Anchor::Old(next));
        let Some(previous) = previous else { return after };
        let before = Place::After(Anchor::Old(previous));
        let border = kept.iter().position(|(b, _)| *b == next).unwrap_or(kept.len());
        let (above, below) = kept.split_at(border);
        let equal = |side: &[(Id, Id)]| {
            let same = |node: &Id, a: Id| self.after.at(*node).digest == self.after.at(a).digest;
            run.iter().any(|node| side.iter().any(|(_, a)| same(node, *a)))
        };
        match (equal(above), equal(below)) {
            (true, false) => before,
            (false, true) => after,
            _ if !self.selector(previous).positional || self.selector(next).positional => before,
            _ => after,
        }
    }

    /// Last, but for what must stand beside another: an equal one is not added again, one that has moved would
    /// come behind the others the second time.
    fn behind(&self, previous: Option<Id>, parent: Id, run: &[Id]) -> Place {
        let stands = |node: &Id| {
            self.pairs.after[*node].is_some()
                || self.before.children(parent).any(|child| self.before.at(child).digest == self.after.at(*node).digest)
        };
        match previous {
            Some(previous) if run.iter().any(stands) => Place::After(Anchor::Old(previous)),
            _ => Place::Last,
        }
    }
}
