//! XML fragments as a person would write them.

use super::prefixes::Prefixes;
use super::tree::{Content, Id, Name, Tree};
use crate::rule::KeyPath;
use crate::xml::{escape_attribute, escape_text};

/// An element of a fragment, whole or only what a `merge` has to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: Name,
    pub(super) attributes: Vec<(Name, String)>,
    pub(super) content: Vec<Piece>,
}

/// What stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Part(Part),
    Text(String),
}

impl Part {
    pub(super) fn named(name: &Name) -> Self {
        Self { name: name.clone(), attributes: Vec::new(), content: Vec::new() }
    }

    /// An element with everything in it; as deep as the parser lets it be.
    pub(super) fn whole(tree: &Tree, id: Id) -> Self {
        let element = tree.at(id);
        let piece = |content: &Content| match content {
            Content::Element(child) => Piece::Part(Self::whole(tree, *child)),
            Content::Text(text) => Piece::Text(text.clone()),
        };
        Self {
            name: element.name.clone(),
            attributes: element.attributes.clone(),
            content: element.content.iter().map(piece).collect(),
        }
    }

    /// Says what `merge` tells the element by, unless that is said already.
    pub(super) fn identify(&mut self, path: &KeyPath, value: &str) {
        let local = |name: &str| Name { namespace: String::new(), local: name.to_owned() };
        let mut at = self;
        for name in &path.elements {
            let known =
                at.content.iter().position(|piece| matches!(piece, Piece::Part(part) if part.name.local == *name));
            let index = known.unwrap_or_else(|| {
                at.content.push(Piece::Part(Self::named(&local(name))));
                at.content.len() - 1
            });
            match at.content.get_mut(index) {
                Some(Piece::Part(part)) => at = part,
                _ => return,
            }
        }
        match &path.attribute {
            Some(name) if !at.attributes.iter().any(|(known, _)| *known == local(name)) => {
                at.attributes.insert(0, (local(name), value.to_owned()));
            }
            None if at.content.is_empty() => at.content.push(Piece::Text(value.to_owned())),
            _ => {}
        }
    }

    fn has_elements(&self) -> bool {
        self.content.iter().any(|piece| matches!(piece, Piece::Part(_)))
    }

    fn has_text(&self) -> bool {
        self.content.iter().any(|piece| matches!(piece, Piece::Text(_)))
    }
}

/// Fragments as text; `fill` gives each value as a template.
pub(super) fn write(parts: &[Part], prefixes: &Prefixes, fill: &dyn Fn(&str) -> String) -> String {
    let mut writer = Writer { prefixes, fill, text: String::new() };
    for part in parts {
        writer.part(part, Some(0));
        writer.text.push('\n');
    }
    if writer.text.matches('\n').count() == 1 {
        writer.text.pop();
    }
    writer.text
}

struct Writer<'w> {
    prefixes: &'w Prefixes,
    fill: &'w dyn Fn(&str) -> String,
    text: String,
}

impl Writer<'_> {
    /// At this depth, or inline where white space would count.
    fn part(&mut self, part: &Part, depth: Option<usize>) {
        let name = self.prefixes.qualified(&part.name);
        self.text.push('<');
        self.text.push_str(&name);
        for (attribute, value) in &part.attributes {
            let value = escape_attribute(&(self.fill)(value));
            self.text.push_str(&format!(" {}=\"{value}\"", self.prefixes.qualified(attribute)));
        }
        if part.content.is_empty() {
            self.text.push_str("/>");
            return;
        }
        self.text.push('>');
        let inner = depth.filter(|_| part.has_elements() && !part.has_text()).map(|depth| depth + 1);
        for piece in &part.content {
            match piece {
                Piece::Text(text) => self.text.push_str(&escape_text(&(self.fill)(text))),
                Piece::Part(child) => {
                    self.line(inner);
                    self.part(child, inner);
                }
            }
        }
        if let Some(depth) = depth.filter(|_| inner.is_some()) {
            self.line(Some(depth));
        }
        self.text.push_str(&format!("</{name}>"));
    }

    fn line(&mut self, depth: Option<usize>) {
        if let Some(depth) = depth {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("  ", depth));
        }
    }
}
