//! Values that may not be shown.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use crate::xml::{escape_attribute, escape_text};

/// What is shown in a secret's place.
pub const MASK: &str = "***";

/// From this length on a secret is also recognized inside a longer text.
const RECOGNIZABLE: usize = 6;

/// The secret values of one call: those that params gave, and what was computed from them.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    values: HashSet<String>,
    /// All ways in which they may be written, longer ones first: made when something is first masked.
    written: OnceLock<Vec<String>>,
}

impl Secrets {
    /// Notes a value that may not be shown.
    pub(super) fn add(&mut self, value: &str) {
        if !value.is_empty() && self.values.insert(value.to_owned()) {
            self.written = OnceLock::new();
        }
    }

    /// The text, or [`MASK`] where it is or holds a secret: a value is masked as a whole.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let shows =
            |secret: &String| text == secret || (secret.len() >= RECOGNIZABLE && text.contains(secret.as_str()));
        if self.values.iter().any(shows) { Cow::Borrowed(MASK) } else { Cow::Borrowed(text) }
    }

    /// A text, or a line of one, with every secret in it masked: as it is, as XML and JSON write it,
    /// and line by line, because a YAML block indents the lines of a text.
    pub fn mask_within<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for written in self.written() {
            if text.contains(written.as_str()) {
                text = Cow::Owned(text.replace(written.as_str(), MASK));
            }
        }
        text
    }

    /// Longer spellings first, so that a secret that is a part of another does not uncover the rest.
    fn written(&self) -> &[String] {
        self.written.get_or_init(|| {
            let mut written: Vec<String> = self.values.iter().flat_map(|secret| spellings(secret)).collect();
            written.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
            written.dedup();
            written
        })
    }
}

/// The ways in which a secret may be written in a document: as it is, in XML, in JSON, in YAML's
/// quotes; whole and, because a YAML block indents them, line by line.
fn spellings(secret: &str) -> Vec<String> {
    let parts = std::iter::once(secret).chain(secret.lines().map(str::trim));
    let mut spellings = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let json = serde_json::Value::from(part).to_string();
        let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
        spellings.extend([part.to_owned(), escape_text(part), escape_attribute(part), part.replace('\'', "''"), json]);
    }
    spellings
}
