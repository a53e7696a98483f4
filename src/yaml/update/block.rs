//! Changes in block style: one entry a line, or several lines.

use std::cell::OnceCell;
use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::align::align;
use super::diff::Update;
use super::looks;
use super::merged::Members;
use super::walk::Change;
use crate::yaml::emit::scalar::Context;
use crate::yaml::emit::{self, style::Style};
use crate::yaml::{Link, Node, Style as Written, Value};

impl<'t> Update<'t> {
    pub(super) fn block_mapping(
        &mut self,
        entries: &'t [(Node, Node)],
        old: &'t Map<String, Json>,
        new: &'t Map<String, Json>,
        depth: usize,
    ) -> Option<()> {
        let members = Members::plan(entries, new, &self.anchors);
        self.entries_that_stay(entries, &members, (old, new), |update, key, Change { value, was, becomes }| {
            let anew = depth == 1 && was != becomes && key.text().is_some_and(|name| update.anew.contains(name));
            if anew {
                update.lose(value);
            }
            if anew || !update.attempt(value, was, becomes, Context::Block, depth + 1) {
                let indent = update.indent(entries)?;
                update.rewrite_value(key, value, becomes, indent, depth)?;
            }
            Some(())
        })?;
        if members.gone.contains(&true) {
            let parts: Option<Vec<_>> = entries
                .iter()
                .map(|(key, value)| {
                    let start = self.layout.entry(key);
                    Some(start..self.layout.end_of(value, self.layout.colon(key)?))
                })
                .collect();
            self.remove(&parts?, &members.gone, !members.added.is_empty())?;
        }
        if !members.added.is_empty() {
            let (key, last) = entries.last()?;
            let indent = self.indent(entries)?;
            let style = looks::in_mapping(self.layout, entries, self.style);
            let written = emit::members(&members.added, indent, depth, style).ok()?;
            let end = self.layout.end_of(last, self.layout.colon(key)?);
            self.splices.put(end..end, format!("{}{written}", " ".repeat(indent)));
        }
        Some(())
    }

    /// The column of a mapping's keys.
    fn indent(&self, entries: &[(Node, Node)]) -> Option<usize> {
        self.layout.column(self.layout.entry(&entries.first()?.0))
    }

    pub(super) fn block_sequence(
        &mut self,
        items: &'t [Node],
        old: &'t [Json],
        new: &'t [Json],
        depth: usize,
    ) -> Option<()> {
        let alignment = align(old, new);
        let (layout, around, looks) = (self.layout, self.style, OnceCell::new());
        let style = || *looks.get_or_init(|| looks::in_list(layout, items, around));
        let gone = self.items_that_stay(
            items,
            &alignment,
            (old, new),
            |update, _, Change { value, was, becomes }| match update.attempt(
                value,
                was,
                becomes,
                Context::Block,
                depth + 1,
            ) {
                true => Some(()),
                false => update.rewrite_item(value, becomes, depth, style()),
            },
        )?;
        if gone.contains(&true) {
            let parts: Option<Vec<_>> =
                items.iter().map(|item| Some(self.layout.dash(item)?..self.item_end(item))).collect();
            self.remove(&parts?, &gone, !alignment.inserted.is_empty())?;
        }
        for run in alignment.inserted.chunk_by(|(a, _), (b, _)| a == b) {
            let &(before, _) = run.first()?;
            let indent = self.layout.column(self.layout.dash(items.first()?)?)?;
            let values = run.iter().filter_map(|&(_, at)| new.get(at));
            let written = emit::items(values, indent, depth, style()).ok()?;
            let spaces = " ".repeat(indent);
            match before.checked_sub(1) {
                Some(previous) => {
                    let end = self.item_end(items.get(previous)?);
                    self.splices.put(end..end, format!("{spaces}{written}"));
                }
                None => {
                    let dash = self.layout.dash(items.first()?)?;
                    if self.layout.begins_line(dash) {
                        let start = self.layout.line_start(dash);
                        self.splices.put(start..start, format!("{spaces}{written}"));
                    } else {
                        self.splices.put(dash..dash, format!("{written}{spaces}"));
                    }
                }
            }
        }
        Some(())
    }

