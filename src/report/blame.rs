//! Which rule put a line there, and which took one away: found by comparing what each rule left with what the
//! rule before it left.

use similar::{DiffOp, TextDiff};

/// The rules behind the lines of two texts, as indices of the steps between them.
pub(super) struct Blame {
    /// Of each line of the first text the step that took it away.
    removed: Vec<Option<usize>>,
    /// Of each line of the last text the step that put it there.
    added: Vec<Option<usize>>,
}

/// Where a line of a text between the two comes from.
#[derive(Clone, Copy)]
enum Line {
    /// The line of the first text with this index.
    Before(usize),
    Step(usize),
}

impl Blame {
    /// `texts` are the text before, then what each step left.
    pub(super) fn new(texts: &[&str]) -> Self {
        let lines = texts.first().map_or(0, |before| before.split_inclusive('\n').count());
        let mut removed = vec![None; lines];
        let mut now: Vec<Line> = (0..lines).map(Line::Before).collect();
        for (step, pair) in texts.windows(2).enumerate() {
            let [before, after] = pair else { continue };
            now = stepped(before, after, step, &now, &mut removed);
        }
        let added = now.into_iter().map(|line| match line {
            Line::Before(_) => None,
            Line::Step(step) => Some(step),
        });
        Self { removed, added: added.collect() }
    }

    /// The steps behind some lines of the first and the last text, each once, in the order they ran.
    pub(super) fn steps(&self, old: std::ops::Range<usize>, new: std::ops::Range<usize>) -> Vec<usize> {
        let removed = self.removed.get(old).unwrap_or_default();
        let mut steps: Vec<usize> =
            removed.iter().chain(self.added.get(new).unwrap_or_default()).filter_map(|step| *step).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }
}

/// The lines after a step; lines of the first text that are gone are noted.
fn stepped(before: &str, after: &str, step: usize, now: &[Line], removed: &mut [Option<usize>]) -> Vec<Line> {
    let mut lines = Vec::with_capacity(now.len());
    for op in TextDiff::from_lines(before, after).ops() {
        let old = now.get(op.old_range()).unwrap_or_default();
        if let DiffOp::Equal { .. } = op {
            lines.extend_from_slice(old);
            continue;
        }
        for line in old {
            if let Line::Before(index) = *line
                && let Some(known) = removed.get_mut(index)
            {
                known.get_or_insert(step);
            }
        }
        lines.extend(op.new_range().map(|_| Line::Step(step)));
    }
    lines
}
