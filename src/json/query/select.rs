//! What a query selects (RFC 9535, section 2).

use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::Value;

use super::ast::{Comparable, Comparison, Logical, Matches, Path, Pattern, Segment, Selector};
use super::regexp::compile;
use crate::json::equal::equal;
use crate::json::number;

/// A selected value, and how it was reached where that is asked for.
#[derive(Clone)]
pub(super) struct Found<'v> {
    pub(super) value: &'v Value,
    pub(super) trail: Option<Rc<Trail<'v>>>,
}

/// The way from the root, last step first.
pub(super) struct Trail<'v> {
    parent: Option<Rc<Trail<'v>>>,
    step: Step<'v>,
}

#[derive(Clone, Copy)]
enum Step<'v> {
    Root,
    Name(&'v str),
    Index(usize),
}

impl<'v> Found<'v> {
    /// The root, with or without keeping trails.
    pub(super) fn root(value: &'v Value, tracked: bool) -> Self {
        Self { value, trail: tracked.then(|| Rc::new(Trail { parent: None, step: Step::Root })) }
    }

    /// The names and indexes that lead to it.
    pub(super) fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        let mut trail = self.trail.as_deref();
        while let Some(Trail { parent, step }) = trail {
            match step {
                Step::Root => {}
                Step::Name(name) => tokens.push((*name).to_owned()),
                Step::Index(index) => tokens.push(index.to_string()),
            }
            trail = parent.as_deref();
        }
        tokens.reverse();
        tokens
    }

    fn child(&self, value: &'v Value, step: Step<'v>) -> Self {
        let trail = self.trail.as_ref().map(|parent| Rc::new(Trail { parent: Some(Rc::clone(parent)), step }));
        Self { value, trail }
    }

    fn children(&self) -> Vec<Self> {
        match self.value {
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, item)| self.child(item, Step::Index(index))).collect()
            }
            Value::Object(members) => {
                members.iter().map(|(name, member)| self.child(member, Step::Name(name))).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What `path` selects: from `current` where it begins at `@`, from `root` where at `$`.
pub(super) fn select<'v>(path: &Path, root: &'v Value, current: Found<'v>) -> Vec<Found<'v>> {
    let mut found = vec![if path.absolute { Found::root(root, current.trail.is_some()) } else { current }];
    for segment in &path.segments {
        found = found.into_iter().flat_map(|from| through(segment, root, from)).collect();
    }
    found
}

fn through<'v>(segment: &Segment, root: &'v Value, from: Found<'v>) -> Vec<Found<'v>> {
    let mut found = Vec::new();
    let mut open = vec![from];
    while let Some(from) = open.pop() {
        for selector in &segment.selectors {
            choose(selector, root, &from, &mut found);
        }
        if segment.descends {
            open.extend(from.children().into_iter().rev());
        }
    }
    found
}

fn choose<'v>(selector: &Selector, root: &'v Value, from: &Found<'v>, found: &mut Vec<Found<'v>>) {
    match (selector, from.value) {
        (Selector::Name(name), Value::Object(members)) => {
            let member = members.get_key_value(name);
            found.extend(member.map(|(name, value)| from.child(value, Step::Name(name))));
        }
        (Selector::Index(index), Value::Array(items)) => {
            let index = if *index < 0 { index + length(items.len()) } else { *index };
            let index = usize::try_from(index).ok();
            found.extend(index.and_then(|at| Some(from.child(items.get(at)?, Step::Index(at)))));
        }
        (Selector::Slice { start, end, step }, Value::Array(items)) => {
            let places = slice(length(items.len()), *start, *end, *step);
            found.extend(places.filter_map(|at| Some(from.child(items.get(at)?, Step::Index(at)))));
        }
        (Selector::Wildcard, _) => found.extend(from.children()),
        (Selector::Filter(filter), _) => {
            found.extend(from.children().into_iter().filter(|child| holds(filter, root, child.value)));
        }
        _ => {}
    }
}

