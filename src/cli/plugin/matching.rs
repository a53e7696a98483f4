//! What the API server looks at before it asks anyone: the pods that may get the sidecar.

use serde_json::{Value, json};

use crate::injection::Injection;

/// `objectSelector`, and `namespaceSelector` where only some namespaces are meant.
pub(super) fn selectors(injection: &Injection) -> Value {
    let mut selectors = json!({"objectSelector": {"matchLabels": injection.labels()}});
    if !injection.namespaces.is_empty() {
        selectors["namespaceSelector"] = json!({"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": injection.namespaces},
        ]});
    }
    selectors
}

/// Pods that are created: nobody can add a container later.
pub(super) fn rules() -> Value {
    json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}])
}
