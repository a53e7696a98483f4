//! `virt-patch plugin`: what it renders, word for word (`tests/cli/plugin/`), and what it refuses. That a real API server takes
//! it is shown in tests/kubernetes, and that KubeVirt reads its conditions in tests/kubevirt.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

#[path = "cli/golden.rs"]
mod golden;
#[path = "cli/run.rs"]
mod run;

use golden::golden;
use run::Desk;

const RULES: &str = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: r}
spec:
  onDefineDomain:
    - remove: /domain/devices/memballoon
";
const IMAGE: [&str; 3] = ["plugin", "--image", "registry.example/virt-patch-sidecar:1.0"];

fn desk() -> Desk {
    Desk::new(&[("rules.yaml", RULES), ("wrong.yaml", "kind: RuleSet\n"), ("my rules", RULES)])
}

/// What a run prints where it succeeds.
fn rendered(arguments: &[&str]) -> String {
    let done = desk().run(&[&IMAGE, arguments].concat());
    assert_eq!(done.code, 0, "{arguments:?}: {}", done.err);
    done.out
}

/// What a run says where it does not, with its exit code.
fn refused(arguments: &[&str]) -> (i32, String) {
    let done = desk().run(&[&IMAGE, arguments].concat());
    assert_eq!(done.out, "", "{arguments:?}");
    (done.code, done.err)
}

#[test]
fn a_pack_for_the_whole_cluster() {
    golden("plugin/pack.yaml", &rendered(&["--pack", "smbios"]));
}

#[test]
fn rules_for_some_vms_of_two_namespaces() {
    let arguments =
        ["--kubernetes", "v1.34.2", "--kubevirt", "v1.9.0", "--name", "tuning", "--namespace", "a", "--namespace", "b"];
    let labels =
        ["--vm-label", "vm.example/tier=gold", "--failure-strategy", "Ignore", "--cpu", "1", "--memory", "32Mi"];
    golden("plugin/rules.yaml", &rendered(&[&arguments[..], &labels, &["rules.yaml"]].concat()));
}

const WEBHOOK: [&str; 4] = ["--kubernetes", "1.33", "--webhook", "virt-patch/virt-patch"];

#[test]
fn where_there_is_no_mutating_policy_the_webhook_does_it() {
    let arguments = ["--name", "tuning", "--namespace", "b", "--namespace", "a", "--vm-label", "vm.example/tier=gold"];
    let webhook = [&WEBHOOK[..], &["--webhook-authority", "CertManager", "rules.yaml"]].concat();
    golden("plugin/webhook.yaml", &rendered(&[&arguments[..], &webhook].concat()));
    let desk = desk();
    let pack = [&IMAGE[..], &WEBHOOK, &["--webhook-authority", "OpenShift", "--pack", "smbios"]].concat();
    let done = desk.run(&pack);
    assert!(done.out.contains("service.beta.openshift.io/inject-cabundle: 'true'"), "{}", done.out);
    assert!(done.err.contains("`webhook.plugins` has to name `virt-patch`"), "{}", done.err);
}

/// What is rendered is what `validate` and the webhook read.
#[test]
fn a_bundle_with_an_injection_is_checked_as_a_whole() {
    let webhook = [&WEBHOOK[..], &["--webhook-authority", "CertManager", "--namespace", "a", "rules.yaml"]].concat();
    let bundle = rendered(&webhook);
    let desk = Desk::new(&[("bundle.yaml", &bundle), ("broken.yaml", &bundle.replace("Always", "Never"))]);
    let done = desk.run(&["validate", "bundle.yaml"]);
    assert!(done.code == 0 && done.out.contains("1 rule set, 1 injection"), "{}{}", done.out, done.err);
    let done = desk.run(&["validate", "broken.yaml"]);
    assert!(done.code == 1 && done.out.contains("the container needs `restartPolicy`"), "{}{}", done.out, done.err);
}

