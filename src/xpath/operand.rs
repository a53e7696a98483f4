//! The parts of a condition whose values tell why it holds or not.

use super::ast::{Ast, Kind};
use super::scope::VarType;

/// The parts that have a value of their own wherever the whole has one, in the order written. What is written
/// out tells nothing, and what a `for` or a quantifier binds has no value outside of it.
pub(super) fn operands(root: &Ast) -> Vec<&Ast> {
    let mut found = Vec::new();
    // The parser bounds how deep parts stand inside each other; a stack does without that.
    let mut waiting = vec![root];
    while let Some(part) = waiting.pop() {
        match &part.kind {
            Kind::Literal(_) | Kind::Number(_) | Kind::Local(_) => {}
            Kind::Or(parts) | Kind::And(parts) => waiting.extend(parts.iter().rev()),
            Kind::Compare(first, rest) => {
                waiting.extend(rest.iter().rev().map(|(_, part)| part));
                waiting.push(first);
            }
            Kind::Arithmetic(first, rest) => {
                waiting.extend(rest.iter().rev().map(|(_, part)| part));
                waiting.push(first);
            }
            Kind::Negate(_, part) => waiting.push(part),
            Kind::If(parts) => waiting.extend(parts.iter().rev()),
            // Whether something holds is known; of what, is asked.
            Kind::Call(call) if part.ty == VarType::Boolean => waiting.extend(call.arguments.iter().rev()),
            Kind::Quantified(_, bindings, _) => waiting.extend(bindings.first().map(|binding| &binding.items)),
            Kind::Global(_) | Kind::Union(_) | Kind::Sequence(_) | Kind::Path(_) | Kind::Call(_) | Kind::For(..) => {
                found.push(part);
            }
        }
    }
    found
}
