//! Reading a mapping field by field: what is unknown, missing or of the wrong type is said at its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Location, Source, Span};
use crate::yaml::{self, Node, Style, Value};

use super::shape::Mapping;

/// A rule file that is being read, and what was found wrong in it so far.
pub(crate) struct Reader {
    pub(crate) source: Arc<Source>,
    pub(crate) problems: Vec<Diagnostic>,
}

impl Reader {
    pub(crate) fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), problems: Vec::new() }
    }

    /// The place of a span of this file.
    pub(crate) fn at(&self, span: &Span) -> Location {
        Location::new(&self.source, span.clone())
    }

    /// Notes an error at `span`.
    pub(crate) fn error(&mut self, code: Code, message: impl Into<String>, span: &Span) -> &mut Diagnostic {
        let problem = Diagnostic::error(code, message).at(self.at(span));
        self.problems.push(problem);
        let last = self.problems.len() - 1;
        &mut self.problems[last]
    }

    /// A scalar's text as a source of its own, whose places are the file's.
    pub(crate) fn inner(&self, node: &Node) -> Arc<Source> {
        let text = node.text().unwrap_or_default();
        Source::embedded(&self.source, text, yaml::offsets(self.source.text(), node))
    }

    /// The text of a scalar as written; what is no text, or an empty one, is an error.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match node.text() {
            Some("") => {
                self.error(Code::EmptyValue, format!("{what} is empty"), &node.span);
                None
            }
            Some(text) => Some(text),
            None => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// A YAML boolean.
    pub(crate) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.scalar().filter(|scalar| scalar.style == Style::Plain).map(|scalar| scalar.text.as_str()) {
            Some("true" | "True" | "TRUE") => Some(true),
            Some("false" | "False" | "FALSE") => Some(false),
            _ => {
                self.wrong_type(node, what, "`true` or `false`");
                None
            }
        }
    }

    /// One word of a list, in CamelCase.
    pub(crate) fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some(&(_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value);
        }
        let known: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        let problem = self.error(Code::UnknownValue, format!("{what} has no value `{text}`"), &node.span);
        match nearest(text, known.iter().copied()) {
            Some(near) => problem.suggest(text, near),
            None => problem.help = Some(format!("it is one of {}", known.join(", "))),
        }
        None
    }

    /// A list's items.
    pub(crate) fn items<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        if node.items().is_none() {
            self.wrong_type(node, what, "a list");
        }
        node.items()
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let flow_template = self.source.text().get(..node.span.start).is_some_and(|before| before.ends_with('$'))
            || matches!(&node.value, Value::Mapping(mapping) if mapping.flow && mapping.entries.len() == 1
                && mapping.entries[0].1.is_null());
        let message = format!("{what} must be {expected}, this is {}", node.what());
        if flow_template {
            let help = "inside `{ … }` YAML takes the template's braces for its own: quote the value";
            self.error(Code::FlowBraces, message, &node.span).help = Some(help.into());
        } else if node.is_null() {
            self.error(Code::EmptyValue, format!("{what} is empty, it must be {expected}"), &node.span);
        } else {
            self.error(Code::WrongType, message, &node.span);
        }
    }

    /// The fields of a mapping whose table is not known yet.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<Fields<'n>> {
        let Some(entries) = node.entries() else {
            self.wrong_type(node, what, "a mapping");
            return None;
        };
        let rest = entries.iter().map(|(key, value)| (key.text().unwrap_or_default(), (key, value))).collect();
        let flow = matches!(&node.value, Value::Mapping(mapping) if mapping.flow);
        Some(Fields { what, span: node.span.clone(), flow, rest, unknown: BTreeMap::new(), known: Vec::new() })
    }

    /// The fields of a mapping that `table` describes. Those that it does not have are kept apart, so that a
    /// reader can take none of them; what is lacking is said here.
    pub(crate) fn mapping<'n>(&mut self, node: &'n Node, table: &'static Mapping) -> Option<Fields<'n>> {
        self.mapping_called(node, table, table.what)
    }

    /// As [`Reader::mapping`], with another name in messages than the table's.
    pub(crate) fn mapping_called<'n>(
        &mut self,
        node: &'n Node,
        table: &'static Mapping,
        what: &'static str,
    ) -> Option<Fields<'n>> {
        let mut fields = self.fields(node, what)?;
        let (rest, unknown) =
            std::mem::take(&mut fields.rest).into_iter().partition(|(name, _)| table.field(name).is_some());
        (fields.rest, fields.unknown) = (rest, unknown);
        fields.known = table.fields.iter().map(|field| field.name).collect();
        for field in table.fields {
            if field.required && !fields.rest.contains_key(field.name) {
                fields.lacks(self, field.name);
            }
        }
        Some(fields)
    }
}

