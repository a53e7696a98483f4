//! XPath 1.0, and what joins and choices need of 3.1, over any [`Tree`].
//!
//! [`compile`] reads a text once and checks all that can be known then: names, arguments, types,
//! where paths begin. The [`Expr`] is immutable and can be evaluated any number of times, on any
//! tree, within a [`Budget`].

mod ast;
mod budget;
mod check;
mod error;
mod eval;
mod expr;
mod function;
mod lexer;
mod operand;
#[cfg(feature = "cli")]
mod outline;
mod parser;
mod plan;
mod replacement;
mod scope;
pub mod tree;
pub mod value;

pub use ast::Name;
pub use budget::Budget;
pub use error::{Error, EvalError};
pub use expr::{Expr, compile};
#[cfg(feature = "cli")]
pub use outline::{Direction, Form, Outline, OutlineStart, OutlineStep, OutlineTest, Question};
pub use plan::{Operand, Plan, PlanStart, PlanStep, Test, TestTarget};
pub use scope::{Document, Scope, VarType, file_variable};
pub(crate) use tree::find_by_walking;
pub use tree::{Found, Kind, Listed, Tree, Value, Variables};
