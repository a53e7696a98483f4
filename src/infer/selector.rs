//! The path by which a rule finds an element: what it is, where possible, not which one it is.

use std::fmt::Write as _;

use super::comparison::Comparison;
use super::identity::{self, Key};
use super::tree::{Id, Tree};
use crate::rule::KeyPath;

/// Attributes that say what an element is rather than how it is; they are tried first.
const TELLING: [&str; 8] = ["name", "id", "dev", "type", "bus", "address", "port", "device"];
/// A value longer than this would make an unreadable predicate.
const LONGEST_VALUE: usize = 120;
/// Conditions that are tried in pairs.
const MOST_PAIRED: usize = 8;
/// Among more siblings than this, combinations are not tried.
const MOST_SIBLINGS: usize = 400;
/// A predicate of more conditions says less than a position.
const MOST_CONDITIONS: usize = 4;
/// Children and their children are asked, as in `source/address/@slot`.
const DEEPEST: usize = 2;

/// A path, and why it may select something else in another domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) path: String,
    /// It counts siblings.
    pub(super) positional: bool,
}

/// What a predicate asks for.
pub(super) type Condition = (KeyPath, String);

/// An element in one or both documents.
#[derive(Debug, Clone, Copy)]
pub(super) enum Element {
    /// It is in both, as these.
    Kept(Id, Id),
    /// It goes: its selector must select nothing when it is gone.
    Gone(Id),
    /// It comes.
    New(Id),
}

/// Siblings of the element's name before and after, and which of them are meant.
struct Siblings<'c> {
    before: (&'c Tree, Vec<Id>, Vec<Id>),
    after: (&'c Tree, Vec<Id>, Vec<Id>),
}

impl Siblings<'_> {
    /// Whether the conditions hold for exactly those that are meant.
    fn are_told_by(&self, conditions: &[Condition]) -> bool {
        [&self.before, &self.after].into_iter().all(|(tree, all, meant)| {
            all.iter().all(|&id| meant.contains(&id) == conditions.iter().all(|condition| holds(tree, id, condition)))
        })
    }

    /// Conditions that together hold for exactly those that are meant, each of them excluding another sibling.
    fn narrowed(&self, conditions: &[Condition]) -> Option<Vec<Condition>> {
        let mut taken: Vec<Condition> = Vec::new();
        let others = |taken: &[Condition]| -> usize {
            let count = |(tree, all, meant): &(&Tree, Vec<Id>, Vec<Id>)| {
                let holds_all = |id: &&Id| taken.iter().all(|condition| holds(tree, **id, condition));
                all.iter().filter(|id| !meant.contains(id)).filter(holds_all).count()
            };
            count(&self.before) + count(&self.after)
        };
        let mut left = others(&taken);
        for condition in conditions {
            taken.push(condition.clone());
            let now = others(&taken);
            if now < left {
                left = now
            } else {
                _ = taken.pop()
            }
            if left == 0 || taken.len() == MOST_CONDITIONS {
                break;
            }
        }
        self.are_told_by(&taken).then_some(taken)
    }
}

impl Comparison {
    /// The path of an element of the document before.
    pub(super) fn selector(&self, b: Id) -> Selector {
        let mut at = b;
        let mut steps = Vec::new();
        let mut positional = false;
        while let Some(parent) = self.before.at(at).parent {
            let element = self.pairs.before[at].map_or(Element::Gone(at), |a| Element::Kept(at, a));
            let (step, counted) = self.step(element);
            positional |= counted;
            steps.push(step);
            at = parent;
        }
        steps.push(self.prefixes.qualified(&self.before.at(at).name));
        steps.reverse();
        Selector { path: format!("/{}", steps.join("/")), positional }
    }

    /// The path of a child of `parent` that has come already, or has moved.
    pub(super) fn selector_of_new(&self, parent: Id, a: Id) -> Selector {
        let above = self.selector(parent);
        let (step, counted) = self.step(self.pairs.after[a].map_or(Element::New(a), |b| Element::Kept(b, a)));
        Selector { path: format!("{}/{step}", above.path), positional: above.positional || counted }
    }

    /// The path of several siblings by what they have in common and others have not.
    pub(super) fn common_selector(&self, elements: &[Element]) -> Option<String> {
        let first = *elements.first()?;
        let siblings = self.siblings(elements)?;
        let name = self.name_of(first);
        let parent = match first {
            Element::Kept(b, _) | Element::Gone(b) => self.before.at(b).parent?,
            Element::New(_) => return None,
        };
        let above = self.selector(parent);
        let found = if siblings.are_told_by(&[]) {
            Some(Vec::new())
        } else {
            self.conditions(first).into_iter().map(|condition| vec![condition]).find(|one| siblings.are_told_by(one))
        };
        let step = format!("{name}{}", predicate(&found?));
        (!above.positional).then(|| format!("{}/{step}", above.path))
    }

