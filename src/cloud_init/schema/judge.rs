//! Going through a value beside its model.

use std::collections::HashSet;

use super::finding::{Finding, Step, What};
use super::table::{Model, Shape};
use super::view::{View, Viewed};

/// How many findings a value can have: who has more has none worth reading.
const FINDINGS: usize = 50;

/// Whether the value is all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// A document: what must be there and is not, is missing.
    Yes,
    /// Part of one, merged into others.
    No,
}

/// What of a value cloud-init would not take, in the value's order, the first 50. Depth is that of the value, which
/// its reader bounds.
pub fn judge<'a, V: Viewed<'a>>(model: Model, value: V, whole: Whole) -> Vec<Finding<'a>> {
    let mut walk = Walk { whole, path: Vec::new(), findings: Vec::new() };
    walk.value(model, value);
    walk.findings
}

struct Walk<'a> {
    whole: Whole,
    path: Vec<Step<'a>>,
    findings: Vec<Finding<'a>>,
}

impl<'a> Walk<'a> {
    fn value<V: Viewed<'a>>(&mut self, model: Model, value: V) {
        if model == Model::ANY || self.findings.len() >= FINDINGS {
            return;
        }
        let view = value.view();
        let (name, words) = match &view {
            View::Anything => return,
            View::Null => ("null", "null"),
            View::Boolean => ("boolean", "a boolean"),
            View::Integer(_) => ("integer", "a number"),
            View::Number => ("number", "a number"),
            View::Text(_) => ("text", "a text"),
            View::List(_) => ("list", "a list"),
            View::Map(_) => ("map", "a mapping"),
        };
        if !(model.allows(name) || name == "integer" && model.allows("number")) {
            return self.found(What::WrongType(model, words));
        }
        match view {
            View::Text(text) if model.words().is_some_and(|mut words| !words.any(|word| word == text)) => {
                self.found(What::UnknownWord(model));
            }
            View::List(items) => {
                self.count(model, "list", "items", items.len());
                self.repeated(model, &items);
                let model = model.items();
                for (index, item) in items.into_iter().enumerate() {
                    self.within(Step::Item(index), |walk| walk.value(model, item));
                }
            }
            View::Map(members) => {
                self.count(model, "map", "entries", members.len());
                self.map(model, &members);
            }
            _ => {}
        }
    }

    /// Of a part of a document nothing is counted: what it is merged into has items of its own.
    fn count(&mut self, model: Model, name: &str, what: &'static str, count: usize) {
        let Some(bounds) = model.bounds(name).filter(|_| self.whole == Whole::Yes) else { return };
        if count < bounds.least {
            self.found(What::TooFew(bounds.least, what));
        }
        if count > bounds.most {
            self.found(What::TooMany(bounds.most, what));
        }
    }

    /// Texts that stand in a list twice, where each may only once. No schema asks it of anything but texts.
    fn repeated<V: Viewed<'a>>(&mut self, model: Model, items: &[V]) {
        if !model.bounds("list").is_some_and(|bounds| bounds.unique) {
            return;
        }
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            if let View::Text(text) = item.view()
                && !seen.insert(text)
            {
                self.within(Step::Item(index), |walk| walk.found(What::Repeated));
            }
        }
    }

    /// A map must have one of the forms; where it has none the one that it comes nearest to says why.
    fn map<V: Viewed<'a>>(&mut self, model: Model, members: &[(&'a str, V)]) {
        let before = self.findings.len();
        let mut best: Option<(usize, Vec<Finding<'a>>)> = None;
        for shape in model.shapes() {
            self.shape(shape, members);
            let findings = self.findings.split_off(before);
            // A word that does not fit (`type: bond`) says that another form is meant.
            let strange = findings.iter().filter(|finding| matches!(finding.what, What::UnknownWord(_))).count();
            let distance = findings.len() + FINDINGS * strange;
            if best.as_ref().is_none_or(|(least, _)| distance < *least) {
                best = Some((distance, findings));
            }
            if distance == 0 {
                break;
            }
        }
        self.findings.extend(best.into_iter().flat_map(|(_, findings)| findings));
    }

    fn shape<V: Viewed<'a>>(&mut self, shape: Shape, members: &[(&'a str, V)]) {
        for &(name, member) in members {
            self.within(Step::Key(name), |walk| match shape.key(name) {
                Some(model) => walk.value(model, member),
                None => walk.found(What::UnknownKey(shape)),
            });
        }
        if self.whole == Whole::Yes {
            for name in shape.required().filter(|required| !members.iter().any(|(name, _)| name == required)) {
                self.found(What::MissingKey(name));
            }
        }
    }

    fn within(&mut self, step: Step<'a>, go: impl FnOnce(&mut Self)) {
        self.path.push(step);
        go(self);
        self.path.pop();
    }

    fn found(&mut self, what: What) {
        if self.findings.len() < FINDINGS {
            self.findings.push(Finding { path: self.path.clone(), what });
        }
    }
}
