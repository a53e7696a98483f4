//! What `hookSidecars` asks of virt-patch's own sidecar: its arguments, and the ConfigMaps that it mounts.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::hook::SidecarOptions;
use crate::manifest::{Argument, HookSidecar};
use crate::packs;
use crate::source::Location;
use crate::yaml::Node;

/// The name of the sidecar's image, whatever registry it comes from.
const IMAGE: &str = "virt-patch-sidecar";

/// Kubernetes gives a container a few arguments; of endless ones only the list's place is told.
const ARGUMENTS: usize = 64;

/// What the sidecar would refuse of its arguments, in every hook and not before the VM starts.
pub(super) fn arguments(sidecar: &HookSidecar) -> Vec<Diagnostic> {
    if !sidecar.image.as_deref().is_some_and(is_ours) {
        return Vec::new();
    }
    let given = &sidecar.arguments;
    let parse = |count: usize| SidecarOptions::parse(given.iter().take(count).map(|given| &given.text), |_| None);
    let options = parse(given.len());
    let mut problems = Vec::new();
    for mut problem in options.problems {
        // The parser knows no places: the argument that brings a problem about is the last that it needs.
        let brings = |count: &usize| parse(*count).problems.iter().any(|early| early.message == problem.message);
        let last = (1..=given.len().min(ARGUMENTS)).find(brings);
        let argument = last.and_then(|count| given.get(count - 1));
        problem.at = Some(argument.map_or_else(|| sidecar.location.clone(), |argument| argument.location.clone()));
        problems.push(problem);
    }
    for pack in &options.packs {
        let Err(mut problem) = packs::find(pack) else { continue };
        let names_it = |argument: &&Argument| {
            argument.text == *pack || argument.text.strip_prefix("--pack=") == Some(pack.as_str())
        };
        let argument = given.iter().find(names_it);
        problem.at = Some(argument.map_or_else(|| sidecar.location.clone(), |argument| argument.location.clone()));
        problems.push(problem);
    }
    problems
}

/// `registry.example:5000/team/virt-patch-sidecar:v1@sha256:…`
fn is_ours(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next() == Some(IMAGE)
}

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
