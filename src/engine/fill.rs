//! Filling templates: holes become texts or JSON values.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Expression, Fragment, FragmentElement, FragmentNode, Hole, JsonTemplate, Part, Template};
use crate::xml::QName;
use crate::xpath::value::{number_to_text, string_value};
use crate::xpath::{Tree, Value};

use super::forest::Node;
use super::run::{Result, Run, at_expression};
use super::secrets::MASK;

/// The most bytes of one value in `fail` and `warn`.
const SHOWN: usize = 1024;

/// A node of a fragment with its holes filled; what has none is the fragment's own.
#[derive(Debug)]
pub(super) enum Filled<'f> {
    Element(FilledElement<'f>),
    Text(Cow<'f, str>),
    Comment(&'f str),
    ProcessingInstruction { target: &'f str, data: &'f str },
}

/// An element of a fragment with its holes filled.
#[derive(Debug)]
pub(super) struct FilledElement<'f> {
    pub(super) name: &'f QName,
    pub(super) attributes: Vec<(&'f QName, Cow<'f, str>)>,
    pub(super) children: Vec<Filled<'f>>,
}

impl<'f> FilledElement<'f> {
    /// All its text, where it has any.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        let texts = self.children.iter().filter_map(|child| match child {
            Filled::Text(text) => Some(Cow::Borrowed(text.as_ref())),
            _ => None,
        });
        texts.reduce(|before, text| before + text)
    }

    /// Its child elements.
    pub(super) fn elements(&self) -> impl Iterator<Item = &FilledElement<'f>> {
        self.children.iter().filter_map(|child| match child {
            Filled::Element(element) => Some(element),
            _ => None,
        })
    }
}

