//! `virt-patch test`, `virt-patch init` and `apply --second-call`: what they find, print, write, and how they exit.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

#[path = "cli/golden.rs"]
mod golden;
#[path = "cli/run.rs"]
mod run;

use std::fs;
use std::path::Path;

use golden::golden;
use run::Desk;
use serde_json::Value;

const DOMAIN: &str = "<domain type=\"kvm\">\n  <name>vm</name>\n  <vcpu>2</vcpu>\n  <devices>\n    <disk type=\"file\" device=\"disk\">\n      <source file=\"/a.img\"/>\n      <target dev=\"vda\" bus=\"virtio\"/>\n      <driver name=\"qemu\" type=\"raw\"/>\n      <alias name=\"ua-a\"/>\n    </disk>\n  </devices>\n</domain>\n";

/// A rule set of these rules for the domain.
fn rules(list: &str) -> String {
    let list: String = list.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: r}}\nspec:\n  onDefineDomain:\n{list}"
    )
}

/// A test of `rules.yaml` on `domain.xml` with these cases.
fn test(cases: &str) -> String {
    let cases: String = cases.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleTest\nmetadata: {{name: t}}\nspec:\n  rules: [rules.yaml]\n  domain: {{file: domain.xml}}\n  cases:\n{cases}"
    )
}

fn desk(list: &str, cases: &str) -> Desk {
    Desk::new(&[("rules.yaml", &rules(list)), ("t.yaml", &test(cases)), ("domain.xml", DOMAIN)])
}

const TITLE: &str = "- name: title\n  set: {/domain/title: hello}";

/// What JSON says of every case: its name, status, and the calls with a mismatch.
fn statuses(desk: &Desk, arguments: &[&str]) -> Vec<(String, String, Vec<String>)> {
    let done = desk.run(&[&["test", "--format", "json"], arguments].concat());
    let json: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let calls =
        |case: &Value| case["mismatches"].as_array().expect("a list").iter().map(|m| text(&m["call"])).collect();
    let cases = json["cases"].as_array().expect("a list");
    cases.iter().map(|case| (text(&case["case"]), text(&case["status"]), calls(case))).collect()
}

fn is(name: &str, status: &str, calls: &[&str]) -> (String, String, Vec<String>) {
    (name.to_owned(), status.to_owned(), calls.iter().map(|&call| call.to_owned()).collect())
}

#[test]
fn every_pack_and_the_tour_have_a_test_that_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in virt_patch::packs::names() {
        let test = root.join("rules").join(name).join("test.yaml");
        assert!(test.is_file(), "the pack {name} has no test {}", test.display());
    }
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_virt-patch"))
        .args(["test", "rules", "examples"])
        .current_dir(root)
        .output()
        .expect("the command starts");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("the tables are made where there are none") && out.contains("tour"), "{out}");
}

#[test]
fn what_does_not_hold_is_shown_with_its_place_its_rules_and_the_next_step() {
    let desk = desk(
        TITLE,
        "\
- name: several things at once
  expect:
    xpath:
      /domain/title: goodbye
      /domain/nowhere: there
      count(/domain/devices/disk): 2
      /domain/devices/disk/target/@dev: [vda, vdb]
    warnings: [rule-warned]
- name: a diff in the test
  expect:
    diff:
      inline: |
        --- domain.xml
        +++ domain.xml (changed)
        @@ -9,4 +9,5 @@
               <alias name=\"ua-a\"/>
             </disk>
           </devices>
        +  <title>goodbye</title>
         </domain>
- name: a file that is not there yet
  expect: {domain: golden/new.xml}
- name: nothing may change
  expect: {unchanged: true}
- name: an error that does not come
  expect: {error: no-match}
- name: it's fixed
  todo: the title is still to come
  expect: {xpath: {/domain/title: hello}}
- name: not yet
  todo: a second title
  expect: {xpath: {count(/domain/title): 2}}",
    );
    let done = desk.run(&["test", "t.yaml", "--color", "never"]);
    assert_eq!(done.code, 1, "{}", done.err);
    golden("test/failures.txt", &done.out);
    assert_eq!(done.err, "");
}

