//! A repository's configuration, `.virt-patch.yaml`: what its warnings count for, and where its old debt is listed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node};

/// What a warning counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It is not said.
    Off,
    /// It is said.
    Warn,
    /// It fails the run.
    Error,
}

const LEVELS: [(&str, Level); 3] = [("Off", Level::Off), ("Warn", Level::Warn), ("Error", Level::Error)];

/// What each code's warnings count for. Errors are always errors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<Code, Level>);

impl Levels {
    /// The level of a code, where one was chosen.
    pub fn of(&self, code: Code) -> Option<Level> {
        self.0.get(&code).copied()
    }

    /// Takes out warnings that are off, and makes errors of those that are raised to one.
    pub fn apply(&self, problems: &mut Vec<Diagnostic>) {
        if self.0.is_empty() {
            return;
        }
        problems.retain(|problem| problem.severity == Severity::Error || self.of(problem.code) != Some(Level::Off));
        for problem in problems.iter_mut().filter(|problem| self.of(problem.code) == Some(Level::Error)) {
            problem.severity = Severity::Error;
        }
    }
}

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `lints: {CODE: Off | Warn | Error}`
    pub levels: Levels,
    /// `baseline: PATH`, relative to the file's folder.
    pub baseline: Option<String>,
    /// `strict: true`: a warning fails the run.
    pub strict: bool,
}

const FIELDS: [&str; 3] = ["lints", "baseline", "strict"];

impl Settings {
    /// Reads the file; an empty one chooses nothing.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its place: what YAML refuses, `unknown-field`, `unknown-value`,
    /// `wrong-type`, `empty-value`.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let documents = yaml::read(source, &Limits::default())?;
        let mut reading = Reading { source, problems: Vec::new() };
        let settings = documents.first().map(|node| reading.settings(node)).unwrap_or_default();
        if let Some(second) = documents.get(1) {
            reading.error(Code::WrongType, "a configuration is one document, this is a second one".into(), second);
        }
        if reading.problems.is_empty() { Ok(settings) } else { Err(reading.problems) }
    }
}

struct Reading<'s> {
    source: &'s Arc<Source>,
    problems: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn error(&mut self, code: Code, message: String, node: &Node) {
        let problem = Diagnostic::error(code, message).at(Location::new(self.source, node.span.clone()));
        self.problems.push(problem);
    }

    /// An error about a word, with the words that it may be.
    fn unknown(&mut self, code: Code, message: String, node: &Node, known: &[&str], list: &str) {
        let mut problem = Diagnostic::error(code, message).at(Location::new(self.source, node.span.clone()));
        let word = node.text().unwrap_or_default();
        match nearest(word, known.iter().copied()) {
            Some(near) => problem.suggest(word, near),
            None => problem.help = Some(list.to_owned()),
        }
        self.problems.push(problem);
    }

    fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Node, Node)] {
        if node.entries().is_none() {
            self.error(Code::WrongType, format!("{what} must be a mapping, this is {}", node.what()), node);
        }
        node.entries().unwrap_or_default()
    }

    fn settings(&mut self, node: &Node) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in self.entries(node, "the configuration") {
            match key.text().unwrap_or_default() {
                "lints" => settings.levels = self.levels(value),
                "baseline" => settings.baseline = self.path(value),
                "strict" => settings.strict = self.boolean(value),
                name => {
                    let message = format!("the configuration has no field `{name}`");
                    let list = format!("it knows {}", FIELDS.join(", "));
                    self.unknown(Code::UnknownField, message, key, &FIELDS, &list);
                }
            }
        }
        settings
    }

    fn levels(&mut self, node: &Node) -> Levels {
        let mut levels = Levels::default();
        for (key, value) in self.entries(node, "`lints`") {
            let name = key.text().unwrap_or_default();
            let code = Code::ALL.iter().find(|code| code.as_str() == name);
            if code.is_none() {
                let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
                let list = "`virt-patch explain` lists the codes";
                self.unknown(Code::UnknownField, format!("there is no code `{name}`"), key, &known, list);
            }
            let word = value.text().unwrap_or_default();
            let level = LEVELS.iter().find(|(known, _)| *known == word).map(|&(_, level)| level);
            if level.is_none() {
                let known = LEVELS.map(|(known, _)| known);
                let message = format!("the level of `{name}` must be one of {}", known.join(", "));
                self.unknown(Code::UnknownValue, message, value, &known, "`Off` says nothing, `Error` fails the run");
            }
            if let (Some(&code), Some(level)) = (code, level) {
                levels.0.insert(code, level);
            }
        }
        levels
    }

    fn path(&mut self, node: &Node) -> Option<String> {
        let text = node.text().filter(|text| !text.is_empty());
        if text.is_none() {
            self.error(Code::WrongType, format!("`baseline` must be a path, this is {}", node.what()), node);
        }
        text.map(ToOwned::to_owned)
    }

    fn boolean(&mut self, node: &Node) -> bool {
        match node.text() {
            Some("true") => true,
            Some("false") => false,
            _ => {
                let message = format!("`strict` must be `true` or `false`, this is {}", node.what());
                self.error(Code::WrongType, message, node);
                false
            }
        }
    }
}
