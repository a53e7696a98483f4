//! Colours of a terminal, and texts that cannot steer it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Colours texts (ECMA-48, "select graphic rendition"), or leaves them as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// With colours or without.
    pub const fn new(on: bool) -> Self {
        Self { on }
    }

    /// Whether there are colours.
    pub const fn is_on(self) -> bool {
        self.on
    }

    /// What was removed, and what is wrong.
    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// What was added, and what is as it should be.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What to look at.
    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Places.
    pub fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }

    /// Titles.
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What can be passed over.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// The text with everything escaped that could end its line, move a terminal's cursor or turn the
/// direction of writing; a tab stays.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            // Writing to a string cannot fail.
            _ if steers(character) => _ = write!(shown, "\\u{{{:04x}}}", u32::from(character)),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

fn steers(character: char) -> bool {
    let turns = matches!(character, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (character.is_control() && character != '\t') || turns
}
