//! Tests that are wrong themselves.

use std::fs;

use super::golden::golden;
use super::run::Desk;
use super::{DOMAIN, TITLE, desk, is, statuses, test};

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
