//! Runs a compiled expression on a tree.
//!
//! It recurses with the nesting of the expression, which the parser bounds, and never with the
//! depth of the tree or the length of a chain of operators.

mod axis;
mod call;
mod compare;
mod file_name;
mod path;
mod sequence;
mod shell;
mod string;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use super::ast::{Ast, Kind, Operator, Program, Step};
use super::budget::Budget;
use super::error::EvalError;
use super::tree::{Tree, Value, Variables};
use super::value;
use crate::diagnostic::Code;

/// One evaluation of one expression.
pub(super) struct Evaluation<'a, T: Tree, V> {
    program: &'a Program,
    tree: &'a T,
    /// What `/` is.
    root: T::Node,
    context: T::Node,
    variables: &'a V,
    budget: &'a Budget,
    /// The program's names as the tree knows them.
    names: Names<T::Name>,
    /// The values bound by the loops around the current place.
    locals: RefCell<Vec<Item<'a, T::Node>>>,
}

/// How many names most expressions have at most.
const FEW: usize = 6;

/// Names as a tree knows them. Most expressions have few: those cost no allocation.
struct Names<N> {
    first: [Option<N>; FEW],
    rest: Vec<Option<N>>,
}

impl<N: Copy> Names<N> {
    fn new(mut names: impl Iterator<Item = Option<N>>) -> Self {
        let mut first = [None; FEW];
        for (place, name) in first.iter_mut().zip(names.by_ref()) {
            *place = name;
        }
        Self { first, rest: names.collect() }
    }

    /// The name of this number; `None` where the tree has no such name.
    fn get(&self, number: usize) -> Option<N> {
        let found = self.first.get(number).or_else(|| self.rest.get(number - FEW));
        found.copied().flatten()
    }
}

/// A value on its way: borrowed from the expression, the tree or the variables where it can be.
#[derive(Debug, Clone)]
enum Item<'a, N: Copy> {
    Nodes(Cow<'a, [N]>),
    Text(Cow<'a, str>),
    Number(f64),
    Boolean(bool),
}

/// Context node, position and size (XPath 1.0, section 1).
#[derive(Debug, Clone, Copy)]
struct Focus<N> {
    node: N,
    position: usize,
    size: usize,
}

impl<N> Focus<N> {
    fn on(node: N) -> Self {
        Self { node, position: 1, size: 1 }
    }
}

/// How many of a path's nodes are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    All,
    /// Whether there is one: any will do.
    Any,
    /// The first in document order; more may be given.
    First,
}

type Evaluated<T> = Result<T, EvalError>;

impl<'a, T: Tree, V: Variables<T::Node>> Evaluation<'a, T, V> {
    pub(super) fn new(
        program: &'a Program,
        tree: &'a T,
        context: T::Node,
        variables: &'a V,
        budget: &'a Budget,
    ) -> Self {
        let mut root = context;
        while program.uses_document
            && let Some(parent) = tree.parent(root)
        {
            root = parent;
        }
        let names = Names::new(program.names.iter().map(|name| tree.resolve(&name.namespace, &name.local)));
        Self { program, tree, root, context, variables, budget, names, locals: RefCell::default() }
    }

    /// The value of the whole expression.
    pub(super) fn value(&self) -> Evaluated<Value<T::Node>> {
        let focus = Focus::on(self.context);
        Ok(match self.item(&self.program.root, focus)? {
            Item::Nodes(nodes) => Value::Nodes(Rc::from(nodes)),
            Item::Text(text) => Value::Text(Rc::from(text)),
            Item::Number(number) => Value::Number(number),
            Item::Boolean(boolean) => Value::Boolean(boolean),
        })
    }

    /// The whole expression as a condition.
    pub(super) fn condition(&self) -> Evaluated<bool> {
        self.boolean(&self.program.root, Focus::on(self.context))
    }

