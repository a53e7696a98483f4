//! Which container comes into the pods of which VMs, beside what virt-controller put there.
//!
//! KubeVirt's structured plugins wait for a socket, and leave it to others to bring the program that makes it. An
//! [`Injection`] says once which pods get it and what they get. Two ways lead from there into a cluster: the API server
//! does it itself, by a `MutatingAdmissionPolicy` in CEL ([`cel`]), or it asks the webhook, which answers with a JSON Patch
//! ([`Injection::patch`]). Both add the same.

#[cfg(feature = "webhook")]
mod asked;
pub mod cel;
pub mod launcher;
mod names;
#[cfg(feature = "webhook")]
mod pod;
mod read;
#[cfg(feature = "webhook")]
mod review;

#[cfg(feature = "webhook")]
pub use asked::Asked;
pub use names::{check_container_name, check_vm_label, is_dns_label};
#[cfg(feature = "webhook")]
pub use pod::{Outcome, Pod};
pub use read::{KIND, SIDECAR_INJECTION, compile, compile_documents};
#[cfg(feature = "webhook")]
pub use review::Request;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::rule::API_VERSION;

/// A container for the pods of VMs.
#[derive(Debug, Clone, PartialEq)]
pub struct Injection {
    /// Its name and the container's: a DNS label (RFC 1123).
    pub name: String,
    /// The namespaces of the pods; none for all of them.
    pub namespaces: BTreeSet<String>,
    /// The labels of the pods beside [`launcher::LABEL`], all of which they must have. virt-controller copies a VM's labels
    /// to its pod.
    pub pod_labels: BTreeMap<String, String>,
    /// The container as Kubernetes' API has it (`Container` of `v1`): an init container that keeps running.
    pub container: Map<String, Value>,
    /// The volumes that it mounts and the pod does not have (`Volume` of `v1`).
    pub volumes: Vec<Value>,
}

impl Injection {
    /// The labels of the pods that get it.
    pub fn labels(&self) -> BTreeMap<&str, &str> {
        let own = self.pod_labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        // Last, so that no other value takes its place.
        own.chain(std::iter::once(launcher::LABEL)).collect()
    }

    /// It as a document that [`compile`] reads.
    pub fn document(&self) -> Value {
        let mut spec = Map::new();
        if !self.namespaces.is_empty() {
            spec.insert("namespaces".to_owned(), json!(self.namespaces));
        }
        if !self.pod_labels.is_empty() {
            spec.insert("podLabels".to_owned(), json!(self.pod_labels));
        }
        spec.insert("container".to_owned(), json!(self.container));
        if !self.volumes.is_empty() {
            spec.insert("volumes".to_owned(), json!(self.volumes));
        }
        json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": self.name}, "spec": spec})
    }
}
