//! Rules that match nothing are reported in every run; `--strict` makes them fail.

use serde_json::Value;

use super::{desk, rules};

const LOST: &str = "- {name: title, set: {/domain/title: hello}}\n- name: lost\n  forEach: {var: nic, in: /domain/devices/interface}\n  set: {$nic/mtu/@size: '9000'}";

#[test]
fn apply_says_which_rule_matched_nothing() {
    let desk = desk(LOST, "- {name: a, expect: {unchanged: true}}");
    let apply = |more: &[&str]| desk.run(&[&["apply", "rules.yaml", "--domain", "domain.xml"], more].concat());
    let done = apply(&[]);
    assert_eq!((done.code, done.out.contains("<title>hello</title>")), (0, true), "{}", done.err);
    assert!(done.err.contains("this rule matched nothing") && done.err.contains("rules.yaml:7:"), "{}", done.err);
    assert!(!done.err.contains("'title'"), "it matched: {}", done.err);
    let strict = apply(&["--strict"]);
    assert_eq!((strict.code, strict.out, strict.err), (1, done.out, done.err));
    let json: Value = serde_json::from_str(&apply(&["--strict", "-o", "json"]).out).expect("JSON");
    assert_eq!(json["warnings"][0]["code"], "selects-nothing");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_loop_that_may_be_empty_says_so() {
    let desk = desk(
        &LOST.replace("\n  set: {$nic", "\n  expect: Any\n  set: {$nic"),
        "- {name: a, expect: {unchanged: true}}",
    );
    let done = desk.run(&["apply", "rules.yaml", "--domain", "domain.xml", "--strict"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

#[test]
fn test_says_which_rule_matched_nothing_in_any_case() {
    let case = "- {name: a, expect: {xpath: {/domain/title: hello}}}";
    let desk = desk(LOST, case);
    let done = desk.run(&["test"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.err.contains("matched nothing in any case") && done.err.contains("'lost'"), "{}", done.err);
    assert_eq!(desk.run(&["test", "--strict"]).code, 1);
    assert_eq!(desk.run(&["test", "--strict", "--filter", "t/a"]).code, 0, "some cases do not say it of all");
    let json: Value = serde_json::from_str(&desk.run(&["test", "-o", "json"]).out).expect("JSON");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1));
    // Where one case has what the rule looks for, all is well.
    let nic =
        "<domain><devices><interface type='network'><mac address='02:00:00:00:00:01'/></interface></devices></domain>";
    let both = format!(
        "{case}\n- name: b\n  domain: {{inline: \"{nic}\"}}\n  expect: {{xpath: {{string(//mtu/@size): '9000'}}}}"
    );
    std::fs::write(desk.path("t.yaml"), super::test(&both)).expect("written");
    let done = desk.run(&["test", "--strict"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    std::fs::write(desk.path("rules.yaml"), rules("- {name: title, set: {/domain/title: hello}}")).expect("written");
    assert_eq!(desk.run(&["apply", "rules.yaml", "--domain", "domain.xml", "--strict"]).code, 0);
}