    /// The nodes that a path selects with its first `steps` steps.
    pub(super) fn prefix(&self, steps: usize) -> Evaluated<Vec<T::Node>> {
        let (ast, focus) = (&self.program.root, Focus::on(self.context));
        let nodes = match &ast.kind {
            Kind::Path(path) => {
                let steps: &'a [Step] = path.steps.get(..steps).unwrap_or(&path.steps);
                self.location(&path.start, steps, focus, Want::All).map_err(|error| error.within(&ast.span))?
            }
            _ => self.nodes(ast, focus)?,
        };
        Ok(nodes.into_owned())
    }

    /// The value of a part.
    fn item(&self, ast: &'a Ast, focus: Focus<T::Node>) -> Evaluated<Item<'a, T::Node>> {
        self.budget.spend(1).and_then(|()| self.dispatch(ast, focus)).map_err(|error| error.within(&ast.span))
    }

    fn dispatch(&self, ast: &'a Ast, focus: Focus<T::Node>) -> Evaluated<Item<'a, T::Node>> {
        Ok(match &ast.kind {
            Kind::Literal(text) => Item::Text(Cow::Borrowed(text)),
            Kind::Number(number) => Item::Number(*number),
            Kind::Global(index) => self.global(*index)?,
            Kind::Local(index) => self.local(*index)?,
            Kind::Or(operands) => Item::Boolean(self.any_holds(operands, focus)?),
            Kind::And(operands) => Item::Boolean(self.all_hold(operands, focus)?),
            Kind::Compare(first, rest) => Item::Boolean(self.comparisons(first, rest, focus)?),
            Kind::Arithmetic(first, rest) => Item::Number(self.arithmetic(first, rest, focus)?),
            Kind::Negate(odd, operand) => {
                let number = self.number(operand, focus)?;
                Item::Number(if *odd { -number } else { number })
            }
            Kind::Union(operands) => Item::Nodes(Cow::Owned(self.union(operands, focus)?)),
            Kind::Sequence(items) => Item::Nodes(Cow::Owned(self.sequence(items, focus)?)),
            Kind::Path(path) => Item::Nodes(self.location(&path.start, &path.steps, focus, Want::All)?),
            Kind::Call(call) => self.call(call, focus)?,
            Kind::For(bindings, body) => Item::Nodes(Cow::Owned(self.for_each(bindings, body, focus)?)),
            Kind::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let branch = if self.boolean(condition, focus)? { yes } else { no };
                self.item(branch, focus)?
            }
            Kind::Quantified(every, bindings, body) => Item::Boolean(self.quantified(*every, bindings, body, focus)?),
        })
    }

    fn global(&self, index: usize) -> Evaluated<Item<'a, T::Node>> {
        let name = self.program.variables.get(index).map_or("", String::as_str);
        match self.variables.get(name) {
            Some(Value::Nodes(nodes)) => Ok(Item::Nodes(Cow::Borrowed(nodes))),
            Some(Value::Text(text)) => Ok(Item::Text(Cow::Borrowed(text))),
            Some(Value::Number(number)) => Ok(Item::Number(*number)),
            Some(Value::Boolean(boolean)) => Ok(Item::Boolean(*boolean)),
            None => Err(EvalError::new(Code::UnknownVariable, format!("the variable `${name}` has no value"))),
        }
    }

