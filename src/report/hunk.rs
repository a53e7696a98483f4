//! Changes of a text as hunks: those that lie close together and stem from the same rules.

use std::ops::Range;

use similar::DiffOp;

use super::blame::Blame;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// Some changes, with the lines around them.
pub(super) struct Hunk {
    /// Never empty: changes, and unchanged lines before, between and after them.
    pub(super) ops: Vec<DiffOp>,
    /// The rules that caused the changes, as indices of the steps.
    pub(super) steps: Vec<usize>,
}

/// The hunks of a diff. Where another rule changed something near by, two hunks share the lines between them,
/// and have as few before as after: `patch` takes fewer lines after than before for the end of the file.
pub(super) fn hunks(ops: &[DiffOp], blame: &Blame) -> Vec<Hunk> {
    let groups = groups(ops, blame);
    let last = groups.len().saturating_sub(1);
    let hunk = |(index, (changes, steps)): (usize, (Range<usize>, Vec<usize>))| {
        let before = changes.start.checked_sub(1).and_then(|before| ops.get(before));
        let after = ops.get(changes.end);
        let half = |beside: Option<&DiffOp>| beside.map_or(0, |op| op.old_range().len() / 2);
        let shared_before = if index > 0 { half(before) } else { CONTEXT };
        let shared_after = if index < last { half(after) } else { CONTEXT };
        let radius = CONTEXT.min(shared_before).min(shared_after);
        let mut hunk: Vec<DiffOp> = before.map(|op| ends(op, radius)).into_iter().collect();
        hunk.extend_from_slice(ops.get(changes).unwrap_or_default());
        hunk.extend(after.map(|op| begins(op, radius)));
        hunk.retain(|op| !op.old_range().is_empty() || !op.new_range().is_empty());
        Hunk { ops: hunk, steps }
    };
    groups.into_iter().enumerate().map(hunk).collect()
}

/// Ranges of operations that become a hunk each, from a change to a change: changes of the same rules with
/// little between them, and changes of any rules that touch or have one line between them.
fn groups(ops: &[DiffOp], blame: &Blame) -> Vec<(Range<usize>, Vec<usize>)> {
    let mut groups: Vec<(Range<usize>, Vec<usize>)> = Vec::new();
    let mut between = 0;
    for (index, op) in ops.iter().enumerate() {
        if let DiffOp::Equal { len, .. } = op {
            between = *len;
            continue;
        }
        let steps = blame.steps(op.old_range(), op.new_range());
        match groups.last_mut() {
            Some((changes, known)) if between < 2 || (between <= 2 * CONTEXT && *known == steps) => {
                changes.end = index + 1;
                known.extend(steps);
                known.sort_unstable();
                known.dedup();
            }
            _ => groups.push((index..index + 1, steps)),
        }
        between = 0;
    }
    groups
}

/// The last lines of unchanged ones.
fn ends(op: &DiffOp, lines: usize) -> DiffOp {
    let len = op.old_range().len().min(lines);
    DiffOp::Equal { old_index: op.old_range().end - len, new_index: op.new_range().end - len, len }
}

/// The first lines of unchanged ones.
fn begins(op: &DiffOp, lines: usize) -> DiffOp {
    let len = op.old_range().len().min(lines);
    DiffOp::Equal { old_index: op.old_range().start, new_index: op.new_range().start, len }
}
