//! What an expression may select in any domain that libvirt reads: its paths followed through the
//! vocabulary, step by step, predicates and variables included.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::Span;
use crate::vocabulary::{Name, Values};
use crate::xpath::{Direction, Form, Outline, OutlineStart, OutlineStep, OutlineTest, Question};

use super::spots::{Element, Spot, Spots};

/// What following one expression showed.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// What each named step reaches.
    pub(super) touches: Vec<Touch>,
    /// What is compared with which literal.
    pub(super) compared: Vec<Compared>,
    /// Steps to names that libvirt does not know there.
    pub(super) unknown: Vec<Unknown>,
}

/// What a named step reaches.
#[derive(Debug)]
pub(super) struct Touch {
    pub(super) spots: Spots,
    pub(super) span: Span,
    /// Whether the step stands in a predicate.
    pub(super) in_predicate: bool,
}

/// `PATH = 'literal'`.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) spots: Spots,
    pub(super) literal: String,
    pub(super) span: Span,
    /// Whether it is an equality.
    pub(super) equality: bool,
}

/// A name that libvirt does not know at its place.
#[derive(Debug)]
pub(super) struct Unknown {
    pub(super) namespace: String,
    pub(super) local: String,
    pub(super) is_attribute: bool,
    /// Where it was looked for.
    pub(super) parents: Spots,
    /// Whether it was looked for at every depth there.
    pub(super) at_any_depth: bool,
    pub(super) span: Span,
}

/// Follows expressions with these variables; what is not among them may be anything.
pub(super) struct Reach<'a> {
    variables: &'a BTreeMap<String, Spots>,
    /// How many places may still be visited: beyond, everything is taken to be anywhere.
    visits: &'a mut usize,
    bound: Vec<Spots>,
    predicates: usize,
    found: Followed,
}

impl<'a> Reach<'a> {
    /// Where the nodes of an expression may stand, and what was seen on the way.
    pub(super) fn follow(
        outline: &Outline,
        variables: &'a BTreeMap<String, Spots>,
        visits: &'a mut usize,
    ) -> (Spots, Followed) {
        let mut reach = Self { variables, visits, bound: Vec::new(), predicates: 0, found: Followed::default() };
        let value = reach.value(outline, &Spots::root());
        (value, reach.found)
    }

    /// Depth is bounded when the expression is read.
    fn value(&mut self, outline: &Outline, context: &Spots) -> Spots {
        match &outline.form {
            Form::Literal(_) => Spots::anywhere(),
            Form::Variable(name) => self.variables.get(name).cloned().unwrap_or_else(Spots::anywhere),
            Form::Bound(index) => self.bound.get(*index).cloned().unwrap_or_else(Spots::anywhere),
            Form::Path(start, steps) => self.path(start, steps, context),
            Form::Comparison { question, operands } => {
                self.comparison(*question != Question::Order, operands, context);
                Spots::anywhere()
            }
            Form::Call(_, _, parts) | Form::And(parts) | Form::Operation(parts) => {
                for part in parts {
                    self.value(part, context);
                }
                Spots::anywhere()
            }
            Form::Either(parts) => self.join(parts, context),
            Form::Choice(parts) => {
                self.value(&parts[0], context);
                self.join(&parts[1..], context)
            }
            Form::Loop { test, over, body } => {
                let outer = self.bound.len();
                for items in over {
                    let items = self.value(items, context);
                    self.bound.push(items);
                }
                let value = self.value(body, context);
                self.bound.truncate(outer);
                if *test { Spots::anywhere() } else { value }
            }
        }
    }

    fn join(&mut self, parts: &[Outline], context: &Spots) -> Spots {
        let mut all = Spots::default();
        for part in parts {
            let value = self.value(part, context);
            all.join(value);
        }
        all
    }

    fn comparison(&mut self, equality: bool, operands: &[Outline], context: &Spots) {
        let values: Vec<Spots> = operands.iter().map(|operand| self.value(operand, context)).collect();
        let [left, right] = operands else { return };
        for (literal, value) in [(left, values.get(1)), (right, values.first())] {
            if let (Form::Literal(text), Some(spots)) = (&literal.form, value) {
                let compared =
                    Compared { spots: spots.clone(), literal: text.clone(), span: literal.span.clone(), equality };
                self.found.compared.push(compared);
            }
        }
    }

    fn path(&mut self, start: &OutlineStart, steps: &[OutlineStep], context: &Spots) -> Spots {
        let mut at = match start {
            OutlineStart::Context => context.clone(),
            OutlineStart::Root => Spots::root(),
            OutlineStart::Expression(base, predicates) => {
                let base = self.value(base, context);
                self.filtered(base, predicates)
            }
        };
        for step in steps {
            at = self.step(&at, step);
        }
        at
    }

    fn filtered(&mut self, mut spots: Spots, predicates: &[Outline]) -> Spots {
        self.predicates += 1;
        for predicate in predicates {
            self.value(predicate, &spots);
            if let Some(name) = asks_for_name(predicate) {
                spots.known.retain(|_, spot| matches!(spot, Spot::Element(element) if element.name == name));
            }
        }
        self.predicates -= 1;
        spots
    }