    fn local(&self, index: usize) -> Evaluated<Item<'a, T::Node>> {
        let found = self.locals.borrow().get(index).cloned();
        found.ok_or_else(|| EvalError::new(Code::UnknownVariable, "a loop's variable is used outside its loop"))
    }

    fn any_holds(&self, operands: &'a [Ast], focus: Focus<T::Node>) -> Evaluated<bool> {
        for operand in operands {
            if self.boolean(operand, focus)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn all_hold(&self, operands: &'a [Ast], focus: Focus<T::Node>) -> Evaluated<bool> {
        for operand in operands {
            if !self.boolean(operand, focus)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn arithmetic(&self, first: &'a Ast, rest: &'a [(Operator, Ast)], focus: Focus<T::Node>) -> Evaluated<f64> {
        let mut left = self.number(first, focus)?;
        for (operator, operand) in rest {
            let right = self.number(operand, focus)?;
            left = match operator {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide => left / right,
                // Like Rust's, the sign of XPath's remainder is the dividend's (section 3.5).
                Operator::Modulo => left % right,
            };
        }
        Ok(left)
    }

    /// `boolean(…)` of a part; of a path it only looks for a first node.
    fn boolean(&self, ast: &'a Ast, focus: Focus<T::Node>) -> Evaluated<bool> {
        if let Kind::Path(path) = &ast.kind {
            let found = self.location(&path.start, &path.steps, focus, Want::Any);
            return Ok(!found.map_err(|error| error.within(&ast.span))?.is_empty());
        }
        Ok(self.item(ast, focus)?.boolean())
    }

    /// `string(…)` of a part; of a path it only looks for the first node.
    fn text(&self, ast: &'a Ast, focus: Focus<T::Node>) -> Evaluated<Cow<'a, str>> {
        if let Kind::Path(path) = &ast.kind {
            let found = self.location(&path.start, &path.steps, focus, Want::First);
            let found =
                found.and_then(|nodes| nodes.first().map_or(Ok(Cow::Borrowed("")), |&node| self.string_of(node)));
            return found.map_err(|error| error.within(&ast.span));
        }
        self.text_of(self.item(ast, focus)?).map_err(|error| error.within(&ast.span))
    }

    fn text_of(&self, item: Item<'a, T::Node>) -> Evaluated<Cow<'a, str>> {
        Ok(match item {
            Item::Nodes(nodes) => nodes.first().map_or(Ok(Cow::Borrowed("")), |&node| self.string_of(node))?,
            Item::Text(text) => text,
            Item::Number(number) => Cow::Owned(value::number_to_text(number)),
            Item::Boolean(boolean) => Cow::Borrowed(value::boolean_to_text(boolean)),
        })
    }

    /// `number(…)` of a part.
    fn number(&self, ast: &'a Ast, focus: Focus<T::Node>) -> Evaluated<f64> {
        match &ast.kind {
            Kind::Path(_) => Ok(value::text_to_number(&self.text(ast, focus)?)),
            _ => self.number_of(self.item(ast, focus)?).map_err(|error| error.within(&ast.span)),
        }
    }

    fn number_of(&self, item: Item<'a, T::Node>) -> Evaluated<f64> {
        Ok(match item {
            Item::Number(number) => number,
            Item::Boolean(boolean) => f64::from(u8::from(boolean)),
            Item::Text(text) => {
                self.budget.read(text.len())?;
                value::text_to_number(&text)
            }
            nodes @ Item::Nodes(_) => value::text_to_number(&self.text_of(nodes)?),
        })
    }

    /// A part that must give nodes.
    fn nodes(&self, ast: &'a Ast, focus: Focus<T::Node>) -> Evaluated<Cow<'a, [T::Node]>> {
        let found = match self.item(ast, focus)? {
            Item::Nodes(nodes) => return Ok(nodes),
            Item::Text(_) => "a string",
            Item::Number(_) => "a number",
            Item::Boolean(_) => "a boolean",
        };
        Err(EvalError::new(Code::XpathType, format!("nodes are needed, and this is {found}")).within(&ast.span))
    }

    /// The string-value of a node.
    fn string_of(&self, node: T::Node) -> Evaluated<Cow<'a, str>> {
        value::string_value(self.tree, node, self.budget)
    }

    /// A text that was built here, paid for.
    fn built(&self, text: String) -> Evaluated<Item<'a, T::Node>> {
        self.budget.build(text.len())?;
        Ok(Item::Text(Cow::Owned(text)))
    }
}

impl<N: Copy> Item<'_, N> {
    fn boolean(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => value::number_to_boolean(*number),
            Self::Boolean(boolean) => *boolean,
        }
    }
}
