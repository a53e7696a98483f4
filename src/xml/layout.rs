//! White space is layout: where an inserted node's indentation comes from, and what a removed node
//! takes along. Nothing else thinks about it.
//!
//! The indentation of a node is what stands between the last line feed and the node, if that is
//! only white space. A document (or an element) written on one line has none, and gets none.

use memchr::{memchr, memrchr};

use crate::xpath::Kind;

use super::Document;
use super::arena::{Flags, NONE, Node, index, some};
use super::escape::{is_blank, is_space};

/// The step where the document shows none.
const DEFAULT_STEP: &str = "  ";

/// How the children of one element are set out.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    /// The line end and the indentation of a child.
    pub(super) child: String,
    /// The line end and the indentation of the end tag.
    pub(super) close: String,
    /// What one level adds.
    pub(super) step: String,
}

impl Document<'_> {
    /// The line end that the document uses.
    pub(super) fn newline(&self) -> &'static str {
        match memchr(b'\n', self.text.as_bytes()) {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    pub(super) fn is_blank_text(&self, node: u32) -> bool {
        self.arena.node(node).kind == Kind::Text && is_blank(self.markup(node))
    }

    /// Whether an element has text of its own, so that white space in it means something.
    pub(super) fn is_mixed(&self, element: u32) -> bool {
        self.arena.children(element).any(|child| self.is_content(child))
    }

    /// The same, and remembered where it has none.
    pub(super) fn learn_mixed(&mut self, element: u32) -> bool {
        if self.arena.node(element).flags.has(Flags::PLAIN) {
            return false;
        }
        let mixed = self.is_mixed(element);
        if !mixed {
            self.arena.change(element, |node| node.flags = node.flags.with(Flags::PLAIN));
        }
        mixed
    }

    /// Whether the node is text that is not only white space.
    pub(super) fn is_content(&self, node: u32) -> bool {
        self.arena.node(node).kind == Kind::Text && !is_blank(self.markup(node))
    }

    /// The indentation of a node that begins a line.
    fn indentation(&self, node: u32) -> Option<&str> {
        let Node { parent, previous, start, .. } = *self.arena.node(node);
        let before = if parent == 0 {
            let in_input = (node as usize) < self.arena.parsed_nodes;
            let before = if in_input { self.text.get(..start as usize) } else { None };
            let before = before.unwrap_or_default();
            let gap = before.trim_end_matches(|c: char| c.is_ascii() && is_space(c as u8));
            if gap.len() <= self.head as usize && !before[gap.len()..].contains('\n') {
                return Some("");
            }
            &before[gap.len()..]
        } else {
            some(previous).filter(|&at| self.arena.node(at).kind == Kind::Text).map(|at| self.markup(at))?
        };
        let line = memrchr(b'\n', before.as_bytes())? + 1;
        Some(&before[line..]).filter(|indentation| is_blank(indentation))
    }

    /// What one level below `parent` adds: as between it and its own parent, else as at the root.
    fn step(&self, parent: u32) -> String {
        let root = self.root_element_index();
        let above = self.arena.node(parent).parent;
        let learned = if parent == root { None } else { self.difference(above, parent) };
        let learned = learned.or_else(|| {
            let mut children = self.arena.children(root);
            children.find_map(|child| self.difference(root, child))
        });
        learned.unwrap_or(DEFAULT_STEP).to_owned()
    }

    fn difference(&self, outer: u32, inner: u32) -> Option<&str> {
        let outer = self.indentation(outer)?;
        self.indentation(inner)?.strip_prefix(outer).filter(|step| !step.is_empty())
    }

    /// How nodes beside `sibling` are set out; `None` on its line.
    pub(super) fn lines_beside(&self, sibling: u32) -> Option<Lines> {
        let newline = self.newline();
        let inner = self.indentation(sibling)?;
        let parent = self.arena.node(sibling).parent;
        let outer = self.indentation(parent);
        let step = outer.and_then(|outer| inner.strip_prefix(outer)).filter(|step| !step.is_empty());
        let step = step.map_or_else(|| self.step(parent), str::to_owned);
        let child = [newline, inner].concat();
        let close = [newline, outer.unwrap_or_default()].concat();
        Some(Lines { child, close, step })
    }

    /// How new last children are set out in an element that has some.
    pub(super) fn lines_in(&self, parent: u32) -> Option<Lines> {
        let mut sibling = some(self.arena.node(parent).last_child);
        let mut found = None;
        while let Some(at) = sibling {
            let kind = self.arena.node(at).kind;
            if kind != Kind::Text {
                let lines = self.lines_beside(at);
                if kind == Kind::Element {
                    return lines;
                }
                found = found.or(lines);
            }
            sibling = some(self.arena.node(at).previous);
        }
        found
    }

    /// How first children are set out in an element that has none.
    pub(super) fn lines_in_empty(&self, parent: u32) -> Option<Lines> {
        if !self.text.contains('\n') {
            return None;
        }
        let newline = self.newline();
        let close = [newline, self.indentation(parent)?].concat();
        let step = self.step(parent);
        Some(Lines { child: [close.as_str(), &step].concat(), close, step })
    }

    /// A text node of white space.
    pub(super) fn white_space(&mut self, text: &str) -> u32 {
        self.indentation_of(text, "", 0)
    }

    /// A text node of a line end and an indentation with `depth` more steps.
    fn indentation_of(&mut self, line: &str, step: &str, depth: usize) -> u32 {
        let start = index(self.added.len());
        self.added.push_str(line);
        (0..depth).for_each(|_| self.added.push_str(step));
        let flags = Flags::ADDED.with(Flags::LAYOUT);
        self.arena.push(Node::new(Kind::Text, flags, start, index(self.added.len())))
    }

    /// Sets out the content of a new element that stands at `lines.child`. What is in it from the
    /// input keeps its own layout.
    pub(super) fn set_out(&mut self, top: u32, lines: Option<&Lines>) {
        let mut open = vec![(top, 1)];
        while let Some((element, depth)) = open.pop() {
            let node = self.arena.node(element);
            if node.kind != Kind::Element || !node.flags.has(Flags::GENERATED) || self.is_mixed(element) {
                continue;
            }
            let children: Vec<u32> = self.arena.children(element).collect();
            if children.iter().all(|&child| self.arena.node(child).kind == Kind::Text) {
                continue;
            }
            for &child in &children {
                if self.arena.node(child).kind == Kind::Text {
                    self.arena.unlink(child);
                    continue;
                }
                if let Some(lines) = lines {
                    let space = self.indentation_of(&lines.child, &lines.step, depth);
                    self.arena.link(element, child, space);
                }
                open.push((child, depth + 1));
            }
            if let Some(lines) = lines {
                let space = self.indentation_of(&lines.child, &lines.step, depth - 1);
                self.arena.link(element, NONE, space);
            }
        }
    }

    /// Takes a node out with the white space that it would leave behind.
    pub(super) fn take_out(&mut self, node: u32) {
        let Node { parent, previous, next, kind, .. } = *self.arena.node(node);
        self.arena.unlink(node);
        if parent == 0 {
            return;
        }
        if kind != Kind::Text && !self.learn_mixed(parent) {
            self.take_white_space(parent, previous, next);
        }
        self.join_texts(previous, next);
    }

    /// `previous` and `next` stood beside a node that is gone from an element without text.
    fn take_white_space(&mut self, parent: u32, previous: u32, next: u32) {
        if self.arena.children(parent).all(|child| self.arena.node(child).kind == Kind::Text) {
            let left: Vec<u32> = self.arena.children(parent).collect();
            left.into_iter().for_each(|space| self.arena.unlink(space));
            return;
        }
        let blank = |at: u32| at != NONE && self.is_blank_text(at);
        let breaks = |at: u32| self.markup(at).contains('\n');
        let before = blank(previous);
        let after = blank(next);
        let shares_line = after && !breaks(next) && self.arena.node(next).next != NONE;
        let gone = if before && self.arena.node(previous).flags.has(Flags::LAYOUT) {
            previous
        } else if before && breaks(previous) {
            if shares_line {
                next
            } else if after || next == NONE {
                previous
            } else {
                NONE
            }
        } else if before && (after || next == NONE) {
            previous
        } else if previous == NONE && shares_line {
            next
        } else {
            NONE
        };
        if gone != NONE {
            self.arena.unlink(gone);
        }
    }
}