#[test]
fn an_error_is_held_to_its_code_its_message_and_its_rule() {
    let list = "- name: nothing there\n  replace: {path: /domain/nowhere, xml: <a/>}\n  expect: One";
    let desk = desk(
        list,
        "\
- {name: code, expect: {error: expect-failed}}
- {name: message, expect: {error: {code: expect-failed, message: selects}}}
- {name: rule, expect: {error: {code: expect-failed, rule: nothing there}}}
- {name: another code, expect: {error: no-match}}
- {name: another message, expect: {error: {code: expect-failed, message: walrus}}}
- {name: another rule, expect: {error: {code: expect-failed, rule: nothing}}}
- {name: none expected, expect: {unchanged: true}}",
    );
    let (passed, failed) = (|name| is(name, "passed", &[]), |name| is(name, "failed", &["first"]));
    assert_eq!(
        statuses(&desk, &["t.yaml"]),
        [
            passed("code"),
            passed("message"),
            passed("rule"),
            failed("another code"),
            failed("another message"),
            failed("another rule"),
            failed("none expected"),
        ]
    );
}

#[test]
fn rules_that_do_not_compile_fail_their_cases_unless_the_mistake_is_expected() {
    let desk = desk(
        "- name: typo\n  sett: {/domain/title: x}",
        "- {name: expected, expect: {error: unknown-field}}\n- {name: not expected, expect: {unchanged: true}}",
    );
    assert_eq!(statuses(&desk, &["t.yaml"]), [is("expected", "passed", &[]), is("not expected", "failed", &["first"])]);
    let done = desk.run(&["test", "t.yaml"]);
    assert!(done.out.contains("rules.yaml:") && done.out.contains("`set`"), "{}", done.out);
}

#[test]
fn rules_that_are_right_once_but_not_twice_fail() {
    let desk = desk(
        "- name: grows\n  set: {/domain/name: \"${/domain/name}x\"}",
        "- {name: once, expect: {xpath: {/domain/name: vmx}}}",
    );
    assert_eq!(statuses(&desk, &["t.yaml"]), [is("once", "failed", &["again"])]);
}

const SCRATCH: &str = "<disk type=\"file\" device=\"disk\"><target dev=\"vdz\" bus=\"virtio\"/><alias name=\"ua-z\"/><wwn>0011223344556677</wwn></disk>";

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
    for (list, calls) in [(skips, [&["second"][..], &[], &["second"]]), (appends, [&[], &["second"], &["second"]])] {
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

#[test]
fn bless_writes_what_was_found_and_asks_where_it_should() {
    let desk = desk(TITLE, "- {name: a, expect: {diff: golden/a.diff}}\n- {name: b, expect: {domain: golden/b.xml}}");
    assert_eq!(desk.run(&["test"]).code, 1);
    assert!(!desk.path("golden").exists(), "without --bless nothing is written");
    let asked = desk.run_with(&["test", "--bless", "-i"], "n\ny\n", &[]);
    assert_eq!(asked.code, 1, "{}", asked.err);
    assert!(asked.err.contains("t/a") && asked.err.contains("+  <title>hello</title>"), "{}", asked.err);
    assert!(!desk.path("golden/a.diff").exists() && desk.path("golden/b.xml").exists());
    // No answer is no.
    assert_eq!(desk.run(&["test", "--bless", "-i"]).code, 1);
    let done = desk.run(&["test", "--bless"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("wrote `golden/a.diff`") && !done.err.contains("golden/b.xml"), "{}", done.err);
    assert_eq!(desk.run(&["test"]).code, 0);
    let names = fs::read_dir(desk.path("golden")).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert_eq!(names.count(), 2, "nothing is left beside the files");
}

#[test]
fn bless_writes_nowhere_but_in_the_tests_folder() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let desk = desk(TITLE, "- {name: a, expect: {diff: link/a.diff}}");
    std::os::unix::fs::symlink(elsewhere.path(), desk.path("link")).expect("a link");
    let done = desk.run(&["test", "--bless"]);
    assert_eq!(done.code, 2, "{}", done.out);
    assert!(done.err.contains("leads out of the test's folder"), "{}", done.err);
    assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 0);
    // A link in the file's own place is replaced, not followed.
    let target = elsewhere.path().join("target");
    fs::write(&target, "mine").expect("written");
    fs::remove_file(desk.path("link")).expect("removed");
    fs::create_dir(desk.path("link")).expect("a folder");
    std::os::unix::fs::symlink(&target, desk.path("link/a.diff")).expect("a link");
    assert_eq!(desk.run(&["test", "--bless"]).code, 0);
    assert_eq!(fs::read_to_string(&target).expect("read"), "mine");
    // What goes in is never what is expected, however it is spelled.
    for path in ["domain.xml", "./domain.xml", "t.yaml"] {
        let desk = self::desk(TITLE, &format!("- {{name: a, expect: {{domain: {path}}}}}"));
        let done = desk.run(&["test", "--bless"]);
        assert_eq!(done.code, 1, "{}", done.out);
        assert!(done.err.contains("would write over it"), "{}", done.err);
        assert_eq!(fs::read_to_string(desk.path("domain.xml")).expect("read"), DOMAIN);
    }
    // `todo` cases and two minds about one file are left alone.
    let desk = self::desk(TITLE, "- {name: a, todo: later, expect: {diff: a.diff}}");
    desk.run(&["test", "--bless"]);
    assert!(!desk.path("a.diff").exists());
    let desk = self::desk(
        TITLE,
        "- {name: a, expect: {domain: a}}\n- {name: b, domain: {inline: <domain><devices/></domain>}, expect: {domain: a}}",
    );
    let done = desk.run(&["test", "--bless"]);
    assert_eq!((done.code, desk.path("a").exists()), (2, false), "{}", done.err);
}

