//! Sequences, unions, and the loops of XPath 3.1 (sections 3.4, 3.9 and 3.13 there).

use std::borrow::Cow;
use std::rc::Rc;

use super::{Evaluated, Evaluation, Focus, Item};
use crate::xpath::ast::{Ast, Binding};
use crate::xpath::tree::{Kind, Tree, Variables};

/// What a text node of a sequence costs beside its text, in bytes.
const TEXT_NODE_BYTES: usize = 32;

impl<'a, T: Tree, V: Variables<T::Node>> Evaluation<'a, T, V> {
    /// `A | B`
    pub(super) fn union(&self, operands: &'a [Ast], focus: Focus<T::Node>) -> Evaluated<Vec<T::Node>> {
        let mut nodes = Vec::new();
        for operand in operands {
            nodes.extend_from_slice(&self.nodes(operand, focus)?);
        }
        self.sort(&mut nodes)?;
        Ok(nodes)
    }

    /// `(A, B)`: A, then B, duplicates kept.
    pub(super) fn sequence(&self, items: &'a [Ast], focus: Focus<T::Node>) -> Evaluated<Vec<T::Node>> {
        let mut nodes = Vec::new();
        for item in items {
            let item = self.item(item, focus)?;
            self.append(item, &mut nodes)?;
        }
        Ok(nodes)
    }

    /// `for … return body`: what the rounds give, one after the other; in document order without
    /// duplicates where it is nothing but nodes.
    pub(super) fn for_each(
        &self,
        bindings: &'a [Binding],
        body: &'a Ast,
        focus: Focus<T::Node>,
    ) -> Evaluated<Vec<T::Node>> {
        let mut nodes = Vec::new();
        let mut values = false;
        self.rounds(bindings, focus, &mut || {
            let item = self.item(body, focus)?;
            let before = nodes.len();
            values |= !matches!(item, Item::Nodes(_));
            self.append(item, &mut nodes)?;
            values |= nodes.iter().skip(before).any(|&node| self.is_value(node));
            Ok(true)
        })?;
        if !values {
            self.sort(&mut nodes)?;
        }
        Ok(nodes)
    }

    /// `some|every … satisfies body`
    pub(super) fn quantified(
        &self,
        every: bool,
        bindings: &'a [Binding],
        body: &'a Ast,
        focus: Focus<T::Node>,
    ) -> Evaluated<bool> {
        let ran_through = self.rounds(bindings, focus, &mut || Ok(self.boolean(body, focus)? == every))?;
        Ok(ran_through == every)
    }

    /// Binds each combination of items and runs the round; whether none of them said to stop. It
    /// recurses with the number of bindings, which the parser bounds.
    fn rounds(
        &self,
        bindings: &'a [Binding],
        focus: Focus<T::Node>,
        round: &mut dyn FnMut() -> Evaluated<bool>,
    ) -> Evaluated<bool> {
        let Some((binding, rest)) = bindings.split_first() else { return round() };
        let mut bind = |item: Item<'a, T::Node>| {
            self.budget.spend(1)?;
            self.locals.borrow_mut().push(item);
            let more = self.rounds(rest, focus, round);
            self.locals.borrow_mut().pop();
            more
        };
        match self.item(&binding.items, focus)? {
            Item::Nodes(nodes) => {
                for &node in nodes.iter() {
                    if !bind(Item::Nodes(Cow::Owned(vec![node])))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            single => bind(single),
        }
    }

    /// Appends an item to a sequence.
    fn append(&self, item: Item<'a, T::Node>, nodes: &mut Vec<T::Node>) -> Evaluated<()> {
        match item {
            Item::Nodes(more) => {
                self.budget.spend(more.len() as u64)?;
                nodes.extend_from_slice(&more);
            }
            value => nodes.push(self.new_text(self.text_of(value)?)?),
        }
        Ok(())
    }

    /// A value as an item of a sequence.
    pub(super) fn new_text(&self, text: Cow<'_, str>) -> Evaluated<T::Node> {
        self.budget.spend(1)?;
        self.budget.build(text.len() + TEXT_NODE_BYTES)?;
        Ok(self.tree.new_text(Rc::from(text)))
    }

    /// Values as a sequence.
    pub(super) fn texts<'s>(&self, texts: impl IntoIterator<Item = Cow<'s, str>>) -> Evaluated<Item<'a, T::Node>> {
        let nodes: Evaluated<Vec<_>> = texts.into_iter().map(|text| self.new_text(text)).collect();
        Ok(Item::Nodes(Cow::Owned(nodes?)))
    }

    /// Whether a node is an item of a sequence of values rather than a part of a document.
    fn is_value(&self, node: T::Node) -> bool {
        self.tree.kind(node) == Kind::Text && self.tree.parent(node).is_none()
    }
}
