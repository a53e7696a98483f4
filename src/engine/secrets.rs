//! Values that may not be shown.

use std::borrow::Cow;

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

    /// A line of a diff with every secret in it masked.
    pub fn mask_within<'t>(&self, line: &'t str) -> Cow<'t, str> {
        let mut line = Cow::Borrowed(line);
        for secret in &self.values {
            for written in [secret.clone(), crate::xml::escape_text(secret)] {
                if line.contains(written.as_str()) {
                    line = Cow::Owned(line.replace(written.as_str(), MASK));
                }
            }
        }
        line
    }
}
