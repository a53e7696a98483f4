//! `virt-patch audit`: what it finds of a cluster's objects, in which formats, and at what cost.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

#[path = "support/sarif.rs"]
mod sarif;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value as Json, json};
use virt_patch::audit::{Audit, Machine, objects};
use virt_patch::load;
use virt_patch::policy::Policies;

const SIDECARS: &str = "hooks.kubevirt.io/hookSidecars";
const RULES: &str = "virt-patch.dev/rules";

fn rule_set(name: &str, path: &str, value: &str) -> String {
    format!(
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: {name}}}\nspec:\n  onDefineDomain:\n    \
         - set: {{{path}: {value}}}\n"
    )
}

fn vm(name: &str, annotations: &Json) -> Json {
    json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": "tenant"},
        "spec": {"template": {"metadata": {"annotations": annotations}, "spec": {"domain": {"devices": {}}}}},
    })
}

fn config_map(name: &str, key: &str, text: &str) -> Json {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "tenant"}, "data": {key: text},
    })
}

fn baseline() -> Policies {
    load::policies(&["builtin:baseline".into()]).expect("a policy")
}

fn audited(text: &str, policies: &Policies) -> Vec<Machine> {
    let mut audit = Audit::new(policies, None);
    objects("test", text.as_bytes(), |object| audit.add(object)).expect("objects");
    audit.finish()
}

fn cluster() -> Vec<Json> {
    let ours = r#"[{"image": "registry.example/virt-patch-sidecar:v1", "args": ["--pack", "smbios"], "configMap": {"name": "rules", "key": "a.yaml", "hookPath": "/usr/bin/onDefineDomain"}}]"#;
    let script = r#"[{"args": ["--version", "v1alpha2"], "configMap": {"name": "script", "key": "a.sh", "hookPath": "/usr/bin/onDefineDomain"}}]"#;
    vec![
        vm("plain", &json!({})),
        vm("mounted", &json!({ SIDECARS: ours })),
        vm("own", &json!({ RULES: rule_set("own", "/domain/devices/emulator", "/bin/sh") })),
        vm("titled", &json!({ RULES: rule_set("title", "/domain/title", "new") })),
        vm("script", &json!({ SIDECARS: script })),
        vm("broken", &json!({ SIDECARS: "[{", RULES: "kind: [" })),
        config_map("rules", "a.yaml", &rule_set("mounted", "/domain/devices/emulator", "/bin/bash")),
        config_map("script", "a.sh", "#!/bin/sh\n"),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}),
    ]
}

fn named<'m>(machines: &'m [Machine], name: &str) -> &'m Machine {
    machines.iter().find(|machine| machine.name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn it_finds_sidecars_rules_and_what_is_refused() {
    let list = json!({"apiVersion": "v1", "items": cluster(), "kind": "List"}).to_string();
    let machines = audited(&list, &baseline());
    assert_eq!(machines.len(), 5, "a VM without sidecars and rules is only counted");
    let mounted = named(&machines, "mounted");
    assert_eq!(mounted.sidecars[0].image.as_deref(), Some("registry.example/virt-patch-sidecar:v1"));
    assert_eq!(mounted.sidecars[0].mounts, ["ConfigMap rules/a.yaml"]);
    let rules: Vec<(&str, &[String])> =
        mounted.rules.iter().map(|rules| (rules.from.as_str(), rules.sets.as_deref().expect("rules"))).collect();
    assert_eq!(rules[0], ("pack smbios", &["smbios".to_owned()][..]));
    assert_eq!(rules[1], ("ConfigMap rules/a.yaml", &["mounted".to_owned()][..]));
    for name in ["mounted", "own"] {
        let problems = &named(&machines, name).problems;
        assert!(problems.iter().any(|problem| problem.code.as_str() == "policy-protected"), "{name}: {problems:?}");
    }
    assert!(named(&machines, "titled").problems.is_empty());
    assert_eq!(named(&machines, "script").rules[0].sets.as_ref().err().map(String::as_str), Some("a script"));
    assert!(named(&machines, "broken").is_refused());
    let free = audited(&list, &Policies::default());
    assert!(!named(&free, "own").is_refused(), "without a policy nothing is held against it");
}

/// VMs that are alike in what their rules read are tried once, all others each for itself.
#[test]
fn what_rules_read_of_a_vm_decides() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (source, condition) in [
        ("{annotation: team/on}", "$on = 'yes'"),
        ("{label: on}", "$on = 'yes'"),
        ("{annotations: {prefix: team/}}", "$on/value = 'yes'"),
        ("{vmi: $.spec.hostname}", "$on = 'yes'"),
        ("{vmi: '$.spec.domain.devices.disks[*].name'}", "$on = 'yes'"),
        ("{expr: \"concat($other, 's')\"}\n    other: {label: other}", "$on = 'yes'"),
    ] {
        let rules = format!(
            "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: a}}\nspec:\n  params:\n    on: {source}\n  onDefineDomain:\n    \
             - when: {condition}\n      set: {{/domain/devices/emulator: /bin/sh}}\n"
        );
        let machine = |name: &str, on: &str, beside: &str| {
            let mut made = vm(name, &json!({ RULES: rules, "team/on": on, "beside": beside }));
            let template = &mut made["spec"]["template"];
            template["metadata"]["labels"] = json!({"on": on, "other": &on[..on.len() - 1]});
            template["spec"]["hostname"] = json!(on);
            template["spec"]["domain"]["devices"]["disks"] = json!([{"name": "root"}, {"name": on}]);
            made
        };
        let items = json!([
            machine("on", "yes", "a"),
            machine("off", "not", "a"),
            machine("on-too", "yes", "b"),
            machine("off-too", "not", "b"),
        ]);
        let machines = audited(&json!({"kind": "List", "items": items}).to_string(), &baseline());
        let refused: Vec<bool> = machines.iter().map(Machine::is_refused).collect();
        assert_eq!(refused, [true, false, true, false], "{source}: {:?}", machines[0].problems);
    }
}

