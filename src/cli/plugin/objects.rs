//! What `virt-patch plugin` renders: the objects, in the order in which they are to be there.

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::inject;

/// How long KubeVirt waits for the hook; all of a VM's start that contains it has 20 s.
const TIMEOUT: &str = "10s";

/// The objects. ConfigMaps come first, then what puts the sidecar into pods, and at last the Plugin: from then
/// on KubeVirt waits for the socket.
pub(super) fn objects(bundle: &Bundle) -> Vec<Value> {
    let config_maps = bundle.config_map().into_iter().flat_map(|name| {
        bundle.namespaces.iter().map(move |namespace| {
            let mut metadata = bundle.metadata(&name);
            metadata["namespace"] = json!(namespace);
            metadata["labels"]["virt-patch.dev/rules"] = json!("true");
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": bundle.rules})
        })
    });
    config_maps.chain([inject::policy(bundle), inject::binding(bundle), plugin(bundle)]).collect()
}

fn plugin(bundle: &Bundle) -> Value {
    let socket = format!("{}/virt-patch.sock", bundle.socket_folder());
    let mut spec = json!({
        "failureStrategy": bundle.failure_strategy.word(),
        bundle.plugin.hooks: [{"sidecar": {"socketPath": socket}, "timeout": TIMEOUT}],
        "mutatingAdmissionPolicies": [{"name": bundle.name}],
    });
    if let Some(condition) = bundle.condition() {
        spec["condition"] = json!(condition);
    }
    json!({
        "apiVersion": bundle.plugin.version,
        "kind": "Plugin",
        "metadata": bundle.metadata(&bundle.name),
        "spec": spec,
    })
}
