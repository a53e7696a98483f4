//! Params: where values come from, what they must be.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};
use crate::json::query::Query;
use crate::source::Location;
use crate::xpath::VarType;
use crate::yaml::{self, Node, Style, Value};

use super::fields::{Fields, Reader};
use super::scope::{self, Scope};
use super::value::{ParamType, ParamValue};
use super::{Expression, Trust};

/// A param.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name, an NCName.
    pub name: String,
    /// Where it is declared.
    pub location: Location,
    /// Where its value comes from.
    pub source: ParamSource,
    /// The value where the source has none.
    pub default: Option<ParamValue>,
    /// What the value must be.
    pub check: Check,
    /// Whether an absent value is an error.
    pub required: bool,
    /// Whether the value may never be shown.
    pub secret: bool,
}

/// Where a param's value comes from.
#[derive(Debug, Clone)]
pub enum ParamSource {
    /// An annotation of the VMI.
    Annotation(String),
    /// A label of the VMI.
    Label(String),
    /// Every annotation under a prefix.
    Annotations(String),
    /// Every environment variable under a prefix.
    Envs(String),
    /// What a query selects in the VMI.
    Vmi(Query),
    /// An environment variable.
    Env(String),
    /// A file's text.
    File(String),
    /// Whether a file is there.
    FileExists(String),
    /// A constant, checked already; `None` is absent.
    Value(Option<ParamValue>),
    /// Computed from params before it and the document as it arrived.
    Expression(Expression),
}

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
    pub minimum: Option<f64>,
    /// The greatest number.
    pub maximum: Option<f64>,
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
}

/// A `pattern`.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// Anchored at both ends.
    pub whole: Regex,
}

/// A declared param whose expression is not compiled yet.
struct Draft<'n> {
    name: &'n str,
    param: Param,
    /// The expression, for `expr`.
    expr: Option<&'n Node>,
    secret_given: bool,
}

/// Reads `spec.params` and declares each param in `scope`.
pub(super) fn read(reader: &mut Reader, node: Option<&Node>, trust: Trust, scope: &mut Scope) -> Vec<Param> {
    let Some(node) = node else { return Vec::new() };
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "`spec.params`", "a mapping");
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for (key, value) in entries {
        let name = scope::variable_name(reader, key, "a param's name");
        let draft = draft(reader, key, value, trust);
        if let (Some(name), Some(draft)) = (name, draft) {
            drafts.push(Draft { name, ..draft });
        } else if let Some(name) = name {
            // Declared all the same, so that its uses are not reported as well.
            scope.param(name, VarType::Any, false);
        }
    }
    in_order(reader, drafts, scope)
}

