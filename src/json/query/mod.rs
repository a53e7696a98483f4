//! JSONPath (RFC 9535): queries that select places in a value.

mod ast;
mod parse;
mod regexp;
mod select;
mod steps;

use serde_json::Value;

use super::pointer::Pointer;
use ast::{Path, Segment, Selector};
use parse::Parser;
use select::{Found, Search};

pub use steps::{OutOfSteps, Steps};

/// No query that a person writes is longer.
const MAX_LENGTH: usize = 4096;

/// A query that is known to be right. Two are equal where their texts are.
#[derive(Debug, Clone)]
pub struct Query {
    text: String,
    path: Path,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Query {}

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
    /// Where it is not one, or is longer than 4 KiB, nested deeper than 16, has more than three `..`, or
    /// lists so many selectors that it could select one place more than a thousand times.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.len() > MAX_LENGTH {
            return Err(QueryError { offset: 0, message: format!("the query is longer than {MAX_LENGTH} bytes") });
        }
        Ok(Self { text: text.to_owned(), path: Parser::new(text).query()? })
    }

    /// The query as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it selects at most one place in any value (`singular-query`, RFC 9535, section 2.3.5.1):
    /// names and indexes only.
    pub fn is_singular(&self) -> bool {
        self.path.is_singular()
    }

    /// Where the query ends in a name, the query without it, and the name: what `add` creates, and where.
    pub fn split_name(&self) -> Option<(Query, String)> {
        let (Segment { descends: false, selectors, start }, rest) = self.path.segments.split_last()? else {
            return None;
        };
        let [Selector::Name(name)] = selectors.as_slice() else { return None };
        let text = self.text.get(..*start)?.trim_end().to_owned();
        Some((Query { text, path: Path { absolute: true, segments: rest.to_vec() } }, name.clone()))
    }

    /// The names on the way from the root to what it selects, `None` where an index, a wildcard or a filter stands.
    /// None at all where it descends (`..`), or goes several ways at once.
    #[cfg(feature = "cli")]
    pub fn names(&self) -> Option<Vec<Option<&str>>> {
        let mut names = Vec::with_capacity(self.path.segments.len());
        for segment in &self.path.segments {
            names.push(match segment.selectors.as_slice() {
                _ if segment.descends => return None,
                [Selector::Name(name)] => Some(name.as_str()),
                [_] => None,
                _ => return None,
            });
        }
        Some(names)
    }

    /// The values that it selects, in the order of the RFC, each as often as it is selected.
    ///
    /// # Errors
    /// [`OutOfSteps`] where it looks at more values than `steps` allow.
    pub fn select<'a>(&self, value: &'a Value, steps: &Steps) -> Result<Vec<&'a Value>, OutOfSteps> {
        let found = Search { root: value, steps }.select(&self.path, Found::root(value, false))?;
        Ok(found.into_iter().map(|found| found.value).collect())
    }

    /// The places of the values that it selects, in the same order.
    ///
    /// # Errors
    /// [`OutOfSteps`], as for [`Query::select`].
    pub fn locations(&self, value: &Value, steps: &Steps) -> Result<Vec<Pointer>, OutOfSteps> {
        let found = Search { root: value, steps }.select(&self.path, Found::root(value, true))?;
        Ok(found.iter().map(|found| Pointer::from_tokens(found.tokens())).collect())
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
