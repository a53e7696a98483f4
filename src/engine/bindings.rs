//! The variables that are bound while rules run.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::rule::ParamValue;
use crate::xpath::{Value, Variables};

use super::forest::{Forest, Node};

/// Params, then loop and local variables, innermost last.
#[derive(Debug, Default)]
pub(super) struct Bindings<'r> {
    values: Vec<(&'r str, Value<Node>)>,
    /// Params as JSON, for holes that keep their value's type; without an entry a param is absent.
    params: HashMap<&'r str, Json>,
}

impl<'r> Bindings<'r> {
    /// Binds a param; an absent one is the empty sequence.
    pub(super) fn bind_param(&mut self, forest: &mut Forest<'_>, name: &'r str, value: Option<ParamValue>) {
        let bound = match &value {
            None => Value::Nodes([].into()),
            Some(ParamValue::Text(text)) => Value::Text(text.as_str().into()),
            Some(ParamValue::Number(number)) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            Some(ParamValue::Boolean(boolean)) => Value::Boolean(*boolean),
            Some(ParamValue::Json(json)) => {
                Value::Nodes(forest.json.add_value(name, json).into_iter().map(Node::Json).collect())
            }
        };
        self.bind(name, bound);
        if let Some(value) = value {
            self.params.insert(name, value.to_json());
        }
    }

    /// Binds a param to the nodes or value that its expression gave.
    pub(super) fn bind_computed(&mut self, name: &'r str, value: Value<Node>) {
        self.bind(name, value);
    }

    /// Binds a variable until [`Bindings::release`].
    pub(super) fn bind(&mut self, name: &'r str, value: Value<Node>) {
        self.values.push((name, value));
    }

    /// How many variables are bound.
    pub(super) fn depth(&self) -> usize {
        self.values.len()
    }

    /// Forgets the variables bound since [`Bindings::depth`] was `depth`.
    pub(super) fn release(&mut self, depth: usize) {
        self.values.truncate(depth);
    }

    /// Whether a param has no value.
    pub(super) fn is_absent(&self, param: &str) -> bool {
        self.is_empty(param) && !self.params.contains_key(param)
    }

    /// Whether a variable is the empty sequence.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Nodes(nodes)) if nodes.is_empty())
    }

    /// A param with its JSON type.
    pub(super) fn param_json(&self, param: &str) -> Option<&Json> {
        self.params.get(param)
    }
}

impl Variables<Node> for Bindings<'_> {
    fn get(&self, name: &str) -> Option<&Value<Node>> {
        self.values.iter().rev().find(|(bound, _)| *bound == name).map(|(_, value)| value)
    }
}
