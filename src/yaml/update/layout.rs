//! Where the parts of a YAML text stand: lines, columns, dashes, colons, comments.

use std::ops::Range;

use crate::yaml::{Link, Node, Style, Value};

/// A text, asked about places in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
}

impl<'t> Layout<'t> {
    /// Where the line of a byte begins.
    pub(super) fn line_start(self, at: usize) -> usize {
        self.before(at).rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line of a byte ends, its newline included.
    pub(super) fn line_end(self, at: usize) -> usize {
        self.after(at).find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// Whether only white space stands before a byte on its line.
    pub(super) fn begins_line(self, at: usize) -> bool {
        self.slice(self.line_start(at)..at).bytes().all(|byte| byte == b' ')
    }

    /// The column of a byte, where only spaces and dashes stand before it on its line.
    pub(super) fn column(self, at: usize) -> Option<usize> {
        let line = self.slice(self.line_start(at)..at);
        line.bytes().all(|byte| matches!(byte, b' ' | b'-')).then_some(line.len())
    }

    /// The dash of a block sequence's item: what stands between is white space, tags and anchors.
    pub(super) fn dash(self, item: &Node) -> Option<usize> {
        let line = self.line_start(item.span.start);
        let mut at = item.span.start;
        loop {
            let before = self.slice(line..at).trim_end_matches(' ');
            if before.ends_with('-') && (before.len() == 1 || before[..before.len() - 1].ends_with([' ', '-'])) {
                return Some(line + before.len() - 1);
            }
            let word = before.rfind(' ').map_or(0, |space| space + 1);
            if !before.get(word..)?.starts_with(['&', '!']) {
                return None;
            }
            at = line + word;
        }
    }

    /// Where a key's `:` ends.
    pub(super) fn colon(self, key: &Node) -> Option<usize> {
        let at = self.skip_blank(key.span.end);
        self.after(at).starts_with(':').then_some(at + 1)
    }

    /// Where an entry begins: at its key, or at the `?` before it.
    pub(super) fn entry(self, key: &Node) -> usize {
        let before = self.before(key.span.start).trim_end_matches(' ');
        if before.len() < key.span.start && before.ends_with('?') { before.len() - 1 } else { key.span.start }
    }

    /// Past white space, line ends and comments.
    pub(super) fn skip_blank(self, mut at: usize) -> usize {
        loop {
            let rest = self.after(at);
            at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if !self.is_comment(at) {
                return at;
            }
            at = self.line_end(at);
        }
    }

    /// Whether a comment begins at this byte.
    fn is_comment(self, at: usize) -> bool {
        self.after(at).starts_with('#') && (at == 0 || self.before(at).ends_with([' ', '\t', '\n']))
    }

    /// The comment behind a byte on its line, with the white space before it.
    pub(super) fn comment_behind(self, at: usize) -> Option<&'t str> {
        let rest = self.slice(at..self.line_end(at)).trim_end_matches(['\r', '\n']);
        let comment = at + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
        (comment > at && self.is_comment(comment)).then_some(rest)
    }

    /// The comment behind the header of a block scalar (`|-  # why`) that begins behind `from`.
    pub(super) fn comment_after_header(self, from: usize) -> Option<&'t str> {
        let line = self.slice(from..self.line_end(from));
        let header = line.find(" #").map_or(line, |space| line.get(..space).unwrap_or_default());
        self.comment_behind(from + header.trim_end_matches(' ').len())
    }

    /// The end of the last line of a block's value that begins at or after `from`, with its newline.
    pub(super) fn end_of(self, value: &Node, from: usize) -> usize {
        let (last, is_block_scalar) = self.last_part(value);
        let end = last.map_or(from, |last| last.max(from));
        if !is_block_scalar {
            return self.line_end(end);
        }
        // Its span may reach into the indentation of the line that follows it, and holds the empty lines behind it.
        let text = self.slice(from..end).trim_end_matches(' ');
        if !text.ends_with('\n') {
            return self.line_end(end);
        }
        let bare = text.trim_end_matches([' ', '\t', '\r', '\n']);
        let keeps = bare.is_empty() || self.slice(from..self.line_end(from)).trim_end().ends_with('+');
        if keeps { from + text.len() } else { self.line_end(from + bare.len()) }
    }

    /// Whether a node is written `[…]` or `{…}`.
    pub(super) fn is_flow(self, node: &Node) -> bool {
        let (open, close, is_outside) = match &node.value {
            // A block sequence begins with its first item.
            Value::Sequence(items) => ('[', ']', items.first().is_none_or(|first| first.span.start > node.span.start)),
            Value::Mapping(mapping) => ('{', '}', mapping.flow),
            Value::Scalar(_) => return false,
        };
        let written = self.slice(node.span.clone());
        is_outside && written.starts_with(open) && written.ends_with(close)
    }

    pub(super) fn slice(self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    fn before(self, at: usize) -> &'t str {
        self.text.get(..at).unwrap_or_default()
    }

    fn after(self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or_default()
    }

    /// Where the last part of a node ends that is written at all, and whether that is a block scalar. A block mapping
    /// ends where its last entry does.
    fn last_part(self, node: &Node) -> (Option<usize>, bool) {
        let mut node = node;
        let mut end = None;
        loop {
            if node.scalar().is_none() || !node.span.is_empty() {
                end = Some(node.span.end);
            }
            node = match (&node.value, node.link) {
                (_, Link::Alias(_)) => return (end, false),
                (Value::Mapping(mapping), _) if !mapping.flow => match mapping.entries.last() {
                    Some((key, value)) => {
                        end = self.colon(key).or(Some(key.span.end));
                        value
                    }
                    None => return (end, false),
                },
                (Value::Sequence(items), _) if !self.is_flow(node) => match items.last() {
                    Some(last) => last,
                    None => return (end, false),
                },
                (Value::Scalar(scalar), _) => {
                    return (end, matches!(scalar.style, Style::Literal | Style::Folded));
                }
                _ => return (end, false),
            };
        }
    }
}
