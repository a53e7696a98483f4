//! What an expression without variables gives on a document, outside of any rule.

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::xml::Document;
use crate::xpath::{self, Budget, EvalError, Value, Variables};

use super::Limits;
use super::forest::{Forest, Node};

/// The document that an expression has as its root.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A domain's XML.
    Domain(&'a str),
    /// A cloud-init document.
    Json(&'a Json),
}

/// What an expression gives, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The string-values of the nodes, in document order.
    Nodes(Vec<String>),
    /// A string, number or boolean as XPath's `string()` writes it.
    Value(String),
}

struct NoVariables;

impl Variables<Node> for NoVariables {
    fn get(&self, _name: &str) -> Option<&Value<Node>> {
        None
    }
}

/// Evaluates an expression, with the document's root as context node.
///
/// # Errors
/// What is wrong with the document, or what the expression cannot do with it. Without a place.
pub fn evaluate(expression: &xpath::Expr, subject: Subject<'_>, limits: &Limits) -> Result<Answer, Box<Diagnostic>> {
    let text = match subject {
        Subject::Domain(text) => text,
        Subject::Json(_) => "<nothing/>",
    };
    let document = Document::parse(text).map_err(|error| Box::new(Diagnostic::error(error.code, error.message)))?;
    let mut forest = Forest::new(document);
    let root = match subject {
        Subject::Domain(_) => Node::Xml(forest.xml.root()),
        Subject::Json(value) => Node::Json(forest.json.add_document(value)),
    };
    let budget = Budget::new(limits.steps, limits.bytes);
    answer(expression, &forest, root, &budget).map_err(|error| Box::new(Diagnostic::error(error.code, error.message)))
}

fn answer(expression: &xpath::Expr, forest: &Forest<'_>, root: Node, budget: &Budget) -> Result<Answer, EvalError> {
    let value = expression.evaluate(forest, root, &NoVariables, budget)?;
    if let Value::Nodes(nodes) = &value {
        let texts = nodes.iter().map(|&node| Ok(xpath::value::string_value(forest, node, budget)?.into_owned()));
        return Ok(Answer::Nodes(texts.collect::<Result<_, EvalError>>()?));
    }
    Ok(Answer::Value(xpath::value::to_text(forest, &value, budget)?.into_owned()))
}
