//! Conversions between nodes, strings, numbers and booleans (XPath 1.0, sections 4 and 5).

use std::borrow::Cow;

use super::budget::Budget;
use super::error::EvalError;
use super::tree::{Kind, Tree, Value};

/// The string-value of a node (section 5). Borrowed where the tree has it in one piece.
///
/// # Errors
/// `limit`, where the budget does not allow the text or the walk.
pub fn string_value<'t, T: Tree>(tree: &'t T, node: T::Node, budget: &Budget) -> Result<Cow<'t, str>, EvalError> {
    let texts = match tree.kind(node) {
        Kind::Root | Kind::Element => Texts { tree, top: node, next: following_text(tree, node, node, budget)? },
        _ => {
            let text = tree.text(node);
            budget.read(text.len())?;
            return Ok(text);
        }
    };
    texts.join(budget)
}

/// The text nodes under an element, in document order, without recursion.
struct Texts<'t, T: Tree> {
    tree: &'t T,
    top: T::Node,
    next: Option<T::Node>,
}

impl<'t, T: Tree> Texts<'t, T> {
    fn join(mut self, budget: &Budget) -> Result<Cow<'t, str>, EvalError> {
        let Some(first) = self.take(budget)? else { return Ok(Cow::Borrowed("")) };
        let first = self.tree.text(first);
        let Some(mut text) = self.take(budget)? else {
            budget.read(first.len())?;
            return Ok(first);
        };
        budget.build(first.len())?;
        let mut joined = first.into_owned();
        loop {
            let more = self.tree.text(text);
            budget.build(more.len())?;
            joined.push_str(&more);
            match self.take(budget)? {
                Some(next) => text = next,
                None => return Ok(Cow::Owned(joined)),
            }
        }
    }

    fn take(&mut self, budget: &Budget) -> Result<Option<T::Node>, EvalError> {
        let Some(node) = self.next else { return Ok(None) };
        self.next = following_text(self.tree, self.top, node, budget)?;
        Ok(Some(node))
    }
}

/// The first text node after `node` in document order that lies under `top`.
fn following_text<T: Tree>(
    tree: &T,
    top: T::Node,
    node: T::Node,
    budget: &Budget,
) -> Result<Option<T::Node>, EvalError> {
    let mut node = node;
    loop {
        budget.spend(1)?;
        node = match next_under(tree, top, node) {
            Some(next) => next,
            None => return Ok(None),
        };
        if tree.kind(node) == Kind::Text {
            return Ok(Some(node));
        }
    }
}

/// The node after `node` in document order, attributes aside, as long as it lies under `top`.
pub(super) fn next_under<T: Tree>(tree: &T, top: T::Node, node: T::Node) -> Option<T::Node> {
    if let Some(child) = tree.first_child(node) {
        return Some(child);
    }
    let mut node = node;
    while node != top {
        if let Some(sibling) = tree.next_sibling(node) {
            return Some(sibling);
        }
        node = tree.parent(node)?;
    }
    None
}

/// `string(value)`: of nodes the string-value of the first one in their order.
///
/// # Errors
/// `limit`.
pub fn to_text<'a, T: Tree>(
    tree: &'a T,
    value: &'a Value<T::Node>,
    budget: &Budget,
) -> Result<Cow<'a, str>, EvalError> {
    Ok(match value {
        Value::Nodes(nodes) => match nodes.first() {
            Some(&node) => string_value(tree, node, budget)?,
            None => Cow::Borrowed(""),
        },
        Value::Text(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number_to_text(*number)),
        Value::Boolean(boolean) => Cow::Borrowed(boolean_to_text(*boolean)),
    })
}

/// `number(value)`.
///
/// # Errors
/// `limit`.
pub fn to_number<T: Tree>(tree: &T, value: &Value<T::Node>, budget: &Budget) -> Result<f64, EvalError> {
    Ok(match value {
        Value::Number(number) => *number,
        Value::Boolean(boolean) => f64::from(u8::from(*boolean)),
        Value::Nodes(_) | Value::Text(_) => text_to_number(&to_text(tree, value, budget)?),
    })
}

/// `boolean(value)`; of nodes: whether there is one. So a param as a condition asks for presence.
pub fn to_boolean<N>(value: &Value<N>) -> bool {
    match value {
        Value::Nodes(nodes) => !nodes.is_empty(),
        Value::Text(text) => !text.is_empty(),
        Value::Number(number) => number_to_boolean(*number),
        Value::Boolean(boolean) => *boolean,
    }
}

pub(super) fn number_to_boolean(number: f64) -> bool {
    number != 0.0 && !number.is_nan()
}

pub(super) fn boolean_to_text(boolean: bool) -> &'static str {
    if boolean { "true" } else { "false" }
}

/// A number as a string (section 4.2): never an exponent, as many digits as tell it from all
/// other numbers, `-0` is `0`.
pub fn number_to_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        // Display of f64 is exactly this form: shortest digits that round-trip, no exponent.
        number.to_string()
    }
}

/// A string as a number (section 4.4): white space, an optional minus, digits with an optional
/// point, white space; anything else is NaN.
pub fn text_to_number(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|&byte| byte == b'.').count() <= 1
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// White space of XML: nothing else is trimmed or collapsed.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
