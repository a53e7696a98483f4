//! What the types of operands forbid before anything is evaluated.

use super::ast::{Ast, Comparison, Kind, Span};
use super::error::Error;
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

impl Comparison {
    /// Whether it is `=` or `!=`.
    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}
