//! What the types of operands forbid before anything is evaluated.

use super::ast::{Ast, Comparison, Kind, Span};
use super::error::Error;
use super::function::Function;
use super::scope::VarType;
use crate::diagnostic::Code;

/// A condition over JSON would call `false`, `0` and `""` true, for they are nodes. Only a bare
/// param may stand there: it asks for presence.
pub(super) fn condition(ast: &Ast) -> Result<(), Error> {
    if ast.ty != VarType::JsonItem {
        return Ok(());
    }
    let what = match ast.kind {
        Kind::Local(_) | Kind::Global(_) => "a loop variable over JSON",
        _ => "a path into JSON",
    };
    Err(json_truth(&ast.span, format!("{what} is no condition: even `false` is a node, and so would count as true")))
}

/// Comparing nodes with a boolean asks for presence too (XPath 1.0, section 3.4).
pub(super) fn comparison(left: (VarType, &Span), right: (VarType, &Span)) -> Result<(), Error> {
    for (json, other) in [(left, right), (right, left)] {
        if json.0 == VarType::JsonItem && other.0 == VarType::Boolean {
            let message = "JSON compared with a boolean only asks for presence: even `false` is a node";
            return Err(json_truth(json.1, message.to_owned()));
        }
    }
    Ok(())
}

fn json_truth(span: &Span, message: String) -> Error {
    Error::new(Code::JsonTruth, span.clone(), message).help("compare it (`= 'true'`) or ask `exists(…)`")
}

/// Paths, unions and some functions need nodes.
pub(super) fn nodes(ast: &Ast, what: &str) -> Result<(), Error> {
    let found = match ast.ty {
        VarType::Text => "a string",
        VarType::Number => "a number",
        VarType::Boolean => "a boolean",
        VarType::Nodes | VarType::Json | VarType::JsonItem | VarType::Any => return Ok(()),
    };
    Err(Error::new(Code::XpathType, ast.span.clone(), format!("{what} needs nodes, and this is {found}")))
}

/// A value where nodes are meant, unless it may as well be absent: a variable, or a function that gives
/// `()` for `()`.
pub(super) fn items(ast: &Ast, what: &str) -> Result<(), Error> {
    use Function::{Abs, Hex, Max, Min, NumberFromHex};
    match &ast.kind {
        Kind::Local(_) | Kind::Global(_) => Ok(()),
        Kind::Call(call) if matches!(call.function, Abs | Hex | Max | Min | NumberFromHex) => Ok(()),
        _ => nodes(ast, what),
    }
}

impl Comparison {
    /// Whether it is `=` or `!=`.
    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}
