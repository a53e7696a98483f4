//! The manifest in each pack's README is right, and does something.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

#[path = "cli/run.rs"]
mod run;

use std::fs;
use std::path::{Path, PathBuf};

use run::Desk;
use virt_patch::hook::SidecarOptions;
use virt_patch::manifest::{HOOK_SIDECARS_ANNOTATION, Machine};
use virt_patch::source::Source;
use virt_patch::yaml;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The manifest under the heading `Example` of a pack's README.
fn example(pack: &str) -> String {
    let path = root().join("rules").join(pack).join("README.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let block = text.split_once("```yaml\n").and_then(|(_, rest)| rest.split_once("```\n"));
    block.unwrap_or_else(|| panic!("{} has no example", path.display())).0.to_owned()
}

/// What the manifest's sidecar is started with.
fn arguments(pack: &str, manifest: &str) -> SidecarOptions {
    let source = Source::new("README.md", manifest);
    let documents = yaml::read(&source, &yaml::Limits::default()).unwrap_or_else(|p| panic!("{pack}: {}", p[0]));
    let machine = Machine::of(&documents[0]).unwrap_or_else(|| panic!("{pack}: the example is no VM"));
    let sidecars = machine.annotation(HOOK_SIDECARS_ANNOTATION).and_then(yaml::Node::text);
    let sidecars = sidecars.unwrap_or_else(|| panic!("{pack}: the example has no sidecar"));
    let sidecars: serde_json::Value = serde_json::from_str(sidecars).expect("JSON");
    let arguments = sidecars[0]["args"].as_array().expect("arguments").iter();
    let options = SidecarOptions::parse(arguments.map(|argument| argument.as_str().expect("a text")), |_| None);
    assert!(options.problems.is_empty(), "{pack}: {}", options.problems[0]);
    options
}

#[test]
fn every_pack_stands_in_the_list() {
    let list = fs::read_to_string(root().join("docs/packs.md")).expect("the list");
    for pack in virt_patch::packs::names() {
        assert!(list.contains(&format!("| [{pack}](../rules/{pack}/README.md) |")), "{pack} is not in docs/packs.md");
    }
}

/// Every domain and all cloud-init data of the hooks' cases, and the option of `apply` that takes each.
fn inputs() -> Vec<(&'static str, PathBuf)> {
    let cases = fs::read_dir(root().join("tests/corpus")).expect("the cases");
    let mut inputs = Vec::new();
    for case in cases.map(|case| case.expect("an entry").path()) {
        let both = [("--domain", case.join("domain-before.xml")), ("--cloud-init", case.join("cloud-init.json"))];
        inputs.extend(both.into_iter().filter(|(_, path)| path.is_file()));
    }
    inputs.sort();
    assert!(inputs.len() > 10, "{inputs:?}");
    inputs
}

#[test]
fn every_pack_has_an_example_that_changes_something() {
    for pack in virt_patch::packs::names() {
        let manifest = example(pack);
        let options = arguments(pack, &manifest);
        assert!(options.packs.iter().any(|name| name == pack), "{pack}: its example does not name it");
        let desk = Desk::new(&[("vm.yaml", &manifest)]);
        let checked = desk.run(&["validate", "--strict", "vm.yaml"]);
        assert!(checked.code == 0, "{pack}: {}{}", checked.out, checked.err);
        let given = options.params.iter().map(|(pack, name, value)| format!("--param={pack}.{name}={value}"));
        let given: Vec<String> = given.chain(["--vmi=vm.yaml".into(), format!("--pack={pack}")]).collect();
        let changes = |(option, path): &(&str, PathBuf)| {
            let mut command = vec!["apply", "--diff", option, path.to_str().expect("UTF-8")];
            command.extend(given.iter().map(String::as_str));
            let done = desk.run(&command);
            done.code == 0 && !done.out.is_empty()
        };
        assert!(inputs().iter().any(changes), "{pack}: its example changes nothing of the corpus");
    }
}
