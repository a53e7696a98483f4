//! The JSON Schema (2020-12) of what users write, for editors: made from the tables that the readers read by.
//!
//! It refuses nothing that the reader takes. What only a compiler can say (an XPath's types, a variable that is
//! not declared) it leaves to `virt-patch apply`. A scalar's source counts as written wherever a text is
//! wanted, so numbers and booleans stand beside `string` there.

mod shape;

use serde_json::{Map, Value, json};

use crate::injection;
use crate::policy;
use crate::rule::{self, shape::Mapping};
use crate::rule_test;
use shape::Definitions;

/// Every kind of document that the schema describes, by its table.
pub const KINDS: [&Mapping; 4] =
    [&rule::RULE_SET, &rule_test::RULE_TEST, &policy::RULE_POLICY, &injection::SIDECAR_INJECTION];

/// The schema: an object with `$schema`, `title`, `description`, `oneOf` (a reference for each of [`KINDS`])
/// and `$defs` (a schema for each mapping, by its name).
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    let kinds: Vec<Value> = KINDS.iter().map(|kind| definitions.reference(kind)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("virt-patch ({})", rule::API_VERSION),
        "description": "Rules for KubeVirt's hook sidecars (libvirt domain XML and cloud-init data), their tests, policies, and injections.",
        "oneOf": kinds,
        "$defs": Value::Object(definitions.into_iter().collect::<Map<_, _>>()),
    })
}

/// The schema as a file holds it: indented, with a line end.
pub fn text() -> String {
    format!("{:#}\n", schema())
}
