//! The Rust of KubeVirt's wire contract is checked in, so that a build needs neither protoc nor a
//! build script. Here it is generated anew from `proto/` and compared; `BLESS=1` rewrites it.

#![cfg(test)]

use std::path::Path;

const PROTOS: &[&str] = &[
    "info.proto",
    "callbacks_v1alpha1.proto",
    "callbacks_v1alpha2.proto",
    "callbacks_v1alpha3.proto",
    "plugin_v1alpha1.proto",
];

#[test]
fn the_checked_in_code_is_what_the_protos_give() {
    let settings = tonic_prost_build::configure()
        .bytes(".")
        .build_server(false)
        .client_mod_attribute(".", "#[cfg(feature = \"cli\")]")
        .build_transport(false);
    compare(settings, PROTOS, "src/hook/gen");
}

#[test]
fn so_is_that_of_the_floor() {
    let settings = tonic_prost_build::configure().bytes(".").build_client(false).build_transport(false);
    compare(settings, &["info.proto", "callbacks_v1alpha3.proto"], "benches/floor/src/gen");
}

fn compare(settings: tonic_prost_build::Builder, protos: &[&str], folder: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = root.join(folder);
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let descriptors = protox::compile(protos, [root.join("proto")]).expect("the protos compile");
    settings.out_dir(scratch.path()).compile_fds(descriptors).expect("code is generated");

    let bless = std::env::var_os("BLESS").is_some();
    let mut stale = Vec::new();
    let mut generated = Vec::new();
    for entry in std::fs::read_dir(scratch.path()).expect("the scratch folder") {
        let entry = entry.expect("an entry");
        let text = std::fs::read_to_string(entry.path()).expect("generated text");
        let target = kept.join(entry.file_name());
        if std::fs::read_to_string(&target).ok().as_deref() != Some(&text) {
            if bless {
                std::fs::write(&target, &text).expect("written");
            } else {
                stale.push(entry.file_name());
            }
        }
        generated.push(entry.file_name());
    }
    assert_eq!(generated.len(), protos.len(), "one file a package: {generated:?}");
    for entry in std::fs::read_dir(&kept).expect("the kept folder") {
        let name = entry.expect("an entry").file_name();
        assert!(name == "mod.rs" || generated.contains(&name), "{name:?} belongs to no proto");
    }
    assert!(stale.is_empty(), "differ from proto/, run `BLESS=1 cargo test --test generated`: {stale:?}");
}
