//! Which element of one domain is which of the other: by identity first, by likeness where there is none.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::identity::{self, identities};
use super::tree::{Id, Name, ROOT, Tree};

/// Elements of a longer list than this are not compared each with each.
const MOST_COMPARED: usize = 2_500;
/// The longest common part of two lists is not looked for beyond this many pairs.
const MOST_ALIGNED: usize = 1_000_000;
/// So much of two elements must be the same for one to be the other.
const LIKE: f64 = 0.55;
/// So many things of an element are looked at.
const MOST_FEATURES: usize = 400;

/// For each element its partner in the other tree.
#[derive(Debug)]
pub(super) struct Pairs {
    /// By element of the tree before.
    pub(super) before: Vec<Option<Id>>,
    /// By element of the tree after.
    pub(super) after: Vec<Option<Id>>,
}

/// Pairs from the root down. Below elements that are the same nothing is paired: there is nothing to do.
pub(super) fn pair(before: &Tree, after: &Tree) -> Pairs {
    let mut pairs = Pairs { before: vec![None; before.len()], after: vec![None; after.len()] };
    let mut open = vec![(ROOT, ROOT)];
    while let Some((b, a)) = open.pop() {
        pairs.before[b] = Some(a);
        pairs.after[a] = Some(b);
        if before.at(b).digest == after.at(a).digest {
            continue;
        }
        let mut groups: BTreeMap<&Name, (Vec<Id>, Vec<Id>)> = BTreeMap::new();
        for child in before.children(b) {
            groups.entry(&before.at(child).name).or_default().0.push(child);
        }
        for child in after.children(a) {
            groups.entry(&after.at(child).name).or_default().1.push(child);
        }
        for (name, (of_before, of_after)) in groups {
            let group = Group { before, after, found: Vec::new(), left: (of_before, of_after) };
            open.extend(group.pair(&name.local));
        }
    }
    pairs
}

/// Elements of one name under one pair of parents.
struct Group<'t> {
    before: &'t Tree,
    after: &'t Tree,
    found: Vec<(Id, Id)>,
    /// Those without a partner yet.
    left: (Vec<Id>, Vec<Id>),
}

impl Group<'_> {
    fn pair(mut self, name: &str) -> Vec<(Id, Id)> {
        let alone = self.left.0.len() == 1 && self.left.1.len() == 1;
        for key in identity::keys(name) {
            let of_before = by_value(&self.left.0, |id| identity::value(self.before, id, &key));
            let of_after = by_value(&self.left.1, |id| identity::value(self.after, id, &key));
            let same = of_before.iter().filter_map(|(value, b)| Some((b, of_after.get(value)?)));
            let mut found: Vec<(Id, Id)> = same
                .filter_map(|(b, a)| match (b.as_slice(), a.as_slice()) {
                    (&[b], &[a]) => Some((b, a)),
                    _ => None,
                })
                .collect();
            found.sort_unstable();
            self.take(&found);
        }
        let aligned = self.aligned();
        self.take(&aligned);
        match (self.left.0.as_slice(), self.left.1.as_slice()) {
            (&[b], &[a]) if alone && !self.are_others(b, a) => self.take(&[(b, a)]),
            (b, a) if b.len() * a.len() <= MOST_COMPARED => {
                let alike = self.alike();
                self.take(&alike);
            }
            _ => {}
        }
        self.found
    }

    fn take(&mut self, found: &[(Id, Id)]) {
        self.left.0.retain(|b| !found.iter().any(|(taken, _)| taken == b));
        self.left.1.retain(|a| !found.iter().any(|(_, taken)| taken == a));
        self.found.extend_from_slice(found);
    }

    /// Whether two elements have an identity each, and another one.
    fn are_others(&self, b: Id, a: Id) -> bool {
        let (of_b, of_a) = (identities(self.before, b), identities(self.after, a));
        let differ = of_b.iter().any(|(key, value)| of_a.iter().any(|(other, with)| key == other && value != with));
        differ && self.likeness(b, a) < LIKE
    }

    /// The longest list of equal elements that both have in the same order.
    fn aligned(&self) -> Vec<(Id, Id)> {
        let same = |b: Id, a: Id| self.before.at(b).digest == self.after.at(a).digest;
        let (mut b, mut a) = (self.left.0.as_slice(), self.left.1.as_slice());
        let mut found = Vec::new();
        while let (Some((&first, rest)), Some((&with, others))) = (b.split_first(), a.split_first())
            && same(first, with)
        {
            found.push((first, with));
            (b, a) = (rest, others);
        }
        while let (Some((&last, rest)), Some((&with, others))) = (b.split_last(), a.split_last())
            && same(last, with)
        {
            found.push((last, with));
            (b, a) = (rest, others);
        }
        if b.len().saturating_mul(a.len()) > MOST_ALIGNED {
            return found;
        }
        // How long the common list of `b[i..]` and `a[j..]` is.
        let mut lengths = vec![vec![0_u32; a.len() + 1]; b.len() + 1];
        for i in (0..b.len()).rev() {
            for j in (0..a.len()).rev() {
                lengths[i][j] =
                    if same(b[i], a[j]) { lengths[i + 1][j + 1] + 1 } else { lengths[i + 1][j].max(lengths[i][j + 1]) };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < b.len() && j < a.len() {
            if same(b[i], a[j]) {
                found.push((b[i], a[j]));
                (i, j) = (i + 1, j + 1);
            } else if lengths[i + 1][j] >= lengths[i][j + 1] {
                i += 1;
            } else {
                j += 1;
            }
        }
        found
    }

    /// The pairs that are most alike, the best first.
    fn alike(&self) -> Vec<(Id, Id)> {
        let mut scored: Vec<(f64, Id, Id)> = Vec::new();
        for &b in &self.left.0 {
            scored
                .extend(self.left.1.iter().map(|&a| (self.likeness(b, a), b, a)).filter(|(score, ..)| *score >= LIKE));
        }
        scored.sort_by(|(x, b, a), (y, d, c)| y.total_cmp(x).then((b, a).cmp(&(d, c))));
        let mut found: Vec<(Id, Id)> = Vec::new();
        for (_, b, a) in scored {
            if !found.iter().any(|(taken, with)| *taken == b || *with == a) {
                found.push((b, a));
            }
        }
        found
    }

    /// How much of two elements is the same, from 0 to 1.
    fn likeness(&self, b: Id, a: Id) -> f64 {
        let (of_b, of_a) = (features(self.before, b), features(self.after, a));
        let total = of_b.len() + of_a.len();
        let (mut i, mut j, mut common) = (0, 0, 0_usize);
        while let (Some(x), Some(y)) = (of_b.get(i), of_a.get(j)) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
            }
        }
        if total == 0 { 1.0 } else { 2.0 * common as f64 / total as f64 }
    }
}

