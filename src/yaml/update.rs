//! A YAML text made to hold another value, with everything that still holds left as it is.
//!
//! Comments, quotes, order and layout of what did not change stay byte for byte: the text is cut where
//! a value changed and the new value is written there, with the text's own line ends. What this cannot place (flow collections,
//! anchors, odd layouts) it gives up on, and every result is read back and compared, so the worst that
//! an unforeseen text can do is to be written anew.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::convert::is_merge_key;
use super::schema::Schema;
use super::{Limits, Node, Style, Value, emit, read, to_json};
use crate::source::Source;

/// `text` with `value` in the place of its one document, or after its comments where it has none; `None`
/// where that cannot be done in place.
/// Both are read as YAML 1.1, and the result reads the same in 1.2 where it was changed.
pub fn update(text: &str, value: &Json, limits: &Limits) -> Option<String> {
    let source = Source::new("document", text);
    let documents = read(&source, limits).ok()?;
    let mut update = Update { text, edits: Vec::new() };
    match documents.as_slice() {
        [] if !text.trim().is_empty() => update.insert_line(text.len(), 0, &emit::block(value).ok()?),
        [document] => update.node(document, &to_json(document, Schema::Yaml11, &source).ok()?, value, 1)?,
        _ => return None,
    }
    let result = update.write();
    let source = Source::new("document", result.as_str());
    let documents = read(&source, limits).ok()?;
    let [document] = documents.as_slice() else { return None };
    let reads_as_meant = to_json(document, Schema::Yaml11, &source).is_ok_and(|read| read == *value);
    reads_as_meant.then_some(result)
}

/// What ends the lines of `text`: what ends its first one.
pub fn line_end(text: &str) -> &'static str {
    if text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" }
}

struct Update<'t> {
    text: &'t str,
    edits: Vec<(Range<usize>, String)>,
}

