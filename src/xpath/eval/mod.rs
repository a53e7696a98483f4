//! Runs a compiled expression on a tree.

use super::ast::Program;
use super::budget::Budget;
use super::error::EvalError;
use super::tree::{Tree, Value, Variables};
use crate::diagnostic::Code;

/// One evaluation of one expression.
pub(super) struct Evaluation<'a, T: Tree, V> {
    program: &'a Program,
    tree: &'a T,
    context: T::Node,
    variables: &'a V,
    budget: &'a Budget,
}

impl<'a, T: Tree, V: Variables<T::Node>> Evaluation<'a, T, V> {
    pub(super) fn new(
        program: &'a Program,
        tree: &'a T,
        context: T::Node,
        variables: &'a V,
        budget: &'a Budget,
    ) -> Self {
        Self { program, tree, context, variables, budget }
    }

    pub(super) fn value(&self) -> Result<Value<T::Node>, EvalError> {
        Err(EvalError::new(Code::Internal, "evaluation arrives with the next commit"))
    }

    pub(super) fn condition(&self) -> Result<bool, EvalError> {
        Ok(super::value::to_boolean(&self.value()?))
    }

    pub(super) fn prefix(&self, _steps: usize) -> Result<Vec<T::Node>, EvalError> {
        Ok(Vec::new())
    }
}