fn draft<'n>(reader: &mut Reader, key: &Node, node: &'n Node, trust: Trust) -> Option<Draft<'n>> {
    let before = reader.problems.len();
    let mut fields = reader.fields(node, "a param")?;
    let (source, expr) = source(reader, key, &mut fields, trust);
    let mut check = Check { ty: None, ..Check::default() };
    if let Some(node) = fields.take("type") {
        check.ty = reader.word(node, "`type`", &ParamType::WORDS);
    }
    if let Some(node) = fields.take("pattern") {
        check.pattern = pattern(reader, node);
    }
    if let Some(node) = fields.take("maxLength") {
        check.max_length = number(reader, node, "`maxLength`").and_then(|most| {
            let whole = (most.fract() == 0.0 && (0.0..=1e9).contains(&most)).then_some(most as usize);
            if whole.is_none() {
                reader.wrong_type(node, "`maxLength`", "a number of characters");
            }
            whole
        });
    }
    let texts = source.as_ref().is_some_and(gives_text) && check.ty.is_none();
    if let Some(node) = fields.take("enum") {
        for item in reader.items(node, "`enum`").unwrap_or_default() {
            let typed = Check { ty: check.ty, ..Check::default() };
            let json = literal(reader, item, check.ty, texts);
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
    let required = fields.take("required").and_then(|node| reader.boolean(node, "`required`")).unwrap_or(false);
    let secret_given = fields.take("secret").and_then(|node| reader.boolean(node, "`secret`"));
    if let Some(node) = fields.take("description") {
        reader.text(node, "`description`");
    }
    let default = fields.take("default");
    fields.finish(reader);
    let source = source?;
    let secret = secret_given.unwrap_or(matches!(source, ParamSource::File(_)));
    if reader.problems.len() > before {
        return None;
    }
    let mut param = Param {
        name: key.text()?.to_owned(),
        location: reader.at(&key.span),
        source,
        default: None,
        check,
        required,
        secret,
    };
    if let (ParamSource::Value(_), Some(node)) = (&param.source, node.get("value")) {
        param.source = ParamSource::Value(constant(reader, &param, node, "value")?);
    }
    if let Some(node) = default {
        param.default = constant(reader, &param, node, "default")?;
    }
    Some(Draft { name: "", param, expr, secret_given: secret_given.is_some() })
}

/// The one source of a param; of `expr` the node too, to be compiled in the order of use.
fn source<'n>(
    reader: &mut Reader,
    key: &Node,
    fields: &mut Fields<'n>,
    trust: Trust,
) -> (Option<ParamSource>, Option<&'n Node>) {
    let mut found: Vec<(&'static str, &Node, &'n Node)> = Vec::new();
    for name in ["annotation", "label", "annotations", "envs", "vmi", "env", "file", "fileExists", "value", "expr"] {
        if let Some((key, value)) = fields.take_entry(name) {
            found.push((name, key, value));
        }
    }
    let help = "one of annotation, label, annotations, envs, vmi, env, file, fileExists, value, expr";
    match found.as_slice() {
        [] => {
            reader
                .error(
                    Code::ParamSource,
                    format!("the param `{}` has no source", key.text().unwrap_or_default()),
                    &key.span,
                )
                .help = Some(format!("give {help}"));
            return (None, None);
        }
        [_] => {}
        [(first, ..), (second, at, _), ..] => {
            let message = format!("a param has exactly one source, this has `{first}` and `{second}`");
            reader.error(Code::ParamSource, message, &at.span).help = Some(format!("keep {help}"));
            return (None, None);
        }
    }
    let (name, at, node) = found[0];
    if trust == Trust::Annotation && matches!(name, "env" | "envs" | "file" | "fileExists") {
        let message = format!("rules from an annotation may not use `{name}`");
        reader.error(Code::ParamForbidden, message, &at.span).help =
            Some("mount the rules from a ConfigMap, or read an annotation".into());
        return (None, None);
    }
    let source = match name {
        "annotation" => constant_text(reader, node, "`annotation`").map(ParamSource::Annotation),
        "label" => constant_text(reader, node, "`label`").map(ParamSource::Label),
        "annotations" => prefix(reader, node).map(ParamSource::Annotations),
        "envs" => prefix(reader, node).map(ParamSource::Envs),
        "env" => constant_text(reader, node, "`env`").map(ParamSource::Env),
        "vmi" => constant_text(reader, node, "`vmi`").and_then(|text| query(reader, node, &text)).map(ParamSource::Vmi),
        "file" => path(reader, node, "`file`").map(ParamSource::File),
        "fileExists" => path(reader, node, "`fileExists`").map(ParamSource::FileExists),
        _ => Some(ParamSource::Value(None)),
    };
    (source, (name == "expr").then_some(node))
}

/// A text that names a source: constant, so a template in it is an error.
fn constant_text(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    let text = reader.text(node, what)?;
    if text.contains("${") {
        let message = format!("{what} names a source, and sources are constant: no templates");
        reader.error(Code::TemplateSyntax, message, &node.span);
        return None;
    }
    Some(text.to_owned())
}

fn prefix(reader: &mut Reader, node: &Node) -> Option<String> {
    let mut fields = reader.fields(node, "this source")?;
    let prefix = fields.require(reader, "prefix").and_then(|node| constant_text(reader, node, "`prefix`"));
    fields.finish(reader);
    prefix
}

/// The JSONPath query that a scalar holds.
pub(super) fn query(reader: &mut Reader, node: &Node, text: &str) -> Option<Query> {
    match Query::parse(text) {
        Ok(query) => Some(query),
        Err(error) => {
            let inner = reader.inner(node);
            let at = error.offset.min(text.len());
            let problem =
                Diagnostic::error(Code::JsonpathSyntax, format!("this is no JSONPath query: {}", error.message))
                    .at(Location::new(&inner, at..at))
                    .help("a query begins with `$`, for example `$.spec.domain.cpu.cores` (RFC 9535)");
            reader.problems.push(problem);
            None
        }
    }
}