/// An entry of a mapping: key and value.
type Entry<'n> = (&'n Node, &'n Node);

/// A mapping of which the known fields are taken one by one.
pub(crate) struct Fields<'n> {
    what: &'static str,
    /// The mapping's own place.
    pub(crate) span: Span,
    /// Whether it is written `{ … }`.
    flow: bool,
    rest: BTreeMap<&'n str, Entry<'n>>,
    /// What the table does not have.
    unknown: BTreeMap<&'n str, Entry<'n>>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The value of a field, where it is written.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.take_entry(name).map(|(_, value)| value)
    }

    /// Key and value of a field.
    pub(crate) fn take_entry(&mut self, name: &'static str) -> Option<Entry<'n>> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.rest.remove(name)
    }

    /// Key and value of a field that the table does not have, for a better word than `unknown-field`.
    pub(super) fn take_unknown(&mut self, name: &str) -> Option<Entry<'n>> {
        self.unknown.remove(name)
    }

    /// The value of a field that must be there.
    pub(crate) fn require(&mut self, reader: &mut Reader, name: &'static str) -> Option<&'n Node> {
        let found = self.take(name);
        if found.is_none() {
            self.lacks(reader, name);
        }
        found
    }

    /// Says that a field is not there, or that it is written otherwise.
    fn lacks(&mut self, reader: &mut Reader, name: &'static str) {
        let others = if self.unknown.is_empty() { &mut self.rest } else { &mut self.unknown };
        let near = nearest(name, others.keys().copied()).map(ToOwned::to_owned);
        let place = near.and_then(|near| others.remove(near.as_str()).map(|(key, _)| (near, key.span.clone())));
        match place {
            Some((near, span)) => {
                let message = format!("{} has no field `{near}`", self.what);
                reader.error(Code::UnknownField, message, &span).suggest(&near, name);
            }
            None => {
                let start = self.span.start;
                reader.error(Code::MissingField, format!("{} needs the field `{name}`", self.what), &(start..start));
            }
        }
    }

    /// Whether one of these names is meant by a field of which something is said already, or will be.
    pub(crate) fn has_near(&self, names: &[&'static str]) -> bool {
        self.unknown.keys().chain(self.rest.keys()).any(|key| nearest(key, names.iter().copied()).is_some())
    }

    /// Every field that the table does not have is unknown, and every one that nobody took is out of place.
    pub(crate) fn finish(self, reader: &mut Reader) {
        let cut = |problem: &Diagnostic| problem.code == Code::FlowBraces;
        let usable: Vec<&str> = self.known.iter().copied().filter(|name| !self.rest.contains_key(name)).collect();
        let mut wrong: Vec<_> = self.unknown.iter().chain(&self.rest).collect();
        wrong.sort_by_key(|(_, (key, _))| key.span.start);
        for (name, (key, value)) in wrong {
            // What a comma in a flow mapping cut off reads as a key without value.
            if self.flow && value.text() == Some("") && reader.problems.iter().any(cut) {
                continue;
            }
            let problem = reader.error(Code::UnknownField, format!("{} has no field `{name}`", self.what), &key.span);
            match nearest(name, usable.iter().copied()) {
                Some(near) => problem.suggest(name, near),
                None => problem.help = Some(format!("it knows {}", usable.join(", "))),
            }
        }
    }
}