impl Update<'_> {
    /// Makes `node`, which is `old`, say `new`.
    fn node(&mut self, node: &Node, old: &Json, new: &Json, depth: usize) -> Option<()> {
        if old == new {
            return Some(());
        }
        if is_alias(node) {
            return None;
        }
        match (&node.value, old, new) {
            (Value::Mapping(mapping), Json::Object(old), Json::Object(new)) if !mapping.flow && !new.is_empty() => {
                self.mapping(&mapping.entries, old, new, depth)
            }
            (Value::Sequence(items), Json::Array(old), Json::Array(new)) if !new.is_empty() => {
                if new.len() < old.len() {
                    self.thin_out(items, old, new)
                } else {
                    self.sequence(items, old, new, depth)
                }
            }
            (Value::Scalar(scalar), ..) if !matches!(scalar.style, Style::Literal | Style::Folded) => {
                self.scalar(node.span.clone(), new)
            }
            _ => None,
        }
    }

    /// Writes a value of one line where a scalar stands, so that a comment behind it stays.
    fn scalar(&mut self, span: Range<usize>, new: &Json) -> Option<()> {
        let is_one = match new {
            Json::Object(members) => members.is_empty(),
            Json::Array(items) => items.is_empty(),
            _ => true,
        };
        if span.is_empty() || !is_one {
            return None;
        }
        let written = emit::block(new).ok()?;
        let line = written.strip_suffix('\n').filter(|line| !line.contains('\n'))?;
        self.edits.push((span, line.to_owned()));
        Some(())
    }

    fn mapping(
        &mut self,
        entries: &[(Node, Node)],
        old: &Map<String, Json>,
        new: &Map<String, Json>,
        depth: usize,
    ) -> Option<()> {
        let indent = self.column(entries.first()?.0.span.start)?;
        // What `<<` brings in has no place of its own.
        if entries.iter().any(|(key, _)| is_merge_key(key)) {
            return None;
        }
        let mut kept = 0;
        for (at, (key, value)) in entries.iter().enumerate() {
            let name = key.text()?;
            let is = old.get(name)?;
            let Some(becomes) = new.get(name) else {
                let next = entries.get(at + 1).map(|(key, _)| key.span.start);
                self.remove(key.span.start, value, next, at == 0)?;
                continue;
            };
            kept += 1;
            let edits = self.edits.len();
            if self.node(value, is, becomes, depth + 1).is_none() {
                self.edits.truncate(edits);
                let colon = self.colon(key)?;
                let end = self.end_of(value, colon);
                self.edits.push((colon..end, emit::after_key(becomes, indent, depth).ok()?));
            }
        }
        let added: Map<_, _> = new
            .iter()
            .filter(|(name, _)| !old.contains_key(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if kept == 0 {
            return None;
        }
        if !added.is_empty() {
            let (key, last) = entries.last()?;
            let written = emit::members(&added, indent, depth).ok()?;
            let end = self.end_of(last, self.colon(key)?);
            self.insert_line(end, indent, &written);
        }
        Some(())
    }

    /// Changes items of a block sequence one by one, and adds what comes after them.
    fn sequence(&mut self, items: &[Node], old: &[Json], new: &[Json], depth: usize) -> Option<()> {
        let indent = self.column(self.dash(items.first()?)?)?;
        for ((item, old), new) in items.iter().zip(old).zip(new) {
            let edits = self.edits.len();
            if self.node(item, old, new, depth + 1).is_none() {
                self.edits.truncate(edits);
                let dash = self.dash(item)?;
                let end = self.end_of(item, item.span.start);
                self.edits.push((dash..end, emit::items(std::slice::from_ref(new), indent, depth).ok()?));
            }
        }
        let added = new.get(old.len()..)?;
        if !added.is_empty() {
            let last = items.last()?;
            let written = emit::items(added, indent, depth).ok()?;
            self.insert_line(self.end_of(last, last.span.start), indent, &written);
        }
        Some(())
    }

    /// Takes the items out that `new`, otherwise the same, does not have.
    fn thin_out(&mut self, items: &[Node], old: &[Json], new: &[Json]) -> Option<()> {
        let mut kept = new.iter().peekable();
        for (at, (item, old)) in items.iter().zip(old).enumerate() {
            if kept.next_if(|kept| *kept == old).is_some() {
                continue;
            }
            let next = items.get(at + 1).and_then(|next| self.dash(next));
            self.remove(self.dash(item)?, item, next, at == 0)?;
        }
        kept.next().is_none().then_some(())
    }

    fn insert_line(&mut self, at: usize, indent: usize, written: &str) {
        let newline = if self.text[..at].ends_with('\n') { "" } else { "\n" };
        self.edits.push((at..at, format!("{newline}{}{written}", " ".repeat(indent))));
    }

    /// Takes an entry out with its lines; one that shares its first line with a dash only where it is not first.
    fn remove(&mut self, start: usize, value: &Node, next: Option<usize>, first: bool) -> Option<()> {
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let alone = self.text[line..start].bytes().all(|byte| byte == b' ');
        let end = self.end_of(value, start);
        match (alone, next) {
            (true, _) => self.edits.push((line..end, String::new())),
            (false, Some(next)) if first => self.edits.push((start..next, String::new())),
            _ => return None,
        }
        Some(())
    }

    /// The column of a byte, where only spaces and dashes stand before it on its line.
    fn column(&self, at: usize) -> Option<usize> {
        let before = self.text.get(..at)?;
        let line = before.rsplit('\n').next()?;
        line.bytes().all(|byte| matches!(byte, b' ' | b'-')).then_some(line.len())
    }

    /// The dash of a block sequence's item that begins on its line.
    fn dash(&self, item: &Node) -> Option<usize> {
        let before = self.text.get(..item.span.start)?.trim_end_matches(' ');
        before.ends_with('-').then(|| before.len() - 1)
    }

    /// Where a key's `:` ends.
    fn colon(&self, key: &Node) -> Option<usize> {
        let rest = self.text.get(key.span.end..)?;
        let space = rest.len() - rest.trim_start_matches(' ').len();
        rest[space..].starts_with(':').then_some(key.span.end + space + 1)
    }

    /// The end of the last line of a value that begins at or after `from`, with its newline. A block
    /// collection ends where its last entry does.
    fn end_of(&self, value: &Node, from: usize) -> usize {
        let end = last_byte(value).max(from);
        // A literal block may reach into the indentation of the line that follows it.
        let block = self.text[..end].trim_end_matches(' ');
        if block.ends_with('\n') && block.len() > from {
            return block.len();
        }
        self.text[end..].find('\n').map_or(self.text.len(), |newline| end + newline + 1)
    }

    fn write(mut self) -> String {
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let line_end = line_end(self.text);
        let (mut out, mut at) = (String::with_capacity(self.text.len()), 0);
        for (range, written) in self.edits {
            // Edits in a value that another one takes out are void.
            if range.start < at {
                continue;
            }
            out.push_str(&self.text[at..range.start]);
            out.push_str(&written.replace('\n', line_end));
            at = range.end;
        }
        out.push_str(&self.text[at..]);
        out
    }
}

/// The end of the last scalar in a node.
fn last_byte(node: &Node) -> usize {
    let mut node = node;
    loop {
        node = match &node.value {
            Value::Mapping(mapping) if !mapping.flow => match mapping.entries.last() {
                Some((_, value)) => value,
                None => return node.span.end,
            },
            _ => return node.span.end,
        };
    }
}

/// Whether the node stands elsewhere: an alias has a place of its own, what it repeats has another.
fn is_alias(node: &Node) -> bool {
    let first = match &node.value {
        Value::Mapping(mapping) => mapping.entries.first().map(|(key, _)| key),
        Value::Sequence(items) => items.first(),
        Value::Scalar(_) => None,
    };
    first.is_some_and(|first| !(node.span.start..=node.span.end).contains(&first.span.start))
}