/// The files that params may read.
fn path(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    let path = constant_text(reader, node, what)?;
    match forbidden_path(&path) {
        None => Some(path),
        Some(why) => {
            reader.error(Code::ParamFile, format!("{what} cannot be `{path}`: {why}"), &node.span);
            None
        }
    }
}

/// Why a param may not read a path, if it may not.
pub fn forbidden_path(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("it must be absolute");
    }
    if path.contains('\0') || path.split('/').any(|step| step == ".." || step == ".") {
        return Some("it must not contain `.` or `..` steps");
    }
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    match (steps.next(), steps.next(), steps.next()) {
        (Some("proc"), Some("cpuinfo"), None) => None,
        (Some("proc" | "dev" | "sys"), ..) => Some("nothing under /proc (but /proc/cpuinfo), /dev and /sys is read"),
        (None, ..) => Some("it names no file"),
        _ => None,
    }
}

fn pattern(reader: &mut Reader, node: &Node) -> Option<Pattern> {
    let text = reader.text(node, "`pattern`")?;
    let whole = RegexBuilder::new(&format!("^(?:{text})$")).size_limit(1 << 20).build();
    match whole.and_then(|whole| Regex::new(text).map(|_| whole)) {
        Ok(whole) => Some(Pattern { text: text.to_owned(), whole }),
        Err(error) => {
            let error = error.to_string();
            let message = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            reader.error(Code::RegexSyntax, format!("this is no regular expression: {message}"), &node.span);
            None
        }
    }
}

fn number(reader: &mut Reader, node: &Node, what: &str) -> Option<f64> {
    let number = node.text().and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
    if number.is_none() {
        reader.wrong_type(node, what, "a number");
    }
    number
}

/// A bound: of a quantity it may be written as one.
fn bound_of(reader: &mut Reader, node: &Node, name: &str, ty: Option<ParamType>) -> Option<f64> {
    if ty == Some(ParamType::Quantity)
        && let Some(text) = node.text()
    {
        let check = Check { ty, ..Check::default() };
        if let Ok(Some(ParamValue::Number(number))) = check.accept(Json::String(text.to_owned()), false) {
            return number.as_f64();
        }
    }
    if ty.is_some_and(|ty| matches!(ty, ParamType::String | ParamType::Boolean | ParamType::Json)) {
        let help = "`minimum` and `maximum` go with `type: integer`, `number` or `quantity`";
        reader.error(Code::ConflictingFields, format!("`{name}` is for numbers"), &node.span).help = Some(help.into());
        return None;
    }
    number(reader, node, &format!("`{name}`"))
}

/// Whether a source gives a text where nothing else is said.
fn gives_text(source: &ParamSource) -> bool {
    matches!(source, ParamSource::Annotation(_) | ParamSource::Label(_) | ParamSource::Env(_) | ParamSource::File(_))
}