fn by_value(ids: &[Id], value: impl Fn(Id) -> Option<Vec<String>>) -> HashMap<Vec<String>, Vec<Id>> {
    let mut found: HashMap<Vec<String>, Vec<Id>> = HashMap::new();
    for &id in ids {
        if let Some(value) = value(id) {
            found.entry(value).or_default().push(id);
        }
    }
    found
}

/// Hashes of what an element says: names below it, attributes, texts; sorted.
fn features(tree: &Tree, id: Id) -> Vec<u64> {
    let hash = |feature: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        feature(&mut hasher);
        hasher.finish()
    };
    let mut found = Vec::new();
    for below in tree.below(id).into_iter().take(MOST_FEATURES) {
        let element = tree.at(below);
        if below != id {
            found.push(hash(&|hasher| element.name.hash(hasher)));
        }
        found
            .extend(element.attributes.iter().map(|attribute| hash(&|hasher| (&element.name, attribute).hash(hasher))));
        found.extend(tree.text(below).map(|text| hash(&|hasher| (&element.name, text).hash(hasher))));
    }
    found.sort_unstable();
    found
}

/// The children of a pair that stay where they are: the longest list of partners that stand in the same
/// order in both.
pub(super) fn in_place(before: &Tree, after: &Tree, pairs: &Pairs, b: Id, a: Id) -> Vec<(Id, Id)> {
    let index: HashMap<Id, usize> = before.children(b).enumerate().map(|(index, child)| (child, index)).collect();
    let partners: Vec<(usize, Id, Id)> = after
        .children(a)
        .filter_map(|child| {
            let partner = pairs.after[child]?;
            Some((*index.get(&partner)?, partner, child))
        })
        .collect();
    // Patience: the last of the best list of each length, and what comes before each.
    let mut best: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; partners.len()];
    for (at, (index, ..)) in partners.iter().enumerate() {
        let length = best.partition_point(|&last| partners[last].0 < *index);
        previous[at] = length.checked_sub(1).map(|shorter| best[shorter]);
        if length == best.len() { best.push(at) } else { best[length] = at }
    }
    let mut kept: Vec<(Id, Id)> = std::iter::successors(best.last().copied(), |&at| previous[at])
        .map(|at| (partners[at].1, partners[at].2))
        .collect();
    kept.reverse();
    kept
}
