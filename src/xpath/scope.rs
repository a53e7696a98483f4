//! What an expression may refer to at the place where it stands.

use std::collections::BTreeMap;

/// The function that gives the path of a file of the rule set.
const FILE_PATH: &str = "file-path";

/// What is known of a value before it is computed.
///
/// Any variable may also be absent: then it is the empty sequence, whatever its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VarType {
    /// Nodes of an XML document, or a sequence of values.
    Nodes,
    /// A param's whole JSON value. As a condition it asks for presence.
    Json,
    /// Something inside JSON: a loop variable over it, or what a path into it selects. As a
    /// condition it is an error (`json-truth`), for `false` and `0` would count as true.
    JsonItem,
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// Known only when it is there.
    Any,
}

impl VarType {
    /// Whether the value stems from JSON.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonItem)
    }

    /// Whether the value can be nodes.
    pub(super) fn may_be_nodes(self) -> bool {
        !matches!(self, Self::Text | Self::Number | Self::Boolean)
    }

    /// Whether the value can be a number, and so choose by position as a predicate.
    pub(super) fn may_be_number(self) -> bool {
        matches!(self, Self::Number | Self::Any | Self::Json)
    }

    /// The type of one item, as a loop binds it.
    pub fn item(self) -> Self {
        if self == Self::Json { Self::JsonItem } else { self }
    }

    /// The type of a value that is either this or that.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (a, b) if a.is_json() || b.is_json() => Self::JsonItem,
            _ => Self::Any,
        }
    }

    /// The type of a sequence of which values of this type are a part.
    pub(super) fn in_sequence(self) -> Self {
        if self.is_json() { Self::JsonItem } else { Self::Nodes }
    }
}

/// What `/` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Document {
    /// Nothing: an absolute path is an error (`no-document`).
    None,
    /// An XML document.
    Xml,
    /// A document of JSON or YAML as a tree.
    Json,
}

/// What an expression may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Prefix to namespace URI. `xml` is always bound.
    pub namespaces: &'a BTreeMap<String, String>,
    /// The variables, without `$`; also the files that `file-path()` may name, as [`file_variable`] calls them.
    pub variables: &'a BTreeMap<String, VarType>,
    /// What `/` is.
    pub document: Document,
    /// Whether the expression has a context node of its own, so that a relative path may stand
    /// outside predicates. `position()` and `last()` are then 1.
    pub relative: bool,
}

/// The variable that `file-path('name')` stands for: that where files lie is known only to the call is like any other
/// value. No variable that can be written is called so.
pub fn file_variable(name: &str) -> String {
    format!("{FILE_PATH}({name})")
}

/// The file of a variable of [`file_variable`].
pub(super) fn file_of(variable: &str) -> Option<&str> {
    variable.strip_prefix(FILE_PATH)?.strip_prefix('(')?.strip_suffix(')')
}
