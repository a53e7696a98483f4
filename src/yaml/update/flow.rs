//! Changes in flow style, and in JSON: `[a, b]`, `{a: b}`, on one line or several.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::align::align;
use super::diff::Update;
use super::looks;
use super::merged::Members;
use super::walk::Change;
use crate::yaml::Node;
use crate::yaml::emit::flow::Notation;
use crate::yaml::emit::scalar::Context;

impl<'t> Update<'t> {
    pub(super) fn flow_mapping(
        &mut self,
        node: &Node,
        entries: &'t [(Node, Node)],
        old: &'t Map<String, Json>,
        new: &'t Map<String, Json>,
        depth: usize,
    ) -> Option<()> {
        let members = Members::plan(entries, new, &self.anchors);
        let parts = self.parts(node, entries.iter().map(|(key, value)| self.entry_end(key, value)));
        let notation = self.notation(entries.iter().map(|(key, _)| key), entries.iter().map(|(_, value)| value));
        self.entries_that_stay(entries, &members, (old, new), |update, key, Change { value, was, becomes }| {
            if !update.attempt(value, was, becomes, Context::Flow, depth + 1) {
                let written = notation.value(becomes, depth + 1).ok()?;
                let colon = update.layout.colon(key)?;
                if value.span.is_empty() {
                    update.splices.put(colon..colon, format!(" {written}"));
                } else {
                    update.splices.put(update.layout.skip_blank(colon)..value.span.end, written);
                }
            }
            Some(())
        })?;
        self.remove_parts(&parts, &members.gone)?;
        let added: Result<Vec<String>, _> =
            members.added.iter().map(|(name, value)| notation.member(name, value, depth + 1)).collect();
        self.insert_part(&parts, parts.len(), &added.ok()?, notation)
    }

    pub(super) fn flow_sequence(
        &mut self,
        node: &Node,
        items: &'t [Node],
        old: &'t [Json],
        new: &'t [Json],
        depth: usize,
    ) -> Option<()> {
        let alignment = align(old, new);
        let parts = self.parts(node, items.iter().map(|item| item.span.end));
        let notation = self.notation(std::iter::empty(), items.iter());
        let gone =
            self.items_that_stay(items, &alignment, (old, new), |update, at, Change { value, was, becomes }| {
                if !update.attempt(value, was, becomes, Context::Flow, depth + 1) {
                    update.splices.put(parts.get(at)?.clone(), notation.value(becomes, depth + 1).ok()?);
                }
                Some(())
            })?;
        self.remove_parts(&parts, &gone)?;
        for run in alignment.inserted.chunk_by(|(a, _), (b, _)| a == b) {
            let values = run.iter().filter_map(|&(_, at)| new.get(at));
            let written: Result<Vec<String>, _> = values.map(|value| notation.value(value, depth + 1)).collect();
            self.insert_part(&parts, run.first()?.0, &written.ok()?, notation)?;
        }
        Some(())
    }

    /// How new values are written beside these.
    fn notation(&self, keys: impl Iterator<Item = &'t Node>, values: impl Iterator<Item = &'t Node>) -> Notation {
        self.json.unwrap_or_else(|| Notation::Yaml {
            keys: looks::quotes(keys, self.style.quotes),
            values: looks::quotes(values, self.style.quotes),
        })
    }

    /// Each entry from its first byte, tags and anchors included, to its end.
    fn parts(&self, node: &Node, ends: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
        let mut at = node.span.start + 1;
        ends.map(|end| {
            let mut start = self.layout.skip_blank(at);
            if self.layout.slice(start..start + 1) == "," {
                start = self.layout.skip_blank(start + 1);
            }
            at = end.max(start);
            start..at
        })
        .collect()
    }

    fn entry_end(&self, key: &Node, value: &Node) -> usize {
        if value.span.is_empty() { self.layout.colon(key).unwrap_or(key.span.end) } else { value.span.end }
    }

    /// Takes entries out, each with the comma before what follows; at the end with the comma before it.
    fn remove_parts(&mut self, parts: &[Range<usize>], gone: &[bool]) -> Option<()> {
        let mut at = 0;
        for run in gone.chunk_by(|a, b| a == b) {
            let next = at + run.len();
            if run.contains(&true) {
                let range = match (at.checked_sub(1), parts.get(next)) {
                    (_, Some(following)) => parts.get(at)?.start..following.start,
                    (Some(before), None) => parts.get(before)?.end..parts.last()?.end,
                    (None, None) => return None,
                };
                self.splices.put(range, "");
            }
            at = next;
        }
        Some(())
    }

    /// Puts new entries before the entry `before`, or at the end; on lines of their own where the others are.
    fn insert_part(
        &mut self,
        parts: &[Range<usize>],
        before: usize,
        written: &[String],
        notation: Notation,
    ) -> Option<()> {
        if written.is_empty() {
            return Some(());
        }
        let neighbour = parts.get(before).or(parts.last())?;
        let comma = if self.layout.begins_line(neighbour.start) {
            let column = neighbour.start - self.layout.line_start(neighbour.start);
            format!(",\n{}", " ".repeat(column))
        } else {
            notation.comma().to_owned()
        };
        let written = written.join(&comma);
        match parts.get(before) {
            Some(part) => self.splices.put(part.start..part.start, format!("{written}{comma}")),
            None => self.splices.put(neighbour.end..neighbour.end, format!("{comma}{written}")),
        }
        Some(())
    }
}
