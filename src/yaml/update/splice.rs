//! Edits of a text, put in all at once.

use std::ops::Range;

/// What takes the place of parts of a text.
#[derive(Debug, Default)]
pub(super) struct Splices {
    edits: Vec<(Range<usize>, String)>,
}

/// Two edits change the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlap;

impl Splices {
    /// Puts `written` in the place of `range`. Of insertions at one place the earlier one comes first.
    pub(super) fn put(&mut self, range: Range<usize>, written: impl Into<String>) {
        self.edits.push((range, written.into()));
    }

    /// How many there are, for [`Splices::undo`].
    pub(super) fn len(&self) -> usize {
        self.edits.len()
    }

    /// Takes back all but the first `len`.
    pub(super) fn undo(&mut self, len: usize) {
        self.edits.truncate(len);
    }

    /// The text with all edits; the lines of what is written end as `line_end` says.
    pub(super) fn apply(mut self, text: &str, line_end: &str) -> Result<String, Overlap> {
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for (range, written) in self.edits {
            out.push_str(text.get(at..range.start).ok_or(Overlap)?);
            if !written.is_empty() && range.start == text.len() && !out.is_empty() && !out.ends_with('\n') {
                out.push_str(line_end);
            }
            match line_end {
                "\n" => out.push_str(&written),
                _ => out.push_str(&written.replace('\n', line_end)),
            }
            at = range.end;
        }
        out.push_str(text.get(at..).ok_or(Overlap)?);
        Ok(out)
    }
}
