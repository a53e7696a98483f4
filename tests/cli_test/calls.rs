//! The calls of one boot: the same rules again, and on what the second call sends.

use std::fs;

use super::golden::golden;
use super::{DOMAIN, TITLE, desk, is, statuses};

const SCRATCH: &str = "<disk type=\"file\" device=\"disk\"><target dev=\"vdz\" bus=\"virtio\"/><alias name=\"ua-z\"/><wwn>0011223344556677</wwn></disk>";

#[test]
fn rules_that_are_right_once_but_not_twice_fail() {
    let desk = desk(
        "- name: grows\n  set: {/domain/name: \"${/domain/name}x\"}",
        "- {name: once, expect: {xpath: {/domain/name: vmx}}}",
    );
    assert_eq!(statuses(&desk, &["t.yaml"]), [is("once", "failed", &["again"])]);
}

#[test]
fn content_that_kubevirts_types_drop_must_be_made_again_on_the_second_call() {
    let skips = format!(
        "- name: z\n  when: not(/domain/devices/disk[alias/@name='ua-z'])\n  insert: {{into: /domain/devices, xml: '{SCRATCH}'}}"
    );
    let appends = format!("- name: z\n  insert: {{into: /domain/devices, xml: '{SCRATCH}'}}");
    let makes_sure =
        format!("- name: z\n  merge: {{path: \"/domain/devices/disk[alias/@name='ua-z']\", xml: '{SCRATCH}'}}");
    let cases = "\
- {name: a path, expect: {xpath: {\"/domain/devices/disk[alias/@name='ua-z']/wwn\": '0011223344556677'}}}
- {name: a count, expect: {xpath: {\"count(//disk)\": 2}}}
- {name: whole, expect: {diff: whole.diff}}";
    // Appended again, the disk has the target of the first: no answer at all.
    for (list, calls) in [(skips, [&["second"][..], &[], &["second"]]), (appends, [&["second"]; 3])] {
        let desk = desk(&list, cases);
        desk.run(&["test", "t.yaml", "--bless"]);
        let status = |calls: &[&str]| if calls.is_empty() { "passed" } else { "failed" };
        let [path, count, whole] = calls;
        let wanted = [("a path", path), ("a count", count), ("whole", whole)];
        let wanted = wanted.map(|(name, calls)| is(name, status(calls), calls));
        assert_eq!(statuses(&desk, &["t.yaml"]), wanted, "{list}");
    }
    let desk = desk(&makes_sure, cases);
    desk.run(&["test", "t.yaml", "--bless"]);
    assert_eq!(desk.run(&["test", "t.yaml"]).code, 0, "{}", desk.run(&["test", "t.yaml"]).out);
}

#[test]
fn the_second_call_can_be_given_or_left_out() {
    let second = DOMAIN.replace("</disk>", "</disk><controller type='pci'/>");
    let desk = desk(
        "- name: sees controllers\n  when: /domain/devices/controller\n  set: {/domain/title: second}",
        "\
- {name: simulated, expect: {xpath: {/domain/title: []}}}
- {name: given, secondCall: {file: second.xml}, expect: {xpath: {/domain/title: []}}}
- {name: KubeVirt cannot read it, domain: {file: other.xml}, expect: {unchanged: true}}
- {name: skipped, domain: {file: other.xml}, secondCall: Skip, expect: {unchanged: true}}",
    );
    fs::write(desk.path("second.xml"), second).expect("written");
    fs::write(desk.path("other.xml"), DOMAIN.replace("</disk>", "<boot order='first'/></disk>")).expect("written");
    assert_eq!(
        statuses(&desk, &["t.yaml"]),
        [
            is("simulated", "passed", &[]),
            is("given", "failed", &["second"]),
            is("KubeVirt cannot read it", "failed", &["second"]),
            is("skipped", "passed", &[]),
        ]
    );
    let done = desk.run(&["test", "t.yaml", "--filter", "cannot read"]);
    assert!(done.out.contains("kubevirt-types") && done.out.contains("/domain/devices/disk/boot"), "{}", done.out);
}

#[test]
fn apply_shows_what_the_second_call_sends_and_gives() {
    let list = format!(
        "- name: z\n  when: not(/domain/devices/disk[alias/@name='ua-z'])\n  insert: {{into: /domain/devices, xml: '{SCRATCH}'}}\n{TITLE}\n- insert: {{into: /domain/devices, xml: <shmem name=\"s\"/>}}\n- merge: {{path: \"/domain/devices/interface[alias/@name='ua-n']\", xml: '<interface type=\"user\"><alias name=\"ua-n\"/></interface>'}}"
    );
    let desk = desk(&list, "- {name: a, expect: {unchanged: true}}");
    let done = desk.run(&["apply", "rules.yaml", "--domain", "domain.xml", "--second-call"]);
    assert_eq!(done.code, 0, "{}", done.err);
    golden("test/second-call.xml", &done.out);
    let done = desk.run(&["apply", "rules.yaml", "--domain", "domain.xml", "--second-call", "--diff"]);
    assert!(done.out.starts_with("--- domain.xml (second call)\n"), "{}", done.out);
    assert!(!done.out.contains("+    <disk") && done.out.contains("+    <shmem"), "{}", done.out);
    fs::write(desk.path("c.json"), "{}").expect("written");
    assert_eq!(desk.run(&["apply", "rules.yaml", "--cloud-init", "c.json", "--second-call"]).code, 2);
}
