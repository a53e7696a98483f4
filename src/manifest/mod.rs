//! Kubernetes manifests, as far as virt-patch has to do with them: where a VM, what makes VMs, and a ConfigMap
//! keep what is virt-patch's or KubeVirt's hooks'.
//!
//! Manifests are read with the place of every value, so that what is wrong in an annotation's text is reported
//! where it stands in the user's file. JSON is read as the YAML that it is.

mod hook_sidecars;

pub use hook_sidecars::{Argument, Field, HookSidecar, Mount, check_hook_sidecars, hook_sidecars, read_hook_sidecars};

use crate::yaml::Node;

/// The VMI annotation that may hold a rule set.
pub const RULES_ANNOTATION: &str = "virt-patch.dev/rules";

/// The VMI annotation from which KubeVirt makes the containers beside virt-launcher.
pub const HOOK_SIDECARS_ANNOTATION: &str = "hooks.kubevirt.io/hookSidecars";

/// The kinds that are VMIs or make them, and where each keeps its VMIs' metadata and spec. The kind alone decides: what
/// stands elsewhere in an object, `spec.template` of a VMI, makes nothing.
const MACHINES: [(&str, &[&str]); 4] = [
    ("VirtualMachine", &["spec", "template"]),
    ("VirtualMachineInstance", &[]),
    ("VirtualMachineInstanceReplicaSet", &["spec", "template"]),
    ("VirtualMachinePool", &["spec", "virtualMachineTemplate", "spec", "template"]),
];

/// The path to what becomes a VMI's metadata and spec in an object of this kind, empty for a VMI; `None` for a kind
/// that makes no VMIs.
pub fn template_path(kind: &str) -> Option<&'static [&'static str]> {
    MACHINES.iter().find(|(known, _)| *known == kind).map(|(_, path)| *path)
}

/// A VMI, or what KubeVirt makes VMIs from: a VM, a replica set, a pool.
#[derive(Debug, Clone, Copy)]
pub struct Machine<'n> {
    /// The whole object.
    pub object: &'n Node,
    /// What becomes the VMI's metadata and spec; the object itself where that is a VMI.
    pub template: &'n Node,
}

impl<'n> Machine<'n> {
    /// The machine that `object` is by its `kind`.
    pub fn of(object: &'n Node) -> Option<Self> {
        let path = template_path(object.get("kind")?.text()?)?;
        let template = path.iter().try_fold(object, |node, step| node.get(step));
        Some(Self { object, template: template.unwrap_or(object) })
    }

    /// Whether VMIs are made from it: only the template's annotations are passed on to them.
    pub fn is_template(&self) -> bool {
        !std::ptr::eq(self.object, self.template)
    }

    /// An annotation that its VMIs have: the value.
    pub fn annotation(&self, name: &str) -> Option<&'n Node> {
        annotation(self.template, name)
    }

    /// An annotation of the object itself where VMIs are made from it: they do not get it.
    pub fn own_annotation(&self, name: &str) -> Option<&'n Node> {
        if self.is_template() { annotation(self.object, name) } else { None }
    }

    /// The VMI's volumes.
    pub fn volumes(&self) -> impl Iterator<Item = Volume<'n>> {
        let volumes = self.template.get("spec").and_then(|spec| spec.get("volumes")).and_then(Node::items);
        volumes.unwrap_or_default().iter().filter_map(Volume::of)
    }
}

/// One of a VMI's volumes.
#[derive(Debug, Clone, Copy)]
pub struct Volume<'n> {
    /// Its name, a text.
    pub name: &'n Node,
    /// Where its content comes from: `persistentVolumeClaim`, `containerDisk`.
    pub source: Option<&'n str>,
}

impl<'n> Volume<'n> {
    fn of(node: &'n Node) -> Option<Self> {
        let name = node.get("name").filter(|name| name.text().is_some())?;
        let fields = node.entries()?.iter().filter_map(|(key, _)| key.text());
        Some(Self { name, source: fields.into_iter().find(|&field| field != "name") })
    }
}

/// The values of a ConfigMap's `data`, in the order written; none of what is no ConfigMap.
pub fn config_map_data(object: &Node) -> impl Iterator<Item = &Node> {
    config_map_entries(object).map(|(_, value)| value)
}

/// The keys of a ConfigMap's `data` and their values, in the order written; none of what is no ConfigMap.
pub fn config_map_entries(object: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let is_config_map = object.get("kind").and_then(Node::text) == Some("ConfigMap");
    let entries = object.get("data").filter(|_| is_config_map).and_then(Node::entries);
    entries.unwrap_or_default().iter().filter_map(|(key, value)| Some((key.text()?, value)))
}

/// The objects of a document: those in a `List`, as `kubectl get` prints them, else the document itself.
pub fn objects(document: Node) -> Vec<Node> {
    let is_list = document.get("kind").and_then(Node::text).is_some_and(|kind| kind.ends_with("List"));
    match document.get("items").filter(|_| is_list).and_then(Node::items) {
        Some(items) => items.to_vec(),
        None => vec![document],
    }
}

fn annotation<'n>(object: &'n Node, name: &str) -> Option<&'n Node> {
    object.get("metadata")?.get("annotations")?.get(name)
}
