//! `--policy` of the author's commands: the same verdict as in a pod.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::text;

const RULES: &str = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: own}\nspec:\n  onDefineDomain:\n    \
                     - name: change\n      set: {PATH: new}\n";

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_virt-patch"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout) + &text(&done.stderr))
}

/// A folder with rules that change `path`, a policy that protects the emulator, and a domain.
fn desk(path: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("rules.yaml", &RULES.replace("PATH", path));
    write("policy.yaml", &text("  protect: [/domain/devices/emulator]\n"));
    write("domain.xml", "<domain><name>vm</name><devices><emulator>/usr/bin/qemu</emulator></devices></domain>");
    folder
}

#[test]
fn apply_refuses_what_a_pod_would() {
    let apply = ["apply", "rules.yaml", "--domain", "domain.xml", "--policy"];
    let desk = desk("/domain/devices/emulator");
    for policy in ["policy.yaml", "builtin:baseline", "builtin:restricted"] {
        let (code, said) = run(desk.path(), &[&apply[..], &[policy]].concat());
        assert_eq!(code, Some(1), "{policy}: {said}");
        assert!(said.contains("policy-"), "{policy}: {said}");
    }
    let (code, said) = run(desk.path(), &[&apply[..], &["builtin:privileged"]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("<emulator>new</emulator>"), "{said}");
    let (code, said) = run(desk.path(), &[&apply[..], &["absent.yaml"]].concat());
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn validate_tries_rules_under_a_policy() {
    let refused = desk("/domain/devices/emulator");
    let (code, said) = run(refused.path(), &["validate", "rules.yaml", "--policy", "policy.yaml"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("policy-protected") && said.contains("tried on a Linux VM"), "{said}");
    let allowed = desk("/domain/title");
    let (code, said) = run(allowed.path(), &["validate", "rules.yaml", "--policy", "policy.yaml"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(allowed.path(), &["validate", "policy.yaml"]);
    assert_eq!(code, Some(0), "a policy is checked as rules are: {said}");
    assert!(said.contains("1 policy"), "{said}");
}

/// A rule that ends the run does not hide what the others do.
#[test]
fn a_rule_that_fails_hides_no_other() {
    let desk = desk("/domain/devices/emulator");
    let rules = fs::read_to_string(desk.path().join("rules.yaml")).expect("rules");
    fs::write(desk.path().join("rules.yaml"), rules + "    - fail: not for this VM\n").expect("rules");
    let (code, said) = run(desk.path(), &["validate", "rules.yaml", "--policy", "policy.yaml"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("policy-protected"), "{said}");
}
