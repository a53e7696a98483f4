//! Domains to try rules on.

use std::sync::Arc;

/// A domain, and the VMI that it was made for.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What it is called in messages: a path as given.
    pub name: String,
    /// libvirt domain XML.
    pub domain: Arc<[u8]>,
    /// The VirtualMachineInstance as JSON; empty for none.
    pub vmi: Arc<[u8]>,
}

/// Domains to try rules on: those that KubeVirt makes of common VMs, which are compiled in, and those that
/// the author gives.
#[derive(Debug, Clone)]
pub struct Samples {
    /// Compiled in: every kind of device that KubeVirt makes is in one of them.
    pub embedded: Vec<Sample>,
    /// The author's own, to which their rules are meant to fit.
    pub given: Vec<Sample>,
}

/// Domains in the form in which KubeVirt sends them, written for these checks.
const EMBEDDED: [(&str, &str); 4] = [
    ("a Linux VM, first call", include_str!("samples/linux.xml")),
    ("a Linux VM, second call", include_str!("samples/linux-second-call.xml")),
    ("a Windows VM", include_str!("samples/windows.xml")),
    ("a VM with host devices", include_str!("samples/devices.xml")),
];

impl Default for Samples {
    /// The embedded ones.
    fn default() -> Self {
        let sample = |&(name, domain): &(&str, &str)| Sample {
            name: name.to_owned(),
            domain: domain.as_bytes().into(),
            vmi: Arc::from([].as_slice()),
        };
        Self { embedded: EMBEDDED.iter().map(sample).collect(), given: Vec::new() }
    }
}

impl Samples {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Sample> {
        self.embedded.iter().chain(&self.given)
    }
}
