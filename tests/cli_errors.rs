//! What the command line says where something is wrong, word for word: `tests/cli/errors/`.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

#[path = "cli/golden.rs"]
mod golden;
#[path = "cli/run.rs"]
mod run;

use golden::golden;
use run::Desk;

const DOMAIN: &str = "<domain>\n  <name>vm</name>\n</domain>\n";
const HEAD: &str =
    "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  onDefineDomain:\n";

/// Runs in a folder that holds `domain.xml` and `file` with `text`; the exit code and what is said are
/// as wanted, and nothing is printed.
fn says(name: &str, code: i32, file: &str, text: &str, arguments: &[&str]) {
    let desk = Desk::new(&[("domain.xml", DOMAIN), (file, text)]);
    std::fs::create_dir(desk.path("folder")).unwrap();
    let done = desk.run(arguments);
    assert_eq!((done.code, done.out.as_str()), (code, ""), "{name}: {}", done.err);
    golden(&format!("errors/{name}.txt"), &done.err);
}

const RULES: [&str; 4] = ["apply", "rules.yaml", "--domain", "domain.xml"];

#[test]
fn about_rules() {
    let rules = |name: &str, code: i32, text: &str| says(name, code, "rules.yaml", text, &RULES);
    rules("an-empty-file", 1, "");
    rules("a-script", 1, "#!/bin/sh\necho\n");
    rules("wrong-yaml", 1, "apiVersion: [\nkind: x\n");
    rules(
        "several-problems",
        1,
        &format!("{HEAD}    - sett: {{/domain: x}}\n    - remove: /domain[\n    - set: {{name: x}}\n"),
    );
    rules("a-wrong-hole", 1, &format!("{HEAD}    - set:\n        /domain/name: größer ${{$nix}}\n"));
    rules(
        "a-failing-rule",
        1,
        &format!("{HEAD}    - name: picky\n      fail: the VM ${{/domain/name}} is not wanted\n"),
    );
    rules(
        "nothing-selected",
        1,
        &format!("{HEAD}    - remove: /domain/nothing\n    - replace: {{path: /domain/x, xml: <x/>}}\n"),
    );
    rules(
        "a-fragment",
        1,
        &format!(
            "{HEAD}    - insert:\n        into: /domain\n        xml: |\n          <a>\n            <b>\n          </a>\n"
        ),
    );
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  r.yaml: |\n    apiVersion: virt-patch.dev/v1alpha1\n    kind: RuleSet\n    metadata: {name: r}\n    spec:\n      onDefineDomain:\n        - remove: /domain/[\n";
    rules("in-a-config-map", 1, config_map);
    rules("a-duplicate-key", 1, &format!("{HEAD}    - name: a\n      remove: /domain/x\n      name: b\n"));
}

#[test]
fn about_the_document() {
    let domain = |name: &str, text: &str| {
        says(name, 1, "bad.xml", text, &["apply", "--pack", "smbios", "--domain", "bad.xml"]);
    };
    domain("an-unclosed-element", "<domain>\n  <name>vm</nam>\n</domain>\n");
    domain("an-empty-domain", "");
    says(
        "a-wrong-vmi",
        1,
        "vmi.json",
        "{\n  \"metadata\": {,}\n}\n",
        &["apply", "--pack", "smbios", "--domain", "domain.xml", "--vmi", "vmi.json"],
    );
    says(
        "no-vm-in-a-manifest",
        1,
        "pod.yaml",
        "kind: Pod\n",
        &["apply", "--pack", "smbios", "--domain", "domain.xml", "--vmi", "pod.yaml"],
    );
    says(
        "user-data-as-cloud-init",
        1,
        "user-data",
        "#cloud-config\n",
        &["apply", "--pack", "smbios", "--cloud-init", "user-data"],
    );
}

#[test]
fn about_arguments() {
    let wrong = |name: &str, arguments: &[&str]| says(name, 2, "rules.yaml", HEAD, arguments);
    wrong("missing-files", &["apply", "no.yaml", "--domain", "no.xml", "--vmi", "no.json"]);
    wrong("a-folder-as-domain", &["apply", "--pack", "smbios", "--domain", "folder"]);
    wrong("no-rules", &["apply", "--domain", "domain.xml"]);
    wrong("no-document", &["apply", "rules.yaml"]);
    wrong("two-documents", &["apply", "rules.yaml", "--domain", "a", "--cloud-init", "b"]);
    wrong("an-unknown-pack", &["apply", "--pack", "smbois", "--domain", "domain.xml"]);
    wrong("an-unknown-command", &["aply"]);
    let webhook = ["webhook", "--cert", "c", "--key", "k", "--harvester-setting", "--listen", ":8443"];
    wrong("an-address-without-an-ip", &webhook);
    wrong("call-without-a-sidecar", &["call", "--socket-dir", "folder", "--info"]);
    says("an-empty-folder", 1, "rules.yaml", HEAD, &["apply", "folder", "--domain", "domain.xml"]);
}

#[test]
fn about_expressions() {
    let query =
        |name: &str, expression: &str| says(name, 1, "unused", "", &["query", expression, "--domain", "domain.xml"]);
    query("query-unclosed", "/domain/name[. = 'vm'");
    query("query-unknown-prefix", "/domain/x:y");
    query("query-unknown-function", "string-lenght(/domain/name)");
    query("query-variable", "$name");
}
