//! `virt-patch apply`: what it prints, where, and how it exits.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

#[path = "cli/golden.rs"]
mod golden;
#[path = "cli/run.rs"]
mod run;

use golden::golden;
use run::Desk;
use serde_json::Value;

const DOMAIN: &str = "<domain type=\"kvm\">\n  <name>vm</name>\n  <os>\n    <type>hvm</type>\n  </os>\n  <devices>\n    <memballoon model='virtio'/>\n    <emulator>/usr/bin/qemu</emulator>\n  </devices>\n</domain>\n";
const RULES: &str = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: example}
spec:
  params:
    title:
      annotation: example.org/title
  onDefineDomain:
    - name: a title
      set:
        /domain/title: ${title}
    - name: no balloon
      remove: /domain/devices/memballoon
    - name: nothing to do
      when: /domain/nowhere
      remove: /domain/name
    - name: something to say
      warn: look at me
";
const VMI: &str = r#"{"metadata": {"annotations": {"example.org/title": "A <title>"}}}"#;
const VM: &str = "\
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata:
  name: vm
spec:
  template:
    metadata:
      annotations:
        example.org/title: from the template
        virt-patch.dev/rules: |
          apiVersion: virt-patch.dev/v1alpha1
          kind: RuleSet
          metadata: {name: owner}
          spec:
            onDefineDomain:
              - insert: {into: /domain, xml: <description>once</description>}
    spec:
      domain: {}
";
const CLOUD_INIT: &str = r##"{"NoCloudMetaData": {"instance-id": "i"}, "UserData": "#cloud-config\nhostname: a # kept\n", "NetworkData": ""}"##;
const CLOUD_RULES: &str = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: cloud}
spec:
  preCloudInitIso:
    - document: userData
      merge: {timezone: Europe/Amsterdam}
";

fn desk() -> Desk {
    Desk::new(&[
        ("domain.xml", DOMAIN),
        ("rules.yaml", RULES),
        ("vmi.json", VMI),
        ("vm.yaml", VM),
        ("cloud-init.json", CLOUD_INIT),
        ("cloud.yaml", CLOUD_RULES),
    ])
}

const APPLY: [&str; 6] = ["apply", "rules.yaml", "--domain", "domain.xml", "--vmi", "vmi.json"];

fn changed() -> String {
    DOMAIN
        .replace("    <memballoon model='virtio'/>\n", "")
        .replace("  </devices>\n", "  </devices>\n  <title>A &lt;title></title>\n")
}

#[test]
fn the_changed_domain_and_nothing_else_is_printed() {
    let done = desk().run(&APPLY);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out.replace("&gt;", ">"), changed());
    assert!(done.err.starts_with("warning[rule-warned]: look at me"), "{}", done.err);
}