#[test]
fn everything_that_is_wrong_with_a_test_is_said_at_its_place() {
    let text = "\
apiVersion: virt-patch.dev/v1alpha1
kind: RuleTest
metadata: {name: t}
spec:
  rules:
    - nowhere.yaml
    - {pack: smbois}
    - {pack: smbios, params: {manufacturers: x}}
    - {file: a, inline: b}
    - {inline: x, params: {a: b}}
  namespace: {}
  cases:
    - name: nothing expected
      expect: {}
    - name: nothing expected
      expect: {xpath: {domain/title: x, /domain/title: , '$x': y, /q:a: z, '/a[': b}}
    - nam: typo
      expect: {unchanged: true}
    - name: codes
      expect: {error: parma-pattern}
    - name: both
      expect: {error: no-match, unchanged: true}
    - name: two documents
      domain: {file: domain.xml}
      cloudInit: {inline: '{}'}
      expect: {unchanged: false}
    - name: outside
      expect: {diff: ../a.diff}
    - name: absolute
      expect: {domain: /a.xml}
    - name: missing
      domain: {file: gone.xml}
      vmi: {file: gone.json}
      expect: {cloudInit: a}
    - name: words
      secondCall: skip
      env: [A]
      vmi: {inline: text}
      expect: {warnings: [rule-warnd], document: userData}
    - name: domains as texts
      domain: domain.xml
      expect: {unchanged: yes}
";
    let desk = Desk::new(&[("t.yaml", text), ("domain.xml", DOMAIN)]);
    let done = desk.run(&["test", "t.yaml", "--color", "never"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
    golden("test/mistakes.txt", &done.err);
}

#[test]
fn watch_runs_again_when_a_file_changes() {
    let desk = desk(TITLE, "- {name: a, expect: {xpath: {/domain/title: hello}}}");
    let mut watching = std::process::Command::new(env!("CARGO_BIN_EXE_virt-patch"))
        .args(["test", "t.yaml", "--watch"])
        .current_dir(desk.path(""))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    let lines = |stream| std::io::BufRead::lines(std::io::BufReader::new(stream)).map_while(Result::ok);
    let mut out = lines(Box::new(watching.stdout.take().expect("a pipe")) as Box<dyn std::io::Read>);
    let mut err = lines(Box::new(watching.stderr.take().expect("a pipe")));
    let mut next = |words: &str| out.any(|line| line.contains(words));
    assert!(next("1 case: 1 passed, 0 failed"));
    // It waits: only now a change is one.
    assert!(err.any(|line| line.contains("waiting for a change")));
    // The length changes, so that a clock of seconds does not matter.
    fs::write(desk.path("rules.yaml"), rules("- name: title\n  set: {/domain/title: another title}")).expect("written");
    assert!(next("1 case: 0 passed, 1 failed"));
    watching.kill().expect("it still runs");
    watching.wait().expect("it ends");
}

#[test]
fn validate_says_what_is_wrong_with_a_test_too() {
    let desk = desk(TITLE, "- {name: a, expect: {error: no-mach}}");
    fs::write(desk.path("twice.yaml"), "kind: RuleTest\na: 1\na: 2\n").expect("written");
    let done = desk.run(&["validate", "t.yaml", "twice.yaml", "--color", "never"]);
    let said = format!("{}{}", done.out, done.err);
    assert_eq!(done.code, 1, "{said}");
    assert!(said.contains("there is no code `no-mach`") && said.contains("t.yaml:8:33"), "{said}");
    assert_eq!(said.matches("duplicate-key").count(), 1, "what is said already is not said again: {said}");
    fs::write(desk.path("t.yaml"), test("- {name: a, expect: {unchanged: true}}")).expect("written");
    assert_eq!(desk.run(&["validate", "t.yaml"]).code, 0, "it is checked, and not run");
}

#[test]
fn a_broken_test_does_not_hide_the_others() {
    let desk = desk(TITLE, "- {name: a, expect: {xpath: {/domain/title: hello}}}");
    fs::write(desk.path("broken.yaml"), "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleTest\nmetadata: {name: b}\n")
        .expect("written");
    fs::write(desk.path("chart.yaml"), "{{- if .Values.x }}\n").expect("written");
    let done = desk.run(&["test"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.out.contains("1 case: 1 passed"), "{}", done.out);
    assert!(done.err.contains("missing-field") && done.err.contains("broken.yaml"), "{}", done.err);
}

#[test]
fn the_exit_code_tells_a_failure_from_a_tool_that_cannot_work() {
    let desk =
        desk(TITLE, "- {name: a, expect: {xpath: {/domain/title: hello}}}\n- {name: b, expect: {unchanged: true}}");
    for (arguments, code, words) in [
        (&["test", "--filter", "t/a"][..], 0, ""),
        (&["test"], 1, ""),
        (&["test", "--filter", "walrus"], 2, "holds `walrus`"),
        (&["test", "nowhere.yaml"], 2, "nowhere.yaml"),
        (&["test", "rules.yaml"], 1, "no-tests"),
        (&["test", "--interactive"], 2, "--bless"),
    ] {
        let done = desk.run(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {}{}", done.out, done.err);
        assert!(done.err.contains(words), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn the_order_of_results_is_that_of_the_files() {
    let cases: String =
        (0..60).map(|at| format!("- {{name: case {at}, expect: {{xpath: {{/domain/title: hello}}}}}}\n")).collect();
    let desk = desk(TITLE, &cases);
    fs::create_dir(desk.path("a")).expect("a folder");
    for name in ["a/t.yaml", "b.yaml"] {
        let text = test("- {name: x, domain: {inline: <domain><devices/></domain>}, expect: {unchanged: true}}");
        fs::write(
            desk.path(name),
            text.replace("[rules.yaml]", "[{pack: smbios}]").replace("  domain: {file: domain.xml}\n", ""),
        )
        .expect("written");
    }
    let alone = desk.run(&["test", "--jobs", "1"]);
    assert_eq!(alone.code, 0, "{}{}", alone.out, alone.err);
    assert!(alone.out.starts_with("t  a/t.yaml\n  ok      x\nt  b.yaml\n"), "{}", alone.out);
    for _ in 0..5 {
        assert_eq!(desk.run(&["test", "--jobs", "8"]).out, alone.out);
    }
}

#[test]
fn junit_is_well_formed_whatever_the_names_hold() {
    let desk = desk(
        TITLE,
        "- {name: \"<a> & \\\"b\\\" \\u0007 ]]>\", expect: {unchanged: true}}\n- {name: fine, expect: {xpath: {/domain/title: hello}}}\n- {name: later, todo: \"<soon>\", expect: {unchanged: true}}",
    );
    fs::write(
        desk.path("broken.yaml"),
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleTest\nmetadata: {name: b}\nspec: {casses: 1}\n",
    )
    .expect("written");
    let done = desk.run(&["test", "--format", "junit"]);
    assert_eq!(done.code, 1);
    let xml = roxmltree::Document::parse(&done.out).unwrap_or_else(|error| panic!("{error}\n{}", done.out));
    let root = xml.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("failures")), ("testsuites", Some("1")));
    let cases: Vec<_> = xml.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let total: usize = root.attribute("tests").and_then(|count| count.parse().ok()).expect("a count");
    assert_eq!(cases.len(), total);
    let case = |name: &str| *cases.iter().find(|case| case.attribute("name") == Some(name)).expect("the case");
    let failed = case("<a> & \"b\" \u{fffd} ]]>");
    let failure = failed.first_element_child().expect("a failure");
    assert_eq!(failure.tag_name().name(), "failure");
    assert!(failure.text().expect("details").contains("+  <title>hello</title>"), "{}", done.out);
    assert_eq!(failed.attribute("file"), Some("t.yaml"));
    assert!(case("fine").first_element_child().is_none());
    assert_eq!(case("later").first_element_child().and_then(|node| node.attribute("message")), Some("<soon>"));
    let errors: Vec<_> = xml.descendants().filter(|node| node.has_tag_name("error")).collect();
    assert!(errors.iter().any(|error| error.attribute("type") == Some("unknown-field")), "{}", done.out);
    assert_eq!(root.attribute("errors"), Some(errors.len().to_string().as_str()));
}

#[test]
fn json_says_all_that_the_text_says() {
    let desk = desk(TITLE, "- {name: a, expect: {diff: a.diff}}");
    let done = desk.run(&["test", "-o", "json"]);
    let json: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((&json["passed"], &json["failed"], &json["todo"]), (&0.into(), &1.into(), &0.into()));
    let case = &json["cases"][0];
    assert_eq!(
        (case["file"].as_str(), case["line"].as_u64(), case["test"].as_str()),
        (Some("t.yaml"), Some(8), Some("t"))
    );
    let mismatch = &case["mismatches"][0];
    assert_eq!((mismatch["golden"].as_str(), mismatch["expected"].as_str()), (Some("a.diff"), Some("")));
    assert!(mismatch["found"].as_str().expect("a text").contains("+  <title>hello</title>"), "{mismatch}");
    assert_eq!(case["rules"][0]["state"], "changed");
}

#[test]
fn secrets_are_masked_in_what_is_shown_and_written() {
    let rules = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  params:\n    key: {file: /key}\n  onDefineDomain:\n    - set: {/domain/title: \"${key}\"}\n";
    let cases =
        "- {name: a, files: {/key: hunter2hunter2}, expect: {diff: a.diff, domain: a.xml, xpath: {/domain/title: x}}}";
    let desk = Desk::new(&[("rules.yaml", rules), ("t.yaml", &test(cases)), ("domain.xml", DOMAIN)]);
    let done = desk.run(&["test", "--bless"]);
    let written = ["a.diff", "a.xml"].map(|name| fs::read_to_string(desk.path(name)).expect("written"));
    for text in written.iter().chain([&done.out, &done.err]) {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(written.iter().all(|text| text.contains("***")));
    // What was written holds.
    let expected = "1 failed";
    let done = desk.run(&["test"]);
    assert!(done.out.contains(expected) && !done.out.contains("a.xml"), "{}", done.out);
}

#[test]
fn hostile_tests_end_with_an_error() {
    let deep =
        format!("apiVersion: virt-patch.dev/v1alpha1\nkind: RuleTest\nspec: {}{}", "[".repeat(5000), "]".repeat(5000));
    let domain = format!("<domain><devices>{}{}</devices></domain>", "<disk>".repeat(600), "</disk>".repeat(600));
    let store = format!(
        "<domain><devices><disk>{}{}</disk></devices></domain>",
        "<source><dataStore>".repeat(200),
        "</dataStore></source>".repeat(200)
    );
    let desk = desk(
        TITLE,
        "- {name: a, domain: {file: deep.xml}, expect: {unchanged: true}}\n- {name: b, domain: {file: store.xml}, expect: {xpath: {/domain/title: hello}}}\n- {name: c, domain: {file: no.xml}, expect: {unchanged: true}}\n- {name: d, domain: {inline: nothing}, expect: {error: xml-syntax}}",
    );
    for (name, text) in [("deep.yaml", &deep), ("deep.xml", &domain), ("store.xml", &store)] {
        fs::write(desk.path(name), text).expect("written");
    }
    fs::write(desk.path("no.xml"), [0xff, 0xfe]).expect("written");
    let done = desk.run(&["test", "deep.yaml"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let done = desk.run(&["test", "t.yaml"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("no.xml` cannot be read: it is not UTF-8"), "{}", done.err);
    fs::remove_file(desk.path("no.xml")).expect("removed");
    fs::write(desk.path("no.xml"), "<domain/>").expect("written");
    let (failed, first) = ("failed", &["first"][..]);
    let wanted =
        [is("a", failed, first), is("b", "passed", &[]), is("c", failed, &["first", "second"]), is("d", "passed", &[])];
    assert_eq!(statuses(&desk, &["t.yaml"]), wanted);
}

#[test]
fn init_writes_a_rule_set_whose_test_holds_and_overwrites_nothing() {
    let desk = Desk::new(&[]);
    let done = desk.run(&["init"]);
    assert_eq!((done.code, done.out.lines().count()), (0, 5), "{}", done.err);
    let done = desk.run(&["test"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    fs::remove_file(desk.path("domain.xml")).expect("removed");
    fs::write(desk.path("rules.yaml"), "mine").expect("written");
    let done = desk.run(&["init"]);
    assert_eq!(done.code, 2, "{}", done.out);
    assert!(done.err.contains("`rules.yaml` is there already"), "{}", done.err);
    assert!(!desk.path("domain.xml").exists(), "all of it is written, or nothing");
    assert_eq!(fs::read_to_string(desk.path("rules.yaml")).expect("read"), "mine");
    assert_eq!(desk.run(&["init", "a/b"]).code, 0);
    assert_eq!(desk.run(&["test", "a"]).code, 0);
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
