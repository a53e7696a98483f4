//! A YAML or JSON text made to hold another value, with everything that still holds left as it is.
//!
//! Comments, quotes, order, layout, anchors of what did not change stay byte for byte. The value is compared with
//! what is there, node by node (`diff`); lists are aligned (`align`), so that an item more is a line more;
//! what is written looks like what stands around it (`looks`). A change that cannot be placed takes what holds it
//! along: the entry, the collection, at last the document. Every result is read back and compared, so the worst
//! that an unforeseen text can bring about is that more of it is written anew than is needed.

mod align;
mod block;
mod diff;
mod flow;
mod layout;
mod looks;
mod merged;
mod splice;
mod walk;

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::emit::flow::Notation;
use super::emit::scalar::Context;
use super::emit::{self, style::Style};
use super::schema::Schema;
use super::{Limits, Link, Node, Value, read, to_json};
use crate::source::Source;
use diff::Update;
use layout::Layout;
use splice::Splices;

/// What a text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// YAML 1.1, as PyYAML and so cloud-init has it. What is written reads the same in 1.2.
    Yaml,
    /// JSON (RFC 8259), and nothing that only YAML knows.
    Json,
}

/// `text` with `value` in the place of its one document, or after its comments where it has none. `None` where
/// `text` is not in that syntax, has several documents, or `value` is nested deeper than can be written: then the
/// caller decides what becomes of the text.
pub fn update(text: &str, value: &Json, syntax: Syntax, limits: &Limits) -> Option<String> {
    let source = Source::new("document", text);
    let documents = read(&source, limits).ok()?;
    let document = match documents.as_slice() {
        [] if syntax == Syntax::Yaml && !text.trim().is_empty() => return append(text, value, limits),
        [document] => document,
        _ => return None,
    };
    let old = match syntax {
        Syntax::Yaml => to_json(document, Schema::Yaml11, &source).ok()?,
        Syntax::Json => serde_json::from_str(text).ok()?,
    };
    let layout = Layout { text };
    let edited = |anew: HashSet<String>| {
        let mut update = Update {
            layout,
            style: looks::of_document(layout, document),
            splices: Splices::default(),
            anchors: merged::Anchors::default(),
            is_linked: has_aliases(document),
            json: (syntax == Syntax::Json).then_some(Notation::Json { spaced: text.contains("\": ") }),
            anew,
        };
        let is_placed = update.attempt(document, &old, value, Context::Block, 1);
        is_placed.then(|| update.splices.apply(text, line_end(text)).ok()).flatten()
    };
    let settled = |result: &str| settled(text, result, value, syntax, limits);
    let in_place = edited(HashSet::new());
    if let Some(result) = in_place.as_deref().and_then(settled) {
        return Some(result);
    }
    // An edit went wrong: the members that it touched, or that came out otherwise, are written anew.
    let came_out = in_place.and_then(|in_place| parse(&in_place, syntax, limits));
    let touched = differing(&old, value).chain(came_out.iter().flat_map(|came_out| differing(came_out, value)));
    let anew = edited(touched.collect());
    anew.as_deref().and_then(settled).or_else(|| settled(&whole(layout, document, value, syntax)?))
}

/// What ends the lines of `text`: what ends its first one.
pub fn line_end(text: &str) -> &'static str {
    if text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" }
}

/// The value of a text's one document.
fn parse(text: &str, syntax: Syntax, limits: &Limits) -> Option<Json> {
    if syntax == Syntax::Json {
        return serde_json::from_str(text).ok();
    }
    let source = Source::new("document", text);
    let documents = read(&source, limits).ok()?;
    let [document] = documents.as_slice() else { return None };
    to_json(document, Schema::Yaml11, &source).ok()
}

/// The result, if it says what is meant: without a newline at its end where `text` has none and that says the same.
fn settled(text: &str, result: &str, value: &Json, syntax: Syntax, limits: &Limits) -> Option<String> {
    let is_meant = |result: &str| parse(result, syntax, limits).is_some_and(|read| read == *value);
    let bare = result.strip_suffix("\r\n").or(result.strip_suffix('\n'));
    let bare = bare.filter(|bare| !text.ends_with('\n') && is_meant(bare));
    bare.or_else(|| Some(result).filter(|result| is_meant(result))).map(str::to_owned)
}

/// A document after nothing but comments.
fn append(text: &str, value: &Json, limits: &Limits) -> Option<String> {
    let mut splices = Splices::default();
    splices.put(text.len()..text.len(), emit::block(value).ok()?);
    let result = splices.apply(text, line_end(text)).ok()?;
    (parse(&result, Syntax::Yaml, limits).as_ref() == Some(value)).then_some(result)
}

/// The text with its document written anew between the comments before and behind it.
fn whole(layout: Layout<'_>, document: &Node, value: &Json, syntax: Syntax) -> Option<String> {
    if syntax == Syntax::Json {
        return Some(value.to_string());
    }
    let written =
        emit::document(value, Style { quotes: Style::default().quotes, ..looks::of_document(layout, document) });
    let (start, end) = if layout.is_flow(document) {
        (document.span.start, layout.line_end(document.span.end))
    } else {
        (layout.line_start(document.span.start), layout.end_of(document, document.span.start))
    };
    let mut splices = Splices::default();
    splices.put(start..end, written.ok()?);
    splices.apply(layout.text, line_end(layout.text)).ok()
}

/// The members that two objects do not share.
fn differing<'v>(a: &'v Json, b: &'v Json) -> impl Iterator<Item = String> + 'v {
    fn members(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
        value.as_object().into_iter().flat_map(Map::iter)
    }
    let names = members(a).chain(members(b)).map(|(name, _)| name);
    names.filter(|name| a.get(name.as_str()) != b.get(name.as_str())).cloned()
}

/// Whether a document repeats anything. Depth is bounded by the reader.
fn has_aliases(node: &Node) -> bool {
    matches!(node.link, Link::Alias(_))
        || match &node.value {
            Value::Scalar(_) => false,
            Value::Sequence(items) => items.iter().any(has_aliases),
            Value::Mapping(mapping) => {
                mapping.entries.iter().any(|(key, value)| has_aliases(key) || has_aliases(value))
            }
        }
}
