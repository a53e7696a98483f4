//! Nodes as JSON values.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::schema::Schema;
use super::{Node, Scalar, Style, Tag, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source};

/// The JSON value of a node. Plain scalars are typed by `schema`, all others are strings. A merge key
/// (`<<`), where the reader let it pass, brings in the members of its mappings that are not written
/// out (YAML 1.1, type `merge`); of several mappings the earlier one counts.
///
/// Recurses with the depth of the node, which the reader bounds.
///
/// # Errors
/// `not-finite` for `.inf` and `.nan`; `wrong-type` for a `<<` that is no mapping; both with their place.
pub fn to_json(node: &Node, schema: Schema, source: &Arc<Source>) -> Result<Json, Box<Diagnostic>> {
    let problem = |code, message: String, at: &Node| {
        Box::new(Diagnostic::error(code, message).at(Location::new(source, at.span.clone())))
    };
    match &node.value {
        Value::Scalar(scalar) if scalar.is_typed() => {
            schema.resolve(&scalar.text).map_err(|error| problem(Code::NotFinite, error.to_string(), node))
        }
        Value::Scalar(scalar) => Ok(Json::String(scalar.text.clone())),
        Value::Sequence(items) => items.iter().map(|item| to_json(item, schema, source)).collect(),
        Value::Mapping(mapping) => {
            let mut members = Map::new();
            let mut merged = Vec::new();
            for (key, value) in &mapping.entries {
                if is_merge_key(key) {
                    merged.extend(value.items().unwrap_or(std::slice::from_ref(value)));
                    continue;
                }
                let name = key.text().ok_or_else(|| {
                    problem(Code::WrongType, format!("a key must be a text, this is {}", key.what()), key)
                })?;
                members.insert(name.to_owned(), to_json(value, schema, source)?);
            }
            for from in merged {
                let Json::Object(others) = to_json(from, schema, source)? else {
                    let message = format!("what `<<` merges must be a mapping, this is {}", from.what());
                    return Err(problem(Code::WrongType, message, from));
                };
                for (name, value) in others {
                    members.entry(name).or_insert(value);
                }
            }
            Ok(Json::Object(members))
        }
    }
}

impl Scalar {
    /// Whether its text decides its type: it is plain, or a tag says so.
    const fn is_typed(&self) -> bool {
        match self.tag {
            None => matches!(self.style, Style::Plain),
            Some(tag) => matches!(tag, Tag::Plain),
        }
    }
}

/// `<<`, unquoted.
pub(super) fn is_merge_key(key: &Node) -> bool {
    key.scalar().is_some_and(|scalar| scalar.style == Style::Plain && scalar.text == "<<")
}
