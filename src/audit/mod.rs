//! Auditing: what the VMs of a cluster run beside virt-launcher, and what policies would refuse of it.
//!
//! Objects come one by one, in any order ([`objects`] reads them from a stream), and of each only what matters is kept:
//! of a VM without sidecars and rules its number. At the end VMs find the ConfigMaps that they mount, and rules are
//! compiled and tried, the same rules under the same annotations once.

mod machine;
mod stream;
mod trial;

pub use stream::objects;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Severity};
use crate::policy::Policies;
use crate::source::{Location, Source};

use machine::{Found, Seen};
use trial::Trials;

/// What a VM, or what makes VMs, has of sidecars and rules.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `VirtualMachine`, `VirtualMachineInstance`, …
    pub kind: String,
    /// Its namespace; empty where the object does not say.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The containers that it asks for, in its order.
    pub sidecars: Vec<Sidecar>,
    /// Where its rules come from, in the order in which they run.
    pub rules: Vec<Rules>,
    /// What is wrong with them, and what policies refuse.
    pub problems: Vec<Diagnostic>,
}

/// A container beside virt-launcher.
#[derive(Debug, Clone)]
pub struct Sidecar {
    /// Without one KubeVirt starts its own `sidecar-shim`.
    pub image: Option<String>,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What is mounted into it: `ConfigMap rules/rules.yaml`, `claim data`.
    pub mounts: Vec<String>,
}

/// Rules of a VM.
#[derive(Debug, Clone)]
pub struct Rules {
    /// `pack smbios`, `ConfigMap rules/rules.yaml`, `annotation`.
    pub from: String,
    /// What they are: names of rule sets; or why nothing is known of them.
    pub sets: Result<Vec<String>, String>,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// VMs, VMIs and what makes them.
    pub machines: usize,
    /// Those of them that have sidecars or rules.
    pub with_sidecars: usize,
    /// ConfigMaps.
    pub config_maps: usize,
    /// Objects of other kinds.
    pub others: usize,
}

/// An audit that is under way.
pub struct Audit<'p> {
    policies: &'p Policies,
    seen: Vec<Seen>,
    /// The texts of ConfigMaps, by namespace and name, then by key.
    config_maps: BTreeMap<(String, String), BTreeMap<String, String>>,
    counts: Counts,
}

impl<'p> Audit<'p> {
    /// Nothing seen yet.
    pub fn new(policies: &'p Policies) -> Self {
        Self { policies, seen: Vec::new(), config_maps: BTreeMap::new(), counts: Counts::default() }
    }

    /// Looks at a Kubernetes object.
    pub fn add(&mut self, object: &Json) {
        match machine::find(object) {
            Found::Machine(seen) => {
                self.counts.machines += 1;
                if let Some(seen) = seen {
                    self.counts.with_sidecars += 1;
                    self.seen.push(*seen);
                }
            }
            Found::ConfigMap { namespace, name, texts } => {
                self.counts.config_maps += 1;
                self.config_maps.insert((namespace, name), texts);
            }
            Found::Other => self.counts.others += 1,
        }
    }

    /// What was looked at so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The machines that have sidecars or rules, in the order in which they came.
    pub fn finish(self) -> Vec<Machine> {
        let mut trials = Trials::new(self.policies, &self.config_maps);
        self.seen.iter().map(|seen| trials.machine(seen)).collect()
    }
}

impl Machine {
    /// `VirtualMachine default/vm`
    pub fn title(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{} {}", self.kind, self.name),
            namespace => format!("{} {namespace}/{}", self.kind, self.name),
        }
    }

    /// Whether something is an error.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Its problems, each in a text that is called after the machine: the same text may be many machines'.
    pub fn placed_problems(&self) -> impl Iterator<Item = Diagnostic> {
        self.problems.iter().map(|problem| {
            let at = problem.at.as_ref().map(Location::outermost);
            let (name, text, span) = match &at {
                Some(at) => (at.source.name(), at.source.text(), at.span.clone()),
                None => ("", "", 0..0),
            };
            let place = if name.is_empty() { self.title() } else { format!("{}: {name}", self.title()) };
            problem.clone().at(Location::new(&Source::new(place, text), span))
        })
    }
}
