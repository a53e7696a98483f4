//! The API server puts the sidecar into pods itself: MutatingAdmissionPolicy and its binding.

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::matching;
use super::release::Admission;
use crate::injection::{Injection, cel};

/// The policy, and its binding for the whole cluster: what is matched is in the policy.
pub(super) fn objects(bundle: &Bundle, injection: &Injection, admission: Admission) -> [Value; 2] {
    let mut constraints = matching::selectors(injection);
    constraints["resourceRules"] = matching::rules();
    let conditions: Vec<Value> = cel::conditions(injection)
        .into_iter()
        .map(|(name, expression)| json!({"name": name, "expression": expression}))
        .collect();
    let policy = json!({
        "apiVersion": admission.version,
        "kind": "MutatingAdmissionPolicy",
        "metadata": bundle.metadata(&bundle.name),
        "spec": {
            "failurePolicy": bundle.failure_strategy.word(),
            // Another policy may change the pod after this one; the condition keeps it to one container.
            "reinvocationPolicy": "IfNeeded",
            "matchConstraints": constraints,
            "matchConditions": conditions,
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": cel::patch(injection)}}],
        },
    });
    let binding = json!({
        "apiVersion": admission.version,
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": bundle.metadata(&bundle.name),
        "spec": {"policyName": bundle.name},
    });
    [policy, binding]
}
