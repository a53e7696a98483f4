//! Comparisons (XPath 1.0, section 3.4).

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Evaluated, Evaluation, Focus, Item};
use crate::xpath::ast::{Ast, Comparison};
use crate::xpath::tree::{Tree, Variables};
use crate::xpath::value::text_to_number;

impl<'a, T: Tree, V: Variables<T::Node>> Evaluation<'a, T, V> {
    /// `a = b != c`, from the left.
    pub(super) fn comparisons(
        &self,
        first: &'a Ast,
        rest: &'a [(Comparison, Ast)],
        focus: Focus<T::Node>,
    ) -> Evaluated<bool> {
        let mut left = self.item(first, focus)?;
        for (comparison, operand) in rest {
            let right = self.item(operand, focus)?;
            left = Item::Boolean(self.compare(*comparison, left, right)?);
        }
        Ok(left.boolean())
    }

    fn compare(&self, by: Comparison, left: Item<'a, T::Node>, right: Item<'a, T::Node>) -> Evaluated<bool> {
        match (left, right) {
            // A boolean makes the other side one, but where two plain values are ordered: those are numbers.
            (Item::Boolean(left), right @ Item::Nodes(_)) => Ok(by.booleans(left, right.boolean())),
            (left @ Item::Nodes(_), Item::Boolean(right)) => Ok(by.booleans(left.boolean(), right)),
            (Item::Boolean(left), right) if by.is_equality() => Ok(by.booleans(left, right.boolean())),
            (left, Item::Boolean(right)) if by.is_equality() => Ok(by.booleans(left.boolean(), right)),
            (Item::Nodes(left), Item::Nodes(right)) => self.compare_nodes(by, &left, &right),
            (Item::Nodes(nodes), other) => self.compare_any(by, &nodes, other),
            (other, Item::Nodes(nodes)) => self.compare_any(by.swapped(), &nodes, other),
            (Item::Text(left), Item::Text(right)) if by.is_equality() => {
                self.budget.read(left.len())?;
                Ok((left == right) == (by == Comparison::Equal))
            }
            (left, right) => Ok(by.numbers(self.number_of(left)?, self.number_of(right)?)),
        }
    }

    /// Whether it holds for one of the nodes and a string or number.
    fn compare_any(&self, by: Comparison, nodes: &[T::Node], other: Item<'a, T::Node>) -> Evaluated<bool> {
        if let (Item::Text(text), true) = (&other, by.is_equality()) {
            for &node in nodes {
                if (self.string_of(node)? == *text) == (by == Comparison::Equal) {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let number = self.number_of(other)?;
        for &node in nodes {
            if by.numbers(text_to_number(&self.string_of(node)?), number) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether it holds for one node of each side; each node is read once.
    fn compare_nodes(&self, by: Comparison, left: &[T::Node], right: &[T::Node]) -> Evaluated<bool> {
        match by {
            Comparison::Equal => {
                let right: HashSet<Cow<'a, str>> = self.strings(right)?;
                for &node in left {
                    if right.contains(&self.string_of(node)?) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Comparison::NotEqual => {
                let (left, right) = (self.strings(left)?, self.strings(right)?);
                Ok(!left.is_empty() && !right.is_empty() && (left.len() > 1 || left != right))
            }
            // It is enough to compare the least of one side with the greatest of the other.
            Comparison::Less | Comparison::LessOrEqual => {
                Ok(by.numbers(self.extreme(left, f64::min)?, self.extreme(right, f64::max)?))
            }
            Comparison::Greater | Comparison::GreaterOrEqual => {
                Ok(by.numbers(self.extreme(left, f64::max)?, self.extreme(right, f64::min)?))
            }
        }
    }

    fn strings(&self, nodes: &[T::Node]) -> Evaluated<HashSet<Cow<'a, str>>> {
        nodes.iter().map(|&node| self.string_of(node)).collect()
    }

    /// The least or greatest of the nodes' numbers; NaN where none is a number.
    fn extreme(&self, nodes: &[T::Node], choose: fn(f64, f64) -> f64) -> Evaluated<f64> {
        // f64::min and max ignore a NaN on one side.
        nodes.iter().try_fold(f64::NAN, |found, &node| Ok(choose(found, text_to_number(&self.string_of(node)?))))
    }
}

impl Comparison {
    fn numbers(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }

    fn booleans(self, left: bool, right: bool) -> bool {
        self.numbers(f64::from(u8::from(left)), f64::from(u8::from(right)))
    }

    /// The comparison with its sides exchanged.
    fn swapped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            equality => equality,
        }
    }
}
