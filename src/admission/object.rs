//! What there is to judge in a Kubernetes object: the annotations that a VMI gets from it, or a ConfigMap's rules.

use serde_json::{Map, Value as Json};

use crate::manifest;

/// The label of ConfigMaps whose values are rules.
pub const RULES_LABEL: &str = "virt-patch.dev/rules";

/// Kinds that give a VMI annotations without being its template: KubeVirt copies their `spec.annotations` to it.
const ADDED_ANNOTATIONS: [&str; 4] = [
    "VirtualMachineInstancetype",
    "VirtualMachineClusterInstancetype",
    "VirtualMachinePreference",
    "VirtualMachineClusterPreference",
];

/// An object by what is judged in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'v> {
    /// What a VMI is, comes from or is changed by: what the VMI gets of it.
    Machine { annotations: Option<&'v Json>, labels: Option<&'v Json> },
    /// A ConfigMap of rules.
    Rules(&'v Map<String, Json>),
    /// Neither.
    Other,
}

impl<'v> Subject<'v> {
    /// What an object is, by its `kind`.
    pub(super) fn of(object: &'v Json) -> Self {
        let kind = object.get("kind").and_then(Json::as_str).unwrap_or_default();
        let step = |node: Option<&'v Json>, name: &&str| node.and_then(|node| node.get(name));
        if let Some(template) = manifest::template_path(kind) {
            let metadata = template.iter().chain(&["metadata"]).fold(Some(object), step);
            return Self::Machine { annotations: step(metadata, &"annotations"), labels: step(metadata, &"labels") };
        }
        if ADDED_ANNOTATIONS.contains(&kind) {
            let annotations = ["spec", "annotations"].iter().fold(Some(object), step);
            return Self::Machine { annotations, labels: None };
        }
        let label = ["metadata", "labels", RULES_LABEL].iter().fold(Some(object), step);
        match object.as_object() {
            Some(members) if kind == "ConfigMap" && label.and_then(Json::as_str) == Some("true") => {
                Self::Rules(members)
            }
            _ => Self::Other,
        }
    }

    /// An annotation that the VMI gets; `null` is none.
    pub(super) fn annotation(self, name: &str) -> Option<&'v Json> {
        match self {
            Self::Machine { annotations, .. } => annotations?.get(name).filter(|value| !value.is_null()),
            Self::Rules(_) | Self::Other => None,
        }
    }
}
