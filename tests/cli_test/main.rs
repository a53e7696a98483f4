//! `virt-patch test`, `virt-patch init` and `apply --second-call`: what they find, print, write, and how they exit.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

mod broken;
mod calls;
mod expectations;
mod formats;
mod given;
#[path = "../cli/golden.rs"]
mod golden;
#[path = "../cli/run.rs"]
mod run;
mod unmatched;
mod writing;

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
