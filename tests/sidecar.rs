//! The sidecar's own part: where rules come from, whose they are, what it logs and what it never shows.

#![cfg(test)]

#[path = "sidecar/files.rs"]
mod files;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use virt_patch::engine::{FILE_LIMIT, Surroundings};
use virt_patch::hook::log::Format;
use virt_patch::hook::{Call, Failure, Hooks, Log, SidecarOptions};
use virt_patch::sidecar::Sidecar;
use virt_patch::surroundings::Machine;

const DOMAIN: &str = "<domain type=\"kvm\">\n\t<name>vm</name>\n\t<os>\n\t\t<type>hvm</type>\n\t</os>\n</domain>";

const TITLE: &str = "apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: title}
spec:
  onDefineDomain:
    - name: title
      set:
        /domain/title: new
";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Pod {
    sidecar: Sidecar,
    lines: Lines,
    _folder: tempfile::TempDir,
}

impl Pod {
    /// A sidecar with these arguments, in which `{}` is a folder that holds `files`; `mounted` are the
    /// files of it that stand where guides mount scripts.
    fn new(arguments: &[&str], files: &[(&str, &str)], mounted: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let path = folder.path().to_str().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|argument| argument.replace("{}", path)).collect();
        let mounts: Vec<PathBuf> = mounted.iter().map(|name| folder.path().join(name)).collect();
        let lines = Lines::default();
        let options = SidecarOptions::parse(arguments, |_| None);
        let log = Arc::new(Log::to(Format::Json, lines.clone()));
        Self { sidecar: Sidecar::with_mounts(&options, &mounts, log), lines, _folder: folder }
    }

    fn define(&self, vmi: &Json) -> Result<String, Failure> {
        let answer = self.sidecar.on_define_domain(DOMAIN.as_bytes(), vmi.to_string().as_bytes(), &call());
        answer.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn fails(&self, vmi: &Json, wanted: &[&str]) {
        let message = self.define(vmi).expect_err("an error").message;
        for part in wanted {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    }

    fn log(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }
}

fn call() -> Call {
    Call { api: "v1alpha3", invocation_context: None, id: 7 }
}

fn annotated(rules: &str) -> Json {
    json!({"metadata": {"annotations": {"virt-patch.dev/rules": rules}}})
}

#[test]
fn the_manifest_of_kubevirts_smbios_example_works_with_only_its_image_changed() {
    let pod = Pod::new(&["--version", "v1alpha2"], &[], &[]);
    let vmi = json!({"metadata": {"annotations": {"smbios.vm.kubevirt.io/baseBoardManufacturer": "Radical Edward"}}});
    let domain = pod.define(&vmi).unwrap();
    assert!(domain.contains("<entry name=\"manufacturer\">Radical Edward</entry>"), "{domain}");
    assert!(domain.contains("<smbios mode=\"sysinfo\""), "{domain}");
    assert_eq!(pod.define(&json!({})).unwrap(), DOMAIN, "without the annotation nothing changes");
}

#[test]
fn rules_come_from_arguments_then_mounts_then_the_annotation() {
    let two = TITLE.replace("new", "two");
    let pod = Pod::new(
        &["--rules", "{}/a.yaml"],
        &[("a.yaml", TITLE), ("onDefineDomain", &two)],
        &["onDefineDomain", "absent"],
    );
    assert!(pod.define(&json!({})).unwrap().contains("<title>two</title>"));
    let own = annotated(&TITLE.replace("new", "three"));
    assert!(pod.define(&own).unwrap().contains("<title>three</title>"));
}

#[test]
fn a_mounted_script_is_an_error_of_the_hook_that_says_so() {
    let pod = Pod::new(&[], &[("onDefineDomain", "#!/bin/sh\necho $4\n")], &["onDefineDomain"]);
    pod.fails(&json!({}), &["script-mounted", "onDefineDomain:1:1", "runs rules, not scripts"]);
}

#[test]
fn everything_that_is_wrong_comes_back_from_the_hook() {
    let pod = Pod::new(
        &["--rules", "{}/a.yaml", "--rules", "{}/absent.yaml", "--pack", "smbois", "--mode", "Loud"],
        &[("a.yaml", &TITLE.replace("set", "sett"))],
        &[],
    );
    pod.fails(
        &json!({}),
        &["a.yaml:7:7", "did you mean `set`?", "absent.yaml", "unreadable", "did you mean `smbios`?", "Loud"],
    );
    assert!(!pod.sidecar.offers_cloud_init());
}

#[test]
fn annotation_rules_are_denied_loudly_and_bounded() {
    let denied = Pod::new(&["--annotation-rules", "Deny"], &[], &[]);
    denied.fails(&annotated(TITLE), &["annotation-rules", "--annotation-rules Allow"]);
    assert_eq!(denied.define(&json!({})).unwrap(), DOMAIN);
    let plugin = Pod::new(&["--plugin-socket", "/run/p/p.sock"], &[], &[]);
    plugin.fails(&annotated(TITLE), &["annotation-rules"]);
    let allowed = Pod::new(&[], &[], &[]);
    allowed.fails(&annotated(&format!("{TITLE}#{}", "x".repeat(64 * 1024))), &["yaml-limit"]);
    let env = TITLE.replace("  onDefineDomain", "  params:\n    home: {env: HOME}\n  onDefineDomain");
    allowed.fails(&annotated(&env), &["param-forbidden", "annotation virt-patch.dev/rules:6:"]);
    let cloud =
        TITLE.replace("onDefineDomain", "preCloudInitIso").replace("set:\n        /domain/title: new", "warn: x");
    allowed.fails(&annotated(&cloud), &["hook-not-offered", "--hook-points PreCloudInitIso"]);
    assert!(Pod::new(&["--hook-points", "PreCloudInitIso"], &[], &[]).define(&annotated(&cloud)).is_ok());
}

#[test]
fn audit_changes_nothing_and_says_what_would_be_done() {
    let pod = Pod::new(&["--rules", "{}/a.yaml", "--mode", "Audit"], &[("a.yaml", TITLE)], &[]);
    assert_eq!(pod.define(&json!({})).unwrap(), DOMAIN);
    assert!(pod.log().contains("\"changed\":2"), "{}", pod.log());
    let failing = Pod::new(
        &["--mode", "Audit", "--rules", "{}/a.yaml"],
        &[("a.yaml", &TITLE.replace("set:\n        /domain/title: new", "fail: no"))],
        &[],
    );
    assert_eq!(failing.define(&json!({})).unwrap(), DOMAIN, "not even an error stops a VM in audit mode");
    assert!(failing.log().contains("rule-failed"), "{}", failing.log());
}

#[test]
fn the_log_says_what_each_rule_did_and_never_a_secret() {
    let rules = "apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: secrets}
spec:
  params:
    password: {annotation: example.com/password, secret: true}
    length: {expr: string-length($password)}
    bad: {annotation: example.com/password, secret: true, pattern: '[0-9]+', required: true}
  onDefineDomain:
    - name: title
      set: {/domain/title: '${password}'}
    - name: shown
      warn: 'it is now ${/domain/title}'
    - name: refused
      when: /domain/description
      set: {/domain/name: '${bad}'}
    - name: hex
      onError: Ignore
      set: {/domain/name: '${number-from-hex(/domain/title)}'}
";
    let vmi = json!({"metadata": {"annotations": {"example.com/password": "xyzzy-hunter2"}}});
    // `bad` is reached, and refused: the value is not in the message.
    let refused = Pod::new(&["--rules", "{}/a.yaml"], &[("a.yaml", rules)], &[]);
    refused.fails(&vmi, &["param-pattern", "the secret value"]);
    let pod = Pod::new(&["--rules", "{}/a.yaml"], &[("a.yaml", &rules.replace(", pattern: '[0-9]+'", ""))], &[]);
    assert!(pod.define(&vmi).unwrap().contains("<title>xyzzy-hunter2</title>"));
    for log in [refused.log(), pod.log()] {
        assert!(!log.contains("hunter2"), "{log}");
    }
    for part in [
        "\"did\":\"created /domain/title; set /domain/title\"",
        "it is now ***",
        "\"rule\":\"onDefineDomain[0] 'title'\"",
        "\"matched\":",
        "\"changed\":2",
        "is false",
        "function-value",
    ] {
        assert!(pod.log().contains(part), "{part}: {}", pod.log());
    }
}

#[test]
fn input_that_is_no_domain_or_no_vmi_is_said_with_its_place() {
    let pod = Pod::new(&["--rules", "{}/a.yaml"], &[("a.yaml", TITLE)], &[]);
    let answer = pod.sidecar.on_define_domain(b"<domain>\n  <a></b>\n</domain>", b"{}", &call());
    let message = answer.expect_err("broken XML").message;
    assert!(message.contains("domain:2:") && message.contains("xml-syntax"), "{message}");
    let reads = TITLE
        .replace("  onDefineDomain", "  params:\n    a: {annotation: x}\n  onDefineDomain")
        .replace(": new", ": '${a}'");
    let pod = Pod::new(&["--rules", "{}/a.yaml"], &[("a.yaml", &reads)], &[]);
    let answer = pod.sidecar.on_define_domain(DOMAIN.as_bytes(), b"{\n \"metadata\": [}", &call());
    let message = answer.expect_err("broken JSON").message;
    assert!(message.contains("VMI:2:") && message.contains("vmi-syntax"), "{message}");
}

#[test]
fn a_key_that_the_configmap_does_not_have_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("onDefineDomain");
    fs::create_dir(&key).unwrap();
    let empty = folder.path().join("rules");
    fs::create_dir(&empty).unwrap();
    let options = SidecarOptions::parse(Vec::<String>::new(), |_| None);
    let log = || Arc::new(Log::to(Format::Json, std::io::sink()));
    let sidecar = Sidecar::with_mounts(&options, &[key], log());
    let answer = sidecar.on_define_domain(DOMAIN.as_bytes(), b"{}", &call());
    assert!(answer.expect_err("an error").message.contains("no-rules"));
    let sidecar = Sidecar::with_mounts(&options, &[empty], log());
    assert_eq!(sidecar.on_define_domain(DOMAIN.as_bytes(), b"{}", &call()).unwrap(), DOMAIN.as_bytes());
}