    fn step(&mut self, from: &Spots, step: &OutlineStep) -> Spots {
        let mut to = Spots { known: BTreeMap::new(), open: from.open };
        for spot in from.known.values() {
            *self.visits = self.visits.saturating_sub(1 + to.known.len() / 64);
            if *self.visits == 0 {
                return Spots::anywhere();
            }
            self.reach(spot, step, &mut to);
        }
        if let OutlineTest::Name(name) = &step.test {
            if to.known.is_empty() && !to.open && from.is_sure() {
                let is_attribute = step.direction == Direction::Attribute;
                self.found.unknown.push(Unknown {
                    namespace: name.namespace.clone(),
                    local: name.local.clone(),
                    is_attribute,
                    parents: from.clone(),
                    at_any_depth: matches!(step.direction, Direction::Descendant | Direction::DescendantOrSelf),
                    span: step.span.clone(),
                });
            }
            let in_predicate = self.predicates > 0;
            self.found.touches.push(Touch { spots: to.clone(), span: step.span.clone(), in_predicate });
        }
        // What is unknown has been said, or is no element: nothing more is known from here on.
        to.open |= to.known.is_empty();
        self.filtered(to, &step.predicates)
    }

    /// Where one step leads from one place.
    fn reach(&mut self, spot: &Spot, step: &OutlineStep, to: &mut Spots) {
        let element = match spot {
            Spot::Element(element) => Some(element),
            Spot::Attribute(..) | Spot::Root => None,
        };
        match (step.direction, element) {
            (Direction::Child, Some(element)) => {
                to.open |= element.model.is_open();
                self.keep(element.children(), &step.test, to);
            }
            (Direction::Child, None) if matches!(spot, Spot::Root) => self.keep([Element::domain()], &step.test, to),
            (Direction::Attribute, Some(element)) => attributes(element, &step.test, to),
            (Direction::Descendant | Direction::DescendantOrSelf, _) if !matches!(spot, Spot::Attribute(..)) => {
                let elements = element.cloned().unwrap_or_else(Element::domain).within();
                let skip = usize::from(step.direction == Direction::Descendant && element.is_some());
                // In metadata stands what is in no namespace of libvirt's, and no name tells of it.
                to.open |= match &step.test {
                    OutlineTest::Name(name) => !elements.iter().any(|one| one.name.namespace == name.namespace),
                    _ => true,
                };
                self.keep(elements.into_iter().skip(skip), &step.test, to);
            }
            (Direction::Stay, Some(element)) => self.keep([Arc::clone(element)], &step.test, to),
            (Direction::Stay, None) if step.test == OutlineTest::Node => {
                to.open = true;
            }
            (Direction::Parent, _) => match spot {
                Spot::Attribute(element, _) => self.keep([Arc::clone(element)], &step.test, to),
                Spot::Element(element) => self.keep(element.parent.clone(), &step.test, to),
                Spot::Root => {}
            },
            (Direction::Ancestors, _) => {
                let chain = spot.element().into_iter().flat_map(Element::chain).cloned();
                self.keep(chain, &step.test, to);
            }
            (Direction::Siblings, Some(element)) => {
                let siblings = element.parent.iter().flat_map(|parent| parent.children().collect::<Vec<_>>());
                self.keep(siblings, &step.test, to);
            }
            (Direction::Anywhere, _) => to.open = true,
            _ => {}
        }
    }

    fn keep(&mut self, elements: impl IntoIterator<Item = Arc<Element>>, test: &OutlineTest, to: &mut Spots) {
        let mut seen = 0;
        for element in elements {
            seen += 1;
            let fits = match test {
                OutlineTest::Name(name) => element.name == Name::new(&name.namespace, &name.local),
                OutlineTest::AnyName | OutlineTest::Node => true,
                OutlineTest::Leaf => false,
            };
            if fits {
                to.add_element(element);
            }
        }
        // Text, comments: no place of the vocabulary.
        to.open |= matches!(test, OutlineTest::Node | OutlineTest::Leaf);
        *self.visits = self.visits.saturating_sub(seen);
    }
}

fn attributes(element: &Arc<Element>, test: &OutlineTest, to: &mut Spots) {
    to.open |= element.model.is_open();
    match test {
        OutlineTest::Name(name) => {
            if let Some(values) = element.model.attribute(Name::new(&name.namespace, &name.local)) {
                to.add_attribute(element, &name.local, values);
            }
        }
        OutlineTest::AnyName | OutlineTest::Node => {
            element.model.attributes().for_each(|(name, _)| to.add_attribute(element, name, Values::Any));
        }
        OutlineTest::Leaf => to.open = true,
    }
}

/// `[self::disk]`: the name.
fn asks_for_name(predicate: &Outline) -> Option<Name<'_>> {
    let Form::Path(OutlineStart::Context, steps) = &predicate.form else { return None };
    match steps.as_slice() {
        [OutlineStep { direction: Direction::Stay, test: OutlineTest::Name(name), predicates, .. }]
            if predicates.is_empty() =>
        {
            Some(Name::new(&name.namespace, &name.local))
        }
        _ => None,
    }
}
