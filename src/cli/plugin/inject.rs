//! The policy that puts the sidecar into the pods of VMs: MutatingAdmissionPolicy and its binding.

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::cel::literal;
use super::launcher;

/// The folder of the sidecar's image where it looks for rules.
const RULES: &str = "/etc/virt-patch/rules";

/// The policy. A pod without the volume for sockets is left alone: there the feature gate `Plugins` is off.
pub(super) fn policy(bundle: &Bundle) -> Value {
    let mut constraints = json!({
        "objectSelector": {"matchLabels": bundle.pod_labels()},
        "resourceRules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]},
        ],
    });
    if !bundle.namespaces.is_empty() {
        constraints["namespaceSelector"] = json!({"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": bundle.namespaces},
        ]});
    }
    let name = literal(&bundle.name);
    json!({
        "apiVersion": bundle.admission.version,
        "kind": "MutatingAdmissionPolicy",
        "metadata": bundle.metadata(&bundle.name),
        "spec": {
            "failurePolicy": bundle.failure_strategy.word(),
            // Another policy may change the pod after this one; the condition keeps it to one container.
            "reinvocationPolicy": "IfNeeded",
            "matchConstraints": constraints,
            "matchConditions": [
                {
                    "name": "the-pod-has-sockets-for-plugins",
                    "expression": format!(
                        "has(object.spec.volumes) && object.spec.volumes.exists(v, v.name == {})", literal(launcher::SOCKETS_VOLUME)
                    ),
                },
                {
                    "name": "the-sidecar-is-not-there",
                    "expression": format!(
                        "!has(object.spec.initContainers) || !object.spec.initContainers.exists(c, c.name == {name})"
                    ),
                },
            ],
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch(bundle)}}],
        },
    })
}

/// The binding, for the whole cluster: what the policy matches is in the policy.
pub(super) fn binding(bundle: &Bundle) -> Value {
    json!({
        "apiVersion": bundle.admission.version,
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": bundle.metadata(&bundle.name),
        "spec": {"policyName": bundle.name},
    })
}

/// The mutation, in CEL. `ApplyConfiguration` would be shorter, but cannot write lists such as `args`.
fn patch(bundle: &Bundle) -> String {
    let name = literal(&bundle.name);
    let image = literal(&bundle.image);
    let folder = literal(&bundle.socket_folder());
    let user = launcher::USER;
    let sockets = literal(launcher::SOCKETS_VOLUME);
    let args: Vec<String> = bundle.args().iter().map(|arg| format!("        {}", literal(arg))).collect();
    let args = args.join(",\n");
    // Requests equal to limits: otherwise a VM with dedicated CPUs loses its pod's guaranteed class.
    let resources = format!("{{\"cpu\": {}, \"memory\": {}}}", literal(&bundle.cpu), literal(&bundle.memory));
    let (mount, volume) = match bundle.config_map() {
        None => (String::new(), String::new()),
        Some(config_map) => {
            let config_map = literal(&config_map);
            let mount = format!(
                ",
        Object.spec.initContainers.volumeMounts{{name: {config_map}, mountPath: {}, readOnly: true}}",
                literal(RULES)
            );
            let volume = format!(
                " + [
  JSONPatch{{op: \"add\", path: \"/spec/volumes/-\", value: Object.spec.volumes{{
    name: {config_map},
    configMap: Object.spec.volumes.configMap{{name: {config_map}}}
  }}}}
]"
            );
            (mount, volume)
        }
    };
    format!(
        "(has(object.spec.initContainers) ? [] : [
  JSONPatch{{op: \"add\", path: \"/spec/initContainers\", value: []}}
]) + [
  JSONPatch{{op: \"add\", path: \"/spec/initContainers/-\", value: Object.spec.initContainers{{
    name: {name},
    image: {image},
    restartPolicy: \"Always\",
    args: [
{args}
    ],
    resources: Object.spec.initContainers.resources{{
      requests: {resources},
      limits: {resources}
    }},
    securityContext: Object.spec.initContainers.securityContext{{
      runAsUser: {user},
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: Object.spec.initContainers.securityContext.capabilities{{drop: [\"ALL\"]}},
      seccompProfile: Object.spec.initContainers.securityContext.seccompProfile{{type: \"RuntimeDefault\"}}
    }},
    volumeMounts: [
        Object.spec.initContainers.volumeMounts{{name: {sockets}, mountPath: {folder}, subPath: {name}}}{mount}
    ]
  }}}}
]{volume}
"
    )
}
