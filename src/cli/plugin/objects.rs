//! What `virt-patch plugin` renders: the objects, in the order in which they are to be there.

use serde_json::{Value, json};

use super::bundle::{Bundle, Injector};
use super::{policy, registration, sidecar};
use crate::yaml::emit::TooDeep;

/// How long KubeVirt waits for the hook; all of a VM's start that contains it has 20 s.
const TIMEOUT: &str = "10s";

/// The objects. ConfigMaps come first, then what puts the sidecar into pods, and at last the Plugin: from then
/// on KubeVirt waits for the socket.
///
/// # Errors
/// [`TooDeep`] is not known to happen: nothing of a bundle is deep.
pub(super) fn objects(bundle: &Bundle) -> Result<Vec<Value>, TooDeep> {
    let injection = sidecar::injection(bundle);
    let injected = match &bundle.injector {
        Injector::Policy(admission) => policy::objects(bundle, &injection, *admission),
        Injector::Webhook(webhook) => registration::objects(webhook, bundle, &injection)?,
    };
    let config_maps = bundle.config_map().into_iter().flat_map(|name| {
        bundle.namespaces.iter().map(move |namespace| {
            let mut metadata = bundle.metadata(&name);
            metadata["namespace"] = json!(namespace);
            metadata["labels"]["virt-patch.dev/rules"] = json!("true");
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": bundle.rules})
        })
    });
    Ok(config_maps.chain(injected).chain([plugin(bundle)]).collect())
}

fn plugin(bundle: &Bundle) -> Value {
    let socket = format!("{}/virt-patch.sock", bundle.socket_folder());
    // KubeVirt warns of a plugin that names nothing that brings its sidecar.
    let injector = match bundle.injector {
        Injector::Policy(_) => "mutatingAdmissionPolicies",
        Injector::Webhook(_) => "mutatingAdmissionWebhooks",
    };
    let mut spec = json!({
        "failureStrategy": bundle.failure_strategy.word(),
        bundle.plugin.hooks: [{"sidecar": {"socketPath": socket}, "timeout": TIMEOUT}],
        injector: [{"name": bundle.name}],
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
