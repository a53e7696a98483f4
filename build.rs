//! Takes along what a builder wants no argument and no mount to get around: a file of policies.
//!
//! `VIRT_PATCH_BUILTIN_POLICY=policy.yaml cargo build` compiles it in. What is wrong with it is said when rules
//! are to run, none of which then does.

use std::path::Path;
use std::{env, fs, io};

const POLICY: &str = "VIRT_PATCH_BUILTIN_POLICY";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed={POLICY}");
    // What `scripts/build-sidecar` links by.
    println!("cargo::rerun-if-changed=scripts/at-rest.ld");
    let text = match env::var_os(POLICY).filter(|path| !path.is_empty()) {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", Path::new(&path).display());
            fs::read_to_string(&path)?
        }
        None => String::new(),
    };
    let folder = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&folder).join("compiled-in-policy.yaml"), text)
}
