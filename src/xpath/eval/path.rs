//! Location paths: steps, node tests, predicates (XPath 1.0, section 2).

use std::borrow::Cow;

use super::axis::Walk;
use super::{Evaluated, Evaluation, Focus, Item, Want};
use crate::xpath::ast::{Axis, Kind as Part, NodeTest, Predicate, Start, Step, Strategy};
use crate::xpath::tree::{Kind, Tree, Variables};

/// Whether no node of a list in document order contains another: then the subtrees follow each
/// other, and so do the steps down from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spread {
    One,
    Disjoint,
    Nested,
}

impl Spread {
    /// Whether a step from such nodes gives nodes in document order without duplicates, and their spread.
    fn after(self, axis: Axis) -> (bool, Self) {
        let level = match axis {
            Axis::Child | Axis::Attribute | Axis::SelfNode => Self::Disjoint,
            Axis::Parent | Axis::FollowingSibling | Axis::PrecedingSibling if self == Self::One => Self::Disjoint,
            _ => Self::Nested,
        };
        match (self, axis) {
            (Self::One, _) => (true, level),
            (Self::Disjoint, Axis::Child | Axis::Attribute | Axis::SelfNode) => (true, level),
            (Self::Disjoint, Axis::Descendant | Axis::DescendantOrSelf) => (true, level),
            (Self::Nested, Axis::Attribute) => (true, Self::Disjoint),
            (Self::Nested, Axis::SelfNode) => (true, Self::Nested),
            _ => (false, Self::Nested),
        }
    }
}

/// What a node must get through on its way into a selection.
struct Sieve<'a> {
    /// Predicates that ask for no position.
    local: &'a [Predicate],
    /// How many nodes still come before the wanted position.
    before: usize,
}

