//! The function library: XPath 1.0, section 4; Functions and Operators 3.1; and virt-patch's own.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::axis::Walk;
use super::{Evaluated, Evaluation, Focus, Item, file_name, shell, string};
use crate::diagnostic::Code;
use crate::regexp::{Match, Regexp};
use crate::xpath::ast::{Ast, Axis, Call, Kind as Part};
use crate::xpath::error::EvalError;
use crate::xpath::function::Function;
use crate::xpath::replacement::Replacement;
use crate::xpath::tree::{Kind, Tree, Variables};
use crate::xpath::value::{number_to_text, text_to_number};

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// Integers up to here are exact as XPath numbers.
const MAX_INTEGER: f64 = 9_007_199_254_740_992.0;

impl<'a, T: Tree, V: Variables<T::Node>> Evaluation<'a, T, V> {
    pub(super) fn call(&self, call: &'a Call, focus: Focus<T::Node>) -> Evaluated<Item<'a, T::Node>> {
        let arguments = Arguments { evaluation: self, call, focus };
        match call.function {
            Function::Last => Ok(Item::Number(focus.size as f64)),
            Function::Position => Ok(Item::Number(focus.position as f64)),
            Function::Count => Ok(Item::Number(match arguments.item(0)? {
                Item::Nodes(nodes) => nodes.len() as f64,
                _ => 1.0,
            })),
            // Without a DTD no attribute is an ID.
            Function::Id => arguments.item(0).map(|_| Item::Nodes(Cow::Borrowed(&[]))),
            Function::LocalName => Ok(arguments.name(|node| Cow::Borrowed(self.tree.local_name(node)))?),
            Function::NamespaceUri => Ok(arguments.name(|node| Cow::Borrowed(self.tree.namespace(node)))?),
            Function::Name => Ok(arguments.name(|node| self.qualified_name(node))?),
            Function::Boolean => Ok(Item::Boolean(arguments.boolean(0)?)),
            Function::Not => Ok(Item::Boolean(!arguments.boolean(0)?)),
            Function::True => Ok(Item::Boolean(true)),
            Function::False => Ok(Item::Boolean(false)),
            Function::Lang => Ok(Item::Boolean(self.lang(focus.node, &arguments.text(0)?)?)),
            Function::Number => Ok(Item::Number(arguments.number(0)?)),
            Function::Sum => self.sum(&arguments.nodes(0)?),
            Function::Floor => Ok(Item::Number(arguments.number(0)?.floor())),
            Function::Ceiling => Ok(Item::Number(arguments.number(0)?.ceil())),
            Function::Round => Ok(Item::Number(string::round(arguments.number(0)?))),
            Function::Abs => arguments.of_one(0, |item| Ok(Item::Number(self.number_of(item)?.abs()))),
            Function::Min => arguments.extreme(f64::min),
            Function::Max => arguments.extreme(f64::max),
            Function::Exists => Ok(Item::Boolean(!arguments.is_empty(0)?)),
            Function::Empty => Ok(Item::Boolean(arguments.is_empty(0)?)),
            Function::Range => arguments.range(),
            Function::DistinctValues => arguments.distinct_values(),
            Function::Member => self.members(&arguments.nodes(0)?, &arguments.text(1)?),
            Function::Hex => arguments.of_one(0, |item| arguments.hex(self.number_of(item)?)),
            Function::NumberFromHex => arguments.of_one(0, |item| number_from_hex(&self.text_of(item)?)),
            Function::SplitArgs => arguments.of_one(0, |item| {
                let words = shell::words(&self.text_of(item)?).map_err(function_value)?;
                self.texts(words.into_iter().map(Cow::Owned))
            }),
            Function::Tokenize => arguments.of_one(0, |item| arguments.tokenize(&self.text_of(item)?)),
            Function::Json => self.json(arguments.item(0)?),
            _ => arguments.text_function(),
        }
    }

    /// `QName` as it is written in the document.
    fn qualified_name(&self, node: T::Node) -> Cow<'a, str> {
        match self.tree.prefix(node) {
            "" => Cow::Borrowed(self.tree.local_name(node)),
            prefix => Cow::Owned(format!("{prefix}:{}", self.tree.local_name(node))),
        }
    }

