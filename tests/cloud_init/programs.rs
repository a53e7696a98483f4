//! cloud-init's own programs on what rules make: `cloud-init schema` accepts the result wherever it accepted the
//! original, and what its renderer writes for a guest's network is what the rule says, beside all that was there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use virt_patch::engine::{Detail, Inputs, Limits, Nowhere, apply_to_cloud_init};
use virt_patch::rule::{RuleFile, RuleSet, Trust, compile};
use virt_patch::source::Source;

use crate::judge;
use crate::support;

fn cloud_init(python: &str, arguments: &[&str]) -> Output {
    Command::new(python).args(["-m", "cloudinit.cmd.main"]).args(arguments).output().expect("cloud-init")
}

fn rules(spec: &str) -> Vec<RuleSet> {
    let text = format!("apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: guest}}\nspec:\n{spec}");
    compile(&[RuleFile { source: Source::new("rules.yaml", text), trust: Trust::File, pack: None }]).expect("rules")
}

/// A text of `cloudInitData` as the rules make it.
fn applied(rules: &[RuleSet], member: &str, text: &str) -> String {
    let data = json!({"NoCloudMetaData": {"instance-id": "i"}, member: text}).to_string();
    let given = BTreeMap::new();
    let (detail, limits) = (Detail::Counts, Limits::default());
    let inputs = Inputs { vmi: b"{}", surroundings: &Nowhere, given: &given, detail, limits };
    let outcome = apply_to_cloud_init(rules, data.as_bytes(), b"", &inputs).expect("a result");
    let result: Json = serde_json::from_slice(&outcome.result.data).expect("JSON");
    result[member].as_str().expect("a text").to_owned()
}

/// The examples of a kind that cloud-init's documentation shows, by name.
fn examples(suite: &Path, kind: &str) -> Vec<(String, String)> {
    let index: Json = serde_json::from_slice(&fs::read(suite.join("index.json")).expect("an index")).expect("JSON");
    let examples = index.as_array().expect("examples").iter().filter(|example| example["kind"] == kind);
    let names = examples.map(|example| example["file"].as_str().expect("a file").to_owned());
    names.map(|name| (name.clone(), fs::read_to_string(suite.join(name)).expect("an example"))).collect()
}

#[test]
fn the_schema_command_accepts_the_result() {
    let (Some(suite), Some(python)) = (support::shared("suites/cloud-init"), judge::python()) else { return };
    let rules = rules(
        "  preCloudInitIso:\n    - document: userData\n      merge:\n        timezone: Europe/Amsterdam\n        \
         write_files: [{path: /etc/x, content: 'é: 1', permissions: '0600'}]\n        runcmd: [[echo, 'it''s']]\n      \
         lists: Append\n",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("user-data");
    let accepts = |text: &str| {
        fs::write(&file, text).expect("written");
        cloud_init(&python, &["schema", "--config-file", file.to_str().expect("UTF-8")])
    };
    let mut accepted = 0;
    // A process each; every example is judged within one in `judge.rs`.
    let examples = examples(&suite, "cloud-config");
    for (name, text) in examples.iter().filter(|(_, text)| text.starts_with("#cloud-config")).step_by(8) {
        if !accepts(text).status.success() {
            continue;
        }
        let result = applied(&rules, "UserData", text);
        assert_ne!(result, *text, "{name}");
        let after = accepts(&result);
        assert!(after.status.success(), "{name}: {}\n{result}", String::from_utf8_lossy(&after.stderr));
        accepted += 1;
    }
    assert!(accepted > 8, "{accepted}");
    let wrong = accepts("#cloud-config\nwrite_files: {path: /etc/x}\n");
    assert!(!wrong.status.success(), "it would accept anything");
}

/// What cloud-init writes for systemd-networkd: its files by name; `None` where it refuses the configuration.
fn rendered(python: &str, text: &str) -> Option<BTreeMap<String, String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, target) = (folder.path().join("network-config"), folder.path().join("root"));
    fs::write(&file, text).expect("written");
    let (file, target) = (file.to_str().expect("UTF-8"), target.to_str().expect("UTF-8"));
    let arguments = ["devel", "net-convert", "-p", file, "-k", "yaml", "-d", target, "-D", "debian", "-O", "networkd"];
    if !cloud_init(python, &arguments).status.success() {
        return None;
    }
    let entries = fs::read_dir(Path::new(target).join("etc/systemd/network")).ok()?;
    let named = |entry: fs::DirEntry| {
        (entry.file_name().to_string_lossy().into_owned(), fs::read_to_string(entry.path()).expect("a file"))
    };
    Some(entries.map(|entry| named(entry.expect("an entry"))).collect())
}

#[test]
fn the_renderer_writes_what_the_rule_says() {
    let (Some(suite), Some(python)) = (support::shared("suites/cloud-init"), judge::python()) else { return };
    let item = "{type: physical, name: patched0, mac_address: '52:54:00:00:00:01', subnets: [{type: dhcp4}]}";
    let add = |path: &str, value: &str| {
        rules(&format!(
            "  preCloudInitIso:\n    - document: networkData\n      patch:\n        - {{op: add, path: {path}, value: {value}}}\n"
        ))
    };
    let (below, alone) = (add("/network/config/-", item), add("/config/-", item));
    let second =
        add("/ethernets/patched0", "{dhcp4: true, match: {macaddress: '52:54:00:00:00:01'}, set-name: patched0}");
    let version_2 = "# kept\nversion: 2\nethernets:\n  eth0: {dhcp4: false, addresses: [10.0.0.2/24]}\n";
    let mut examples = examples(&suite, "network-config-v1");
    examples.push(("version 2".to_owned(), version_2.to_owned()));
    let mut compared = BTreeSet::new();
    for (name, text) in examples {
        let Some(before) = rendered(&python, &text) else { continue };
        let rules = if name == "version 2" {
            &second
        } else if text.contains("\nnetwork:") || text.starts_with("network:") {
            &below
        } else {
            &alone
        };
        let result = applied(rules, "NetworkData", &text);
        let mut after = rendered(&python, &result).unwrap_or_else(|| panic!("{name} is refused:\n{result}"));
        let added = after.remove("10-cloud-init-patched0.network").unwrap_or_else(|| panic!("{name}: {after:#?}"));
        assert!(added.contains("DHCP=ipv4") && added.contains("52:54:00:00:00:01"), "{name}: {added}");
        assert_eq!(after, before, "{name}: what was there is what it was");
        compared.insert(name);
    }
    assert!(compared.len() > 5 && compared.contains("version 2"), "{compared:?}");
}