    /// The end of an item's last line, its newline included.
    fn item_end(&self, item: &Node) -> usize {
        let from = self.layout.dash(item).map_or(item.span.start, |dash| dash + 1);
        self.layout.end_of(item, from)
    }

    /// Writes what follows a key anew; a comment on the key's line stays there.
    fn rewrite_value(&mut self, key: &Node, value: &Node, new: &Json, indent: usize, depth: usize) -> Option<()> {
        let colon = self.layout.colon(key)?;
        let end = self.layout.end_of(value, colon);
        let inside = match &value.value {
            Value::Sequence(items) if !self.layout.is_flow(value) => looks::in_list(self.layout, items, self.style),
            _ => self.style,
        };
        let list = self.list_column(value).and_then(|column| column.checked_sub(indent)).unwrap_or(self.style.list);
        let written = emit::after_key(new, indent, depth, Style { list, ..inside }).ok()?;
        self.splices.put(colon..end, commented(&written, self.comment_of(value, colon)));
        Some(())
    }

    /// The column of a block sequence's dashes.
    fn list_column(&self, value: &Node) -> Option<usize> {
        self.layout.column(self.layout.dash(value.items()?.first()?)?)
    }

    /// Writes an item anew, from its dash on.
    fn rewrite_item(&mut self, item: &Node, new: &Json, depth: usize, style: Style) -> Option<()> {
        let dash = self.layout.dash(item)?;
        let indent = self.layout.column(dash)?;
        let written = emit::items([new], indent, depth, style).ok()?;
        self.splices.put(dash..self.item_end(item), commented(&written, self.comment_of(item, dash + 1)));
        Some(())
    }

    /// The comment on the line where a value begins behind `from`, a colon or a dash.
    fn comment_of(&self, value: &Node, from: usize) -> Option<&'t str> {
        let layout = self.layout;
        let is_beside = layout.line_end(from) == layout.line_end(value.span.start) && !value.span.is_empty();
        let is_alias = matches!(value.link, Link::Alias(_));
        let is_block_collection = value.scalar().is_none() && !layout.is_flow(value) && !is_alias;
        match value.scalar().map(|scalar| scalar.style) {
            Some(Written::Literal | Written::Folded) => layout.comment_after_header(from),
            _ if !is_beside => layout.comment_behind(from),
            _ if is_block_collection => None,
            _ => layout.comment_behind(value.span.end),
        }
    }

    /// Takes entries out with their lines. The first one may share its line with a dash, which then moves on to
    /// what follows; `refilled` says that something is added where nothing stays.
    fn remove(&mut self, parts: &[Range<usize>], gone: &[bool], refilled: bool) -> Option<()> {
        let layout = self.layout;
        let first = parts.first()?;
        let shares_line = !layout.begins_line(first.start);
        let mut from = 0;
        match gone.iter().position(|gone| !gone) {
            None if shares_line || !refilled => return None,
            Some(kept) if kept > 0 && shares_line => {
                let (end, next) = (parts.get(kept - 1)?.end, parts.get(kept)?.start);
                if layout.slice(end..layout.line_start(next)).trim().is_empty() {
                    self.splices.put(first.start..next, "");
                } else {
                    // Comments in between keep their lines, and the dash its own.
                    let before = layout.slice(layout.line_start(first.start)..first.start);
                    let dash = first.start - (before.len() - before.trim_end_matches(' ').len());
                    self.splices.put(dash..end, "\n");
                }
                from = kept;
            }
            _ => {}
        }
        for (part, gone) in parts.iter().zip(gone).skip(from) {
            if *gone {
                if !layout.begins_line(part.start) {
                    return None;
                }
                self.splices.put(layout.line_start(part.start)..part.end, "");
            }
        }
        Some(())
    }
}

/// What is written, with a comment at the end of its first line.
fn commented(written: &str, comment: Option<&str>) -> String {
    match (comment, written.split_once('\n')) {
        (Some(comment), Some((line, rest))) => format!("{line}{comment}\n{rest}"),
        _ => written.to_owned(),
    }
}
