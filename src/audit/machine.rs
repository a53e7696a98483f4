//! What of a Kubernetes object is kept.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::manifest::{HOOK_SIDECARS_ANNOTATION, RULES_ANNOTATION, template_path};
use crate::vmi;

/// A machine with sidecars or rules.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    /// The annotation `hookSidecars`.
    pub(super) sidecars: Option<String>,
    /// The annotation with rules.
    pub(super) rules: Option<String>,
    /// The VMI as params read it: metadata and spec.
    pub(super) vmi: String,
}

/// What an object is to an audit.
#[derive(Debug)]
pub(super) enum Found {
    /// A machine; nothing is kept of one without sidecars and rules.
    Machine(Option<Box<Seen>>),
    /// A ConfigMap.
    ConfigMap { namespace: String, name: String, texts: BTreeMap<String, String> },
    /// Something else.
    Other,
}

/// Looks at an object.
pub(super) fn find(object: &Json) -> Found {
    let kind = object.get("kind").and_then(Json::as_str).unwrap_or_default();
    let named = |member: &str| {
        let value = object.get("metadata").and_then(|metadata| metadata.get(member)).and_then(Json::as_str);
        value.unwrap_or_default().to_owned()
    };
    let (namespace, name) = (named("namespace"), named("name"));
    if kind == "ConfigMap" {
        let data = object.get("data").and_then(Json::as_object).into_iter().flatten();
        let texts = data.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect();
        return Found::ConfigMap { namespace, name, texts };
    }
    let Some(path) = template_path(kind) else { return Found::Other };
    // A VMI is one itself, whatever stands in it.
    let made = if path.is_empty() { None } else { vmi::instance(object) };
    let vmi = made.as_ref().unwrap_or(object);
    let annotation = |key: &str| {
        let annotations = vmi.get("metadata").and_then(|metadata| metadata.get("annotations"));
        annotations.and_then(|annotations| annotations.get(key)).and_then(Json::as_str).map(ToOwned::to_owned)
    };
    let (sidecars, rules) = (annotation(HOOK_SIDECARS_ANNOTATION), annotation(RULES_ANNOTATION));
    if sidecars.is_none() && rules.is_none() {
        return Found::Machine(None);
    }
    let kept = serde_json::json!({ "metadata": metadata(vmi), "spec": vmi.get("spec") });
    let kind = kind.to_owned();
    Found::Machine(Some(Box::new(Seen { kind, namespace, name, sidecars, rules, vmi: kept.to_string() })))
}

/// What params read of it: a controller's notes are long, and no rule's matter.
fn metadata(vmi: &Json) -> Json {
    let member = |name: &str| vmi.get("metadata").and_then(|metadata| metadata.get(name)).cloned();
    let mut annotations = member("annotations").unwrap_or_default();
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    serde_json::json!({
        "name": member("name"),
        "namespace": member("namespace"),
        "labels": member("labels"),
        "annotations": annotations,
    })
}