fn length(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

/// The indexes of a slice, as section 2.3.4.2.2 computes them.
fn slice(length: i64, start: Option<i64>, end: Option<i64>, step: i64) -> impl Iterator<Item = usize> {
    let normal = |index: i64| if index >= 0 { index } else { length + index };
    let (from, to) = if step >= 0 {
        let bound = |index: i64| normal(index).clamp(0, length);
        (bound(start.unwrap_or(0)), bound(end.unwrap_or(length)))
    } else {
        let bound = |index: i64| normal(index).clamp(-1, length - 1);
        (start.map_or(length - 1, bound), end.map_or(-1, bound))
    };
    let goes_on = move |&at: &i64| (step > 0 && at < to) || (step < 0 && at > to);
    std::iter::successors(Some(from), move |at| at.checked_add(step))
        .take_while(goes_on)
        .filter_map(|at| usize::try_from(at).ok())
}

fn holds(logical: &Logical, root: &Value, current: &Value) -> bool {
    match logical {
        Logical::Or(any) => any.iter().any(|one| holds(one, root, current)),
        Logical::And(all) => all.iter().all(|one| holds(one, root, current)),
        Logical::Not(inner) => !holds(inner, root, current),
        Logical::Exists(path) => !select(path, root, Found::root(current, false)).is_empty(),
        Logical::Compare(left, comparison, right) => {
            compare(value(left, root, current).as_ref(), *comparison, value(right, root, current).as_ref())
        }
        Logical::Matches(matches) => is_match(matches, root, current),
    }
}

fn is_match(Matches { whole, text, pattern }: &Matches, root: &Value, current: &Value) -> bool {
    let Some(text) = value(text, root, current) else { return false };
    let Some(text) = text.as_str() else { return false };
    match pattern {
        Pattern::Fixed(pattern) => pattern.as_ref().is_some_and(|pattern| pattern.is_match(text)),
        Pattern::Computed(pattern) => {
            let pattern = value(pattern, root, current);
            let pattern = pattern.as_ref().and_then(|pattern| compile(pattern.as_str()?, *whole));
            pattern.is_some_and(|pattern| pattern.is_match(text))
        }
    }
}

/// A value that stands in the document or the query, or that a function made.
enum Computed<'a> {
    Borrowed(&'a Value),
    Made(Value),
}

impl std::ops::Deref for Computed<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Borrowed(value) => value,
            Self::Made(value) => value,
        }
    }
}

/// The value of an operand; `None` for `Nothing`.
fn value<'a>(operand: &'a Comparable, root: &'a Value, current: &'a Value) -> Option<Computed<'a>> {
    let nodes = |path| select(path, root, Found::root(current, false));
    match operand {
        Comparable::Literal(literal) => Some(Computed::Borrowed(literal)),
        Comparable::Path(path) => nodes(path).first().map(|found| Computed::Borrowed(found.value)),
        Comparable::Count(path) => Some(Computed::Made(nodes(path).len().into())),
        Comparable::Value(path) => match nodes(path).as_slice() {
            [only] => Some(Computed::Borrowed(only.value)),
            _ => None,
        },
        Comparable::Length(of) => {
            let length = match &*value(of, root, current)? {
                Value::String(text) => text.chars().count(),
                Value::Array(items) => items.len(),
                Value::Object(members) => members.len(),
                _ => return None,
            };
            Some(Computed::Made(length.into()))
        }
    }
}

/// Section 2.3.5.2.2. Only numbers and only strings have an order; nothing equals nothing.
fn compare(left: Option<&Computed<'_>>, comparison: Comparison, right: Option<&Computed<'_>>) -> bool {
    let same = || match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => equal(left, right),
        _ => false,
    };
    let order = || match (&**left?, &**right?) {
        (Value::Number(left), Value::Number(right)) => Some(number::compare(left, right)),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    };
    match comparison {
        Comparison::Equal => same(),
        Comparison::Unequal => !same(),
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::Greater => order() == Some(Ordering::Greater),
        Comparison::LessOrEqual => order() == Some(Ordering::Less) || same(),
        Comparison::GreaterOrEqual => order() == Some(Ordering::Greater) || same(),
    }
}