    /// The step to an element that comes, by predicates that also say how to create it. `None` where nothing tells it.
    pub(super) fn creating_step(&self, a: Id) -> Option<String> {
        let siblings = self.siblings(&[Element::New(a)])?;
        let name = self.name_of(Element::New(a));
        let told = self.told(Element::New(a), &siblings, |key| key.iter().all(|path| path.elements.len() < 2));
        told.map(|conditions| format!("{name}{}", predicate(&conditions)))
    }

    /// By identity, and by name alone where the element can be but one.
    fn told(&self, element: Element, siblings: &Siblings<'_>, may: impl Fn(&Key) -> bool) -> Option<Vec<Condition>> {
        let (tree, id) = self.either(element);
        for (key, values) in identity::identities(tree, id) {
            let conditions: Vec<Condition> = key.iter().cloned().zip(values).collect();
            if may(&key) && conditions.iter().all(|(_, value)| is_writable(value)) && siblings.are_told_by(&conditions)
            {
                return Some(conditions);
            }
        }
        siblings.are_told_by(&[]).then(Vec::new)
    }

    /// The step to an element, and whether it counts siblings.
    pub(super) fn step(&self, element: Element) -> (String, bool) {
        let name = self.name_of(element);
        let Some(siblings) = self.siblings(&[element]) else { return (name, false) };
        if let Some(conditions) = self.told(element, &siblings, |_| true) {
            return (format!("{name}{}", predicate(&conditions)), false);
        }
        let conditions = self.conditions(element);
        if let Some(one) = conditions.iter().find(|one| siblings.are_told_by(std::slice::from_ref(one))) {
            return (format!("{name}{}", predicate(std::slice::from_ref(one))), false);
        }
        if siblings.before.1.len() + siblings.after.1.len() > MOST_SIBLINGS {
            return (format!("{name}{}", self.position(element, &siblings, &conditions)), true);
        }
        let some = &conditions[..conditions.len().min(MOST_PAIRED)];
        for (at, first) in some.iter().enumerate() {
            for second in &some[at + 1..] {
                let both = [first.clone(), second.clone()];
                if siblings.are_told_by(&both) {
                    return (format!("{name}{}", predicate(&both)), false);
                }
            }
        }
        if let Some(several) = siblings.narrowed(&conditions) {
            return (format!("{name}{}", predicate(&several)), false);
        }
        (format!("{name}{}", self.position(element, &siblings, &conditions)), true)
    }

    /// Among those that are alike the number of the element: of two equal ones the second goes, so that the next
    /// time there is none.
    fn position(&self, element: Element, siblings: &Siblings<'_>, conditions: &[Condition]) -> String {
        let (tree, id) = self.either(element);
        let all: Vec<Id> = match element {
            Element::New(_) => siblings.after.1.clone(),
            Element::Gone(_) => siblings.before.1.clone(),
            // When it is looked for, what goes is gone.
            Element::Kept(b, a) => match (self.before.at(b).parent, self.after.at(a).parent) {
                (Some(b), Some(a)) => {
                    let kept = self.in_place(b, a).into_iter().map(|(b, _)| b);
                    kept.filter(|b| siblings.before.1.contains(b)).collect()
                }
                _ => Vec::new(),
            },
        };
        let number = |among: &[Id]| among.iter().position(|&other| other == id).map_or(1, |index| index + 1);
        if let Element::Gone(_) = element {
            let own: Vec<Condition> =
                conditions.iter().filter(|(path, _)| path.elements.is_empty()).take(3).cloned().collect();
            let alike = |tree: &Tree, all: &[Id]| -> Vec<Id> {
                all.iter().copied().filter(|&id| own.iter().all(|condition| holds(tree, id, condition))).collect()
            };
            let (before, after) = (alike(tree, &all), alike(siblings.after.0, &siblings.after.1));
            if !own.is_empty() && number(&before) > after.len() {
                return format!("{}[{}]", predicate(&own), number(&before));
            }
        }
        format!("[{}]", number(&all))
    }

