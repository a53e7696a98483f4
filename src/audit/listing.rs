//! What an audit lists.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Location, Source};

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