/// The same objects in every way in which they may come.
#[test]
fn every_kind_of_stream_comes_to_the_same() {
    let objects = cluster();
    let mut yaml = String::new();
    for object in &objects {
        writeln!(yaml, "---\n{object}").expect("a string");
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects.clone()});
    let streams = [
        list.to_string(),
        format!("{list:#}"),
        objects.iter().map(Json::to_string).collect::<Vec<_>>().join("\n"),
        objects.iter().map(Json::to_string).collect::<String>(),
        Json::Array(objects.clone()).to_string(),
        format!("  \n{}", json!({"kind": "List", "items": null})) + &list.to_string(),
        yaml,
    ];
    let shown = |machines: &[Machine]| -> Vec<String> {
        machines
            .iter()
            .map(|machine| format!("{} {:?} {}", machine.title(), machine.rules, machine.problems.len()))
            .collect()
    };
    let first = shown(&audited(&streams[0], &baseline()));
    assert_eq!(first.len(), 5);
    for stream in &streams {
        assert_eq!(shown(&audited(stream, &baseline())), first, "{}", &stream[..80.min(stream.len())]);
    }
}

/// What kubectl prints where it could not list, or not as JSON, must not pass for a cluster in which all is well.
#[test]
fn what_holds_no_object_is_not_green() {
    let table = "NAME   AGE   STATUS    READY\nvm     3d    Running   True\n";
    let status = r#"{"kind": "Status", "status": "Failure", "message": "no such VM"}"#;
    for (text, said) in [
        ("", "there is nothing in it"),
        ("\n \n", "there is nothing in it"),
        ("---\n# nothing\n---\n", "there is nothing in it"),
        (table, "no object with a `kind`"),
        ("NAMESPACE: x\n", "no object with a `kind`"),
        ("No resources found\n", "no object with a `kind`"),
        ("Error from server (Forbidden): vms is forbidden\n", "cannot be read as Kubernetes objects"),
        ("error: the server doesn't have a resource type \"vmi\"\n", "cannot be read as Kubernetes objects"),
        (status, "the API server answered with a Status: no such VM"),
        ("kind: Status\nmessage: no such VM\n", "the API server answered with a Status: no such VM"),
        ("<domain type='kvm'>\n  <name>vm</name>\n</domain>\n", "cannot be read as Kubernetes objects"),
        ("{}", "no object with a `kind`"),
        (r#"{"items": []}"#, "no object with a `kind`"),
        (r#"{"kind": "List", "items": [1]}"#, "no object with a `kind`"),
        ("a: [", "neither JSON nor YAML"),
    ] {
        let (code, out, errors) = run(&["-"], text);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{text}: {errors}");
        assert!(errors.contains("error[unreadable]") && errors.contains(said), "{text}: {errors}");
        assert!(errors.contains("-o json"), "what to do: {text}: {errors}");
    }
    for text in [
        r#"{"kind": "List", "items": []}"#,
        "kind: List\nitems: []\n",
        r#"{"items": null, "kind": "VirtualMachineList"}"#,
    ] {
        let (code, out, errors) = run(&["-"], text);
        assert_eq!(code, Some(0), "{text}: {errors}");
        assert!(out.contains("0 VMs"), "{text}: {out}");
    }
}

#[test]
fn an_unknown_policy_is_no_refusal() {
    let (code, _, errors) = run(&["--policy", "builtin:strict", "-"], "");
    assert_eq!(code, Some(2), "{errors}");
    let (code, _, errors) = run(&["--policy", "restricted", "-"], "");
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("the policy `restricted` cannot be read"), "{errors}");
    assert!(errors.contains("did you mean `builtin:restricted`?"), "{errors}");
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, errors) = run(&["--policy", folder.path().to_str().expect("UTF-8"), "-"], "");
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("holds no policy"), "{errors}");
}

