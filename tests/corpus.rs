//! Hooks that people really run, as rule sets or packs: their tests hold on both calls of a boot, no lint has
//! anything to say, and none of the hooks was passed over in silence.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use support::shared;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the folders in one.
fn folders(path: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let entries = entries.map(|entry| entry.expect("an entry")).filter(|entry| entry.path().is_dir());
    entries.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect()
}

/// Runs `virt-patch` in the repository; its standard output, behind it why it failed, and whether it succeeded.
fn virt_patch(arguments: &[&str]) -> (String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virt-patch"));
    let output = command.args(arguments).current_dir(root()).output().expect("the command starts");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    let done = output.status.success();
    let why = if done { "".into() } else { String::from_utf8_lossy(&output.stderr) };
    (out + &why, done)
}

#[test]
fn every_case_holds_on_both_calls() {
    let (out, holds) = virt_patch(&["test", "tests/corpus"]);
    assert!(holds, "{out}");
    for case in folders(&root().join("tests/corpus")) {
        assert!(out.contains(&format!("tests/corpus/{case}/test.yaml")), "{case} has no test");
    }
}

#[test]
fn packs_and_cases_are_without_warnings() {
    let (out, clean) = virt_patch(&["validate", "--strict", "rules", "tests/corpus"]);
    assert!(clean, "{out}");
}

/// A hook that no rule can take the place of stands in the migration guide, with what helps instead.
#[test]
fn every_hook_has_its_rules_or_a_reason() {
    let Some(hooks) = shared("corpus") else { return };
    let guide = fs::read_to_string(root().join("docs/migration.md")).expect("the guide");
    let here = folders(&root().join("tests/corpus"));
    let hooks = folders(&hooks);
    for hook in &hooks {
        assert!(here.contains(hook) || guide.contains(&format!("`{hook}`")), "{hook}: neither rules nor a reason");
    }
    assert!(here.is_subset(&hooks), "{:?}", here.difference(&hooks));
}

/// Two of the domains are KubeVirt's own, and not copied here.
#[test]
fn kubevirts_own_domains_get_their_base_board() {
    let Some(hooks) = shared("corpus") else { return };
    for hook in ["smbios-baseboard", "whole-xml-replace"] {
        let domain = hooks.join(hook).join("domain-before.xml");
        let domain = domain.to_str().expect("UTF-8");
        let manufacturer = "--param=smbios.manufacturer=Radical Edward";
        let (out, done) = virt_patch(&["apply", "--domain", domain, "--pack=smbios", manufacturer]);
        let entry = "<entry name=\"manufacturer\">Radical Edward</entry>";
        assert!(done && out.matches(entry).count() == 1, "{hook}: {out}");
    }
}

/// Where a VM has none of their annotations, all packs together leave every domain as it is.
#[test]
fn packs_without_annotations_do_nothing() {
    let packs: Vec<String> = virt_patch::packs::names().map(|name| format!("--pack={name}")).collect();
    let mut tried = 0;
    for case in folders(&root().join("tests/corpus")) {
        let domain = root().join("tests/corpus").join(&case).join("domain-before.xml");
        let Ok(text) = fs::read_to_string(&domain) else { continue };
        let mut command = vec!["apply", "--domain", domain.to_str().expect("UTF-8")];
        command.extend(packs.iter().map(String::as_str));
        let (out, done) = virt_patch(&command);
        assert!(done && out == text, "{case}: {out}");
        tried += 1;
    }
    assert!(tried > 30, "{tried} domains");
}

/// The domains and VMIs are those that were described with the hooks.
#[test]
fn what_goes_in_is_what_was_found() {
    let Some(hooks) = shared("corpus") else { return };
    let mut compared = 0;
    for case in folders(&root().join("tests/corpus")) {
        for name in ["domain-before.xml", "domain-before-call2.xml", "vmi.json", "cloud-init.json"] {
            let (ours, found) = (root().join("tests/corpus").join(&case).join(name), hooks.join(&case).join(name));
            if ours.exists() {
                let read = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert!(read(&ours) == read(&found), "{} is another than was found", ours.display());
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared} files");
}
