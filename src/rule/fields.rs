//! Reading a mapping field by field: what is unknown, missing or of the wrong type is said at its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Location, Source, Span};
use crate::yaml::{self, Node, Style, Value};

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

    /// The fields of a mapping.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<Fields<'n>> {
        let Some(entries) = node.entries() else {
            self.wrong_type(node, what, "a mapping");
            return None;
        };
        let rest = entries.iter().map(|(key, value)| (key.text().unwrap_or_default(), (key, value))).collect();
        let flow = matches!(&node.value, Value::Mapping(mapping) if mapping.flow);
        Some(Fields { what, span: node.span.clone(), flow, rest, known: Vec::new() })
    }
}

/// A mapping of which the known fields are taken one by one.
pub(crate) struct Fields<'n> {
    what: &'static str,
    /// The mapping's own place.
    pub(crate) span: Span,
    /// Whether it is written `{ … }`.
    flow: bool,
    rest: BTreeMap<&'n str, (&'n Node, &'n Node)>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The value of a field, where it is written.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.take_entry(name).map(|(_, value)| value)
    }

    /// Key and value of a field.
    pub(crate) fn take_entry(&mut self, name: &'static str) -> Option<(&'n Node, &'n Node)> {
        self.known.push(name);
        self.rest.remove(name)
    }

    /// The value of a field that must be there.
    pub(crate) fn require(&mut self, reader: &mut Reader, name: &'static str) -> Option<&'n Node> {
        let found = self.take(name);
        if found.is_none() {
            let near = nearest(name, self.rest.keys().copied()).map(ToOwned::to_owned);
            let place = near.and_then(|near| self.rest.remove(near.as_str()).map(|(key, _)| (near, key.span.clone())));
            match place {
                Some((near, span)) => {
                    let message = format!("{} has no field `{near}`", self.what);
                    reader.error(Code::UnknownField, message, &span).suggest(&near, name);
                }
                None => {
                    let start = self.span.start;
                    reader.error(
                        Code::MissingField,
                        format!("{} needs the field `{name}`", self.what),
                        &(start..start),
                    );
                }
            }
        }
        found
    }

    /// Whether a field that was not taken looks like one of these names, so that it is said to be unknown.
    pub(crate) fn has_near(&self, names: &[&'static str]) -> bool {
        self.rest.keys().any(|key| nearest(key, names.iter().copied()).is_some())
    }

    /// A field that a later release will know.
    pub(crate) fn later(&mut self, reader: &mut Reader, name: &'static str) {
        if let Some((key, _)) = self.take_entry(name) {
            let message = format!("this release does not know `{name}` of {} yet", self.what);
            reader.error(Code::NotYetSupported, message, &key.span);
        }
    }

    /// Every field that was not taken is unknown.
    pub(crate) fn finish(self, reader: &mut Reader) {
        let cut = |problem: &Diagnostic| problem.code == Code::FlowBraces;
        for (name, (key, value)) in self.rest {
            // What a comma in a flow mapping cut off reads as a key without value.
            if self.flow && value.text() == Some("") && reader.problems.iter().any(cut) {
                continue;
            }
            let problem = reader.error(Code::UnknownField, format!("{} has no field `{name}`", self.what), &key.span);
            match nearest(name, self.known.iter().copied()) {
                Some(near) => problem.suggest(name, near),
                None => problem.help = Some(format!("it knows {}", self.known.join(", "))),
            }
        }
    }
}
