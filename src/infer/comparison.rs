//! Two domains beside each other.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::pairing::{Pairs, in_place, pair};
use super::prefixes::Prefixes;
use super::tree::{Id, Name, ROOT, Tree};

/// Both trees, and which element of one is which of the other.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) before: Tree,
    pub(super) after: Tree,
    pub(super) pairs: Pairs,
    pub(super) prefixes: Prefixes,
}

impl Comparison {
    pub(super) fn new(before: Tree, mut after: Tree, any_order: bool) -> Self {
        let mut pairs = pair(&before, &after);
        if any_order {
            relax(&before, &mut after, &pairs);
            pairs = pair(&before, &after);
        }
        let prefixes = Prefixes::new(&[&before, &after]);
        Self { before, after, pairs, prefixes }
    }

    /// Whether a pair of elements is not the same.
    pub(super) fn differs(&self, b: Id, a: Id) -> bool {
        self.before.at(b).digest != self.after.at(a).digest
    }

    /// The children that stay where they are.
    pub(super) fn in_place(&self, b: Id, a: Id) -> Vec<(Id, Id)> {
        in_place(&self.before, &self.after, &self.pairs, b, a)
    }
}

/// Puts the children of `after` in the order of `before`, new ones last, wherever that leaves the order of
/// those with one name as it is: to libvirt only that one counts.
fn relax(before: &Tree, after: &mut Tree, pairs: &Pairs) {
    let mut open = vec![(ROOT, ROOT)];
    while let Some((b, a)) = open.pop() {
        if before.at(b).digest == after.at(a).digest || before.is_mixed(b) || after.is_mixed(a) {
            continue;
        }
        let index: HashMap<Id, usize> = before.children(b).enumerate().map(|(index, child)| (child, index)).collect();
        let children: Vec<Id> = after.children(a).collect();
        let place = |child: Id| pairs.after[child].and_then(|b| index.get(&b).copied());
        open.extend(children.iter().filter_map(|&child| Some((pairs.after[child]?, child))));
        let mut by_name: BTreeMap<&Name, Vec<Option<usize>>> = BTreeMap::new();
        for &child in &children {
            by_name.entry(&after.at(child).name).or_default().push(place(child));
        }
        // `None`, a new one, is to be the last of its name.
        let rank = |place: &Option<usize>| place.unwrap_or(usize::MAX);
        let free: HashSet<&Name> =
            by_name.iter().filter(|(_, places)| places.is_sorted_by_key(rank)).map(|(name, _)| *name).collect();
        if free.len() == by_name.len() && after.text(a).is_none() {
            let mut order = children.clone();
            order.sort_by_key(|&child| rank(&place(child)));
            after.reorder(a, &order);
        }
    }
    after.settle();
}
