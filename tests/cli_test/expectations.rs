//! What tests expect and what is found: passes, failures, errors, rules that do not compile.

use std::path::Path;

use super::golden::golden;
use super::{TITLE, desk, is, statuses};

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
