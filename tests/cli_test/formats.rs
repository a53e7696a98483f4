//! What programs and people read of a run.

use std::fs;

use serde_json::Value;

use super::run::Desk;
use super::{DOMAIN, TITLE, desk, test};

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
