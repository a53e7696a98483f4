//! Operations done to a document.

use std::collections::HashMap;

use serde_json::Value;

use super::operation::{Operation, Target};
use crate::diagnostic::Code;
use crate::json::equal::equal;
use crate::json::pointer::{Pointer, index};
use crate::json::query::{OutOfSteps, Steps};
use crate::json::{MAX_DEPTH, depth, kind, size};

/// What one patch may copy, in bytes of JSON: a few `copy` of a document into itself would fill any memory.
const MAX_COPIED: usize = 16 << 20;

/// Items that an insertion into a list may move before they count as a step.
const MOVED_PER_STEP: usize = 64;

/// What an operation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How many places it worked on; a pointer's is one.
    pub matched: usize,
    /// Whether the document is another one now.
    pub changed: bool,
}

/// Why a patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchError {
    /// The operation, counted from 0.
    pub index: usize,
    /// In a sentence without a final stop.
    pub message: String,
    /// `patch-failed`, or `limit` for one that builds too much.
    pub code: Code,
}

impl std::fmt::Display for PatchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "operation {}: {}", self.index + 1, self.message)
    }
}

impl std::error::Error for PatchError {}

/// Applies all operations, or none: on an error the document stays as it was (RFC 6902, section 5).
///
/// # Errors
/// The first operation that cannot be done.
pub fn apply(document: &mut Value, operations: &[Operation]) -> Result<Vec<Outcome>, PatchError> {
    let mut work = Work { document: document.clone(), copied: 0, steps: Steps::default() };
    let outcomes = operations
        .iter()
        .enumerate()
        .map(|(index, operation)| {
            work.apply(operation).map_err(|Failure { message, code }| PatchError {
                index,
                message: format!("'{}': {message}", operation.name()),
                code,
            })
        })
        .collect::<Result<_, _>>()?;
    *document = work.document;
    Ok(outcomes)
}

struct Failure {
    message: String,
    code: Code,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, code: Code::PatchFailed }
    }
}

impl From<OutOfSteps> for Failure {
    fn from(error: OutOfSteps) -> Self {
        Self { message: error.to_string(), code: Code::Limit }
    }
}

struct Work {
    document: Value,
    copied: usize,
    /// What all queries of the patch may look at together.
    steps: Steps,
}

impl Work {
    fn apply(&mut self, operation: &Operation) -> Result<Outcome, Failure> {
        match operation {
            Operation::Add { path, value } => {
                let places = self.places(path)?;
                self.at_each(&places, |work, place| work.add(place, value))
            }
            Operation::Remove { path } => {
                let places = self.places(path)?;
                self.at_each(&places, |work, place| work.remove(place).map(|_| true))
            }
            Operation::Replace { path, value } => {
                let places = self.places(path)?;
                self.at_each(&places, |work, place| work.replace(place, value))
            }
            Operation::Test { path, value } => {
                let places = self.places(path)?;
                self.at_each(&places, |work, place| {
                    let found = work.get(place)?;
                    if equal(found, value) { Ok(false) } else { Err(unequal(place, found, value).into()) }
                })
            }
            Operation::Copy { from, path } => self.transfer(from, path, false),
            Operation::Move { from, path } => self.transfer(from, path, true),
        }
    }

    /// The places meant, each once, from last to first in the document.
    fn places(&self, target: &Target) -> Result<Vec<Pointer>, OutOfSteps> {
        let places = match target {
            Target::Pointer(pointer) => return Ok(vec![pointer.clone()]),
            Target::Query(query) => query.locations(&self.document, &self.steps)?,
            Target::Member { parent, name } => {
                let objects = parent.locations(&self.document, &self.steps)?.into_iter();
                let objects = objects.filter(|place| place.get(&self.document).is_some_and(Value::is_object));
                objects.map(|place| place.child(name.as_str())).collect()
            }
        };
        let mut positions = Positions::default();
        let mut placed: Vec<_> = places.iter().map(|place| (positions.order(&self.document, place), place)).collect();
        placed.sort_by(|a, b| b.cmp(a));
        placed.dedup();
        Ok(placed.into_iter().map(|(_, place)| place.clone()).collect())
    }

    fn at_each(
        &mut self,
        places: &[Pointer],
        mut change: impl FnMut(&mut Self, &Pointer) -> Result<bool, Failure>,
    ) -> Result<Outcome, Failure> {
        let mut outcome = Outcome { matched: places.len(), changed: false };
        for place in places {
            outcome.changed |= change(self, place)?;
        }
        Ok(outcome)
    }

    /// `copy` and `move`: what `from` selects is added, in document order, at each place of `path`.
    fn transfer(&mut self, from: &Target, path: &Target, takes: bool) -> Result<Outcome, Failure> {
        let sources = self.places(from)?;
        let mut places = self.places(path)?;
        self.steps.spend(sources.len().saturating_mul(places.len()))?;
        if takes && sources == places {
            for place in &sources {
                self.get(place)?;
            }
            return Ok(Outcome { matched: sources.len(), changed: false });
        }
        if let Some(place) = places.iter().find(|place| takes && sources.iter().any(|from| from.contains(place))) {
            return Err(format!("nothing can be moved into itself, to '{place}'").into());
        }
        if sources.is_empty() || places.is_empty() {
            return Ok(Outcome { matched: 0, changed: false });
        }
        let mut values = Vec::new();
        for source in &sources {
            values.push(if takes {
                let value = self.remove(source)?;
                // A pointer means the document after the removal (section 4.4), a query the one before.
                if !matches!(path, Target::Pointer(_)) {
                    places.iter_mut().for_each(|place| *place = after_removal(place, source));
                }
                value
            } else {
                let value = self.get(source)?.clone();
                self.spend(&value)?;
                value
            });
        }
        let mut changed = takes;
        for place in &places {
            for value in values.iter().rev() {
                changed |= self.add(place, value)?;
            }
        }
        Ok(Outcome { matched: sources.len().max(places.len()), changed })
    }