#[test]
fn an_authority_is_a_certificate_and_never_a_key() {
    let certificate = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
    let key = format!("{certificate}-----BEGIN EC PRIVATE KEY-----\n");
    let desk = Desk::new(&[("ca.crt", certificate), ("pair.pem", &key), ("empty", "")]);
    let run =
        |file: &str| desk.run(&[&IMAGE[..], &WEBHOOK, &["--pack", "smbios", "--webhook-authority", file]].concat());
    let done = run("ca.crt");
    assert!(done.code == 0 && done.out.contains("caBundle: LS0tLS1CRUdJTi"), "{}{}", done.out, done.err);
    for (file, said) in [("pair.pem", "and no key"), ("empty", "must hold certificates"), ("none", "cannot be read")] {
        let done = run(file);
        assert!(done.code == 2 && done.out.is_empty() && done.err.contains(said), "{file}: {}", done.err);
    }
}

#[test]
fn several_files_keep_their_order_and_their_names_become_keys() {
    let text = rendered(&["--namespace", "a", "my rules", "rules.yaml"]);
    let first = text.find("\n  0-my-rules.yaml: |").expect("the first key");
    let second = text.find("\n  1-rules.yaml: |").expect("the second key");
    assert!(first < second);
    let piped = desk().run_with(&[&IMAGE[..], &["--namespace", "a", "-"]].concat(), RULES, &[]);
    assert!(piped.out.contains("\n  stdin.yaml: |"), "{}", piped.out);
}

