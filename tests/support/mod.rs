//! Where the shared data lies that some tests need.

use std::path::{Path, PathBuf};

/// The folder `sub` of the shared data (`suites/xpath`, `libvirt/domains`, …): under
/// `VIRT_PATCH_SHARED`, else in `../shared` beside the checkout; `VIRT_PATCH_SUITES` points at its
/// `suites` alone. Where it is absent the test says so and is skipped; in CI that is a failure.
///
/// # Panics
/// In CI, where the data is not there.
pub(crate) fn shared(sub: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("VIRT_PATCH_SHARED").map_or(beside, PathBuf::from);
    let path = match (std::env::var_os("VIRT_PATCH_SUITES"), sub.strip_prefix("suites/")) {
        (Some(suites), Some(rest)) => Path::new(&suites).join(rest),
        _ => root.join(sub),
    };
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is needed in CI and is not there", path.display());
    eprintln!("SKIPPED: {} is not there; set VIRT_PATCH_SHARED to the folder that holds {sub}", path.display());
    None
}