    fn get(&self, place: &Pointer) -> Result<&Value, Failure> {
        place.get(&self.document).ok_or_else(|| nothing_at(place).into())
    }

    fn add(&mut self, place: &Pointer, value: &Value) -> Result<bool, Failure> {
        self.check_depth(place, value)?;
        self.spend(value)?;
        let Some((parent, last)) = place.split_last() else { return Ok(assign(&mut self.document, value)) };
        let Some(container) = parent.get_mut(&mut self.document) else { return Err(nothing_at(&parent).into()) };
        match container {
            Value::Object(members) => Ok(match members.get_mut(last) {
                Some(member) => assign(member, value),
                None => {
                    members.insert(last.to_owned(), value.clone());
                    true
                }
            }),
            Value::Array(items) => {
                let at = if last == "-" { Some(items.len()) } else { index(last) };
                let at = at.filter(|&at| at <= items.len());
                let at = at.ok_or_else(|| format!("'{last}' is no place in the list '{parent}' of {}", items.len()))?;
                self.steps.spend((items.len() - at) / MOVED_PER_STEP)?;
                items.insert(at, value.clone());
                Ok(true)
            }
            scalar => Err(format!("'{parent}' is {}, nothing can be added to it", kind(scalar)).into()),
        }
    }

    fn remove(&mut self, place: &Pointer) -> Result<Value, Failure> {
        let Some((parent, last)) = place.split_last() else { return Ok(std::mem::take(&mut self.document)) };
        let removed = match parent.get_mut(&mut self.document) {
            Some(Value::Object(members)) => members.shift_remove(last),
            Some(Value::Array(items)) => index(last).filter(|&at| at < items.len()).map(|at| items.remove(at)),
            _ => None,
        };
        removed.ok_or_else(|| nothing_at(place).into())
    }

    fn replace(&mut self, place: &Pointer, value: &Value) -> Result<bool, Failure> {
        self.check_depth(place, value)?;
        self.spend(value)?;
        place.get_mut(&mut self.document).map(|found| assign(found, value)).ok_or_else(|| nothing_at(place).into())
    }

    fn check_depth(&self, place: &Pointer, value: &Value) -> Result<(), Failure> {
        if place.tokens().len() + depth(value) <= MAX_DEPTH {
            return Ok(());
        }
        Err(Failure { message: format!("the document would be deeper than {MAX_DEPTH}"), code: Code::Limit })
    }

    fn spend(&mut self, value: &Value) -> Result<(), Failure> {
        self.copied = self.copied.saturating_add(size(value));
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        Err(Failure { message: format!("the patch copies more than {MAX_COPIED} bytes"), code: Code::Limit })
    }
}

/// Puts `value` where something is, unless that is equal already.
fn assign(found: &mut Value, value: &Value) -> bool {
    let changed = !equal(found, value);
    if changed {
        *found = value.clone();
    }
    changed
}

fn nothing_at(place: &Pointer) -> String {
    format!("there is nothing at '{place}'")
}

/// Documents may hold secrets, so a message tells kinds, not contents.
fn unequal(place: &Pointer, found: &Value, expected: &Value) -> String {
    match (kind(found), kind(expected)) {
        (found, expected) if found == expected => format!("'{place}' is {found} of another value"),
        (found, expected) => format!("'{place}' is {found}, not {expected}"),
    }
}

/// Positions of members in their objects, looked up once for each object that a query reaches into.
#[derive(Default)]
struct Positions<'a> {
    of: HashMap<&'a [String], HashMap<&'a str, usize>>,
}

impl<'a> Positions<'a> {
    /// The positions that lead to `place`; a member that is not there yet comes after those that are.
    fn order(&mut self, document: &'a Value, place: &'a Pointer) -> Vec<usize> {
        let tokens = place.tokens();
        let mut here = Some(document);
        let mut order = Vec::with_capacity(tokens.len());
        for (level, token) in tokens.iter().enumerate() {
            let position = match here {
                Some(Value::Object(members)) => {
                    let names =
                        || members.keys().enumerate().map(|(position, name)| (name.as_str(), position)).collect();
                    let positions = self.of.entry(tokens.get(..level).unwrap_or_default()).or_insert_with(names);
                    here = members.get(token);
                    positions.get(token.as_str()).copied().unwrap_or(members.len())
                }
                Some(Value::Array(items)) => {
                    let position = index(token).unwrap_or(items.len());
                    here = items.get(position);
                    position
                }
                _ => usize::MAX,
            };
            order.push(position);
        }
        order
    }
}

/// Where `place` is once `removed` is gone: items behind a removed one move up.
fn after_removal(place: &Pointer, removed: &Pointer) -> Pointer {
    let Some((list, last)) = removed.split_last() else { return place.clone() };
    let mut tokens = place.tokens().to_vec();
    let level = list.tokens().len();
    let gone = index(last);
    if list.contains(place)
        && let Some(token) = tokens.get_mut(level)
        && let (Some(gone), Some(at)) = (gone, index(token))
        && at > gone
    {
        *token = (at - 1).to_string();
    }
    Pointer::from_tokens(tokens)
}
