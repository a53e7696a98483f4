//! A pod that is about to be created, and what an injection makes of it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asked, Injection};

/// What the log says of a pod.
#[derive(Debug, Default, Deserialize)]
pub struct Pod {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// Empty, or none, where the API server makes one up.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    generate_name: Option<String>,
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
    /// It has a container of this name.
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
    /// What becomes of a pod of this namespace, by what was asked of it. Of a pod to which the patch was applied:
    /// [`Outcome::Present`].
    pub fn patch(&self, namespace: &str, pod: &Asked<'_>) -> Outcome {
        // The API server's selectors ask this too; whoever registers the webhook may do it by hand.
        let is_selected = self.namespaces.is_empty() || self.namespaces.contains(namespace);
        if !is_selected || !pod.missing.is_empty() {
            return Outcome::NotSelected;
        }
        if !pod.has_sockets {
            return Outcome::NoSockets;
        }
        // Two containers of one name are no pod, of whichever kind they are.
        if pod.is_container || pod.is_init_container == Some(true) {
            return Outcome::Present;
        }
        let mut operations = Vec::new();
        if pod.is_init_container.is_none() {
            operations.push(json!({"op": "add", "path": "/spec/initContainers", "value": []}));
        }
        operations.push(json!({"op": "add", "path": "/spec/initContainers/-", "value": self.container}));
        let volumes =
            self.volumes.iter().map(|volume| json!({"op": "add", "path": "/spec/volumes/-", "value": volume}));
        operations.extend(volumes);
        Outcome::Injected(Value::Array(operations))
    }
}
