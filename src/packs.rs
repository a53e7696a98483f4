//! Packs: rule sets that are compiled in, each a folder under `rules/`.
//!
//! What such a folder holds is in CONTRIBUTING.md; `tests/packs.rs` holds the table to the folders. Their names
//! and what they do are promised to stay: `docs/packs.md`.

use crate::diagnostic::{Code, Diagnostic, nearest};

/// A rule set that is compiled in.
#[derive(Debug, Clone, Copy)]
pub struct Pack {
    /// Its name, which is its folder's and its rule set's.
    pub name: &'static str,
    /// `rules.yaml`: one rule set, below a comment that says what it does.
    pub rules: &'static str,
    /// `README.md`: what it does, its annotations, a manifest, what can go wrong, what it replaces.
    #[cfg(feature = "cli")]
    pub readme: &'static str,
}

/// The packs of these folders under `rules/`.
macro_rules! packs {
    ($($name:literal),* $(,)?) => {
        &[$(Pack {
            name: $name,
            rules: include_str!(concat!("../rules/", $name, "/rules.yaml")),
            #[cfg(feature = "cli")]
            readme: include_str!(concat!("../rules/", $name, "/README.md")),
        }),*]
    };
}

/// Every pack, by name. A new folder is one more line.
pub const PACKS: &[Pack] = packs![
    "balloon",
    "cloud-init",
    "cpu",
    "disk",
    "emulator",
    "firmware",
    "gpu",
    "ide",
    "iommu",
    "ivshmem",
    "macos",
    "memory-backing",
    "network",
    "numa",
    "passt",
    "pci",
    "qemu-args",
    "serial",
    "smbios",
    "usb",
    "vhostuser",
    "video",
    "vnc",
    "watchdog",
];

impl Pack {
    /// The first sentence of the comment on top of its rules.
    #[cfg(feature = "cli")]
    pub fn summary(&self) -> String {
        let comment: Vec<&str> = self.rules.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let comment = comment.join(" ");
        comment.split_inclusive(". ").next().unwrap_or_default().trim_end().to_owned()
    }
}

/// The names of the packs.
pub fn names() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(|pack| pack.name)
}

/// The pack of this name.
///
/// # Errors
/// `unknown-pack`, with the near name.
pub fn find(name: &str) -> Result<&'static Pack, Diagnostic> {
    if let Some(pack) = PACKS.iter().find(|pack| pack.name == name) {
        return Ok(pack);
    }
    let help = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Diagnostic::error(Code::UnknownPack, format!("there is no pack `{name}`")).help(help))
}