/// A constant of the rule file as JSON; a text as written where one is wanted.
fn literal(reader: &mut Reader, node: &Node, ty: Option<ParamType>, text_wanted: bool) -> Option<Json> {
    if let Value::Scalar(scalar) = &node.value {
        if scalar.text.is_empty() && scalar.style == Style::Plain {
            reader.error(Code::EmptyValue, "the value is empty", &node.span).help = Some("write `null` or `''`".into());
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

/// A constant value, checked. The outer `None`: it was wrong.
fn constant(reader: &mut Reader, param: &Param, node: &Node, what: &str) -> Option<Option<ParamValue>> {
    let text_wanted = param.check.ty.is_none() && gives_text(&param.source);
    let json = literal(reader, node, param.check.ty, text_wanted)?;
    match param.check.accept(json, param.secret) {
        Ok(value) => Some(value),
        Err(refusal) => {
            let message = format!("the `{what}` of the param `{}` is refused: {}", param.name, refusal.message);
            reader.error(refusal.code, message, &node.span);
            None
        }
    }
}

/// Compiles the `expr` params, each after those that it uses, and declares all.
fn in_order(reader: &mut Reader, drafts: Vec<Draft<'_>>, scope: &mut Scope) -> Vec<Param> {
    let mut params = Vec::with_capacity(drafts.len());
    let mut waiting: BTreeMap<&str, Draft<'_>> = BTreeMap::new();
    for draft in drafts {
        if draft.expr.is_some() {
            waiting.insert(draft.name, draft);
        } else {
            scope.param(draft.name, var_type(&draft.param, None), draft.param.secret);
            params.push(draft.param);
        }
    }
    while !waiting.is_empty() {
        let ready: Vec<&str> =
            waiting.iter().filter(|(_, draft)| !uses_any(draft, &waiting)).map(|(&name, _)| name).collect();
        if ready.is_empty() {
            let names: Vec<&str> = waiting.keys().copied().collect();
            let message = format!("params computed from each other: {}", names.join(", "));
            let mut problem = Diagnostic::error(Code::ParamCycle, message);
            for draft in waiting.values() {
                problem = match problem.at {
                    None => problem.at(draft.param.location.clone()),
                    Some(_) => problem.related(draft.param.location.clone(), "and"),
                };
                scope.param(draft.name, VarType::Any, false);
            }
            reader.problems.push(problem);
            break;
        }
        for name in ready {
            if let Some(draft) = waiting.remove(name) {
                params.extend(computed(reader, draft, scope));
            }
        }
    }
    params
}

fn uses_any(draft: &Draft<'_>, waiting: &BTreeMap<&str, Draft<'_>>) -> bool {
    let text = draft.expr.and_then(Node::text).unwrap_or_default();
    waiting.keys().any(|name| names_variable(text, name))
}

/// Whether `$name` stands in the expression, as a whole name.
pub(super) fn names_variable(expression: &str, name: &str) -> bool {
    expression.match_indices('$').any(|(at, _)| {
        let rest = expression[at + 1..].trim_start();
        rest.strip_prefix(name)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')))
    })
}

fn computed(reader: &mut Reader, draft: Draft<'_>, scope: &mut Scope) -> Option<Param> {
    let Draft { name, mut param, expr, secret_given } = draft;
    let expression = expr.and_then(|node| scope.expression(reader, node, "`expr`"));
    let Some(expression) = expression else {
        scope.param(name, VarType::Any, param.secret);
        return None;
    };
    if secret_given && !param.secret && expression.secret {
        let message = format!("the param `{name}` is computed from a secret, so it is one");
        let problem = Diagnostic::error(Code::SecretShown, message).at(param.location.clone());
        reader.problems.push(problem.help("leave `secret: false` out"));
    }
    param.secret |= expression.secret;
    scope.param(name, var_type(&param, Some(expression.xpath.result_type())), param.secret);
    param.source = ParamSource::Expression(expression);
    Some(param)
}

/// What kind of XPath value the param is.
fn var_type(param: &Param, result: Option<VarType>) -> VarType {
    match (param.check.ty, &param.source) {
        (Some(ParamType::String), _) => VarType::Text,
        (Some(ParamType::Integer | ParamType::Number | ParamType::Quantity), _) => VarType::Number,
        (Some(ParamType::Boolean), _) => VarType::Boolean,
        (Some(ParamType::Json), _) => VarType::Json,
        (None, source) if gives_text(source) => VarType::Text,
        (None, ParamSource::Annotations(_) | ParamSource::Envs(_)) => VarType::Json,
        (None, ParamSource::FileExists(_)) => VarType::Boolean,
        // A scalar or not: what is not known until the VMI comes is taken for JSON.
        (None, ParamSource::Vmi(_)) => VarType::Json,
        (None, ParamSource::Value(Some(ParamValue::Text(_)))) => VarType::Text,
        (None, ParamSource::Value(Some(ParamValue::Number(_)))) => VarType::Number,
        (None, ParamSource::Value(Some(ParamValue::Boolean(_)))) => VarType::Boolean,
        (None, ParamSource::Value(Some(ParamValue::Json(_)))) => VarType::Json,
        _ => result.unwrap_or(VarType::Any),
    }
}

impl ParamSource {
    /// What the source is called in messages.
    pub fn describe(&self) -> String {
        match self {
            ParamSource::Annotation(key) => format!("the annotation `{key}`"),
            ParamSource::Label(key) => format!("the label `{key}`"),
            ParamSource::Annotations(prefix) => format!("the annotations under `{prefix}`"),
            ParamSource::Envs(prefix) => format!("the environment variables under `{prefix}`"),
            ParamSource::Vmi(query) => format!("`{}` in the VMI", query.as_str()),
            ParamSource::Env(name) => format!("the environment variable `{name}`"),
            ParamSource::File(path) => format!("the file `{path}`"),
            ParamSource::FileExists(path) => format!("whether `{path}` exists"),
            ParamSource::Value(_) => "a constant".to_owned(),
            ParamSource::Expression(_) => "an expression".to_owned(),
        }
    }
}
