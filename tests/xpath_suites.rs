//! XPath 1.0 against third-party suites, generated cases over libvirt domains, and known traps.

#[path = "support/conformance.rs"]
mod conformance;
#[path = "support/roxml.rs"]
mod roxml;
mod support;

use roxml::Roxml;

/// Runs a suite, where it is there.
fn run(suite: &str, skips: &[(&str, &str)]) {
    let Some(folder) = support::shared(&format!("suites/xpath/{suite}")) else { return };
    let (passed, skipped) = conformance::run(&folder, skips, |text| {
        let tree = Roxml::parse(text);
        let root = tree.root();
        (tree, root)
    });
    println!("{suite}: {passed} passed, {skipped} skipped");
    assert!(passed > 0);
}

#[test]
fn third_party_suites() {
    run("suites", &[]);
}

#[test]
fn generated_over_libvirt_domains() {
    run("libvirt", &[]);
}

#[test]
fn traps() {
    run("traps", &[]);
}
