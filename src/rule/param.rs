//! Params: where values come from, what they must be.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Location;
use crate::xpath::VarType;
use crate::yaml::Node;

use super::Trust;
use super::check::Check;
use super::fields::Reader;
use super::language;
use super::order;
use super::param_source::{self, ParamSource};
use super::scope::{self, Scope};
use super::value::{ParamType, ParamValue};

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
    /// What it is for, in its author's words.
    pub description: Option<String>,
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
    let mut fields = reader.mapping(node, &language::PARAM)?;
    let (source, expr) = param_source::read(reader, key, &mut fields, trust);
    let texts = source.as_ref().is_some_and(ParamSource::gives_text);
    let check = Check::read(reader, &mut fields, texts);
    let required = fields.take("required").and_then(|node| reader.boolean(node, "`required`")).unwrap_or(false);
    let secret_given = fields.take("secret").and_then(|node| reader.boolean(node, "`secret`"));
    let description = fields.take("description").and_then(|node| reader.text(node, "`description`"));
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
        description: description.map(ToOwned::to_owned),
    };
    if let (ParamSource::Value(_), Some(node)) = (&param.source, node.get("value")) {
        param.source = ParamSource::Value(constant(reader, &param, node, "value")?);
    }
    if let Some(node) = default {
        param.default = constant(reader, &param, node, "default")?;
    }
    Some(Draft { name: "", param, expr, secret_given: secret_given.is_some() })
}

/// A constant value, checked. The outer `None`: it was wrong.
pub(super) fn constant(reader: &mut Reader, param: &Param, node: &Node, what: &str) -> Option<Option<ParamValue>> {
    let json = param.check.literal(reader, node, param.source.gives_text())?;
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
    let (computed_ones, plain): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| draft.expr.is_some());
    for draft in plain {
        scope.param(draft.name, var_type(&draft.param, None), draft.param.secret);
        params.push(draft.param);
    }
    let text = |draft: &Draft<'_>| draft.expr.and_then(Node::text).unwrap_or_default().to_owned();
    let texts: Vec<String> = computed_ones.iter().map(text).collect();
    let named: Vec<(&str, &str)> =
        computed_ones.iter().zip(&texts).map(|(draft, text)| (draft.name, text.as_str())).collect();
    let (order, left) = order::by_dependency(&named);
    let mut waiting: Vec<Option<Draft<'_>>> = computed_ones.into_iter().map(Some).collect();
    let mut problem: Option<Diagnostic> = None;
    for draft in left.into_iter().filter_map(|index| waiting.get(index)?.as_ref()) {
        let place = draft.param.location.clone();
        problem = Some(match problem {
            None => Diagnostic::error(Code::ParamCycle, "params computed from each other").at(place),
            Some(problem) => problem.related(place, "and"),
        });
        scope.param(draft.name, VarType::Any, false);
    }
    reader.problems.extend(problem);
    for index in order {
        if let Some(draft) = waiting.get_mut(index).and_then(Option::take) {
            params.extend(computed(reader, draft, scope));
        }
    }
    params
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
        (None, source) if source.gives_text() => VarType::Text,
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
