//! The sidecar of a bundle: the container that its pods get.

use serde_json::{Map, Value, json};

use super::bundle::Bundle;
use crate::injection::{Injection, launcher};

/// The folder of the sidecar's image where it looks for rules.
const RULES: &str = "/etc/virt-patch/rules";

/// Which pods get what.
pub(super) fn injection(bundle: &Bundle) -> Injection {
    let config_map = bundle.config_map();
    let mut mounts =
        vec![json!({"name": launcher::SOCKETS_VOLUME, "mountPath": bundle.socket_folder(), "subPath": bundle.name})];
    mounts.extend(config_map.iter().map(|name| json!({"name": name, "mountPath": RULES, "readOnly": true})));
    // Requests equal to limits: otherwise a VM with dedicated CPUs loses its pod's guaranteed class.
    let resources = json!({"cpu": bundle.cpu, "memory": bundle.memory});
    let members = [
        ("name", json!(bundle.name)),
        ("image", json!(bundle.image)),
        // A native sidecar: an init container that keeps running.
        ("restartPolicy", json!("Always")),
        ("args", json!(bundle.args())),
        ("resources", json!({"requests": resources, "limits": resources})),
        ("securityContext", security_context()),
        ("volumeMounts", Value::Array(mounts)),
    ];
    Injection {
        name: bundle.name.clone(),
        namespaces: bundle.namespaces.iter().cloned().collect(),
        pod_labels: bundle.labels.clone(),
        container: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
        volumes: config_map.iter().map(|name| json!({"name": name, "configMap": {"name": name}})).collect(),
    }
}

/// The *restricted* pod security standard, as the user of virt-launcher.
fn security_context() -> Value {
    json!({
        "runAsUser": launcher::USER,
        "runAsNonRoot": true,
        "readOnlyRootFilesystem": true,
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}
