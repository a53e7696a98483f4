//! Domains.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The domain of a VM with some disks, as it arrives: with tabs, and no element written as an empty tag.
const DOMAIN: &str = include_str!("../../domain.xml");

/// What is put in as the last of the devices, written as the domain writes.
pub const PANIC: &str = "<panic model=\"hyperv\"></panic>";

/// The domains that work is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// The domain as it is: 8 KB.
    Small,
    /// A VM with dozens of disks: 40 KB.
    Middle,
    /// Far beyond any VM, 1 MB: it shows whether a cost grows with the square.
    Large,
    /// The largest domain of libvirt's own tests.
    Libvirt,
}

static MIDDLE: LazyLock<String> = LazyLock::new(|| repeated(40 << 10));
static LARGE: LazyLock<String> = LazyLock::new(|| repeated(1 << 20));
/// Its file's name and its text, both empty where it is absent.
static LIBVIRT: LazyLock<(String, String)> = LazyLock::new(|| largest_of_libvirt().unwrap_or_default());

impl Domain {
    /// Those that are there. Libvirt's is of the shared data, and where that is absent this says so.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Small, Self::Middle, Self::Large];
        if Self::Libvirt.is_absent() {
            eprintln!(
                "SKIPPED: libvirt's largest domain; set VIRT_PATCH_SHARED to the folder that holds libvirt/domains"
            );
        } else {
            all.push(Self::Libvirt);
        }
        all
    }

    /// Whether its file is not there.
    pub fn is_absent(self) -> bool {
        self.text().is_empty()
    }

    /// What it is called in tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Small => "8 KB",
            Self::Middle => "40 KB",
            Self::Large => "1 MB",
            Self::Libvirt => "libvirt",
        }
    }

    /// What it is, and how large, for the heads of tables.
    pub fn heading(self) -> String {
        let bytes = self.text().len();
        match self {
            Self::Libvirt => format!("libvirt: {}, the largest of its tests' ({bytes} bytes)", LIBVIRT.0),
            _ => format!("{}: a KubeVirt domain ({bytes} bytes)", self.label()),
        }
    }

    /// The domain as it comes on the wire.
    pub fn text(self) -> &'static str {
        match self {
            Self::Small => DOMAIN,
            Self::Middle => &MIDDLE,
            Self::Large => &LARGE,
            Self::Libvirt => &LIBVIRT.1,
        }
    }
}

/// A domain of about so many bytes, larger by more of the same devices.
fn repeated(bytes: usize) -> String {
    let devices = devices(DOMAIN);
    let copies = 1 + bytes.saturating_sub(DOMAIN.len()) / devices.len();
    [&DOMAIN[..devices.start], &DOMAIN[devices.clone()].repeat(copies), &DOMAIN[devices.end..]].concat()
}

/// What stands in `<devices>`.
fn devices(domain: &str) -> Range<usize> {
    let start = domain.find("<devices>\n").map_or(0, |at| at + "<devices>\n".len());
    let end = domain.find("</devices>").unwrap_or(domain.len());
    let line = domain[..end].rfind('\n').map_or(0, |at| at + 1);
    start..line
}

/// The domain with [`PANIC`] as the last of its devices, indented as they are: what every contender must give.
pub fn with_panic(domain: &str) -> String {
    let devices = devices(domain);
    let first = &domain[devices.start..];
    let indent = &first[..first.find(|c: char| !c.is_whitespace()).unwrap_or(0)];
    // An empty element is written as those around it are.
    let panic = if domain.contains("/>") { PANIC.replace("></panic>", "/>") } else { PANIC.to_owned() };
    format!("{}{indent}{panic}\n{}", &domain[..devices.end], &domain[devices.end..])
}

/// A domain of so many bytes, give or take one disk: nothing in it but disks. Their paths are long enough that
/// 10 MB of them hold fewer nodes than a document may have.
pub fn sized(bytes: usize) -> String {
    let start = DOMAIN.find("\t\t<disk ").unwrap_or(0);
    let end = DOMAIN[start..].find("</disk>\n").map_or(DOMAIN.len(), |at| start + at + "</disk>\n".len());
    let volume = "/kubernetes.io~csi/pvc-5c2a7f52-9d0e-4d5b-9a38-6a3f1c1f0d11/volumeDevices/publish".repeat(4);
    let disk = DOMAIN[start..end].replacen("/disk.qcow2", &format!("{volume}/disk.qcow2"), 1);
    format!("<domain>\n\t<devices>\n{}\t</devices>\n</domain>\n", disk.repeat(1.max(bytes / disk.len())))
}

/// An element with so many children, all alike.
pub fn wide(children: usize) -> String {
    format!("<domain>\n{}</domain>\n", "\t<a/>\n".repeat(children))
}

/// An element in an element, so many levels of them below the devices.
pub fn deep(levels: usize) -> String {
    let (open, close) = ("<level>".repeat(levels), "</level>".repeat(levels));
    format!("<domain>\n\t<devices>\n{open}{close}\n\t</devices>\n</domain>\n")
}

fn largest_of_libvirt() -> Option<(String, String)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("VIRT_PATCH_SHARED").map_or(beside, PathBuf::from);
    let files = std::fs::read_dir(shared.join("libvirt/domains")).ok()?.flatten();
    let largest = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .filter_map(|path| Some((std::fs::metadata(&path).ok()?.len(), path)))
        .max()?;
    let name = largest.1.file_name()?.to_string_lossy().into_owned();
    Some((name, std::fs::read_to_string(largest.1).ok()?))
}
