//! A compiled expression.

use std::sync::Arc;

use super::ast::{Ast, Kind, Program, Start};
use super::budget::Budget;
use super::check;
use super::error::{Error, EvalError};
use super::eval::Evaluation;
use super::operand;
use super::parser;
use super::plan::{self, Plan};
use super::scope::{Scope, VarType};
use super::tree::{Tree, Value, Variables};

/// A compiled expression: immutable, cheap to clone.
#[derive(Debug, Clone)]
pub struct Expr {
    text: Arc<str>,
    program: Arc<Program>,
}

/// Reads an expression and checks it against what its place allows.
///
/// # Errors
/// The first thing that is wrong, with its place in `text`: `xpath-syntax`, `unknown-function`,
/// `argument-count`, `unknown-variable`, `unknown-prefix`, `relative-path`, `no-document`,
/// `json-truth`, `xpath-type`, `shadowing`, `regex-syntax`, `function-value`, `container-file`, `limit`.
pub fn compile(text: &str, scope: &Scope<'_>) -> Result<Expr, Error> {
    let program = parser::parse(text, scope)?;
    Ok(Expr { text: text.into(), program: Arc::new(program) })
}

impl Expr {
    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value, with `context` as context node, 1 as context position and size. `/` is the root of
    /// the tree that `context` is in, also in predicates on nodes of other trees.
    ///
    /// # Errors
    /// `limit`, `xpath-type`, `function-value`, `unknown-variable`.
    pub fn evaluate<T: Tree>(
        &self,
        tree: &T,
        context: T::Node,
        variables: &impl Variables<T::Node>,
        budget: &Budget,
    ) -> Result<Value<T::Node>, EvalError> {
        Evaluation::new(&self.program, tree, context, variables, budget).value()
    }

    /// The value as a condition: `boolean(value)`, found with as few steps as possible. A bare
    /// variable asks for presence.
    ///
    /// # Errors
    /// As for [`Expr::evaluate`].
    pub fn evaluate_condition<T: Tree>(
        &self,
        tree: &T,
        context: T::Node,
        variables: &impl Variables<T::Node>,
        budget: &Budget,
    ) -> Result<bool, EvalError> {
        Evaluation::new(&self.program, tree, context, variables, budget).condition()
    }

    /// The nodes selected by the start of a path and its first `steps` steps with their predicates,
    /// in document order; `0` is the start itself. Of an expression without a [`Plan`] it is the whole value.
    ///
    /// # Errors
    /// As for [`Expr::evaluate`]; `xpath-type` where the value is no node-set.
    pub fn evaluate_prefix<T: Tree>(
        &self,
        steps: usize,
        tree: &T,
        context: T::Node,
        variables: &impl Variables<T::Node>,
        budget: &Budget,
    ) -> Result<Vec<T::Node>, EvalError> {
        Evaluation::new(&self.program, tree, context, variables, budget).prefix(steps)
    }

    /// The text of a path's start and its first `steps` steps, for messages.
    pub fn prefix_text(&self, steps: usize) -> &str {
        let Kind::Path(path) = &self.program.root.kind else { return &self.text };
        let begin = self.program.root.span.start;
        let end = match (&path.start, steps.checked_sub(1).map(|last| path.steps.get(last))) {
            (_, Some(Some(step))) => step.span.end,
            (_, Some(None)) => self.program.root.span.end,
            (Start::Root, None) => begin + 1,
            (Start::Context, None) => begin,
            (Start::Filter { .. }, None) => path.start_end,
        };
        self.text.get(begin..end).unwrap_or(&self.text)
    }

    /// The parts whose values decide a condition, each once, with its text: operands of `and`, `or` and
    /// comparisons, arguments of `not()`; what is written out there (`'x'`, `2`) aside.
    pub fn operands(&self) -> Vec<(&str, Self)> {
        let parts = operand::operands(&self.program.root);
        let mut operands: Vec<(&str, Self)> = Vec::with_capacity(parts.len());
        for part in parts {
            let Some(text) = self.text.get(part.span.clone()) else { continue };
            if !operands.iter().any(|(known, _)| *known == text) {
                operands.push((text, self.with_root(part.clone())));
            }
        }
        operands
    }

    /// Of a path its first `steps` steps without the predicates of the last of them, if it has any: their
    /// text, the predicates' text and the expression.
    pub fn without_last_predicates(&self, steps: usize) -> Option<(String, &str, Self)> {
        let Kind::Path(path) = &self.program.root.kind else { return None };
        let last = path.steps.get(steps.checked_sub(1)?).filter(|step| !step.predicates.is_empty())?;
        let text = self.text.get(last.span.clone())?;
        // Neither an axis nor a node test has a bracket.
        let (test, predicates) = text.split_at(text.find('[')?);
        let before = self.text.get(self.program.root.span.start..last.span.start)?;
        let mut loose = path.clone();
        loose.steps.truncate(steps);
        loose.steps.iter_mut().rev().take(1).for_each(|step| step.predicates.clear());
        let root = Ast { kind: Kind::Path(loose), ..self.program.root.clone() };
        Some((format!("{before}{test}"), predicates, self.with_root(root)))
    }

    /// Another expression with the same names; places in it are those of this one.
    fn with_root(&self, root: Ast) -> Self {
        Self { text: Arc::clone(&self.text), program: Arc::new(Program { root, ..(*self.program).clone() }) }
    }

    /// The variables of the scope that it uses, each once, without `$`.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.program.variables.iter().map(String::as_str)
    }

    /// Whether it reads the document: has an absolute path anywhere.
    pub fn uses_document(&self) -> bool {
        self.program.uses_document
    }

    /// What is known of its value. A path into JSON, and any sequence or choice with JSON in it, is
    /// [`VarType::JsonItem`]; a bare JSON param is [`VarType::Json`].
    pub fn result_type(&self) -> VarType {
        self.program.root.ty
    }

    /// Whether it may stand as a condition, as in `when`. Conditions inside the expression were
    /// checked when it was compiled.
    ///
    /// # Errors
    /// `json-truth`.
    pub fn check_condition(&self) -> Result<(), Error> {
        check::condition(&self.program.root)
    }

    /// What creating needs to know; `None` where it is neither a location path nor a variable.
    pub fn plan(&self) -> Option<Plan> {
        plan::plan(&self.program)
    }

    /// What it is made of, for whoever judges it without a document.
    #[cfg(feature = "cli")]
    pub fn outline(&self) -> super::outline::Outline {
        super::outline::outline(&self.program, &self.text)
    }
}
