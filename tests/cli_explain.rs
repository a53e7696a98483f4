//! `virt-patch apply --explain`: for every rule and round what it matched, changed and skipped, and why.
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

const DOMAIN: &str = "<domain type='kvm'>
  <name>vm</name>
  <vcpu>2</vcpu>
  <devices>
    <disk type='file'>
      <source file='/a.img'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file'>
      <target dev='sda' bus='sata'/>
    </disk>
    <interface type='ethernet'>
      <target dev='tap0'/>
    </interface>
  </devices>
</domain>
";

const HEADER: &str = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: night}\nspec:\n";

const RULES: &str = "  params:
    title: {annotation: example.org/title}
    limit: {annotation: example.org/limit, type: integer, default: 4}
  onDefineDomain:
    - name: disks
      forEach: {var: disk, in: /domain/devices/disk}
      steps:
        - name: queues
          when: $disk/target/@bus = 'virtio' and /domain/vcpu < $limit
          set: {$disk/driver/@queues: '${/domain/vcpu}'}
        - name: each word
          forEach: {var: word, in: '(\"a\", \"b\")'}
          when: not($disk/source) or starts-with($word, 'b')
          set: {$disk/@words: '${$word}'}
    - name: a title
      set: {/domain/title: '${title}'}
    - name: a bridge
      forEach: {var: nic, in: \"/domain/devices/interface[@type='bridge']\"}
      remove: $nic
    - name: no controller
      remove: /domain/devices/controller
    - name: a new disk
      insert: {into: /domain/devices, xml: <disk type='block'><target dev='vdz'/><alias name='ua-z'/></disk>}
    - name: of the new disk
      set: {\"/domain/devices/disk[target/@dev='vdz']/target/@bus\": virtio}
    - name: as it is
      set: {/domain/vcpu: '2'}
    - name: once only
      insert: {into: /domain, xml: <name>vm</name>}
    - name: passed over
      onError: Ignore
      set: {/domain/devices: text}
    - name: never
      when: false
      remove: /domain/name
";

const OFF: &str = "\
---
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: switched off}
spec:
  params: {mode: {value: quiet}}
  when: $mode = 'loud'
  onDefineDomain:
    - remove: /domain/name
";

fn explained(rules: &str, more: &[&str]) -> String {
    let desk = Desk::new(&[("domain.xml", DOMAIN), ("rules.yaml", rules), ("vmi.json", VMI)]);
    let apply = ["apply", "rules.yaml", "--domain", "domain.xml", "--vmi", "vmi.json", "--explain"];
    let done = desk.run(&[&apply[..], more].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    done.out
}

const VMI: &str = r#"{"metadata": {"annotations": {"example.org/key": "hunter2hunter2"}}}"#;

#[test]
fn every_rule_and_round_says_what_it_did_and_why_not() {
    golden("explain/night.txt", &explained(&format!("{HEADER}{RULES}{OFF}"), &[]));
}

#[test]
fn programs_read_the_same() {
    let text = explained(&format!("{HEADER}{RULES}{OFF}"), &["-o", "json"]);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    golden("explain/night.json", &format!("{:#}\n", answer["rules"]));
}

#[test]
fn a_condition_shows_the_values_that_decide_it() {
    let reason = |when: &str| {
        let rules = format!(
            "{HEADER}  params: {{limit: {{value: 4}}, title: {{annotation: none}}, word: {{value: 'a  b'}}}}\n  \
             onDefineDomain:\n    - when: {when}\n      remove: /domain/name\n"
        );
        let text = explained(&rules, &["-o", "json"]);
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        let reason = answer["rules"][0]["reason"].as_str().expect("a reason").to_owned();
        reason.split_once(" is false").expect("a condition").1.trim_start_matches(": ").to_owned()
    };
    for (when, values) in [
        ("false()", ""),
        ("$limit > 5", "`$limit` is 4"),
        ("$title", "`$title` is nothing"),
        ("5 < /domain/vcpu", "`/domain/vcpu` is '2' (3:3)"),
        ("/domain/vcpu + $limit = 7", "`/domain/vcpu` is '2' (3:3), `$limit` is 4"),
        ("not(/domain/devices/disk)", "`/domain/devices/disk` is 2 nodes"),
        ("count(/domain/devices/disk) = 3", "`count(/domain/devices/disk)` is 2"),
        ("contains($word, 'x') or $word = ''", "`$word` is 'a b'"),
        ("some $d in /domain/devices/disk satisfies $d/@a", "`/domain/devices/disk` is 2 nodes"),
        ("every $d in /domain/devices/disk satisfies $d/@a = $word", "`/domain/devices/disk` is 2 nodes"),
        ("if ($title) then $limit else $title", "`$title` is nothing, `$limit` is 4"),
        ("-$limit > 0", "`$limit` is 4"),
    ] {
        assert_eq!(reason(when), values, "{when}");
    }
}

#[test]
fn no_reason_shows_a_secret() {
    let rules = format!(
        "{HEADER}  params:\n    key: {{annotation: example.org/key, secret: true}}\n  onDefineDomain:\n    \
         - when: $key = 'x' and string-length($key) = 3\n      remove: /domain/name\n    \
         - forEach: {{var: word, in: '($key, substring($key, 1, 3))'}}\n      when: $word = 'x'\n      remove: /domain/name\n    \
         - set: {{/domain/title: '${{key}}'}}\n    \
         - when: substring(/domain/title, 1, 3) = 'x'\n      remove: /domain/name\n"
    );
    for more in [&[][..], &["-o", "json"], &["--diff"]] {
        let text = explained(&rules, more);
        assert!(!text.contains("hun"), "{text}");
        assert!(text.contains("***"), "{text}");
    }
}

/// A loop of many rounds is told up to a bound, so that telling cannot take more room than the call may.
#[test]
fn a_trace_is_bounded() {
    let rules = format!(
        "{HEADER}  onDefineDomain:\n    - forEach: {{var: n, in: 'range(1, 5000)'}}\n      set: {{/domain/vcpu: '${{$n}}'}}\n"
    );
    let answer: Value = serde_json::from_str(&explained(&rules, &["-o", "json"])).expect("JSON");
    let rule = &answer["rules"][0];
    assert_eq!(rule["rounds"], 5000);
    assert_eq!(rule["events"].as_array().map(Vec::len), Some(1000));
    let text = explained(&rules, &[]);
    assert!(text.contains("… and 980 more; `-o json` has them, and the trace ends there"), "{text}");
}

#[test]
fn cloud_init_rules_say_which_members_changed() {
    let rules = format!(
        "{HEADER}  preCloudInitIso:\n    - name: merged\n      document: userData\n      \
         merge: {{timezone: UTC, users: [{{name: a}}], kept: {{b: 2}}}}\n    - name: patched\n      document: userData\n      \
         patch:\n        - {{op: replace, path: '$.users[*].name', value: b}}\n        - {{op: add, path: /a~1b, value: 1}}\n        \
         - {{op: remove, path: $.nothing}}\n    - name: as it is\n      document: userData\n      merge: {{timezone: UTC}}\n"
    );
    let cloud = r##"{"UserData": "#cloud-config\nkept: {a: 1, b: 1}\n"}"##;
    let desk = Desk::new(&[("cloud.json", cloud), ("rules.yaml", &rules)]);
    let done = desk.run(&["apply", "rules.yaml", "--cloud-init", "cloud.json", "--explain", "--diff"]);
    assert_eq!(done.code, 0, "{}", done.err);
    golden("explain/cloud-init.txt", &done.out);
}
