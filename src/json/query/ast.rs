//! A query, parsed.

use crate::regexp::Regexp;
use serde_json::Value;

/// `jsonpath-query` or `rel-query`.
#[derive(Debug, Clone)]
pub(super) struct Path {
    /// Begins at `$`, not at `@`.
    pub(super) absolute: bool,
    pub(super) segments: Vec<Segment>,
}

/// `child-segment` or `descendant-segment`.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) descends: bool,
    pub(super) selectors: Vec<Selector>,
    /// The byte of the query's text that it begins at.
    pub(super) start: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Selector {
    Name(String),
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Wildcard,
    Filter(Logical),
}

/// `logical-expr`.
#[derive(Debug, Clone)]
pub(super) enum Logical {
    Or(Vec<Logical>),
    And(Vec<Logical>),
    Not(Box<Logical>),
    Exists(Path),
    Compare(Comparable, Comparison, Comparable),
    /// `match` (whole) or `search`.
    Matches(Box<Matches>),
}

#[derive(Debug, Clone)]
pub(super) struct Matches {
    pub(super) whole: bool,
    pub(super) text: Comparable,
    pub(super) pattern: Pattern,
}

#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// A literal, compiled once; `None` where it is no pattern, which matches nothing.
    Fixed(Option<Regexp>),
    Computed(Comparable),
}

/// What gives one value, or nothing.
#[derive(Debug, Clone)]
pub(super) enum Comparable {
    Literal(Value),
    /// A singular query.
    Path(Path),
    Length(Box<Comparable>),
    Count(Path),
    Value(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Path {
    /// Names and indexes only (`singular-query`).
    pub(super) fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            !segment.descends && matches!(segment.selectors.as_slice(), [Selector::Name(_) | Selector::Index(_)])
        })
    }
}
