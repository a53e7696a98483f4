//! A pod that is about to be created, and what an injection makes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{Injection, launcher};

/// What is looked at of a pod; all else of it is passed over.
#[derive(Debug, Default, Deserialize)]
pub struct Pod {
    #[serde(default)]
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// Empty, or none, where the API server makes one up.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    generate_name: Option<String>,
    #[serde(default, deserialize_with = "value_or_default")]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    /// None where the pod has no such list, into which nothing can be added then.
    #[serde(default)]
    init_containers: Option<Vec<Named>>,
    #[serde(default, deserialize_with = "value_or_default")]
    volumes: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

/// A value, or the default one for `null`.
fn value_or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(value: D) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

impl Pod {
    /// Its name, or what its name will begin with.
    pub fn name(&self) -> &str {
        let Metadata { name, generate_name, .. } = &self.metadata;
        name.as_deref().filter(|name| !name.is_empty()).or(generate_name.as_deref()).unwrap_or_default()
    }
}

/// What becomes of a pod.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is of no VM that the injection is for.
    NotSelected,
    /// It has no volume for sockets: KubeVirt's feature gate `Plugins` is off.
    NoSockets,
    /// It has an init container of this name.
    Present,
    /// It gets the container, by this JSON Patch (RFC 6902).
    Injected(Value),
}

impl Outcome {
    /// The outcome as a word for logs and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotSelected => "not-selected",
            Self::NoSockets => "no-sockets",
            Self::Present => "present",
            Self::Injected(_) => "injected",
        }
    }
}

impl Injection {
    /// What becomes of a pod of this namespace. Of a pod to which the patch was applied: [`Outcome::Present`].
    pub fn patch(&self, namespace: &str, pod: &Pod) -> Outcome {
        if !self.selects(namespace, pod) {
            return Outcome::NotSelected;
        }
        if !has(&pod.spec.volumes, launcher::SOCKETS_VOLUME) {
            return Outcome::NoSockets;
        }
        if pod.spec.init_containers.as_ref().is_some_and(|containers| has(containers, &self.name)) {
            return Outcome::Present;
        }
        let mut operations = Vec::new();
        if pod.spec.init_containers.is_none() {
            operations.push(json!({"op": "add", "path": "/spec/initContainers", "value": []}));
        }
        operations.push(json!({"op": "add", "path": "/spec/initContainers/-", "value": self.container}));
        let volumes =
            self.volumes.iter().map(|volume| json!({"op": "add", "path": "/spec/volumes/-", "value": volume}));
        operations.extend(volumes);
        Outcome::Injected(Value::Array(operations))
    }

    /// What the API server's selectors ask too, asked again: whoever registers the webhook may do it by hand.
    fn selects(&self, namespace: &str, pod: &Pod) -> bool {
        let has_label = |(key, value): (&str, &str)| pod.metadata.labels.get(key).is_some_and(|found| found == value);
        (self.namespaces.is_empty() || self.namespaces.contains(namespace)) && self.labels().into_iter().all(has_label)
    }
}

fn has(items: &[Named], name: &str) -> bool {
    items.iter().any(|item| item.name == name)
}
