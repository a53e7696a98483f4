//! JSONPath (RFC 9535): queries that select places in a value.

use serde_json::Value;
use serde_json_path::{JsonPath, PathElement};

mod regexp;
mod segments;

use super::pointer::Pointer;
use segments::Segments;

/// No query that a person writes is longer.
const MAX_LENGTH: usize = 4096;
/// Brackets and parentheses in each other: the parser recurses with them.
const MAX_NESTING: usize = 16;
/// `..` in one query: each multiplies what the ones before it select.
const MAX_DESCENTS: usize = 3;

/// A query that is known to be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    text: String,
    path: JsonPath,
}

/// What is wrong with a query, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// The byte of the query's text.
    pub offset: usize,
    /// In a sentence without a final stop.
    pub message: String,
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}

impl Query {
    /// Reads a query (`jsonpath-query`, RFC 9535, section 2.1).
    ///
    /// # Errors
    /// Where it is not one, or is longer than 4 KiB, nested deeper than 16, or has more than three `..`.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        check_bounds(text)?;
        let path = JsonPath::parse(text).map_err(|error| {
            let mut offset = error.position().saturating_sub(1).min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            QueryError { offset, message: format!("not a JSONPath query: {}", error.message()) }
        })?;
        Ok(Self { text: text.to_owned(), path })
    }

    /// The query as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it selects at most one place in any value (`singular-query`, RFC 9535, section 2.3.5.1):
    /// names and indexes only.
    pub fn is_singular(&self) -> bool {
        Segments::of(&self.text).singular
    }

    /// Where the query ends in a name, the query without it, and the name: what `add` creates, and where.
    pub fn split_name(&self) -> Option<(Query, String)> {
        let (rest, name) = Segments::of(&self.text).last_name?;
        Some((Query::parse(self.text.get(..rest)?.trim_end()).ok()?, name))
    }

    /// The values that it selects, in the order of the RFC, each as often as it is selected.
    pub fn select<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.path.query(value).all()
    }

    /// The places of the values that it selects, in the same order.
    pub fn locations(&self, value: &Value) -> Vec<Pointer> {
        let located = self.path.query_located(value);
        located.locations().map(|path| Pointer::from_tokens(path.iter().map(token).collect())).collect()
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn token(element: &PathElement<'_>) -> String {
    match element {
        PathElement::Name(name) => (*name).to_owned(),
        PathElement::Index(index) => index.to_string(),
    }
}

/// The crate's parser recurses with the nesting and so do its queries; both are bounded beforehand.
fn check_bounds(text: &str) -> Result<(), QueryError> {
    let refuse = |offset, message: String| Err(QueryError { offset, message });
    if text.len() > MAX_LENGTH {
        return refuse(0, format!("the query is longer than {MAX_LENGTH} bytes"));
    }
    let (mut open, mut descents) = (0_usize, 0);
    let mut quote = None;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(end), byte) if byte == end => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            // A row of `!` nests as well.
            (None, b'[' | b'(' | b'!') => {
                open += 1;
                if open > MAX_NESTING {
                    return refuse(at, format!("the query is nested deeper than {MAX_NESTING}"));
                }
            }
            (None, b']' | b')') => open = open.saturating_sub(1),
            (None, b'=') if at > 0 && bytes.get(at - 1) == Some(&b'!') => open = open.saturating_sub(1),
            (None, b'.') if bytes.get(at + 1) == Some(&b'.') => {
                descents += 1;
                at += 1;
                if descents > MAX_DESCENTS {
                    return refuse(at - 1, format!("the query has more than {MAX_DESCENTS} '..'"));
                }
            }
            (None, _) => {}
        }
        at += 1;
    }
    Ok(())
}
