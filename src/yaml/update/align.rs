//! Which items of a changed list are which: so that an insertion touches one line.

use std::collections::HashMap;

use serde_json::Value;

use crate::json::equal::canonical;

/// Members that tell what an item of a list is about, in cloud-init's and Netplan's data.
const IDENTITIES: [&str; 6] = ["name", "path", "id", "device", "match", "type"];

/// How a list becomes another one.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    /// For each old item the new one that takes its place, ascending; `None` where it goes.
    pub(super) becomes: Vec<Option<usize>>,
    /// New items by the old item that they come before; its number is the old list's length for the end.
    pub(super) inserted: Vec<(usize, usize)>,
}

/// Aligns two lists: what they have in common at both ends and a longest ascending run of equal items between;
/// what is left between two of those is paired by identity, then in order. Near linear in the size of both.
pub(super) fn align(old: &[Value], new: &[Value]) -> Alignment {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let (olds, news) = (head..old.len() - tail, head..new.len() - tail);
    let mut becomes: Vec<Option<usize>> = vec![None; old.len()];
    for (at, becomes) in becomes.iter_mut().enumerate() {
        *becomes = match (at < head, at >= olds.end) {
            (true, _) => Some(at),
            (_, true) => Some(at - olds.end + news.end),
            _ => None,
        };
    }
    if !olds.is_empty() && !news.is_empty() {
        let equal = common(olds.clone(), news.clone(), |at| canonical(&old[at]), |at| canonical(&new[at]));
        let mut from = (olds.start, news.start);
        for (at, with) in equal.into_iter().chain([(olds.end, news.end)]) {
            pair(old, new, from.0..at, from.1..with, &mut becomes);
            if at < olds.end {
                becomes[at] = Some(with);
            }
            from = (at + 1, with + 1);
        }
    }
    let mut inserted = Vec::new();
    let mut next = 0;
    for (at, becomes) in becomes.iter().enumerate() {
        if let Some(taken) = *becomes {
            inserted.extend((next..taken).map(|new| (at, new)));
            next = taken + 1;
        }
    }
    inserted.extend((next..new.len()).map(|new| (old.len(), new)));
    Alignment { becomes, inserted }
}

/// Pairs what has no equal: items of one identity first, between them the others in order.
fn pair(
    old: &[Value],
    new: &[Value],
    olds: std::ops::Range<usize>,
    news: std::ops::Range<usize>,
    becomes: &mut [Option<usize>],
) {
    if olds.is_empty() || news.is_empty() {
        return;
    }
    let same = common(olds.clone(), news.clone(), |at| identity(&old[at]), |at| identity(&new[at]));
    let mut from = (olds.start, news.start);
    for (at, with) in same.into_iter().chain([(olds.end, news.end)]) {
        for (old, new) in (from.0..at).zip(from.1..with) {
            becomes[old] = Some(new);
        }
        if at < olds.end {
            becomes[at] = Some(with);
        }
        from = (at + 1, with + 1);
    }
}

/// What an item is about; nothing for a scalar, which is all that it is about.
fn identity(item: &Value) -> String {
    let member = IDENTITIES.iter().find_map(|name| Some(format!("{name} {}", canonical(item.get(name)?))));
    member.unwrap_or_default()
}

/// Pairs of equal keys that ascend in both: the k-th occurrence with the k-th, of those a longest ascending run.
/// Empty keys are equal to none.
fn common(
    olds: std::ops::Range<usize>,
    news: std::ops::Range<usize>,
    old_key: impl Fn(usize) -> String,
    new_key: impl Fn(usize) -> String,
) -> Vec<(usize, usize)> {
    let mut places: HashMap<String, std::collections::VecDeque<usize>> = HashMap::new();
    for at in news {
        places.entry(new_key(at)).or_default().push_back(at);
    }
    let mut pairs = Vec::new();
    for at in olds {
        let key = old_key(at);
        if let Some(with) = places.get_mut(&key).filter(|_| !key.is_empty()).and_then(|places| places.pop_front()) {
            pairs.push((at, with));
        }
    }
    longest_ascending(&pairs)
}

/// A longest run of pairs whose second numbers ascend, as the first ones do already: patience sorting.
fn longest_ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best run of each length, and each pair's predecessor in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].1 < pair.1);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        run.push(pairs[at]);
        next = before[at];
    }
    run.reverse();
    run
}
