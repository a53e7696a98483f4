//! The ConfigMaps that `hookSidecars` mounts, held to those of the same run.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::manifest::HookSidecar;
use crate::source::Location;
use crate::yaml::Node;

/// A ConfigMap that some file of a run holds.
#[derive(Debug)]
pub(super) struct ConfigMap {
    namespace: Option<String>,
    name: String,
    keys: BTreeSet<String>,
}

impl ConfigMap {
    /// The ConfigMap that a document is.
    pub(super) fn of(document: &Node) -> Option<Self> {
        let text = |node: &Node, name: &str| node.get(name).and_then(Node::text).map(ToOwned::to_owned);
        if text(document, "kind").as_deref() != Some("ConfigMap") {
            return None;
        }
        let metadata = document.get("metadata")?;
        let keys = ["data", "binaryData"].iter().filter_map(|field| document.get(field).and_then(Node::entries));
        let keys = keys.flatten().filter_map(|(key, _)| Some(key.text()?.to_owned())).collect();
        Some(Self { namespace: text(metadata, "namespace"), name: text(metadata, "name")?, keys })
    }
}

/// A key of a ConfigMap that a machine's sidecar mounts.
#[derive(Debug)]
pub(super) struct MountedKey {
    namespace: Option<String>,
    name: String,
    key: String,
    at: Location,
}

/// The keys that an entry of a machine in this namespace mounts.
pub(super) fn mounted_keys(sidecar: &HookSidecar, namespace: Option<&str>) -> Vec<MountedKey> {
    let mounts = sidecar.mounts.iter().filter(|mount| mount.field == "configMap");
    let keys = mounts.filter_map(|mount| {
        let (key, at) = mount.key.clone()?;
        Some(MountedKey { namespace: namespace.map(ToOwned::to_owned), name: mount.name.clone(), key, at })
    });
    keys.collect()
}

impl MountedKey {
    /// What is wrong where ConfigMaps of this name are among the run's files and none of them has the key. Of one that is
    /// not there nothing can be said, nor where another overlay's has it.
    pub(super) fn check(&self, config_maps: &[&ConfigMap]) -> Option<Diagnostic> {
        let is_meant = |map: &&&ConfigMap| {
            let elsewhere = matches!((&map.namespace, &self.namespace), (Some(a), Some(b)) if a != b);
            map.name == self.name && !elsewhere
        };
        let mut meant = config_maps.iter().filter(is_meant).copied().peekable();
        let first = meant.peek().copied()?;
        if meant.any(|map| map.keys.contains(&self.key)) {
            return None;
        }
        let message =
            format!("the ConfigMap `{}` has no key `{}`, so there is no file where it is mounted", self.name, self.key);
        let mut problem = Diagnostic::error(Code::ConfigMapKey, message).at(self.at.clone());
        match nearest(&self.key, first.keys.iter().map(String::as_str)) {
            Some(near) => problem.suggest(&self.key, near),
            None if first.keys.is_empty() => problem.help = Some("it has no keys at all".to_owned()),
            None => {
                let keys: Vec<&str> = first.keys.iter().map(String::as_str).take(8).collect();
                problem.help = Some(format!("it has {}", keys.join(", ")));
            }
        }
        Some(problem)
    }
}
