//! A sidecar under policies: what it answers, and what no argument switches off.

use std::fs;
use std::sync::Arc;

use virt_patch::hook::log::Format;
use virt_patch::hook::{Call, Failure, Hooks, Log, SidecarOptions};
use virt_patch::sidecar::Sidecar;

use super::text;

const DOMAIN: &str = "<domain type=\"kvm\">\n  <name>vm</name>\n  <devices>\n    <emulator>/usr/bin/qemu</emulator>\n  </devices>\n</domain>";

fn rules(path: &str, value: &str) -> String {
    format!(
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: own}}\nspec:\n  onDefineDomain:\n    \
         - name: change\n      onError: Ignore\n      set: {{{path}: {value}}}\n"
    )
}

/// The answer of a sidecar with these rules, policy and further arguments to a VMI with these rules of its own.
fn answer(rules: &str, policy: &str, arguments: &[&str], own: Option<&str>) -> Result<String, Failure> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let (rules, policy) = (file("rules.yaml", rules), file("policy.yaml", policy));
    let all = ["--rules", &rules, "--policy", &policy].into_iter().chain(arguments.iter().copied());
    let options = SidecarOptions::parse(all.map(ToOwned::to_owned).collect::<Vec<_>>(), |_| None);
    assert!(options.problems.is_empty(), "{:?}", options.problems);
    let sidecar = Sidecar::with_mounts(&options, &[], Arc::new(Log::to(Format::Json, std::io::sink())));
    let vmi = match own {
        Some(own) => serde_json::json!({"metadata": {"annotations": {"virt-patch.dev/rules": own}}}).to_string(),
        None => "{}".to_owned(),
    };
    let call = Call { api: "v1alpha3", invocation_context: None, id: 1 };
    let answer = sidecar.on_define_domain(DOMAIN.as_bytes(), vmi.as_bytes(), &call)?;
    Ok(String::from_utf8(answer).expect("UTF-8"))
}

#[test]
fn the_hook_fails_and_names_policy_rule_and_place() {
    let policy = text("  protect: [{path: //emulator, reason: it runs the VM}]\n");
    let message = answer(&rules("//emulator", "/bin/sh"), &policy, &[], None).expect_err("refused").message;
    for part in [
        "policy-protected",
        "`example`",
        "onDefineDomain[0] 'change'",
        "rules.yaml:6:",
        "policy.yaml:6:",
        "it runs the VM",
        "/domain/devices/emulator",
    ] {
        assert!(message.contains(part), "{message} lacks {part}");
    }
    let titled = answer(&rules("/domain/title", "new"), &policy, &[], None).expect("allowed");
    assert!(titled.contains("<title>new</title>"), "{titled}");
}

#[test]
fn a_vms_own_rules_are_held_to_it_too() {
    let harmless = rules("/domain/title", "new");
    let policy = text("  protect: [//emulator]\n");
    let own = rules("//emulator", "/bin/sh");
    let message = answer(&harmless, &policy, &[], Some(&own)).expect_err("refused").message;
    assert!(message.contains("policy-protected"), "{message}");
    let message =
        answer(&harmless, &text("  annotationRules: Deny\n"), &[], Some(&harmless)).expect_err("refused").message;
    assert!(message.contains("policy-rules"), "{message}");
}

#[test]
fn a_second_policy_only_narrows() {
    let policy = text("  protect: [//emulator]\n");
    let message = answer(&rules("//emulator", "/bin/sh"), &policy, &["--policy", "builtin:privileged"], None);
    assert!(message.expect_err("refused").message.contains("policy-protected"));
    let message = answer(&rules("/domain/vcpu", "4"), &policy, &["--policy", "builtin:restricted"], None);
    assert!(message.expect_err("refused").message.contains("policy-not-allowed"));
}

/// Whoever names a policy that cannot be read gets no rules without one.
#[test]
fn a_wrong_policy_stops_every_hook() {
    let title = rules("/domain/title", "new");
    for policy in ["", "kind: RulePolicy\n", "spec: [", "#!/bin/sh\n"] {
        answer(&title, policy, &[], None).expect_err("refused");
    }
    answer(&title, &text("  deny: []\n"), &["--policy", "/no/such/file"], None).expect_err("refused");
    answer(&title, &text("  deny: []\n"), &["--policy", "builtin:none"], None).expect_err("refused");
}

#[test]
fn audit_mode_answers_with_the_input() {
    let policy = text("  protect: [//emulator]\n");
    let same = answer(&rules("//emulator", "/bin/sh"), &policy, &["--mode", "Audit"], None).expect("unchanged");
    assert_eq!(same, DOMAIN);
}

#[test]
fn tighter_limits_end_a_call() {
    let policy = text("  limits: {steps: 3}\n");
    let message = answer(&rules("/domain/title", "new"), &policy, &[], None).expect_err("refused").message;
    assert!(message.contains("limit"), "{message}");
}