impl<'a, T: Tree, V: Variables<T::Node>> Evaluation<'a, T, V> {
    /// The nodes that a start and its steps select.
    pub(super) fn location(
        &self,
        start: &'a Start,
        steps: &'a [Step],
        focus: Focus<T::Node>,
        want: Want,
    ) -> Evaluated<Cow<'a, [T::Node]>> {
        let mut spread = Spread::One;
        match start {
            Start::Context => self.steps(&[focus.node], spread, steps, want).map(Cow::Owned),
            Start::Root => self.steps(&[self.root], spread, steps, want).map(Cow::Owned),
            Start::Filter { base, predicates } => {
                let first_only = matches!(predicates.first(), Some(Predicate { strategy: Strategy::Position(1), .. }));
                let mut nodes = match &base.kind {
                    Part::Path(path) if first_only => self.location(&path.start, &path.steps, focus, Want::First)?,
                    _ => self.nodes(base, focus)?,
                };
                for predicate in predicates {
                    self.filter(predicate, nodes.to_mut(), 0)?;
                }
                // Only what follows a path is in document order; a sequence keeps its own.
                if nodes.len() > 1 && !steps.is_empty() {
                    self.sort(nodes.to_mut())?;
                    spread = Spread::Nested;
                }
                if steps.is_empty() {
                    return Ok(nodes);
                }
                self.steps(&nodes, spread, steps, want).map(Cow::Owned)
            }
        }
    }

    /// The nodes that steps select from these, one after the other.
    fn steps(&self, from: &[T::Node], mut spread: Spread, steps: &'a [Step], want: Want) -> Evaluated<Vec<T::Node>> {
        let mut nodes = Vec::with_capacity(from.len().max(8));
        nodes.extend_from_slice(from);
        for (index, step) in steps.iter().enumerate() {
            if nodes.is_empty() {
                break;
            }
            let want = if index + 1 == steps.len() { want } else { Want::All };
            let after = self.step(step, &mut nodes, spread, want)?;
            spread = if nodes.len() == 1 { Spread::One } else { after };
        }
        Ok(nodes)
    }

    /// Replaces nodes by what a step selects from them, in document order, and gives its spread.
    fn step(&self, step: &'a Step, nodes: &mut Vec<T::Node>, spread: Spread, want: Want) -> Evaluated<Spread> {
        let (in_order, after) = spread.after(step.axis);
        let stop = match want {
            Want::All => false,
            Want::Any => true,
            Want::First => in_order && !step.axis.is_reverse(),
        };
        // What is selected comes behind the nodes that it is selected from.
        let from = nodes.len();
        for index in 0..from {
            self.select(step, nodes[index], stop, nodes)?;
            if stop && nodes.len() > from {
                break;
            }
        }
        nodes.drain(..from);
        if !in_order {
            self.sort(nodes)?;
        }
        Ok(after)
    }

    /// Appends what a step selects from one node, in document order; just one of it where `stop` says so
    /// and the predicates allow it.
    fn select(&self, step: &'a Step, node: T::Node, stop: bool, selected: &mut Vec<T::Node>) -> Evaluated<()> {
        let name = match step.test {
            NodeTest::Name(id) => match self.names.get(id) {
                Some(name) => Some(name),
                None => return Ok(()),
            },
            _ => None,
        };
        let start = selected.len();
        let local = step.predicates.iter().take_while(|predicate| predicate.is_local()).count();
        let (local, mut rest) = step.predicates.split_at(local);
        let mut wanted = None;
        if let Some((Predicate { strategy: Strategy::Position(position), .. }, after)) = rest.split_first() {
            wanted = Some(*position);
            rest = after;
        }
        let enough = wanted.is_some() || (stop && rest.is_empty());
        let mut sieve = Sieve { local, before: wanted.map_or(0, |position| position.saturating_sub(1)) };
        match name {
            Some(name) if step.axis == Axis::Child => {
                let mut next = self.tree.first_child(node);
                while let Some(from) = next {
                    let found = self.tree.find_named(from, name);
                    self.budget.spend(found.looked_at)?;
                    let Some(candidate) = found.node else { break };
                    if self.is_kept(&mut sieve, candidate)? {
                        selected.push(candidate);
                        if enough {
                            break;
                        }
                    }
                    next = found.next;
                }
            }
            // A list of all is no short way to one.
            Some(name)
                if step.axis == Axis::Descendant
                    && !enough
                    && let Some(below) = self.listed(node, name)? =>
            {
                for candidate in below {
                    if self.is_kept(&mut sieve, candidate)? {
                        selected.push(candidate);
                    }
                }
            }
            _ => {
                let mut walk = Walk::new(self.tree, step.axis, node);
                while let Some(candidate) = walk.next() {
                    self.budget.spend(walk.looked_at())?;
                    if self.passes(step, name, candidate) && self.is_kept(&mut sieve, candidate)? {
                        selected.push(candidate);
                        if enough {
                            break;
                        }
                    }
                }
                self.budget.spend(walk.looked_at())?;
            }
        }
        for predicate in rest {
            self.filter(predicate, selected, start)?;
        }
        if step.axis.is_reverse()
            && let Some(new) = selected.get_mut(start..)
        {
            new.reverse();
        }
        Ok(())
    }

    /// All elements of a name below a node, where the tree can list them.
    fn listed(&self, top: T::Node, name: T::Name) -> Evaluated<Option<Vec<T::Node>>> {
        let listed = self.tree.named_below(top, name);
        self.budget.spend(listed.looked_at)?;
        Ok(listed.nodes)
    }

    /// Whether the predicates that ask for no position keep a node, and it is not one before the wanted position.
    fn is_kept(&self, sieve: &mut Sieve<'a>, candidate: T::Node) -> Evaluated<bool> {
        for predicate in sieve.local {
            if !self.holds(predicate, Focus::on(candidate))? {
                return Ok(false);
            }
        }
        if sieve.before > 0 {
            sieve.before -= 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// The node test (section 2.3).
    fn passes(&self, step: &Step, name: Option<T::Name>, node: T::Node) -> bool {
        let kind = self.tree.kind(node);
        let principal = if step.axis == Axis::Attribute { Kind::Attribute } else { Kind::Element };
        match &step.test {
            NodeTest::Node => true,
            NodeTest::Text => kind == Kind::Text,
            NodeTest::Comment => kind == Kind::Comment,
            NodeTest::ProcessingInstruction(target) => {
                kind == Kind::ProcessingInstruction
                    && target.as_ref().is_none_or(|target| self.tree.local_name(node) == target.as_ref())
            }
            NodeTest::Any => kind == principal,
            NodeTest::Namespace(uri) => kind == principal && self.tree.namespace(node) == uri.as_ref(),
            NodeTest::Name(_) => kind == principal && name.is_some_and(|name| self.tree.is_named(node, name)),
        }
    }

    /// Whether a predicate keeps the context node (section 2.4).
    fn holds(&self, predicate: &'a Predicate, focus: Focus<T::Node>) -> Evaluated<bool> {
        match &predicate.strategy {
            Strategy::Position(position) => Ok(focus.position == *position),
            Strategy::AttributeEquals { name, value } => self.attribute_equals(focus.node, *name, value),
            Strategy::Condition => self.boolean(&predicate.expression, focus),
            Strategy::Positional => Ok(match self.item(&predicate.expression, focus)? {
                Item::Number(number) => number == focus.position as f64,
                other => other.boolean(),
            }),
        }
    }

    fn attribute_equals(&self, node: T::Node, name: usize, value: &str) -> Evaluated<bool> {
        let Some(name) = self.names.get(name) else { return Ok(false) };
        let (attribute, looked_at) = self.tree.find_attribute(node, name);
        self.budget.spend(looked_at)?;
        Ok(attribute.is_some_and(|attribute| self.tree.has_value(attribute, value)))
    }

    /// Keeps those of the nodes from `start` on for which the predicate holds; positions count in their order.
    fn filter(&self, predicate: &'a Predicate, nodes: &mut Vec<T::Node>, start: usize) -> Evaluated<()> {
        let size = nodes.len() - start;
        let mut kept = start;
        for index in start..nodes.len() {
            self.budget.spend(1)?;
            let node = nodes[index];
            let position = index - start + 1;
            if self.holds(predicate, Focus { node, position, size })? {
                nodes[kept] = node;
                kept += 1;
            }
        }
        nodes.truncate(kept);
        Ok(())
    }

    /// Document order without duplicates.
    pub(super) fn sort(&self, nodes: &mut Vec<T::Node>) -> Evaluated<()> {
        self.budget.spend(nodes.len() as u64)?;
        // Repeated neighbours first: many nodes often share a parent.
        nodes.dedup();
        nodes.sort_by(|&a, &b| self.tree.order(a, b));
        nodes.dedup();
        Ok(())
    }
}
