//! Values that may not be shown.

use std::borrow::Cow;

use crate::xml::{escape_attribute, escape_text};

/// What is shown in a secret's place.
pub const MASK: &str = "***";

/// From this length on a secret is also recognized inside a longer text.
const RECOGNIZABLE: usize = 6;

/// The secret values of one call: those that params gave, and what was computed from them.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    values: Vec<String>,
}

impl Secrets {
    /// Notes a value that may not be shown.
    pub(super) fn add(&mut self, value: &str) {
        if !value.is_empty() && !self.values.iter().any(|known| known == value) {
            self.values.push(value.to_owned());
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
        for written in self.values.iter().flat_map(|secret| spellings(secret)) {
            if text.contains(written.as_str()) {
                text = Cow::Owned(text.replace(written.as_str(), MASK));
            }
        }
        text
    }
}

/// The ways in which a secret may be written in a document, longer ones first.
fn spellings(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    let mut spellings = vec![secret.to_owned(), escape_text(secret), escape_attribute(secret), json];
    let lines = secret.lines().map(str::trim).filter(|line| line.len() >= RECOGNIZABLE);
    spellings.extend(lines.flat_map(|line| [line.to_owned(), escape_text(line)]));
    spellings.retain(|written| !written.is_empty());
    spellings.sort_by_key(|written| std::cmp::Reverse(written.len()));
    spellings
}
