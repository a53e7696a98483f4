//! What a param's value must be, and the check itself.

use crate::regexp::{Options, Regexp};
use serde_json::{Number, Value as Json};

use crate::diagnostic::Code;
use crate::json::number;
use crate::yaml::{self, Node, Style, Value};

use super::fields::{Fields, Reader};
use super::value::{ParamType, ParamValue, convert, kind, plain};

/// What a value must be.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// The type to bring it to.
    pub ty: Option<ParamType>,
    /// A regular expression that must match the whole text.
    pub pattern: Option<Pattern>,
    /// The most characters of the text.
    pub max_length: Option<usize>,
    /// The values that are allowed; empty: all.
    pub allowed: Vec<ParamValue>,
    /// The least number.
    pub minimum: Option<Number>,
    /// The greatest number.
    pub maximum: Option<Number>,
}

/// What holding one value to its pattern may cost, in steps: a second, about.
const PATTERN_WORK: usize = 1 << 21;

/// A `pattern`.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// Anchored at both ends.
    pub whole: Regexp,
}

/// A value that a check refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which check.
    pub code: Code,
    /// What was expected; the value itself only where it is no secret.
    pub message: String,
}

impl Check {
    /// Whether every value passes as it is.
    pub fn is_empty(&self) -> bool {
        self.ty.is_none()
            && self.pattern.is_none()
            && self.max_length.is_none()
            && self.allowed.is_empty()
            && self.minimum.is_none()
            && self.maximum.is_none()
    }

    /// Reads the fields of a param that check its value. `texts`: its source gives texts.
    pub(super) fn read(reader: &mut Reader, fields: &mut Fields<'_>, texts: bool) -> Self {
        let mut check = Self::default();
        if let Some(node) = fields.take("type") {
            check.ty = reader.word(node, "`type`", &ParamType::WORDS);
        }
        if let Some(node) = fields.take("pattern") {
            check.pattern = pattern(reader, node);
        }
        if let Some(node) = fields.take("maxLength") {
            check.max_length = number(reader, node, "`maxLength`").and_then(|most| {
                let whole = most.to_string().parse().ok();
                if whole.is_none() {
                    reader.wrong_type(node, "`maxLength`", "a number of characters");
                }
                whole
            });
        }
        if let Some(node) = fields.take("enum") {
            for item in reader.items(node, "`enum`").unwrap_or_default() {
                let typed = Self { ty: check.ty, ..Self::default() };
                let json = check.literal(reader, item, texts);
                match json.map(|json| typed.accept(json, false)) {
                    Some(Ok(Some(value))) => check.allowed.push(value),
                    Some(Ok(None)) => drop(reader.error(Code::EmptyValue, "an `enum` value is empty", &item.span)),
                    Some(Err(refusal)) => drop(reader.error(refusal.code, refusal.message, &item.span)),
                    None => {}
                }
            }
            if check.allowed.is_empty() && node.items().is_some_and(<[Node]>::is_empty) {
                reader.error(Code::EmptyValue, "`enum` lists no value", &node.span);
            }
        }
        for (name, bound) in [("minimum", &mut check.minimum), ("maximum", &mut check.maximum)] {
            if let Some(node) = fields.take(name) {
                *bound = bound_of(reader, node, name, check.ty);
            }
        }
        check
    }

    /// A constant of the rule file as JSON; a text as written where one is wanted.
    pub(super) fn literal(&self, reader: &mut Reader, node: &Node, texts: bool) -> Option<Json> {
        let ty = self.ty;
        let text_wanted = texts && ty.is_none();
        if let Value::Scalar(scalar) = &node.value {
            if scalar.text.is_empty() && scalar.style == Style::Plain {
                reader.error(Code::EmptyValue, "the value is empty", &node.span).help =
                    Some("write `null` or `''`".into());
                return None;
            }
            let as_written = text_wanted || ty.is_some_and(|ty| ty != ParamType::Json) || scalar.style != Style::Plain;
            if as_written && !(node.is_null() && ty.is_some()) {
                return Some(Json::String(scalar.text.clone()));
            }
        }
        match yaml::to_json(node, yaml::schema::Schema::Core, &reader.source) {
            Ok(json) => Some(json),
            Err(error) => {
                reader.problems.push(*error);
                None
            }
        }
    }