#[test]
fn what_is_no_stream_of_objects_is_said() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for text in ["{", "{\"items\": [}", "{\"items\": 3}", "[1, {]", "{} x", "a: [", &"[".repeat(100_000)] {
        let found = objects("broken", text.as_bytes(), |_| {});
        assert!(found.is_err(), "{}", &text[..20.min(text.len())]);
    }
    // An endless object ends.
    let endless = std::io::repeat(b'a');
    let found = objects("endless", (&b"{\"a\": \""[..]).chain(endless), |_| {}).expect_err("too much");
    assert!(found[0].message.contains("one object has more than"), "{}", found[0]);
}

/// What has no members that are looked for is no machine, and no panic.
#[test]
fn odd_objects_are_passed_over() {
    for object in [
        json!(1),
        json!([]),
        json!(null),
        json!({"kind": 1}),
        json!({"kind": "VirtualMachine"}),
        json!({"kind": "VirtualMachine", "metadata": [], "spec": "x"}),
        json!({"kind": "ConfigMap", "data": [1]}),
        json!({"kind": "VirtualMachineInstance", "metadata": {"annotations": {SIDECARS: 7, RULES: {}}}}),
    ] {
        let policies = baseline();
        let mut audit = Audit::new(&policies, None);
        audit.add(&object);
        assert!(audit.finish().is_empty(), "{object}");
    }
}

fn run(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_virt-patch"))
        .arg("audit")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let done = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn the_command_prints_a_table_json_and_sarif() {
    let list = json!({"kind": "List", "items": cluster()}).to_string();
    let (code, table, errors) = run(&["--policy", "builtin:baseline", "-"], &list);
    assert_eq!(code, Some(1), "{errors}");
    for part in [
        "NAMESPACE",
        "tenant     mounted",
        "pack smbios, ConfigMap rules/a.yaml",
        "policy-protected",
        "6 VMs, 5 with sidecars or rules, 2 ConfigMaps: 3 refused",
    ] {
        assert!(table.contains(part), "{part}:\n{table}");
    }
    let (code, text, _) = run(&["--policy", "builtin:baseline", "--format", "json", "-"], &list);
    let found: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &found["summary"]["refused"]), (Some(1), &json!(3)));
    assert_eq!(found["machines"][0]["rules"][1]["ruleSets"], json!(["mounted"]));
    let (code, text, _) = run(&["--policy", "builtin:baseline", "--format", "sarif", "-"], &list);
    let found: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!(code, Some(1));
    sarif::check(&found).expect("SARIF");
    assert!(text.contains("tenant/own"), "a result names its VM:\n{text}");
    let (code, _, _) = run(&["-"], &json!({"kind": "List", "items": [vm("titled", &json!({}))]}).to_string());
    assert_eq!(code, Some(0));
    let (code, _, errors) = run(&["-"], "{\"items\": [");
    assert_eq!(code, Some(2), "{errors}");
    let (code, _, errors) = run(&["no/such/file.json"], "");
    assert_eq!(code, Some(2), "{errors}");
}