    /// Whether the nearest `xml:lang` is this language or a sublanguage of it.
    fn lang(&self, node: T::Node, wanted: &str) -> Evaluated<bool> {
        let Some(name) = self.tree.resolve(XML_NAMESPACE, "lang") else { return Ok(false) };
        for ancestor in Walk::new(self.tree, Axis::AncestorOrSelf, node) {
            for attribute in Walk::new(self.tree, Axis::Attribute, ancestor) {
                self.budget.spend(1)?;
                if self.tree.is_named(attribute, name) {
                    return Ok(string::is_language(&self.tree.text(attribute), wanted));
                }
            }
        }
        Ok(false)
    }

    fn sum(&self, nodes: &[T::Node]) -> Evaluated<Item<'a, T::Node>> {
        let sum = nodes.iter().try_fold(0.0, |sum, &node| Ok(sum + text_to_number(&self.string_of(node)?)));
        sum.map(Item::Number)
    }

    /// `member(nodes, name)`: the children of this name, also where it is no NCName.
    fn members(&self, nodes: &[T::Node], name: &str) -> Evaluated<Item<'a, T::Node>> {
        let mut members = Vec::new();
        for &node in nodes {
            for child in Walk::new(self.tree, Axis::Child, node) {
                self.budget.spend(1)?;
                if self.tree.kind(child) == Kind::Element && self.tree.local_name(child) == name {
                    members.push(child);
                }
            }
        }
        if nodes.len() > 1 {
            self.sort(&mut members)?;
        }
        Ok(Item::Nodes(Cow::Owned(members)))
    }

    /// `json(value)`: of a node what it stands for, else its text as a JSON string; of several nodes
    /// a list; of `()` it is `null`.
    fn json(&self, item: Item<'a, T::Node>) -> Evaluated<Item<'a, T::Node>> {
        let json = match item {
            Item::Nodes(nodes) => match nodes.as_ref() {
                [] => "null".to_owned(),
                &[node] => self.node_json(node)?,
                several => {
                    let items: Evaluated<Vec<_>> = several.iter().map(|&node| self.node_json(node)).collect();
                    format!("[{}]", items?.join(","))
                }
            },
            Item::Text(text) => string::json(&text),
            Item::Number(number) if !number.is_finite() => {
                return Err(function_value(format!("JSON has no number {}", self.text_of(item)?)));
            }
            other => self.text_of(other)?.into_owned(),
        };
        self.built(json)
    }

    fn node_json(&self, node: T::Node) -> Evaluated<String> {
        self.budget.spend(1)?;
        let json = match self.tree.json(node) {
            Some(json) => json,
            None => string::json(&self.string_of(node)?),
        };
        self.budget.build(json.len())?;
        Ok(json)
    }
}

fn function_value(message: impl Into<String>) -> EvalError {
    EvalError::new(Code::FunctionValue, message)
}

fn number_from_hex<'a, N: Copy>(text: &str) -> Evaluated<Item<'a, N>> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    // from_str_radix would take a sign.
    let number = if digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        u64::from_str_radix(digits, 16).ok().map(|number| number as f64).filter(|&number| number <= MAX_INTEGER)
    } else {
        None
    };
    let number = number.ok_or_else(|| function_value(format!("{text:?} is no hexadecimal number up to 2^53")))?;
    Ok(Item::Number(number))
}

/// A call's arguments, each evaluated when it is asked for.
struct Arguments<'e, 'a, T: Tree, V> {
    evaluation: &'e Evaluation<'a, T, V>,
    call: &'a Call,
    focus: Focus<T::Node>,
}

