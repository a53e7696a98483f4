//! How written YAML looks where the standard leaves a choice.

/// The looks of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns that a mapping's members stand to the right of the key that holds them.
    pub step: usize,
    /// Columns that a list's dashes stand to the right of the key that holds them.
    pub list: usize,
    /// Columns from a dash to its item.
    pub dash: usize,
    /// The quotes of strings.
    pub quotes: Quotes,
    /// Which collections inside a list are written `[…]` and `{…}`.
    pub flow: Flow,
}

/// When strings are quoted, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotes {
    /// The kind; a string that needs escapes is in double quotes in any case.
    pub kind: Quote,
    /// Whether a string that could be plain is quoted too.
    pub always: bool,
}

/// A kind of quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// `'…'`
    Single,
    /// `"…"`
    Double,
}

/// Which items of a list are in flow style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// Items that are lists: `[a, b]`.
    pub lists: bool,
    /// Items that are mappings: `{a: b}`.
    pub mappings: bool,
}

impl Default for Style {
    /// As cloud-init's examples are: two columns, lists indented under their key, quotes where they are needed.
    fn default() -> Self {
        let quotes = Quotes { kind: Quote::Single, always: false };
        Self { step: 2, list: 2, dash: 2, quotes, flow: Flow::default() }
    }
}