#[test]
fn an_allow_list_judges_images() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.yaml");
    std::fs::write(&list, "registry.example/virt-patch-sidecar:v1\n").expect("a list");
    let objects = json!({"kind": "List", "items": cluster()}).to_string();
    let path = list.to_str().expect("UTF-8");
    let (code, text, errors) = run(&["--allow-list", path, "--format", "json", "-"], &objects);
    assert_eq!(code, Some(1), "{errors}");
    let found: Json = serde_json::from_str(&text).expect("JSON");
    let refused = |name: &str| {
        let machines = found["machines"].as_array().expect("machines");
        machines.iter().find(|machine| machine["name"] == name).expect("a machine")["refused"] == json!(true)
    };
    assert!(refused("script"), "it names no image");
    assert!(!refused("mounted"), "its image is listed:\n{text}");
    let (code, _, _) = run(&["--allow-list", "no/such/list", "-"], &objects);
    assert_eq!(code, Some(2));
}

/// A VMI is one itself: what looks like a template in it hides nothing.
#[test]
fn a_template_inside_a_vmi_hides_nothing() {
    let hidden = json!({"kind": "VirtualMachineInstance",
        "metadata": {"name": "a", "annotations": {RULES: rule_set("own", "/domain/devices/emulator", "x")}},
        "spec": {"template": {"metadata": {}}}});
    assert!(named(&audited(&hidden.to_string(), &baseline()), "a").is_refused());
}

/// A list of many VMs that is made while it is read.
struct Cluster {
    left: usize,
    buffer: Vec<u8>,
    of: fn(usize) -> Json,
}

impl Read for Cluster {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.buffer.is_empty() && self.left > 0 {
            self.left -= 1;
            let end = if self.left == 0 { "],\"kind\":\"List\"}" } else { "," };
            self.buffer = format!("{}{end}", (self.of)(self.left)).into_bytes();
        }
        let count = into.len().min(self.buffer.len());
        into[..count].copy_from_slice(&self.buffer[..count]);
        self.buffer.drain(..count);
        Ok(count)
    }
}

/// The most memory that this process has had, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

fn large(number: usize, annotations: &Json) -> Json {
    let mut vm = vm(&format!("vm-{number}"), annotations);
    vm["status"] = json!({"conditions": vec![json!({"message": "x".repeat(200), "type": "Ready"}); 40]});
    vm
}

/// The peak is the process's: whoever needs much memory, or measures it, does so alone.
static ALONE: Mutex<()> = Mutex::new(());

/// VMs without sidecars leave nothing behind: 30 MB of them.
#[test]
fn memory_does_not_grow_with_vms_that_have_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let policies = baseline();
    let mut audit = Audit::new(&policies, None);
    let of = |number| large(number, &json!({}));
    let stream = |left| (&b"{\"items\":["[..]).chain(Cluster { left, buffer: Vec::new(), of });
    objects("few", stream(20), |object| audit.add(object)).expect("objects");
    let before = peak();
    objects("many", stream(3000), |object| audit.add(object)).expect("objects");
    assert_eq!(audit.counts().machines, 3020);
    if let (Some(before), Some(after)) = (before, peak()) {
        // Linux counts by the page only now and then: a peak may even fall by a few.
        assert!(after.saturating_sub(before) < 16 << 10, "{before} KiB before, {after} KiB after");
    }
}

/// Thousands of VMs with rules take seconds. `AUDIT_VMS=5000` is the measure that the issue asks for.
#[test]
fn many_vms_with_rules_are_audited() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let vms: usize = std::env::var("AUDIT_VMS").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let policies = baseline();
    let mut audit = Audit::new(&policies, None);
    let of = |number: usize| {
        let path = if number.is_multiple_of(10) { "/domain/devices/emulator" } else { "/domain/title" };
        large(number, &json!({ RULES: rule_set("own", path, "x"), "example.org/team": format!("team-{}", number % 7) }))
    };
    let stream = (&b"{\"items\":["[..]).chain(Cluster { left: vms, buffer: Vec::new(), of });
    let begun = std::time::Instant::now();
    objects("many", stream, |object| audit.add(object)).expect("objects");
    let machines = audit.finish();
    println!("{vms} VMs with rules in {:?}, at most {:?} KiB", begun.elapsed(), peak());
    assert_eq!(machines.len(), vms);
    assert_eq!(machines.iter().filter(|machine| machine.is_refused()).count(), vms / 10);
}
