//! From the tables of a language to schemas.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use serde_json::{Map, Value, json};

use crate::json::patch::OPERATIONS;
use crate::rule::shape::{Field, Mapping, Shape};
use crate::source::Source;
use crate::yaml;

/// What a name without colon (NCName, "Namespaces in XML") never begins with or holds; the letters that it
/// may have beyond ASCII are left to the reader.
const NAME: &str = "^[^0-9\\s.:/$@-][^\\s:/$@]*$";

/// The schemas of mappings by name, for others to refer to.
#[derive(Default)]
pub(super) struct Definitions {
    done: BTreeMap<&'static str, Value>,
    begun: BTreeSet<&'static str>,
}

impl Definitions {
    /// A reference to a mapping's schema, which is made where it is not there yet.
    pub(super) fn reference(&mut self, mapping: &'static Mapping) -> Value {
        self.define(mapping.name, |definitions| definitions.mapping(mapping))
    }

    /// Mappings hold themselves (`steps`), so a name is taken before its schema is made.
    fn define(&mut self, name: &'static str, schema: impl FnOnce(&mut Self) -> Value) -> Value {
        if self.begun.insert(name) {
            let schema = schema(self);
            self.done.insert(name, schema);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    fn mapping(&mut self, mapping: &'static Mapping) -> Value {
        let known = || mapping.fields.iter();
        let properties: Map<String, Value> = known().map(|field| (field.name.to_owned(), self.field(field))).collect();
        let required: Vec<&str> = known().filter(|field| field.required).map(|field| field.name).collect();
        let mut schema = Map::new();
        schema.insert("description".into(), mapping.about.into());
        schema.insert("type".into(), "object".into());
        schema.insert("additionalProperties".into(), false.into());
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        schema.insert("properties".into(), Value::Object(properties));
        let choices = mapping.one_of.iter().filter(|name| known().any(|field| field.name == **name));
        let choices: Vec<Value> = choices.map(|name| json!({ "required": [name] })).collect();
        if !choices.is_empty() {
            schema.insert("oneOf".into(), choices.into());
        }
        Value::Object(schema)
    }

    fn field(&mut self, field: &'static Field) -> Value {
        let mut schema = Map::new();
        schema.insert("description".into(), field.about.into());
        if let Value::Object(shape) = self.shape(&field.shape) {
            schema.extend(shape);
        }
        if let Some(example) = example(field) {
            schema.insert("examples".into(), json!([example]));
        }
        Value::Object(schema)
    }

    fn shape(&mut self, shape: &'static Shape) -> Value {
        match shape {
            Shape::Text | Shape::Template => {
                json!({ "type": ["string", "number", "boolean", "null"], "minLength": 1 })
            }
            Shape::Scalar => json!({ "type": ["string", "number", "boolean", "null"] }),
            Shape::Expression => json!({ "type": ["string", "number"], "minLength": 1 }),
            Shape::Path => json!({ "type": "string", "minLength": 1 }),
            Shape::Condition => json!({ "type": ["string", "number", "boolean"], "minLength": 1 }),
            Shape::Name => json!({ "type": ["string", "boolean", "null"], "pattern": NAME }),
            Shape::File => json!({ "type": "string", "pattern": "^/" }),
            Shape::Query => json!({ "type": "string", "pattern": "^\\$" }),
            Shape::Xml => json!({ "type": "string", "pattern": "<" }),
            Shape::Boolean => json!({ "type": "boolean" }),
            Shape::Count => json!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^[+]?[0-9]" }),
            Shape::Number => json!({ "type": ["number", "string"], "pattern": "^[+-]?[0-9.]" }),
            Shape::Constant(text) => json!({ "const": text }),
            Shape::Word(words) => json!({ "enum": words }),
            Shape::Any => json!({}),
            Shape::Object => json!({ "type": ["object", "string"], "pattern": "^\\$\\{" }),
            Shape::Either(shapes) => {
                json!({ "anyOf": shapes.iter().map(|shape| self.shape(shape)).collect::<Vec<_>>() })
            }
            Shape::List(items, least) => {
                let mut schema = json!({ "type": "array", "items": self.shape(items) });
                at_least(&mut schema, "minItems", *least);
                schema
            }
            Shape::Map { keys, values, least } => {
                let mut schema = json!({ "type": "object", "additionalProperties": self.shape(values) });
                match keys {
                    Shape::Name => schema["propertyNames"] = json!({ "pattern": NAME }),
                    Shape::Path => schema["propertyNames"] = json!({ "minLength": 1 }),
                    _ => {}
                }
                at_least(&mut schema, "minProperties", *least);
                schema
            }
            Shape::Mapping(mapping) => self.reference(mapping),
            Shape::PatchOperation => self.define("PatchOperation", |_| patch_operation()),
        }
    }
}

impl IntoIterator for Definitions {
    type Item = (String, Value);
    type IntoIter =
        std::iter::Map<btree_map::IntoIter<&'static str, Value>, fn((&'static str, Value)) -> (String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.done.into_iter().map(|(name, schema)| (name.to_owned(), schema))
    }
}

fn at_least(schema: &mut Value, keyword: &str, least: usize) {
    if least > 0 {
        schema[keyword] = least.into();
    }
}

/// An operation of RFC 6902 with exactly the members that it has.
fn patch_operation() -> Value {
    let place = |about: &str| {
        json!({
            "description": format!("{about}: a JSON Pointer (RFC 6901), or a JSONPath query for each match."),
            "type": "string",
            "pattern": "^(?:[/$]|$)",
        })
    };
    let operations = OPERATIONS.iter().map(|(op, members)| {
        let mut properties = Map::new();
        properties.insert("op".into(), json!({ "description": "What is done.", "const": op }));
        for member in *members {
            let schema = match *member {
                "value" => json!({ "description": "The value; `${…}` in it is filled in." }),
                "from" => place("Where it is taken from"),
                _ => place("Where it is done"),
            };
            properties.insert((*member).to_owned(), schema);
        }
        let required: Vec<&str> = std::iter::once(&"op").chain(*members).copied().collect();
        json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
    });
    json!({
        "description": "An operation of a JSON Patch (RFC 6902, section 4).",
        "oneOf": operations.collect::<Vec<_>>(),
    })
}

/// A field's example as JSON, read as the file would be.
fn example(field: &Field) -> Option<Value> {
    let source = Source::new("example", field.example);
    let documents = yaml::read(&source, &yaml::Limits::default()).ok()?;
    yaml::to_json(documents.first()?, yaml::schema::Schema::Core, &source).ok()
}
