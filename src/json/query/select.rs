//! What a query selects (RFC 9535, section 2).

use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::Value;

use super::ast::{Comparable, Comparison, Logical, Matches, Path, Pattern, Segment, Selector};
use super::regexp::compile;
use super::steps::{OutOfSteps, Steps};
use crate::json::equal::equal;
use crate::json::{kind, number, size};
use crate::regexp::Regexp;

/// What compiling a pattern counts for, beside its text.
const PATTERN_STEPS: usize = 1000;

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

/// A query at work in one document.
#[derive(Clone, Copy)]
pub(super) struct Search<'v, 's> {
    /// What `$` is.
    pub(super) root: &'v Value,
    pub(super) steps: &'s Steps,
}

type Searched<T> = Result<T, OutOfSteps>;

impl<'v> Search<'v, '_> {
    /// What `path` selects: from `current` where it begins at `@`, from the root where at `$`.
    pub(super) fn select(self, path: &Path, current: Found<'v>) -> Searched<Vec<Found<'v>>> {
        let mut found = vec![if path.absolute { Found::root(self.root, current.trail.is_some()) } else { current }];
        for segment in &path.segments {
            let from = std::mem::take(&mut found);
            for from in from {
                self.through(segment, from, &mut found)?;
            }
        }
        Ok(found)
    }

    fn through(self, segment: &Segment, from: Found<'v>, found: &mut Vec<Found<'v>>) -> Searched<()> {
        let mut open = vec![from];
        while let Some(from) = open.pop() {
            self.steps.spend(1)?;
            for selector in &segment.selectors {
                self.choose(selector, &from, found)?;
            }
            if segment.descends {
                open.extend(from.children().into_iter().rev());
            }
        }
        Ok(())
    }

    fn choose(self, selector: &Selector, from: &Found<'v>, found: &mut Vec<Found<'v>>) -> Searched<()> {
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
                for at in slice(length(items.len()), *start, *end, *step) {
                    self.steps.spend(1)?;
                    found.extend(items.get(at).map(|item| from.child(item, Step::Index(at))));
                }
            }
            (Selector::Wildcard, _) => {
                let children = from.children();
                self.steps.spend(children.len())?;
                found.extend(children);
            }
            (Selector::Filter(filter), _) => {
                for child in from.children() {
                    if self.holds(filter, child.value)? {
                        found.push(child);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn holds(self, logical: &Logical, current: &'v Value) -> Searched<bool> {
        self.steps.spend(1)?;
        match logical {
            Logical::Or(any) => {
                for one in any {
                    if self.holds(one, current)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Logical::And(all) => {
                for one in all {
                    if !self.holds(one, current)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Logical::Not(inner) => Ok(!self.holds(inner, current)?),
            Logical::Exists(path) => Ok(!self.select(path, Found::root(current, false))?.is_empty()),
            Logical::Compare(left, comparison, right) => {
                let (left, right) = (self.value(left, current)?, self.value(right, current)?);
                // Values of two kinds are told apart at once.
                if let (Some(left), Some(right)) = (&left, &right)
                    && kind(left) == kind(right)
                {
                    self.steps.read(size(left) + size(right))?;
                }
                Ok(compare(left.as_ref(), *comparison, right.as_ref()))
            }
            Logical::Matches(matches) => self.is_match(matches, current),
        }
    }

    fn is_match(self, Matches { whole, text, pattern }: &Matches, current: &'v Value) -> Searched<bool> {
        let Some(text) = self.value(text, current)? else { return Ok(false) };
        let Some(text) = text.as_str() else { return Ok(false) };
        let is_match = |pattern: &Regexp| -> Searched<bool> {
            self.steps.spend(pattern.work(text.len()))?;
            Ok(pattern.is_match(text))
        };
        self.steps.read(text.len())?;
        match pattern {
            Pattern::Fixed(pattern) => pattern.as_ref().map_or(Ok(false), is_match),
            Pattern::Computed(pattern) => {
                let Some(pattern) = self.value(pattern, current)? else { return Ok(false) };
                let Some(pattern) = pattern.as_str() else { return Ok(false) };
                self.steps.spend(PATTERN_STEPS + pattern.len())?;
                // What needs too much is out of steps, too.
                let Ok(compiled) = compile(pattern, *whole) else {
                    self.steps.spend(usize::MAX)?;
                    return Ok(false);
                };
                compiled.as_ref().map_or(Ok(false), is_match)
            }
        }
    }

    /// The value of an operand; `None` for `Nothing`.
    fn value<'a>(self, operand: &'a Comparable, current: &'v Value) -> Searched<Option<Computed<'a>>>
    where
        'v: 'a,
    {
        let nodes = |path| self.select(path, Found::root(current, false));
        Ok(match operand {
            Comparable::Literal(literal) => Some(Computed::Borrowed(literal)),
            Comparable::Path(path) => nodes(path)?.first().map(|found| Computed::Borrowed(found.value)),
            Comparable::Count(path) => Some(Computed::Made(nodes(path)?.len().into())),
            Comparable::Value(path) => match nodes(path)?.as_slice() {
                [only] => Some(Computed::Borrowed(only.value)),
                _ => None,
            },
            Comparable::Length(of) => {
                let Some(of) = self.value(of, current)? else { return Ok(None) };
                let length = match &*of {
                    Value::String(text) => {
                        self.steps.read(text.len())?;
                        text.chars().count()
                    }
                    Value::Array(items) => items.len(),
                    Value::Object(members) => members.len(),
                    _ => return Ok(None),
                };
                Some(Computed::Made(length.into()))
            }
        })
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