impl Run<'_, '_> {
    /// The text of a template; `None` where an optional hole is empty, so that the value is left out.
    pub(super) fn fill<'t>(&mut self, template: &'t Template) -> Result<Option<Cow<'t, str>>> {
        let mut filled = Cow::Borrowed("");
        for part in &template.parts {
            match part {
                Part::Text(text) => filled += text.as_str(),
                Part::Hole(hole) => match self.hole(hole)? {
                    Some(text) => filled.to_mut().push_str(&text),
                    None => return Ok(None),
                },
            }
        }
        if let Err(error) = self.budget.build(filled.len()) {
            let problem = Diagnostic::error(error.code, error.message);
            let place = template.holes().next().map(|hole| hole.expression.location.clone());
            return Err(Box::new(match place {
                Some(place) => problem.at(place),
                None => problem,
            }));
        }
        if template.is_secret() {
            self.secrets.add(&filled);
            self.document_holds_secret = true;
        }
        Ok(Some(filled))
    }

    /// The text of a hole; `None` for an optional one that is empty.
    fn hole(&mut self, hole: &Hole) -> Result<Option<Rc<str>>> {
        let problem =
            |code, message: String| Box::new(Diagnostic::error(code, message).at(hole.expression.location.clone()));
        let written = hole.expression.xpath.text();
        if let Some(Json::Number(number)) = hole.param.as_deref().and_then(|param| self.bindings.param_json(param))
            && let digits = number.to_string()
            && !digits.contains(['e', 'E', '.'])
        {
            // All its digits, where an XPath number would round.
            return Ok(Some(digits.into()));
        }
        let text: Rc<str> = match self.evaluate(&hole.expression)? {
            Value::Text(text) => text,
            Value::Boolean(boolean) => if boolean { "true" } else { "false" }.into(),
            Value::Number(number) if number.is_finite() => number_to_text(number).into(),
            Value::Number(number) => {
                let message = format!("`{written}` gives {}", number_to_text(number));
                return Err(problem(Code::NotFinite, message));
            }
            Value::Nodes(nodes) => match nodes[..] {
                [] if hole.optional => return Ok(None),
                [] => {
                    let help = "write `${?…}` where it may be empty";
                    return Err(Box::new(problem(Code::EmptyValue, format!("`{written}` gives nothing")).help(help)));
                }
                [node] => {
                    let text = string_value(&self.forest, node, &self.budget);
                    text.map_err(|error| at_expression(&hole.expression, error))?.into()
                }
                _ => {
                    let message = format!("`{written}` gives {} items, and a hole takes one", nodes.len());
                    return Err(Box::new(
                        problem(Code::ManyValues, message).help("choose one, or use `string-join` or `forEach`"),
                    ));
                }
            },
        };
        if text.is_empty() && !hole.optional {
            let help = "write `${?…}` where an empty text is meant";
            return Err(Box::new(problem(Code::EmptyValue, format!("`{written}` gives an empty text")).help(help)));
        }
        Ok(Some(text))
    }

    /// The text of `fail` or `warn`: what is empty shows as nothing, long values are cut, control
    /// characters escaped, secrets masked.
    pub(super) fn message(&mut self, template: &Template) -> Result<String> {
        let mut message = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => message.push_str(text),
                Part::Hole(hole) => {
                    let value = self.evaluate(&hole.expression)?;
                    let text = self.value_text(&value, " ").map_err(|error| at_expression(&hole.expression, error))?;
                    // What is read from a document that holds a secret may come from it.
                    let hidden = self.document_holds_secret && self.reads_document(&hole.expression);
                    push_shown(&mut message, if hidden { MASK } else { &text });
                }
            }
        }
        Ok(message)
    }

    /// Whether an expression sees nodes of the document: by a path, or by a variable that is no param.
    fn reads_document(&self, expression: &Expression) -> bool {
        expression.xpath.uses_document()
            || expression.variables.iter().any(|name| self.bindings.param_json(name).is_none())
    }

    /// A value as text: the items of a sequence with `between` between them.
    pub(super) fn value_text(
        &self,
        value: &Value<Node>,
        between: &str,
    ) -> std::result::Result<String, crate::xpath::EvalError> {
        Ok(match value {
            Value::Text(text) => text.to_string(),
            Value::Number(number) => number_to_text(*number),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Nodes(nodes) => {
                let mut joined = String::new();
                for (index, &node) in nodes.iter().enumerate() {
                    if index > 0 {
                        joined.push_str(between);
                    }
                    joined.push_str(&string_value(&self.forest, node, &self.budget)?);
                    self.budget.build(joined.len().min(SHOWN))?;
                }
                joined
            }
        })
    }

    /// A fragment with its holes filled.
    pub(super) fn fill_fragment<'f>(&mut self, fragment: &'f Fragment) -> Result<Vec<Filled<'f>>> {
        self.fill_nodes(&fragment.nodes)
    }

    /// Depth is bounded by the fragment's limits.
    fn fill_nodes<'f>(&mut self, nodes: &'f [FragmentNode]) -> Result<Vec<Filled<'f>>> {
        let mut filled = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                FragmentNode::Element(element) => filled.extend(self.fill_element(element)?.map(Filled::Element)),
                FragmentNode::Text(text) => filled.extend(self.fill(text)?.map(Filled::Text)),
                FragmentNode::Comment(text) => filled.push(Filled::Comment(text)),
                FragmentNode::ProcessingInstruction { target, data } => {
                    filled.push(Filled::ProcessingInstruction { target, data });
                }
            }
        }
        Ok(filled)
    }

    /// An element; `None` where it holds only a text that is left out.
    fn fill_element<'f>(&mut self, element: &'f FragmentElement) -> Result<Option<FilledElement<'f>>> {
        let mut attributes = Vec::with_capacity(element.attributes.len());
        for (name, value) in &element.attributes {
            if let Some(value) = self.fill(value)? {
                attributes.push((name, value));
            }
        }
        let children = self.fill_nodes(&element.children)?;
        let only_text = matches!(element.children[..], [FragmentNode::Text(_)]);
        if only_text && children.is_empty() {
            return Ok(None);
        }
        Ok(Some(FilledElement { name: &element.name, attributes, children }))
    }

    /// A JSON value with its holes filled. A text that is exactly one hole keeps its value's type.
    /// Depth is bounded by the rule file's.
    pub(super) fn fill_json(&mut self, template: &JsonTemplate) -> Result<Option<Json>> {
        Ok(match template {
            JsonTemplate::Constant(json) => Some(json.clone()),
            JsonTemplate::Text(text) => match text.as_hole() {
                Some(hole) => self.typed(hole)?,
                None => self.fill(text)?.map(|text| Json::String(text.into_owned())),
            },
            JsonTemplate::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.fill_json(item)?);
                }
                Some(Json::Array(list))
            }
            JsonTemplate::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    if let Some(value) = self.fill_json(member)? {
                        object.insert(name.clone(), value);
                    }
                }
                Some(Json::Object(object))
            }
        })
    }

    fn typed(&mut self, hole: &Hole) -> Result<Option<Json>> {
        let problem =
            |code, message: String| Box::new(Diagnostic::error(code, message).at(hole.expression.location.clone()));
        let written = hole.expression.xpath.text();
        let json = match hole.param.as_deref().and_then(|param| self.bindings.param_json(param)) {
            Some(json) => Some(json.clone()),
            None => {
                let value = self.evaluate(&hole.expression)?;
                if let Value::Number(number) = value
                    && !number.is_finite()
                {
                    return Err(problem(Code::NotFinite, format!("`{written}` gives {}", number_to_text(number))));
                }
                self.to_json(&value)?
            }
        };
        let empty_text = matches!(&json, Some(Json::String(text)) if text.is_empty());
        if (json.is_none() || empty_text) && !hole.optional {
            let what = if json.is_none() { "nothing" } else { "an empty text" };
            let help = "write `${?…}` where it may be empty";
            return Err(Box::new(problem(Code::EmptyValue, format!("`{written}` gives {what}")).help(help)));
        }
        if let Some(json) = json.as_ref() {
            let built = self.budget.build(crate::json::size(json));
            built.map_err(|error| at_expression(&hole.expression, error))?;
            if hole.expression.secret {
                self.note_secret(json);
                self.document_holds_secret = true;
            }
        }
        Ok(json)
    }

    /// A value as JSON: a sequence of several items is a list, the empty one nothing.
    pub(super) fn to_json(&self, value: &Value<Node>) -> Result<Option<Json>> {
        Ok(match value {
            Value::Text(text) => Some(Json::String(text.to_string())),
            Value::Boolean(boolean) => Some(Json::Bool(*boolean)),
            Value::Number(number) => number_to_text(*number).parse::<Number>().ok().map(Json::Number),
            Value::Nodes(nodes) => {
                let mut items = Vec::with_capacity(nodes.len());
                for &node in nodes.iter() {
                    items.push(self.node_json(node)?);
                }
                if items.len() > 1 { Some(Json::Array(items)) } else { items.pop() }
            }
        })
    }

    fn node_json(&self, node: Node) -> Result<Json> {
        if let Some(json) = self.forest.json(node).and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(json);
        }
        match string_value(&self.forest, node, &self.budget) {
            Ok(text) => Ok(Json::String(text.into_owned())),
            Err(error) => Err(Box::new(Diagnostic::error(error.code, error.message))),
        }
    }
}

fn push_shown(message: &mut String, value: &str) {
    let mut taken = 0;
    for character in value.chars() {
        taken += character.len_utf8();
        if taken > SHOWN {
            message.push('…');
            return;
        }
        if character.is_control() {
            message.extend(character.escape_default());
        } else {
            message.push(character);
        }
    }
}