#[test]
fn a_secret_does_not_come_back_through_the_document() {
    let rules = "apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: read-back}
spec:
  params:
    password: {annotation: example.com/password, secret: true}
    short: {annotation: example.com/short, secret: true}
  onDefineDomain:
    - set: {/domain/title: '${password}', /domain/description: '${short}'}
    - warn: \"part ${substring-after(/domain/title, 'x')}\"
    - let: {title: /domain/title}
      warn: \"by way of ${translate($title, 'hunter', 'HUNTER')}\"
    - onError: Ignore
      set: {/domain/name: \"${number-from-hex(substring-after($password, 'xyzzy-'))}\"}
";
    let pod = Pod::new(&["--rules", "{}/a.yaml"], &[("a.yaml", rules)], &[]);
    let vmi =
        json!({"metadata": {"annotations": {"example.com/password": "xyzzy-hunter2", "example.com/short": "xyzzy"}}});
    pod.define(&vmi).unwrap();
    let log = pod.log().to_lowercase();
    for part in ["hunter", "yzzy", "unter2"] {
        assert!(!log.contains(part), "{log}");
    }
    assert!(log.contains("part ***") && log.contains("by way of ***") && log.contains("from this secret"), "{log}");
}

#[test]
fn no_spelling_of_the_vmi_hides_its_rules() {
    let define = |pod: &Pod, vmi: &str| pod.sidecar.on_define_domain(DOMAIN.as_bytes(), vmi.as_bytes(), &call());
    let rules = serde_json::to_string(TITLE).unwrap();
    let spelled = |key: &str, value: &str| format!("{{\"metadata\": {{\"annotations\": {{\"{key}\": {value}}}}}}}");
    let denied = Pod::new(&["--annotation-rules", "Deny"], &[], &[]);
    let allowed = Pod::new(&[], &[], &[]);
    for key in [r"virt-patch.dev\/rules", r"\u0076irt-patch.dev/rules", r"virt\u002Dpatch.dev/rules"] {
        let failure = define(&denied, &spelled(key, &rules)).expect_err(key);
        assert!(failure.message.contains("annotation-rules"), "{key}: {}", failure.message);
        let domain = String::from_utf8(define(&allowed, &spelled(key, &rules)).expect(key)).unwrap();
        assert!(domain.contains("<title>new</title>"), "{key}: {domain}");
    }
    for (value, what) in [("5", "a number"), ("null", "null"), ("{\"a\": 1}", "an object")] {
        for pod in [&denied, &allowed] {
            let failure = define(pod, &spelled("virt-patch.dev/rules", value)).expect_err(value);
            assert!(failure.message.contains(&format!("must be a string, this is {what}")), "{}", failure.message);
        }
    }
    for vmi in ["{\"metadata\": {", "[]", "nonsense", "\"virt-patch.dev/rules\""] {
        let failure = define(&denied, vmi).expect_err(vmi);
        assert!(failure.message.contains("vmi-syntax"), "{vmi}: {}", failure.message);
    }
    assert!(define(&allowed, "{\"virt-patch.dev/rules\": ").is_err());
    for harmless in
        ["", " \n", "{}", "{\"metadata\": {\"annotations\": null}}", &spelled("a", "\"virt-patch.dev/rules\"")]
    {
        assert!(define(&denied, harmless).is_ok() && define(&allowed, harmless).is_ok(), "{harmless}");
    }
    let title = Pod::new(&["--rules", "{}/a.yaml"], &[("a.yaml", TITLE)], &[]);
    assert!(define(&title, "nonsense").is_ok(), "no rule reads it");
}

/// A log that cannot say what rules did: the one way for a test to make a call panic.
#[derive(Clone, Default)]
struct Broken(Lines);

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        assert!(!String::from_utf8_lossy(bytes).contains("\"msg\":\"rule\""), "broken on purpose");
        self.0.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn audit_survives_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let cloud =
        TITLE.replace("onDefineDomain", "preCloudInitIso").replace("set:\n        /domain/title: new", "warn: x");
    fs::write(folder.path().join("a.yaml"), format!("{TITLE}---\n{}", cloud.replace("name: title}", "name: cloud}")))
        .unwrap();
    let options = SidecarOptions::parse(
        ["--mode", "Audit", "--rules", folder.path().to_str().unwrap()].map(str::to_owned),
        |_| None,
    );
    let broken = Broken::default();
    let sidecar = Sidecar::with_mounts(&options, &[], Arc::new(Log::to(Format::Json, broken.clone())));
    assert_eq!(sidecar.on_define_domain(DOMAIN.as_bytes(), b"{}", &call()).unwrap(), DOMAIN.as_bytes());
    let answer = sidecar.pre_cloud_init_iso(b"{ }", b" {}", b"{}", &call()).unwrap();
    assert_eq!((answer.data, answer.no_cloud_source), (b"{ }".to_vec(), b" {}".to_vec()));
    let log = String::from_utf8(broken.0.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("virt-patch itself is at fault").count(), 2, "{log}");
}