    /// What could be asked of an element: its attributes, its text, attributes and texts of its children.
    fn conditions(&self, element: Element) -> Vec<Condition> {
        let (tree, id) = self.either(element);
        let mut found: Vec<Condition> = Vec::new();
        let mut open: Vec<(Id, Vec<String>)> = vec![(id, Vec::new())];
        while let Some((at, steps)) = open.pop() {
            found.extend(own_conditions(tree, at, &steps));
            let named = tree.children(at).rev().filter(|&child| tree.at(child).name.namespace.is_empty());
            if steps.len() < DEEPEST {
                open.extend(
                    named.map(|child| (child, [steps.as_slice(), &[tree.at(child).name.local.clone()]].concat())),
                );
            }
        }
        found.retain(|(_, value)| is_writable(value));
        let rank = |(path, _): &Condition| {
            let name = path.attribute.as_deref().unwrap_or_default();
            (
                path.elements.len() / DEEPEST,
                TELLING.iter().position(|telling| *telling == name).unwrap_or(TELLING.len()),
            )
        };
        found.sort_by_key(rank);
        found
    }

    fn either(&self, element: Element) -> (&Tree, Id) {
        match element {
            Element::Kept(b, _) | Element::Gone(b) => (&self.before, b),
            Element::New(a) => (&self.after, a),
        }
    }

    fn name_of(&self, element: Element) -> String {
        let (tree, id) = self.either(element);
        self.prefixes.qualified(&tree.at(id).name)
    }

    /// The siblings of elements that have one name and one parent.
    fn siblings(&self, elements: &[Element]) -> Option<Siblings<'_>> {
        let (tree, id) = self.either(*elements.first()?);
        let name = &tree.at(id).name;
        let parent = tree.at(id).parent?;
        let (of_before, of_after) = match elements.first()? {
            Element::New(_) => (self.pairs.after[parent], Some(parent)),
            _ => (Some(parent), self.pairs.before[parent]),
        };
        let all = |tree: &Tree, parent: Option<Id>| -> Vec<Id> {
            parent.map(|parent| tree.named(parent, name).collect()).unwrap_or_default()
        };
        let mut meant = (Vec::new(), Vec::new());
        for element in elements {
            match *element {
                Element::Kept(b, a) => {
                    meant.0.push(b);
                    meant.1.push(a);
                }
                Element::Gone(b) => meant.0.push(b),
                Element::New(a) => meant.1.push(a),
            }
        }
        Some(Siblings {
            before: (&self.before, all(&self.before, of_before), meant.0),
            after: (&self.after, all(&self.after, of_after), meant.1),
        })
    }
}

fn own_conditions(tree: &Tree, id: Id, elements: &[String]) -> Vec<Condition> {
    let at = |attribute: Option<String>| KeyPath { elements: elements.to_vec(), attribute };
    let element = tree.at(id);
    let attributes = element.attributes.iter().filter(|(name, _)| name.namespace.is_empty());
    let mut found: Vec<Condition> =
        attributes.map(|(name, value)| (at(Some(name.local.clone())), value.clone())).collect();
    found.extend(tree.text(id).map(|text| (at(None), text.to_owned())));
    found
}

/// Whether a condition holds, as XPath compares: for any child of the name.
fn holds(tree: &Tree, id: Id, (path, value): &Condition) -> bool {
    let mut at = vec![id];
    for name in &path.elements {
        let is_named = |child: &Id| tree.at(*child).name.local == *name && tree.at(*child).name.namespace.is_empty();
        at = at.into_iter().flat_map(|id| tree.children(id)).filter(is_named).collect();
    }
    at.into_iter().any(|id| match &path.attribute {
        Some(name) => tree.attribute(id, name) == Some(value),
        None => tree.text(id) == Some(value),
    })
}

/// Whether a value can stand in a readable predicate: an XPath literal has no escapes.
pub(super) fn is_writable(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= LONGEST_VALUE
        && !value.contains(char::is_control)
        && (!value.contains('\'') || !value.contains('"'))
}

/// `[@type='usb' and @index='0']`; nothing for no condition.
pub(super) fn predicate(conditions: &[Condition]) -> String {
    let mut text = String::new();
    for (at, (path, value)) in conditions.iter().enumerate() {
        text.push_str(if at == 0 { "[" } else { " and " });
        let steps = path.elements.join("/");
        match &path.attribute {
            Some(name) if steps.is_empty() => _ = write!(text, "@{name}"),
            Some(name) => _ = write!(text, "{steps}/@{name}"),
            None if steps.is_empty() => text.push('.'),
            None => text.push_str(&steps),
        }
        let quote = if value.contains('\'') { '"' } else { '\'' };
        // Writing to a string cannot fail.
        let _ = write!(text, "={quote}{value}{quote}");
    }
    if !conditions.is_empty() {
        text.push(']');
    }
    text
}