impl<'a, T: Tree, V: Variables<T::Node>> Arguments<'_, 'a, T, V> {
    fn ast(&self, index: usize) -> Option<&'a Ast> {
        self.call.arguments.get(index)
    }

    /// An argument as it is; without it the context node.
    fn item(&self, index: usize) -> Evaluated<Item<'a, T::Node>> {
        match self.ast(index) {
            Some(ast) => self.evaluation.item(ast, self.focus),
            None => Ok(Item::Nodes(Cow::Owned(vec![self.focus.node]))),
        }
    }

    fn nodes(&self, index: usize) -> Evaluated<Cow<'a, [T::Node]>> {
        match self.ast(index) {
            Some(ast) => self.evaluation.nodes(ast, self.focus),
            None => Ok(Cow::Owned(vec![self.focus.node])),
        }
    }

    fn text(&self, index: usize) -> Evaluated<Cow<'a, str>> {
        let text = match self.ast(index) {
            Some(ast) => self.evaluation.text(ast, self.focus)?,
            None => self.evaluation.string_of(self.focus.node)?,
        };
        self.evaluation.budget.read(text.len())?;
        Ok(text)
    }

    fn number(&self, index: usize) -> Evaluated<f64> {
        match self.ast(index) {
            Some(ast) => self.evaluation.number(ast, self.focus),
            None => Ok(text_to_number(&self.text(index)?)),
        }
    }

    fn boolean(&self, index: usize) -> Evaluated<bool> {
        self.ast(index).map_or(Ok(false), |ast| self.evaluation.boolean(ast, self.focus))
    }

    /// Whether an argument is `()`; a string, number or boolean never is.
    fn is_empty(&self, index: usize) -> Evaluated<bool> {
        match self.ast(index) {
            Some(ast) if matches!(ast.kind, Part::Path(_)) => Ok(!self.evaluation.boolean(ast, self.focus)?),
            _ => Ok(matches!(self.item(index)?, Item::Nodes(nodes) if nodes.is_empty())),
        }
    }

    /// The part of the first node's name; `""` where there is no node.
    fn name(&self, part: impl Fn(T::Node) -> Cow<'a, str>) -> Evaluated<Item<'a, T::Node>> {
        Ok(Item::Text(self.nodes(0)?.first().map_or(Cow::Borrowed(""), |&node| part(node))))
    }

    /// `()` of `()`, else what the function makes of the argument.
    fn of_one(
        &self,
        index: usize,
        function: impl FnOnce(Item<'a, T::Node>) -> Evaluated<Item<'a, T::Node>>,
    ) -> Evaluated<Item<'a, T::Node>> {
        match self.item(index)? {
            Item::Nodes(nodes) if nodes.is_empty() => Ok(Item::Nodes(nodes)),
            item => function(item),
        }
    }

    /// The argument's items as texts.
    fn texts(&self, index: usize) -> Evaluated<Vec<Cow<'a, str>>> {
        match self.item(index)? {
            Item::Nodes(nodes) => nodes.iter().map(|&node| self.evaluation.string_of(node)).collect(),
            single => Ok(vec![self.evaluation.text_of(single)?]),
        }
    }

    /// `min` and `max`: every item is cast to a number, as untyped values are; one that is none is an error.
    fn extreme(&self, choose: fn(f64, f64) -> f64) -> Evaluated<Item<'a, T::Node>> {
        let nodes = match self.item(0)? {
            Item::Nodes(nodes) if nodes.is_empty() => return Ok(Item::Nodes(nodes)),
            Item::Nodes(nodes) => nodes,
            Item::Number(number) => return Ok(Item::Number(number)),
            other => return self.cast(&self.evaluation.text_of(other)?).map(Item::Number),
        };
        let found = nodes
            .iter()
            .try_fold(f64::NAN, |found, &node| Ok(choose(found, self.cast(&self.evaluation.string_of(node)?)?)));
        found.map(Item::Number)
    }

    fn cast(&self, text: &str) -> Evaluated<f64> {
        let number = text_to_number(text);
        if number.is_nan() {
            let name = self.call.function.signature().name;
            return Err(function_value(format!("`{name}` compares numbers, and {text:?} is none")));
        }
        Ok(number)
    }

    /// The integers from first to last; none where last is less.
    fn range(&self) -> Evaluated<Item<'a, T::Node>> {
        // As with `to` in XPath 3.1, section 4.5: a loop up to an absent param has no round.
        if self.is_empty(0)? || self.is_empty(1)? {
            return Ok(Item::Nodes(Cow::Borrowed(&[])));
        }
        let (first, last) = (self.integer(0)?, self.integer(1)?);
        // What cannot be paid is not begun.
        let count = (last - first + 1.0).max(0.0);
        if count > self.evaluation.budget.steps_left() as f64 {
            self.evaluation.budget.spend(u64::MAX)?;
        }
        self.evaluation.texts((first as i64..=last as i64).map(|number| Cow::Owned(number.to_string())))
    }

    fn integer(&self, index: usize) -> Evaluated<f64> {
        let number = self.number(index)?;
        if number.fract() != 0.0 || number.abs() > MAX_INTEGER || number.is_nan() {
            let name = self.call.function.signature().name;
            let shown = number_to_text(number);
            return Err(function_value(format!("`{name}` needs an integer, and this is {shown}")));
        }
        Ok(number)
    }

    fn distinct_values(&self) -> Evaluated<Item<'a, T::Node>> {
        let texts = self.texts(0)?;
        let mut seen = HashSet::new();
        let distinct: Vec<&str> = texts.iter().map(AsRef::as_ref).filter(|&text| seen.insert(text)).collect();
        self.evaluation.texts(distinct.into_iter().map(Cow::Borrowed))
    }

    /// `hex(number, width?)`: lower case, zeros in front.
    fn hex(&self, number: f64) -> Evaluated<Item<'a, T::Node>> {
        let width = if self.ast(1).is_some() { self.integer(1)? } else { 0.0 };
        if !(0.0..=MAX_INTEGER).contains(&number) || number.fract() != 0.0 {
            let shown = number_to_text(number);
            return Err(function_value(format!("`hex` needs an integer from 0 on, and this is {shown}")));
        }
        if !(0.0..=64.0).contains(&width) {
            return Err(function_value("the width of `hex` is a number from 0 to 64"));
        }
        self.evaluation.built(format!("{:0width$x}", number as u64, width = width as usize))
    }

    /// The parts of a text between the matches; without a pattern its words. Of `''` it is `()`.
    fn tokenize(&self, text: &str) -> Evaluated<Item<'a, T::Node>> {
        self.evaluation.budget.read(text.len())?;
        match &self.call.pattern {
            _ if text.is_empty() => Ok(Item::Nodes(Cow::Borrowed(&[]))),
            Some(pattern) => {
                let (mut parts, mut end) = (Vec::new(), 0);
                self.each_match(pattern, text, |found| {
                    parts.push(Cow::Borrowed(text.get(end..found.range().start).unwrap_or("")));
                    end = found.range().end;
                    Ok(())
                })?;
                parts.push(Cow::Borrowed(text.get(end..).unwrap_or("")));
                self.evaluation.texts(parts)
            }
            None => self.evaluation.texts(string::words(text).map(Cow::Borrowed)),
        }
    }

    /// Calls `each` with the matches in a text. Each is a search through what is left of it.
    fn each_match<'t>(
        &self,
        pattern: &Regexp,
        text: &'t str,
        mut each: impl FnMut(&Match<'t>) -> Evaluated<()>,
    ) -> Evaluated<()> {
        let budget = self.evaluation.budget;
        budget.spend(pattern.work(text.len()) as u64)?;
        pattern.each_match(text, |found| {
            budget.spend(pattern.work(text.len() - found.range().end) as u64)?;
            each(found)
        })
    }

    fn replace(&self) -> Evaluated<Item<'a, T::Node>> {
        let text = self.text(0)?;
        let Some(pattern) = &self.call.pattern else { return Ok(Item::Text(text)) };
        let replacement = Replacement::parse(&self.text(2)?, pattern.groups()).map_err(function_value)?;
        let mut replaced = String::new();
        let mut end = 0;
        self.each_match(pattern, &text, |found| {
            let before = replaced.len();
            replaced.push_str(text.get(end..found.range().start).unwrap_or(""));
            replacement.append(found, &mut replaced);
            end = found.range().end;
            self.evaluation.budget.build(replaced.len() - before)
        })?;
        if end == 0 && replaced.is_empty() {
            return Ok(Item::Text(text));
        }
        let rest = text.get(end..).unwrap_or("");
        self.evaluation.budget.build(rest.len())?;
        replaced.push_str(rest);
        Ok(Item::Text(Cow::Owned(replaced)))
    }

    /// The functions from texts to a text, number or boolean; `()` is `''` to them.
    fn text_function(&self) -> Evaluated<Item<'a, T::Node>> {
        let text = || self.text(0);
        let boolean = |holds| Ok(Item::Boolean(holds));
        let built = |text| self.evaluation.built(text);
        match self.call.function {
            Function::String => Ok(Item::Text(text()?)),
            Function::Concat => {
                let mut joined = String::new();
                for index in 0..self.call.arguments.len() {
                    let part = self.text(index)?;
                    self.evaluation.budget.build(part.len())?;
                    joined.push_str(&part);
                }
                Ok(Item::Text(Cow::Owned(joined)))
            }
            Function::StringJoin => {
                let texts = self.texts(0)?;
                let separator = if self.ast(1).is_some() { self.text(1)? } else { Cow::Borrowed("") };
                let length = texts.iter().map(|text| text.len() + separator.len()).sum();
                self.evaluation.budget.build(length)?;
                Ok(Item::Text(Cow::Owned(texts.join(separator.as_ref()))))
            }
            Function::StartsWith => boolean(text()?.starts_with(self.text(1)?.as_ref())),
            Function::EndsWith => boolean(text()?.ends_with(self.text(1)?.as_ref())),
            Function::Contains => boolean(text()?.contains(self.text(1)?.as_ref())),
            Function::Matches => boolean(match &self.call.pattern {
                Some(pattern) => {
                    let text = text()?;
                    self.evaluation.budget.spend(pattern.work(text.len()) as u64)?;
                    pattern.is_match(&text)
                }
                None => false,
            }),
            Function::PathUnder => boolean(file_name::is_under(&text()?, &self.text(1)?)),
            Function::StringLength => Ok(Item::Number(text()?.chars().count() as f64)),
            Function::SubstringBefore => {
                built(text()?.split_once(self.text(1)?.as_ref()).map_or("", |cut| cut.0).to_owned())
            }
            Function::SubstringAfter => {
                built(text()?.split_once(self.text(1)?.as_ref()).map_or("", |cut| cut.1).to_owned())
            }
            Function::Substring => {
                let length = if self.ast(2).is_some() { Some(self.number(2)?) } else { None };
                built(string::substring(&text()?, self.number(1)?, length))
            }
            Function::NormalizeSpace => built(string::normalize_space(&text()?)),
            Function::Translate => built(string::translate(&text()?, &self.text(1)?, &self.text(2)?)),
            Function::LowerCase => built(text()?.to_lowercase()),
            Function::UpperCase => built(text()?.to_uppercase()),
            Function::Replace => self.replace(),
            Function::Basename => built(file_name::basename(&text()?).to_owned()),
            Function::Dirname => built(file_name::dirname(&text()?).to_owned()),
            Function::ShellQuote => built(shell::quote(&text()?)),
            Function::QemuQuote => built(text()?.replace(',', ",,")),
            Function::Sha256 => {
                let digest = Sha256::digest(text()?.as_bytes());
                let hex =
                    digest.iter().try_fold(String::new(), |mut hex, byte| write!(hex, "{byte:02x}").map(|()| hex));
                built(hex.unwrap_or_default())
            }
            other => Err(EvalError::new(Code::Internal, format!("`{}` has no value here", other.signature().name))),
        }
    }
}
