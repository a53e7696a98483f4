//! `virt-patch call` and `demo`: virt-launcher's side, against the real sidecar.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

#[path = "cli/run.rs"]
mod run;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use run::Desk;

const DOMAIN: &str = "<domain><name>vm</name></domain>";
const RULES: &str = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: r}
spec:
  params:
    title: {annotation: example.org/title}
  onDefineDomain:
    - name: a title
      set: {/domain/title: '${title}'}
    - name: picky
      when: $title = 'no'
      fail: not this VM
";

/// A sidecar in a process of its own, killed at the end.
struct Sidecar(Child);

impl Sidecar {
    fn start(desk: &Desk, name: &str, rules: &str) -> Self {
        let folder = desk.path("hooks").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_virt-patch-sidecar"));
        command.arg("--rules").arg(desk.path(rules)).arg("--socket-dir").arg(&folder).env("CONTAINER_NAME", name);
        let sidecar = Self(command.stderr(Stdio::null()).spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(60);
        let is_there = || std::fs::read_dir(&folder).unwrap().any(|entry| entry.unwrap().path().extension().is_some());
        while !is_there() {
            assert!(Instant::now() < deadline, "no socket in {}", folder.display());
            std::thread::sleep(Duration::from_millis(5));
        }
        sidecar
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn desk() -> Desk {
    let vmi = |title: &str| format!(r#"{{"metadata": {{"annotations": {{"example.org/title": "{title}"}}}}}}"#);
    let second = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: s}\nspec:\n  onDefineDomain:\n    - set: {/domain/title/@seen: 'yes'}\n";
    Desk::new(&[
        ("rules.yaml", RULES),
        ("second.yaml", second),
        ("domain.xml", DOMAIN),
        ("vmi.json", &vmi("hello")),
        ("no.json", &vmi("no")),
        ("cloud.json", "{}"),
    ])
}

#[test]
fn a_domain_goes_through_every_sidecar_in_turn() {
    let desk = desk();
    let mut first = Sidecar::start(&desk, "a", "rules.yaml");
    let _second = Sidecar::start(&desk, "b", "second.yaml");
    let call = |more: &[&str]| {
        desk.run(&[&["call", "--socket-dir", "hooks", "--domain", "domain.xml", "--vmi"][..], more].concat())
    };
    let done = call(&["vmi.json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out, "<domain><name>vm</name><title seen=\"yes\">hello</title></domain>");
    assert!(done.err.contains("KubeVirt: the domain would be given to libvirt"), "{}", done.err);
    let one = call(&["vmi.json", "--sidecar", "a", "--api", "v1alpha1", "--repeat", "3"]);
    assert_eq!((one.code, one.out.contains("seen")), (0, false), "{}", one.err);
    assert!(one.err.contains("a (v1alpha1), 3 calls: min "), "{}", one.err);
    let refused = call(&["no.json"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("SyncFailed") && refused.err.contains("not this VM"), "{}", refused.err);

    let info = desk.run(&["call", "--socket-dir", "hooks", "--info"]);
    assert!(info.out.contains("v1alpha3 v1alpha2 v1alpha1 (KubeVirt would call v1alpha3)"), "{}", info.out);
    let cloud = desk.run(&["call", "--socket-dir", "hooks", "--cloud-init", "cloud.json"]);
    assert!(cloud.code == 2 && cloud.err.contains("no sidecar offers PreCloudInitIso"), "{}", cloud.err);

    let stopped = desk.run(&["call", "--socket-dir", "hooks", "--sidecar", "a", "--shutdown"]);
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    assert!(first.0.wait().unwrap().success());
}

#[test]
fn a_stray_file_is_warned_of() {
    let desk = desk();
    let _sidecar = Sidecar::start(&desk, "a", "rules.yaml");
    std::fs::write(desk.path("hooks/stray"), "").unwrap();
    let done = desk.run(&["call", "--socket-dir", "hooks", "--domain", "domain.xml"]);
    assert_eq!((done.code, done.out.as_str()), (0, DOMAIN));
    assert!(done.err.contains("warning: virt-launcher would dial `hooks/stray`"), "{}", done.err);
}

#[test]
fn the_demo_shows_what_arrives_and_leaves_nothing_behind() {
    let desk = desk();
    std::fs::create_dir(desk.path("t")).unwrap();
    let done = desk.run_with(&["demo"], "", &[("TMPDIR", desk.path("t").to_str().unwrap())]);
    assert_eq!(done.code, 0, "{}", done.err);
    for line in [
        "+      <entry name=\"manufacturer\">Radical Edward</entry>",
        "+    <qemu:arg value=\"-fw_cfg\"></qemu:arg>",
        "+timezone: Europe/Amsterdam",
        "200 calls: min ",
        "3 rules: 3 changed something",
        "the sidecar has ended, 0 sockets are left",
    ] {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
    assert_eq!(std::fs::read_dir(desk.path("t")).unwrap().count(), 0);
}
