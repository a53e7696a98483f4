//! The table behind the vocabulary: a line a model, `ATTRIBUTES;CHILDREN;TEXT`.
//!
//! An attribute is `name`, or `name=a|b` where its words are listed; a child is `name>line`; `text`
//! stands where text may. Both lists are sorted and separated by a space.

use super::{NAMESPACES, Name, Values};

/// A name that stands for every other one.
pub(super) const ANYTHING: &str = "*";

const TEXT: &str = include_str!("libvirt-12.8.0.txt");

/// How many lines begin with `#`, and how many hold a model.
const COMMENTS: usize = count_lines(true);
const MODELS: usize = count_lines(false);

/// Where each model's line begins, found by the compiler.
static STARTS: [u16; MODELS] = starts();

// Offsets are of 16 bits.
const _: () = assert!(TEXT.len() <= u16::MAX as usize);

const fn count_lines(comments: bool) -> usize {
    let bytes = TEXT.as_bytes();
    let (mut at, mut count, mut begins) = (0, 0, true);
    while at < bytes.len() {
        if begins && (bytes[at] == b'#') == comments {
            count += 1;
        }
        begins = bytes[at] == b'\n';
        at += 1;
    }
    count
}

const fn starts() -> [u16; MODELS] {
    let bytes = TEXT.as_bytes();
    let mut starts = [0; MODELS];
    let (mut at, mut line) = (0, 0);
    while at < bytes.len() {
        if at == 0 || bytes[at - 1] == b'\n' {
            if line >= COMMENTS {
                // Within 16 bits, as asserted above.
                starts[line - COMMENTS] = at as u16;
            }
            line += 1;
        }
        at += 1;
    }
    starts
}

/// The three fields of a model's line.
fn fields(model: u16) -> impl Iterator<Item = &'static str> {
    let start = STARTS.get(usize::from(model)).copied().map_or(TEXT.len(), usize::from);
    let line = TEXT.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    line.split(';')
}

fn words(field: Option<&'static str>) -> impl Iterator<Item = &'static str> {
    field.unwrap_or_default().split(' ').filter(|word| !word.is_empty())
}

/// A model's attributes.
pub(super) fn attributes(model: u16) -> impl Iterator<Item = (&'static str, Values)> {
    words(fields(model).next()).map(|word| match word.split_once('=') {
        Some((name, values)) => (name, Values::OneOf(values)),
        None => (word, Values::Any),
    })
}

/// A model's children, and their models.
pub(super) fn children(model: u16) -> impl Iterator<Item = (Name<'static>, u16)> {
    words(fields(model).nth(1)).filter_map(|word| {
        let (name, model) = word.split_once('>')?;
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = NAMESPACES.iter().find(|(known, _)| *known == prefix).map_or("", |(_, uri)| uri);
        Some((Name::new(namespace, local), model.parse().ok()?))
    })
}

/// Whether a model has text.
pub(super) fn holds_text(model: u16) -> bool {
    fields(model).nth(2) == Some("text")
}
