//! YAML with the place of every value: what rule files are read from.
//!
//! YAML 1.2, without tags, merge keys and includes; size, depth and aliases are bounded. A scalar
//! keeps its style and its source, because a rule's text counts as written (`0755`, `on`).

pub mod convert;
pub mod emit;
mod place;
mod read;
pub mod schema;
pub mod update;
mod within;

pub use convert::to_json;
pub use place::offsets;
pub use read::{Limits, read};
pub use within::is_in_scalar;

use crate::source::Span;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// The bytes of the value; of a block collection those of its first entry to its last.
    pub span: Span,
    /// What it is.
    pub value: Value,
    /// What it shares with other places.
    pub link: Link,
}

/// What a node shares with other places of its document: a number that an anchor and its aliases have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It stands for itself.
    None,
    /// `&name` stands before it.
    Anchor(usize),
    /// It is `*name`, and its value is a copy of the anchor's.
    Alias(usize),
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Pairs in the order written; keys are distinct.
    Mapping(Mapping),
}

/// Keys and values, in the order written.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The pairs.
    pub entries: Vec<(Node, Node)>,
    /// Whether it was written `{ … }`.
    pub flow: bool,
}

/// A scalar, decoded.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The text after YAML's escapes and folding.
    pub text: String,
    /// How it was written.
    pub style: Style,
    /// What a tag says of it.
    pub tag: Option<Tag>,
}

/// What a scalar's tag says (YAML 1.1, `yaml.org/type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// `!!str`, `!!binary`, `!!timestamp`: a text, however it is written. A binary stays in base64.
    Text,
    /// `!!int`, `!!float`, `!!bool`, `!!null`: typed by its text, also in quotes.
    Plain,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: its text decides its type.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl Link {
    /// For the parser's number of an anchor, which is 0 where there is none.
    const fn anchor(id: usize) -> Self {
        if id == 0 { Self::None } else { Self::Anchor(id) }
    }
}

impl Node {
    /// The scalar, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.text.as_str())
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Mapping(mapping) => Some(&mapping.entries),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value under `key`, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Whether nothing is written: a plain empty scalar, `~` or `null`.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| {
            scalar.style == Style::Plain && matches!(scalar.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
        })
    }

    /// What the value is, in words for a message.
    pub fn what(&self) -> &'static str {
        match &self.value {
            Value::Scalar(_) if self.is_null() => "nothing",
            Value::Scalar(_) => "a text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }
}
