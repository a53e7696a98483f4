//! Texts in CEL, the language of Kubernetes' and KubeVirt's conditions.

use serde_json::Value;

/// A text as a literal: a JSON string is one, whose escapes CEL has too.
pub(super) fn literal(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
