//! A list of warnings that were there before: old debt, which is not said again, while new warnings are.
//!
//! An entry counts warnings by file, code and rule, and knows no lines, so that an edit elsewhere in the file does not
//! bring the debt back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node};

/// The format that this release writes and reads.
const VERSION: &str = "1";

/// Known warnings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Entry, usize>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    file: String,
    code: Code,
    rule: String,
}

/// What a baseline did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Absorbed {
    /// How many warnings it knew.
    pub known: usize,
    /// How many of those that it lists came to an end.
    pub gone: usize,
}

impl Baseline {
    /// Lists the warnings among `problems`; `path` gives a file's name as the baseline writes it.
    pub fn of(problems: &[Diagnostic], path: impl Fn(&str) -> String) -> Self {
        let mut counts = BTreeMap::new();
        for entry in problems.iter().filter_map(|problem| Entry::of(problem, &path)) {
            *counts.entry(entry).or_default() += 1;
        }
        Self(counts)
    }

    /// How many warnings it lists.
    pub fn len(&self) -> usize {
        self.0.values().sum()
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lists what `other` lists of the files for which `is_kept` holds too.
    pub fn keep(&mut self, other: &Self, is_kept: impl Fn(&str) -> bool) {
        for (entry, count) in other.0.iter().filter(|(entry, _)| is_kept(&entry.file)) {
            self.0.insert(entry.clone(), *count);
        }
    }

    /// Takes the warnings that it knows out of `problems`, the first ones where there are more than it lists.
    /// Errors are never taken out. Only of files for which `is_checked` holds a warning can be gone.
    pub fn absorb(
        &self,
        problems: &mut Vec<Diagnostic>,
        path: impl Fn(&str) -> String,
        is_checked: impl Fn(&str) -> bool,
    ) -> Absorbed {
        let mut left = self.0.clone();
        let before = problems.len();
        problems.retain(|problem| {
            let entry = Entry::of(problem, &path);
            let count = entry.as_ref().and_then(|entry| left.get_mut(entry)).filter(|count| **count > 0);
            match count {
                Some(count) => {
                    *count -= 1;
                    false
                }
                None => true,
            }
        });
        let left = left.iter().filter(|(entry, _)| is_checked(&entry.file));
        Absorbed { known: before - problems.len(), gone: left.map(|(_, count)| count).sum() }
    }

    /// The file's text: JSON, an entry a line, sorted, so that it merges well.
    pub fn to_text(&self) -> String {
        let lines = self.0.iter().map(|(entry, count)| {
            let value: Value = json!({
                "file": entry.file,
                "code": entry.code.as_str(),
                "rule": entry.rule,
                "count": count,
            });
            format!("    {value}")
        });
        let lines: Vec<String> = lines.collect();
        let list = if lines.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
        format!("{{\n  \"version\": {VERSION},\n  \"warnings\": {list}\n}}\n")
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// What is wrong with it, at its place: `unsupported-version`, `missing-field`, `wrong-type`, `unknown-value`.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let documents = yaml::read(source, &Limits { bytes: 16 << 20, nodes: 1 << 20, ..Limits::default() })?;
        let start = Location::new(source, 0..0);
        let wrong = |code, message: String, node: Option<&Node>| {
            let at = node.map_or_else(|| start.clone(), |node| Location::new(source, node.span.clone()));
            let problem = Diagnostic::error(code, message).at(at);
            vec![problem.help("take the file away, then `--write-baseline` writes a new one")]
        };
        let document = documents.first();
        let version = document.and_then(|document| document.get("version"));
        if version.and_then(Node::text) != Some(VERSION) {
            let message = format!("this is no baseline of version {VERSION}");
            return Err(wrong(Code::UnsupportedVersion, message, version));
        }
        let Some(warnings) = document.and_then(|document| document.get("warnings")) else {
            return Err(wrong(Code::MissingField, "a baseline needs the field `warnings`".into(), document));
        };
        let Some(items) = warnings.items() else {
            return Err(wrong(Code::WrongType, "`warnings` must be a list".into(), Some(warnings)));
        };
        let mut counts = BTreeMap::new();
        for item in items {
            let text = |name: &str| item.get(name).and_then(Node::text);
            let fields = (text("file"), text("code"), text("rule"), text("count").and_then(|count| count.parse().ok()));
            let (Some(file), Some(code), Some(rule), Some(count)) = fields else {
                let message = "an entry needs `file`, `code`, `rule` and a `count`".to_owned();
                return Err(wrong(Code::MissingField, message, Some(item)));
            };
            // What another release knew is no debt of this one.
            let Some(&code) = Code::ALL.iter().find(|known| known.as_str() == code) else { continue };
            let entry = Entry { file: file.to_owned(), code, rule: rule.to_owned() };
            let sum: &mut usize = counts.entry(entry).or_default();
            *sum = sum.saturating_add(count);
        }
        Ok(Self(counts))
    }
}

impl Entry {
    fn of(problem: &Diagnostic, path: impl Fn(&str) -> String) -> Option<Self> {
        let at = problem.at.as_ref().filter(|_| problem.severity == Severity::Warning)?;
        let rule = problem.rule.as_deref().map(without_numbers).unwrap_or_default();
        Some(Self { file: path(at.outermost().source.name()), code: problem.code, rule })
    }
}

/// A rule's label less its place among the others: `onDefineDomain[2] 'base board'` is `onDefineDomain[] 'base board'`.
fn without_numbers(label: &str) -> String {
    let (path, name) = label.split_once(' ').map_or((label, ""), |(path, _)| (path, &label[path.len()..]));
    path.chars().filter(|c| !c.is_ascii_digit()).collect::<String>() + name
}
