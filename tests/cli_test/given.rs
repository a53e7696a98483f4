//! What a case gives: params, rules, cloud-init data.

use std::fs;

use super::run::Desk;
use super::{DOMAIN, TITLE, is, rules, statuses, test};

#[test]
fn params_read_what_the_case_gives_and_nothing_of_the_machine() {
    let rules = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: r}
spec:
  params:
    home: {env: HOME}
    file: {file: /etc/hostname, secret: false}
    there: {fileExists: /etc}
    vmi: {vmi: $.metadata.name}
    label: {label: tier}
  onDefineDomain:
    - set: {/domain/title: \"${($home, 'none')[1]} ${($file, 'none')[1]} ${$there} ${($vmi, 'none')[1]} ${($label, 'none')[1]}\"}
";
    let cases = "\
- {name: nothing, expect: {xpath: {/domain/title: none none false none none}}}
- name: all of it
  env: {HOME: /home/a}
  files: {/etc/hostname: \"b\\n\"}
  vmi: {inline: {metadata: {name: c, labels: {tier: d}}}}
  expect: {xpath: {/domain/title: /home/a b true c d}}
- name: a manifest
  vmi: {file: vm.yaml}
  expect: {xpath: {/domain/title: none none false the-vm gold}}";
    let vm = "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: the-vm}\nspec:\n  template:\n    metadata: {labels: {tier: gold}}\n    spec: {}\n";
    let desk = Desk::new(&[("rules.yaml", rules), ("t.yaml", &test(cases)), ("domain.xml", DOMAIN), ("vm.yaml", vm)]);
    let done = desk.run(&["test"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.ends_with("3 cases: 3 passed, 0 failed\n"), "{}", done.out);
}

#[test]
fn rules_come_from_files_folders_packs_texts_the_same_file_and_the_vmi() {
    let inline = rules(TITLE).replace('\n', "\n        ");
    let text = format!(
        "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleTest
metadata: {{name: t}}
spec:
  rules:
    - {{pack: smbios, params: {{manufacturer: ACME}}}}
    - {{file: rules.yaml}}
    - inline: |
        {inline}
  cases:
    - name: all of them
      vmi: {{file: vmi.yaml}}
      expect:
        xpath:
          //baseBoard/entry[@name='manufacturer']: ACME
          /domain/title: hello
          /domain/description: from a file
          /domain/name: from the annotation
---
{}---
apiVersion: virt-patch.dev/v1alpha1
kind: RuleTest
metadata: {{name: same file}}
spec:
  cases:
    - {{name: here, expect: {{xpath: {{/domain/title: hello}}}}}}
",
        rules(TITLE)
    );
    let own = rules("- set: {/domain/name: from the annotation}").replace('\n', "\n      ");
    let vmi =
        format!("kind: VirtualMachineInstance\nmetadata:\n  annotations:\n    virt-patch.dev/rules: |\n      {own}\n");
    let file = rules("- set: {/domain/description: from a file}");
    let desk = Desk::new(&[("t.yaml", &text), ("rules.yaml", &file), ("vmi.yaml", &vmi)]);
    let done = desk.run(&["test", "t.yaml"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.contains("2 cases: 2 passed"), "{}", done.out);
}

#[test]
fn cloud_init_data_is_tested_document_by_document() {
    let rules = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: r}
spec:
  preCloudInitIso:
    - document: userData
      merge: {timezone: Europe/Amsterdam, runcmd: [[a], [b]]}
      lists: Append
";
    let text = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleTest
metadata: {name: t}
spec:
  rules: [rules.yaml]
  cloudInit:
    inline: |
      {\"NoCloudMetaData\": {\"instance-id\": \"i\"}, \"UserData\": \"#cloud-config\\nruncmd: [[b]]\\n\", \"NetworkData\": \"version: 2\\n\"}
  cases:
    - name: user data
      expect:
        xpath: {/timezone: Europe/Amsterdam, /runcmd/item: [b, a]}
        cloudInit: golden/whole.json
        diff: golden/whole.diff
    - name: network data
      expect: {document: networkData, xpath: {/version: 2}}
    - name: all
      expect: {document: cloudInitData, xpath: {/NoCloudMetaData/instance-id: i, \"contains(/UserData, 'timezone')\": true}}
    - name: wrong
      expect: {xpath: {/timezone: Asia/Tokyo}}
";
    let desk = Desk::new(&[("t.yaml", text), ("rules.yaml", rules)]);
    let all = [
        is("user data", "passed", &[]),
        is("network data", "passed", &[]),
        is("all", "passed", &[]),
        is("wrong", "failed", &["first"]),
    ];
    assert_eq!(statuses(&desk, &["--bless"]), all);
    assert_eq!(statuses(&desk, &[]), all);
    let diff = fs::read_to_string(desk.path("golden/whole.diff")).expect("it was written");
    assert!(diff.contains("+timezone: Europe/Amsterdam"), "{diff}");
}