#[test]
fn files_are_what_they_lead_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let link = |name: &str, to: &OsStr| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    fs::write(path("plain"), "x").unwrap();
    link("link", OsStr::new("plain"));
    assert_eq!(Machine.file(&path("link")).unwrap().unwrap(), b"x");
    assert_eq!(Machine.file(&path("none")), Ok(None));
    let odd = OsStr::from_bytes(b"odd\xff");
    fs::write(folder.path().join(odd), "x").unwrap();
    link("odd", odd);
    link("environ", OsStr::new("/proc/self/environ"));
    link("null", OsStr::new("/dev/null"));
    link("proc", OsStr::new("/proc"));
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    for (name, why) in [
        ("odd", "not UTF-8"),
        ("environ", "nothing under /proc"),
        ("proc/self/environ", "nothing under /proc"),
        ("null", "no regular file"),
        ("pipe", "no regular file"),
        (".", "no regular file"),
    ] {
        let refused = Machine.file(&path(name)).expect_err(name);
        assert!(refused.contains(why), "{name}: {refused}");
    }
    let cpus = Machine.file("/proc/cpuinfo").unwrap().unwrap();
    assert!(!cpus.is_empty() && cpus.len() <= FILE_LIMIT);
}

#[test]
fn a_query_of_the_vmi_ends_at_its_limit() {
    let rules = TITLE
        .replace("  onDefineDomain", "  params:\n    a: {vmi: '$..[?$..[?$..[?@.zz == 1]]]'}\n  onDefineDomain")
        .replace(": new", ": '${$a[1]}'");
    let pod = Pod::new(&["--rules", "{}/a.yaml"], &[("a.yaml", &rules)], &[]);
    let annotations: serde_json::Map<_, _> = (0..200).map(|at| (format!("a{at}"), "x".into())).collect();
    pod.fails(&json!({"metadata": {"annotations": annotations}}), &["error[limit]", "a.yaml:6:", "the param `a`"]);
}
