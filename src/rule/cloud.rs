//! Values and operations of the verbs on cloud-init data.

use serde_json::{Map, Value as Json};

use crate::cloud_init::{DocumentKind, part};
use crate::diagnostic::Code;
use crate::json::patch::Operation;
use crate::source::Location;
use crate::yaml::{self, Node, Style, Value};

use super::Verb;
use super::fields::Reader;
use super::language;
use super::param_source;
use super::scope::Scope;
use super::template::{Hole, Template};

/// A JSON value whose texts are templates.
#[derive(Debug, Clone)]
pub enum JsonTemplate {
    /// A value without holes.
    Constant(Json),
    /// A text with holes. One that is exactly one hole keeps the type of what fills it.
    Text(Template),
    /// A list.
    List(Vec<JsonTemplate>),
    /// An object; its member names are constant.
    Object(Vec<(String, JsonTemplate)>),
}

/// An operation of a JSON Patch whose value is filled in for each round.
#[derive(Debug, Clone)]
pub struct PatchStep {
    /// The operation, its value yet `null` where [`PatchStep::value`] is given.
    pub operation: Operation,
    /// The value.
    pub value: Option<JsonTemplate>,
    /// Where it is written.
    pub location: Location,
}

impl JsonTemplate {
    /// Calls `visit` for every hole. Depth is bounded by the YAML reader.
    pub fn visit_holes<'t>(&'t self, visit: &mut impl FnMut(&'t Hole)) {
        match self {
            JsonTemplate::Constant(_) => {}
            JsonTemplate::Text(template) => template.holes().for_each(visit),
            JsonTemplate::List(items) => items.iter().for_each(|item| item.visit_holes(visit)),
            JsonTemplate::Object(members) => members.iter().for_each(|(_, value)| value.visit_holes(visit)),
        }
    }
}

/// Reads a value.
pub(super) fn value(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<JsonTemplate> {
    match &node.value {
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| value(reader, item, scope)).collect();
            let items: Vec<JsonTemplate> = items.into_iter().collect::<Option<_>>()?;
            Some(constant_list(items))
        }
        Value::Mapping(mapping) => {
            let members: Vec<_> = mapping
                .entries
                .iter()
                .map(|(key, member)| {
                    let name = key.text()?;
                    if scope.templates {
                        refuse_template(reader, key, name)?;
                    }
                    Some((name.to_owned(), value(reader, member, scope)?))
                })
                .collect();
            let members: Vec<(String, JsonTemplate)> = members.into_iter().collect::<Option<_>>()?;
            Some(constant_object(members))
        }
        Value::Scalar(scalar) if scalar.style != Style::Plain => text(reader, node, scope),
        Value::Scalar(scalar) => plain(reader, node, &scalar.text, scope),
    }
}

/// Names and paths are constant: a template there would be taken as written.
fn refuse_template(reader: &mut Reader, node: &Node, text: &str) -> Option<()> {
    if !text.contains("${") {
        return Some(());
    }
    let message = "names and paths are constant, templates are for values";
    reader.error(Code::TemplateSyntax, message, &node.span);
    None
}

fn plain(reader: &mut Reader, node: &Node, written: &str, scope: &Scope) -> Option<JsonTemplate> {
    if written.is_empty() {
        reader.error(Code::EmptyValue, "the value is empty", &node.span).help = Some("write `null` or `''`".into());
        return None;
    }
    if written == "null" {
        return Some(JsonTemplate::Constant(Json::Null));
    }
    if node.is_null() {
        let message = format!("`{written}` could be a text or nothing");
        reader.error(Code::AmbiguousScalar, message, &node.span).help = Some("write `null`, or quote it".into());
        return None;
    }
    if yaml::schema::is_ambiguous(written) {
        let message = format!("cloud-init (YAML 1.1) and YAML 1.2 read `{written}` differently");
        let help = format!("quote it (`'{written}'`) for a text, or write the number or boolean that is meant");
        reader.error(Code::AmbiguousScalar, message, &node.span).help = Some(help);
        return None;
    }
    if written.contains("${") {
        return text(reader, node, scope);
    }
    match yaml::to_json(node, yaml::schema::Schema::Core, &reader.source) {
        Ok(json) => Some(JsonTemplate::Constant(json)),
        Err(error) => {
            reader.problems.push(*error);
            None
        }
    }
}

