//! Domains to try rules on.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, OnceLock};

use crate::vocabulary::Name;
use crate::xml::{Document, NodeId};
use crate::xpath::Kind;

/// A domain, and the VMI that it was made for.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What it is called in messages: a path as given.
    pub name: String,
    /// libvirt domain XML.
    pub domain: Arc<[u8]>,
    /// The VirtualMachineInstance as JSON; empty for none.
    pub vmi: Arc<[u8]>,
    /// What stands in it, listed when it is first asked for: one run asks for every file.
    paths: OnceLock<BTreeSet<String>>,
}

impl Sample {
    /// A domain, libvirt's XML, and its VMI as JSON, empty for none. The name is for messages.
    pub fn new(name: impl Into<String>, domain: impl Into<Arc<[u8]>>, vmi: impl Into<Arc<[u8]>>) -> Self {
        Self { name: name.into(), domain: domain.into(), vmi: vmi.into(), paths: OnceLock::new() }
    }

    /// What stands in it, as paths without predicates: `/domain/devices/disk/@type`. Nothing where it cannot be read.
    fn paths(&self) -> &BTreeSet<String> {
        self.paths.get_or_init(|| {
            let mut paths = BTreeSet::new();
            if let Ok(document) = Document::parse_bytes(&self.domain) {
                list(&document, document.root_element(), "", &mut paths);
            }
            paths
        })
    }
}

/// Depth is bounded when the domain is read.
fn list(document: &Document<'_>, element: NodeId, parent: &str, paths: &mut BTreeSet<String>) {
    let name = |node| Name::new(document.namespace(node), document.local_name(node));
    let path = format!("{parent}/{}", name(element));
    paths.extend(document.attributes(element).map(|attribute| format!("{path}/@{}", name(attribute))));
    for child in document.children(element).filter(|&child| document.kind(child) == Kind::Element) {
        list(document, child, &path, paths);
    }
    paths.insert(path);
}

/// Domains to try rules on: those that KubeVirt makes of common VMs, which are compiled in, and those that
/// the author gives.
#[derive(Debug, Clone)]
pub struct Samples {
    /// Compiled in, and read once for all runs: every kind of device that KubeVirt makes is in one of them.
    pub embedded: &'static [Sample],
    /// The author's own, to which their rules are meant to fit.
    pub given: Vec<Sample>,
}

/// Domains in the form in which KubeVirt sends them, written for these checks.
static EMBEDDED: LazyLock<[Sample; 4]> = LazyLock::new(|| {
    let sample = |name: &str, domain: &str| Sample::new(name, domain.as_bytes(), []);
    [
        sample("a Linux VM, first call", include_str!("samples/linux.xml")),
        sample("a Linux VM, second call", include_str!("samples/linux-second-call.xml")),
        sample("a Windows VM", include_str!("samples/windows.xml")),
        sample("a VM with host devices", include_str!("samples/devices.xml")),
    ]
});

impl Default for Samples {
    /// The embedded ones.
    fn default() -> Self {
        Self { embedded: EMBEDDED.as_slice(), given: Vec::new() }
    }
}

impl Samples {
    /// The embedded domains as those of this VMI, JSON.
    pub fn of_vmi(vmi: &[u8]) -> Self {
        let vmi: Arc<[u8]> = vmi.into();
        let own = |sample: &Sample| Sample::new(sample.name.as_str(), Arc::clone(&sample.domain), Arc::clone(&vmi));
        Self { embedded: &[], given: EMBEDDED.iter().map(own).collect() }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Sample> {
        self.embedded.iter().chain(&self.given)
    }

    /// Whether a path without predicates stands in one of them.
    pub(super) fn have(&self, path: &str) -> bool {
        self.all().any(|sample| sample.paths().contains(path))
    }
}