#[test]
fn a_value_never_becomes_cel() {
    let value = r#"smbios.manufacturer=" + object.metadata.name + "\"#;
    let text = rendered(&["--pack", "smbios", "--param", value]);
    assert!(text.contains(r#""smbios.manufacturer=\" + object.metadata.name + \"\\""#), "{text}");
}

/// What the API server would be given twice.
#[test]
fn a_namespace_named_twice_is_one() {
    let once = rendered(&["--namespace", "vms", "rules.yaml"]);
    assert_eq!(once.matches("kind: ConfigMap").count(), 1, "{once}");
    assert_eq!(rendered(&["--namespace", "vms", "--namespace", "vms", "rules.yaml"]), once);
}

#[test]
fn whoever_names_no_rules_is_told_of_this_command() {
    let (code, said) = refused(&[]);
    assert!(code == 2 && said.contains("virt-patch plugin") && !said.contains("virt-patch apply"), "{code}: {said}");
}

/// As in a pod, where it would keep every VM from starting.
#[test]
fn what_a_policy_refuses_of_results_is_not_rendered() {
    let emulator = RULES.replace("remove: /domain/devices/memballoon", "set: {/domain/devices/emulator: /bin/sh}");
    let desk = Desk::new(&[("rules.yaml", &emulator)]);
    let run = |policy: &[&str]| desk.run(&[&IMAGE[..], &["--namespace", "a", "rules.yaml"], policy].concat());
    let done = run(&["--policy", "builtin:baseline"]);
    assert_eq!((done.code, done.out.as_str()), (1, ""), "{}", done.err);
    assert!(done.err.contains("policy-protected"), "{}", done.err);
    assert_eq!(run(&[]).code, 0, "without a policy it is rendered");
    // Only some VMs ask the pack for what is refused.
    let disks = desk.run(&[&IMAGE[..], &["--pack", "disk", "--policy", "builtin:baseline"]].concat());
    assert_eq!(disks.code, 0, "{}", disks.err);
}

#[test]
fn the_notes_say_what_the_cluster_needs() {
    let said =
        |kubernetes: &str| desk().run(&[&IMAGE[..], &["--pack", "smbios", "--kubernetes", kubernetes]].concat()).err;
    assert_eq!(said("1.36"), "note: KubeVirt needs the feature gate `Plugins`\n");
    assert!(said("1.33").contains("let the webhook put the sidecar into pods: `--webhook"), "{}", said("1.33"));
    assert!(said("1.35").contains("--runtime-config=admissionregistration.k8s.io/v1beta1=true"));
}

#[test]
fn wrong_rules_are_not_rendered() {
    golden("errors/plugin-wrong-rules.txt", &refused(&["--namespace", "a", "wrong.yaml"]).1);
    golden("errors/plugin-without-a-namespace.txt", &refused(&["rules.yaml"]).1);
    assert_eq!(refused(&["--namespace", "a", "wrong.yaml"]).0, 1);
    assert_eq!(refused(&["--pack", "smbioss"]).0, 2);
    let two = ["--pack", "smbios", "--vm-label", "a=b", "--vm-label", "a=c"];
    assert!(refused(&two).1.contains("no VM has the label `a` with two values"));
}

#[test]
fn rules_answer_to_a_policy_here_and_in_the_pod() {
    let env = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  params:\n    p: {env: HOME}\n  onDefineDomain:\n    - set: {/domain/title: '${p}'}\n";
    let desk = Desk::new(&[("rules.yaml", RULES), ("env.yaml", env), ("own.yaml", "kind: RulePolicy\n")]);
    let run = |arguments: &[&str]| desk.run(&[&IMAGE[..], &["--namespace", "a"], arguments].concat());
    let done = run(&["--policy", "builtin:restricted", "rules.yaml"]);
    let words: Vec<&str> = done.out.split_whitespace().collect();
    assert!(
        words.windows(2).any(|pair| pair == ["\"--policy\",", "\"builtin:restricted\""]),
        "{}{}",
        done.out,
        done.err
    );
    let done = run(&["--policy", "builtin:restricted", "env.yaml"]);
    assert!(done.code == 1 && done.err.contains("error[policy-rules]"), "{}", done.err);
    assert_eq!(done.out, "");
    let policy =
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RulePolicy\nmetadata: {name: p}\nspec: {deny: [/domain/title]}\n";
    std::fs::write(desk.path("own.yaml"), policy).unwrap();
    let done = run(&["--policy", "own.yaml", "rules.yaml"]);
    assert!(done.code == 1 && done.err.contains("is a file, which no VM's pod has"), "{}", done.err);
}

#[test]
fn wrong_arguments_say_what_is_wanted() {
    for (arguments, said) in [
        (["--kubevirt", "1.8"], "has no structured plugins"),
        (["--kubevirt", "1.10"], "this virt-patch knows the plugins of KubeVirt 1.9"),
        (["--kubernetes", "1.33"], "no MutatingAdmissionPolicy beyond alpha"),
        (["--kubernetes", "1.28"], "has no native sidecars"),
        (["--webhook", "a/b"], "--webhook-authority <FROM>"),
        (["--webhook-authority", "CertManager"], "--webhook <NAMESPACE/NAME>"),
        (["--kubernetes", "latest"], "a release is MAJOR.MINOR"),
        (["--name", "Virt"], "at most 63 of a-z"),
        (["--name", "a/../b"], "at most 63 of a-z"),
        (["--name", "x23456789012345678901234567890123456789012345678901234567z"], "at most 57"),
        (["--namespace", "a-"], "no - at its ends"),
        (["--vm-label", "tier"], "KEY=VALUE"),
        (["--vm-label", "a b=c"], "is no label's key"),
        (["--vm-label", "a=c d"], "is no label's value"),
        (["--vm-label", "kubevirt.io=x"], "tells the pods of VMs apart"),
        (["--vm-label", "vm.kubevirt.io/name=x"], "virt-controller sets on pods itself"),
        (["--vm-label", "kubevirt.io/created-by=x"], "virt-controller sets on pods itself"),
        (["--vm-label", "vmi.kubevirt.io/id=x"], "virt-controller sets on pods itself"),
        (["--vm-label", "sidecar.istio.io/inject=true"], "virt-controller sets on pods itself"),
        (["--name", "compute"], "KubeVirt's own containers"),
        (["--name", "guest-console-log"], "KubeVirt's own containers"),
        (["--name", "container-disk-binary"], "KubeVirt's own containers"),
        (["--name", "hook-sidecar-0"], "KubeVirt's own containers"),
        (["--name", "volumes"], "KubeVirt's own containers"),
        (["--cpu", "-1"], "unexpected argument '-1'"),
        (["--cpu", "0"], "a quantity is a number"),
        (["--memory", "64m"], "thousandths of a byte"),
        (["--memory", "64Mb"], "a quantity is a number"),
        (["--memory", "1e3"], "a quantity is a number"),
        (["--failure-strategy", "Panic"], "invalid value 'Panic'"),
    ] {
        let (code, text) = refused(&[&["--pack", "smbios"][..], &arguments].concat());
        assert!(code == 2 && text.contains(said), "{arguments:?}: {code}: {text}");
    }
}
