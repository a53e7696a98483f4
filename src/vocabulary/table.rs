//! The table behind the vocabulary: a line a model, `ATTRIBUTES;CHILDREN;TEXT`.
//!
//! An attribute is `name`, or `name=a|b` where its words are listed; a child is `name>line`; `text`
//! stands where text may. Both lists are sorted and separated by a space.

use memchr::memmem;

use super::{NAMESPACES, Name, Values};

/// A name that stands for every other one.
pub(super) const ANYTHING: &str = "*";

const TEXT: &str = include_str!("libvirt-12.8.0.txt");

/// How many lines begin with `#`, and how many hold a model.
const COMMENTS: usize = count_lines(true);
const MODELS: usize = count_lines(false);

/// Where each model's fields begin and the line ends, found by the compiler.
static FIELDS: [[u16; 4]; MODELS] = find_fields();

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

const fn find_fields() -> [[u16; 4]; MODELS] {
    let bytes = TEXT.as_bytes();
    let mut fields = [[0; 4]; MODELS];
    let (mut at, mut line, mut field) = (0, 0, 0);
    while at < bytes.len() {
        let begins = at == 0 || bytes[at - 1] == b'\n';
        if line >= COMMENTS {
            // Within 16 bits, as asserted above.
            let model = &mut fields[line - COMMENTS];
            if begins {
                model[0] = at as u16;
                field = 1;
            }
            if bytes[at] == b';' {
                model[field] = at as u16 + 1;
                field += 1;
            }
            if bytes[at] == b'\n' {
                model[3] = at as u16;
            }
        }
        if bytes[at] == b'\n' {
            line += 1;
        }
        at += 1;
    }
    fields
}

/// A model's attributes, children and text, as they are written.
fn fields(model: u16) -> [&'static str; 3] {
    let Some(&[attributes, children, text, end]) = FIELDS.get(usize::from(model)) else { return [""; 3] };
    // A field ends where the semicolon before the next one stands.
    let field = |from: u16, to: u16| TEXT.get(usize::from(from)..usize::from(to)).unwrap_or_default();
    [field(attributes, children.saturating_sub(1)), field(children, text.saturating_sub(1)), field(text, end)]
}

/// What follows a name in a field that has it: what `end` begins, or the next word.
fn find(field: &'static str, prefix: &str, local: &str, end: u8) -> Option<&'static str> {
    if local.is_empty() {
        return None;
    }
    let mut from = 0;
    loop {
        let at = from + memmem::find(field.get(from..)?.as_bytes(), local.as_bytes())?;
        from = at + local.len();
        let (before, after) = (field.get(..at)?, field.get(from..)?);
        let begun = before.rsplit(' ').next().unwrap_or_default();
        let fits = if prefix.is_empty() { begun.is_empty() } else { begun.strip_suffix(':') == Some(prefix) };
        if fits && matches!(after.as_bytes().first(), None | Some(b' ')) {
            return Some("");
        }
        if fits && after.as_bytes().first() == Some(&end) {
            let rest = after.get(1..).unwrap_or_default();
            return Some(rest.split(' ').next().unwrap_or_default());
        }
    }
}

/// The model of a model's child, not one that stands for every other.
pub(super) fn child(model: u16, name: Name<'_>) -> Option<u16> {
    let known = NAMESPACES.iter().find(|(_, uri)| *uri == name.namespace).map(|(prefix, _)| *prefix);
    let prefix = known.or(name.namespace.is_empty().then_some(""))?;
    let [_, children, _] = fields(model);
    find(children, prefix, name.local, b'>')?.parse().ok()
}

/// The model of children that have no entry of their own.
pub(super) fn any_child(model: u16) -> Option<u16> {
    let [_, children, _] = fields(model);
    // It sorts before every name.
    if children.starts_with(ANYTHING) { child(model, Name::new("", ANYTHING)) } else { None }
}

/// What a model's attribute of this name may say.
pub(super) fn attribute(model: u16, name: &str) -> Option<Values> {
    let [attributes, ..] = fields(model);
    let words = find(attributes, "", name, b'=')?;
    Some(if words.is_empty() { Values::Any } else { Values::OneOf(words) })
}

fn words(field: &'static str) -> impl Iterator<Item = &'static str> {
    field.split(' ').filter(|word| !word.is_empty())
}

/// A model's attributes.
pub(super) fn attributes(model: u16) -> impl Iterator<Item = (&'static str, Values)> {
    let [attributes, ..] = fields(model);
    words(attributes).map(|word| match word.split_once('=') {
        Some((name, values)) => (name, Values::OneOf(values)),
        None => (word, Values::Any),
    })
}

/// A model's children, and their models.
pub(super) fn children(model: u16) -> impl Iterator<Item = (Name<'static>, u16)> {
    let [_, children, _] = fields(model);
    words(children).filter_map(|word| {
        let (name, model) = word.split_once('>')?;
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = NAMESPACES.iter().find(|(known, _)| *known == prefix).map_or("", |(_, uri)| uri);
        Some((Name::new(namespace, local), model.parse().ok()?))
    })
}

/// Whether a model has text.
pub(super) fn holds_text(model: u16) -> bool {
    let [_, _, text] = fields(model);
    text == "text"
}