fn text(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<JsonTemplate> {
    if node.text() == Some("") {
        return Some(JsonTemplate::Constant(Json::String(String::new())));
    }
    let template = scope.template(reader, node, "the value")?;
    Some(match template.as_constant() {
        Some(text) => JsonTemplate::Constant(Json::String(text.to_owned())),
        None => JsonTemplate::Text(template),
    })
}

fn constant_list(items: Vec<JsonTemplate>) -> JsonTemplate {
    let constants: Option<Vec<Json>> = items.iter().map(as_constant).collect();
    constants.map_or(JsonTemplate::List(items), |items| JsonTemplate::Constant(Json::Array(items)))
}

fn constant_object(members: Vec<(String, JsonTemplate)>) -> JsonTemplate {
    let constants: Option<Map<String, Json>> =
        members.iter().map(|(name, value)| Some((name.clone(), as_constant(value)?))).collect();
    constants.map_or(JsonTemplate::Object(members), |members| JsonTemplate::Constant(Json::Object(members)))
}

fn as_constant(value: &JsonTemplate) -> Option<Json> {
    match value {
        JsonTemplate::Constant(json) => Some(json.clone()),
        _ => None,
    }
}

/// Reads `addPart`; it changes user data, named or not.
pub(super) fn add_part(
    reader: &mut Reader,
    key: &Node,
    node: &Node,
    document: Option<DocumentKind>,
    scope: &Scope,
) -> Option<Verb> {
    if let Some(other) = document.filter(|document| *document != DocumentKind::UserData) {
        let message = format!("`addPart` adds to userData, and the rule's `document` is {other}");
        reader.error(Code::ConflictingFields, message, &key.span).help = Some("write `document: userData`".into());
        return None;
    }
    let mut fields = reader.mapping(node, &language::ADD_PART)?;
    let (content_type, content) = (fields.take("contentType"), fields.take("content"));
    fields.finish(reader);
    let content_type = content_type.and_then(|node| {
        let name = reader.text(node, "`contentType`")?;
        if part::is_content_type(name) {
            return Some(name.to_owned());
        }
        reader.error(Code::UnknownValue, format!("`{name}` is no content type of a part"), &node.span).help =
            Some("write `type/subtype` without parameters, such as text/x-shellscript or text/cloud-config".into());
        None
    });
    let content = content.and_then(|node| scope.template(reader, node, "`content`"));
    Some(Verb::AddPart { content_type: content_type?, content: content? })
}

/// Reads the operations of a JSON Patch (RFC 6902, section 4).
pub(super) fn operations(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Vec<PatchStep>> {
    let items = reader.items(node, "`patch`")?;
    let steps: Vec<Option<PatchStep>> = items.iter().map(|item| operation(reader, item, scope)).collect();
    steps.into_iter().collect()
}

fn operation(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<PatchStep> {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "a patch operation", "a mapping");
        return None;
    };
    let mut members = Map::new();
    let mut filled = None;
    for (key, member) in entries {
        let name = key.text()?.to_owned();
        let json = if name == "value" {
            filled = Some(value(reader, member, scope)?);
            Json::Null
        } else {
            // `""` is the JSON Pointer of the whole document.
            let text = match member.text() {
                Some("") if member.scalar().is_some_and(|scalar| scalar.style != Style::Plain) => "",
                _ => reader.text(member, &format!("`{name}`"))?,
            };
            refuse_template(reader, member, text)?;
            if text.starts_with('$') && matches!(name.as_str(), "path" | "from") {
                param_source::query(reader, member, text)?;
            }
            Json::String(text.to_owned())
        };
        members.insert(name, json);
    }
    match Operation::parse(&Json::Object(members)) {
        Ok(operation) => Some(PatchStep { operation, value: filled, location: reader.at(&node.span) }),
        Err(message) => {
            reader.error(Code::PatchSyntax, message, &node.span);
            None
        }
    }
}