    /// Brings a value to the param's type and checks it, in the order of the rule language:
    /// `pattern` and `maxLength` on the text, `type`, `enum`, `minimum`, `maximum`. Of an empty text
    /// under another type than `string` there is no value.
    ///
    /// # Errors
    /// The first check that refuses the value.
    pub fn accept(&self, raw: Json, secret: bool) -> Result<Option<ParamValue>, Refusal> {
        let shown = if secret { "the secret value".to_owned() } else { format!("`{}`", shorten(&plain(&raw))) };
        let refuse = |code, message: String| Err(Refusal { code, message });
        if let Json::String(text) = &raw {
            if text.is_empty() && self.ty.is_some_and(|ty| ty != ParamType::String) {
                return Ok(None);
            }
            if let Some(pattern) = self.pattern.as_ref().filter(|pattern| pattern.whole.work(text.len()) > PATTERN_WORK)
            {
                let text = &pattern.text;
                return refuse(Code::ParamPattern, format!("{shown} is too long to be held to the pattern `{text}`"));
            }
            if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.whole.is_match(text)) {
                return refuse(Code::ParamPattern, format!("{shown} does not match the pattern `{}`", pattern.text));
            }
            if let Some(most) = self.max_length.filter(|&most| text.chars().count() > most) {
                let length = text.chars().count();
                return refuse(Code::ParamLength, format!("{shown} has {length} characters, more than {most}"));
            }
        } else if self.pattern.is_some() || self.max_length.is_some() {
            let which = if self.pattern.is_some() { "pattern" } else { "maxLength" };
            if !raw.is_null() {
                let message = format!("{shown} is {}, and `{which}` is for texts", kind(&raw));
                return refuse(if self.pattern.is_some() { Code::ParamPattern } else { Code::ParamLength }, message);
            }
        }
        let value = match self.ty {
            None => ParamValue::from_json(raw),
            Some(ty) => match convert(raw, ty) {
                Ok(value) => value,
                Err(why) => return refuse(Code::ParamType, format!("{shown} is no {}{why}", ty.word())),
            },
        };
        let Some(value) = value else { return Ok(None) };
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| same(allowed, &value)) {
            let list: Vec<String> = self.allowed.iter().map(|allowed| plain(&allowed.to_json())).collect();
            return refuse(Code::ParamEnum, format!("{shown} is none of {}", list.join(", ")));
        }
        if self.minimum.is_some() || self.maximum.is_some() {
            let ParamValue::Number(number) = &value else {
                return refuse(
                    Code::ParamRange,
                    format!("{shown} is no number, and `minimum` and `maximum` are for numbers"),
                );
            };
            if let Some(minimum) = self.minimum.as_ref().filter(|minimum| number::compare(number, minimum).is_lt()) {
                return refuse(Code::ParamRange, format!("{shown} is less than {minimum}"));
            }
            if let Some(maximum) = self.maximum.as_ref().filter(|maximum| number::compare(number, maximum).is_gt()) {
                return refuse(Code::ParamRange, format!("{shown} is more than {maximum}"));
            }
        }
        Ok(Some(value))
    }
}

fn pattern(reader: &mut Reader, node: &Node) -> Option<Pattern> {
    let text = reader.text(node, "`pattern`")?;
    match Regexp::compile(text, &Options { whole: true, ..Options::default() }) {
        Ok(whole) => Some(Pattern { text: text.to_owned(), whole }),
        Err(message) => {
            reader.error(Code::RegexSyntax, format!("this is no regular expression: {message}"), &node.span);
            None
        }
    }
}

fn number(reader: &mut Reader, node: &Node, what: &str) -> Option<Number> {
    let converted = node.text().map(|text| convert(Json::String(text.to_owned()), ParamType::Number));
    if let Some(Ok(Some(ParamValue::Number(number)))) = converted {
        return Some(number);
    }
    reader.wrong_type(node, what, "a number");
    None
}

/// A bound: of a quantity it may be written as one.
fn bound_of(reader: &mut Reader, node: &Node, name: &str, ty: Option<ParamType>) -> Option<Number> {
    if ty == Some(ParamType::Quantity)
        && let Some(text) = node.text()
    {
        let check = Check { ty, ..Check::default() };
        if let Ok(Some(ParamValue::Number(number))) = check.accept(Json::String(text.to_owned()), false) {
            return Some(number);
        }
    }
    if ty.is_some_and(|ty| matches!(ty, ParamType::String | ParamType::Boolean | ParamType::Json)) {
        let help = "`minimum` and `maximum` go with `type: integer`, `number` or `quantity`";
        reader.error(Code::ConflictingFields, format!("`{name}` is for numbers"), &node.span).help = Some(help.into());
        return None;
    }
    number(reader, node, &format!("`{name}`"))
}

/// Equal by value: numbers however they are written.
fn same(a: &ParamValue, b: &ParamValue) -> bool {
    match (a, b) {
        (ParamValue::Number(a), ParamValue::Number(b)) => number::equal(a, b),
        _ => a == b,
    }
}

/// A value as a message shows it: control characters escaped, at most 100 characters.
fn shorten(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(100)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().count() > 100 {
        shown.push('…');
    }
    shown
}
