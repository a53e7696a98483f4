//! The webhook puts the sidecar into pods: the ConfigMap that it reads, and its registration.

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::matching;
use super::webhook::{Service, Webhook};
use crate::injection::Injection;
use crate::yaml::emit::{self, TooDeep};

/// The key of the ConfigMap that the webhook mounts.
const KEY: &str = "injection.yaml";
/// How long the API server waits; the webhook needs a thousandth of it.
const TIMEOUT_SECONDS: u32 = 10;

/// The ConfigMap that the webhook mounts, and the registration behind it.
///
/// # Errors
/// [`TooDeep`] is not known to happen: a container of the bundle is flat.
pub(super) fn objects(webhook: &Webhook, bundle: &Bundle, injection: &Injection) -> Result<[Value; 2], TooDeep> {
    let mut read = bundle.metadata(&format!("{}-injection", bundle.name));
    read["namespace"] = json!(webhook.service.namespace);
    let data = json!({KEY: emit::block(&injection.document())?});
    let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": read, "data": data});
    Ok([config_map, registration(webhook, bundle, injection)])
}

fn registration(webhook: &Webhook, bundle: &Bundle, injection: &Injection) -> Value {
    let Service { namespace, name } = &webhook.service;
    let mut client = json!({
        "service": {"namespace": namespace, "name": name, "path": format!("/inject/{}", injection.name), "port": 443},
    });
    if let Some(authority) = &webhook.authority {
        client["caBundle"] = json!(authority);
    }
    let mut metadata = bundle.metadata(&bundle.name);
    if let Some((annotation, value)) = &webhook.annotation {
        metadata["annotations"] = json!({*annotation: value});
    }
    let mut registered = json!({
        "name": format!("{}.inject.virt-patch.dev", injection.name),
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": bundle.failure_strategy.word(),
        // Another webhook may change the pod after this one, which finds its container by name then.
        "reinvocationPolicy": "IfNeeded",
        "timeoutSeconds": TIMEOUT_SECONDS,
        "clientConfig": client,
        "rules": matching::rules(),
    });
    if let (Some(members), Value::Object(selectors)) = (registered.as_object_mut(), matching::selectors(injection)) {
        members.extend(selectors);
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": [registered],
    })
}