#[test]
fn what_is_not_touched_keeps_its_carriage_returns_and_its_missing_last_line_end() {
    let domain = DOMAIN.trim_end().replace('\n', "\r\n");
    let desk = Desk::new(&[("cr.xml", &domain), ("rules.yaml", RULES)]);
    let done = desk.run(&["apply", "rules.yaml", "--domain", "cr.xml"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out, domain.replace("    <memballoon model='virtio'/>\r\n", ""));
}

#[test]
fn each_input_can_be_standard_input_but_not_two() {
    let desk = desk();
    let wanted = desk.run(&APPLY).out;
    for (at, text) in [(1, RULES), (3, DOMAIN), (5, VMI)] {
        let mut arguments = APPLY;
        arguments[at] = "-";
        let done = desk.run_with(&arguments, text, &[]);
        assert_eq!((done.code, done.out), (0, wanted.clone()), "argument {at}");
    }
    let done = desk.run(&["apply", "-", "--domain", "-"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("RULES and `--domain` ask for it"), "{}", done.err);
}

#[test]
fn a_diff_and_an_explanation_take_the_documents_place() {
    let desk = desk();
    let diff = desk.run(&[&APPLY[..], &["--diff"]].concat());
    golden("apply/diff.txt", &diff.out);
    let explain = desk.run(&[&APPLY[..], &["--explain"]].concat());
    golden("apply/explain.txt", &explain.out);
    let both = desk.run(&[&APPLY[..], &["--diff", "--explain"]].concat());
    assert_eq!(both.out, diff.out + "\n" + &explain.out);
}

#[test]
fn a_diff_of_nothing_says_so() {
    let desk = Desk::new(&[("domain.xml", "<domain><devices/></domain>"), ("rules.yaml", RULES)]);
    let done = desk.run(&["apply", "rules.yaml", "--domain", "domain.xml", "--diff"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""));
    assert!(done.err.contains("note: the rules change nothing in `domain.xml`"), "{}", done.err);
}

#[test]
fn json_holds_the_result_the_trace_and_the_warnings() {
    let done = desk().run(&[&APPLY[..], &["-o", "json"]].concat());
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(answer["result"].as_str().unwrap().replace("&gt;", ">"), changed());
    assert_eq!(answer["changed"], true);
    let states: Vec<_> =
        answer["rules"].as_array().unwrap().iter().map(|rule| rule["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["changed", "changed", "skipped", "unchanged"]);
    assert_eq!(answer["rules"][1]["line"], 12);
    assert_eq!(answer["rules"][1]["events"][0]["line"], 7);
    assert_eq!(answer["warnings"][0]["code"], "rule-warned");
    assert_eq!(answer["diagnostics"], serde_json::json!([]));
}

#[test]
fn json_holds_what_is_wrong() {
    let desk = Desk::new(&[
        ("domain.xml", DOMAIN),
        ("rules.yaml", &RULES.replace("remove: /domain/name", "remove: /domain[")),
    ]);
    let done = desk.run(&["apply", "rules.yaml", "--domain", "domain.xml", "-o", "json"]);
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&done.out).unwrap();
    let problem = &answer["diagnostics"][0];
    assert_eq!((problem["code"].as_str(), problem["line"].as_u64()), (Some("xpath-syntax"), Some(16)));
    assert_eq!(answer.get("result"), None);
}

#[test]
fn a_manifest_of_a_vm_is_a_vmi_and_its_own_rules_run_once() {
    let desk = desk();
    let done = desk.run(&["apply", "rules.yaml", "--domain", "domain.xml", "--vmi", "vm.yaml"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("<title>from the template</title>"), "{}", done.out);
    assert_eq!(done.out.matches("<description>once</description>").count(), 1, "{}", done.out);
    let again =
        desk.run(&["apply", "rules.yaml", "vm.yaml", "--domain", "domain.xml", "--vmi", "vm.yaml", "--explain"]);
    assert_eq!(again.out.matches("rule set owner").count(), 1, "{}", again.out);
}

#[test]
fn rules_of_a_vm_may_not_read_files() {
    let rules = "          spec:\n            params: {p: {file: /etc/hostname}}\n";
    let desk = Desk::new(&[("domain.xml", DOMAIN), ("vm.yaml", &VM.replace("          spec:\n", rules))]);
    for arguments in
        [&["apply", "vm.yaml", "--domain", "domain.xml"][..], &["apply", "--domain", "domain.xml", "--vmi", "vm.yaml"]]
    {
        let done = desk.run(arguments);
        assert_eq!(done.code, 1);
        assert!(done.err.contains("error[param-forbidden]") && done.err.contains("vm.yaml:15:"), "{}", done.err);
    }
}

#[test]
fn a_pack_takes_values_for_its_params() {
    let desk = desk();
    let pack = ["apply", "--domain", "domain.xml", "--pack", "smbios", "--param"];
    let done = desk.run(&[&pack[..], &["smbios.manufacturer=ACME"]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("<entry name=\"manufacturer\">ACME</entry>"), "{}", done.out);
    let wrong = |param: &str| {
        let done = desk.run(&[&pack[..], &[param]].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{param}");
        done.err
    };
    assert!(wrong("smbios.manufacturr=x").contains("did you mean `manufacturer`?"));
    assert!(wrong("other.manufacturer=x").contains("add `--pack other`"));
    assert!(!wrong("hunter2").contains("hunter2"));
    let twice = desk.run(&[&pack[..], &["smbios.manufacturer=A", "--param", "smbios.manufacturer=B"]].concat());
    assert_eq!((twice.code, twice.out.as_str()), (2, ""));
    assert!(twice.err.contains("`--param smbios.manufacturer` is given twice, with different values"), "{}", twice.err);
}

#[test]
fn cloud_init_data_are_printed_as_json_and_compared_as_documents() {
    let desk = desk();
    let cloud = ["apply", "cloud.yaml", "--cloud-init", "cloud-init.json"];
    let done = desk.run(&cloud);
    assert_eq!(done.code, 0, "{}", done.err);
    let data: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(data["UserData"], "#cloud-config\nhostname: a # kept\ntimezone: Europe/Amsterdam\n");
    let diff = desk.run(&[&cloud[..], &["--diff"]].concat());
    golden("apply/cloud-init-diff.txt", &diff.out);
}

#[test]
fn a_secret_is_in_the_document_and_nowhere_else() {
    let secret = "hunter2<&\"\nsecond line of it";
    let rules = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: secret}
spec:
  params:
    key: {annotation: example.org/key, secret: true}
  onDefineDomain:
    - set: {/domain/title: '${$key}', /domain/description: 'a ${$key} b'}
  preCloudInitIso:
    - document: userData
      merge: {password: '${$key}', hostname: 'a ${$key} b'}
";
    let vmi = serde_json::json!({ "metadata": { "annotations": { "example.org/key": secret } } }).to_string();
    let desk =
        Desk::new(&[("domain.xml", DOMAIN), ("rules.yaml", rules), ("vmi.json", &vmi), ("cloud.json", CLOUD_INIT)]);
    for document in [["--domain", "domain.xml"], ["--cloud-init", "cloud.json"]] {
        let apply = |more: &[&str]| {
            let done = desk.run(&[&["apply", "rules.yaml", "--vmi", "vmi.json"][..], &document, more].concat());
            assert_eq!(done.code, 0, "{}", done.err);
            assert_eq!(done.err, "");
            done.out
        };
        assert!(apply(&[]).contains("hunter2"));
        for more in [&["--diff"][..], &["--explain"], &["--diff", "--explain", "-o", "json"]] {
            let shown = apply(more);
            assert!(!shown.contains("hunter2") && !shown.contains("second line"), "{more:?}: {shown}");
            assert!(more == ["--explain"] || shown.contains("***"), "{more:?}: {shown}");
        }
    }
}

#[test]
fn colours_come_when_asked_for_and_no_color_is_heard() {
    let desk = desk();
    let coloured = |more: &[&str], env: &[(&str, &str)]| {
        desk.run_with(&[&APPLY[..], &["--diff", "--explain"], more].concat(), "", env).out.contains('\x1b')
    };
    assert!(!coloured(&[], &[]), "a pipe is no terminal");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(!coloured(&["--color", "never"], &[]));
    assert!(!coloured(&["--color", "auto"], &[("NO_COLOR", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_problem() {
    let many = format!("<domain>{}</domain>", "<a>text</a>\n".repeat(50_000));
    let desk = Desk::new(&[("big.xml", &many), ("rules.yaml", RULES)]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_virt-patch"));
    command.args(["apply", "rules.yaml", "--domain"]).arg(desk.path("big.xml")).current_dir(desk.path("."));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !err.contains("panic"), "{err}");
}
