//! What cloud-init knows: the table is what its schemas say, and what is said with it agrees with verdicts of the
//! schemas themselves.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use virt_patch::cloud_init::schema::{Finding, Whole, judge_document};
use virt_patch::cloud_init::{DocumentKind, Envelope, new_problems};

use crate::schema_table;
use crate::support;

fn read(path: &Path) -> Json {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

fn suite() -> Option<PathBuf> {
    support::shared("suites/cloud-init")
}

#[test]
fn the_table_is_what_the_schemas_say() {
    let Some(suite) = suite() else { return };
    let schema = |name: &str| read(&suite.join(format!("schemas/schema-{name}.json")));
    let made =
        schema_table::table(&schema("cloud-config-v1"), &schema("network-config-v1"), &schema("network-config-v2"));
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cloud_init/schema/cloud-init-04eacd06.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(kept, made).expect("written");
        return;
    }
    let kept = fs::read_to_string(kept).expect("the table");
    assert!(kept == made, "the table is not the schemas'; `BLESS=1 cargo test --test cloud_init` rewrites it");
}

/// Every verdict of the schemas: what is valid is never refused, and what is refused is what the schemas refuse. Missed
/// are five users that `oneOf` refuses because two of its forms fit, one of which says nothing of values that are no
/// maps; and network configuration without any key, whose version nothing tells.
#[test]
fn what_is_valid_is_never_refused() {
    let Some(suite) = suite() else { return };
    let verdicts = fs::read_to_string(suite.join("validate.jsonl")).expect("verdicts");
    let (mut false_alarms, mut missed, mut agreed) = (Vec::new(), Vec::new(), 0);
    for line in verdicts.lines() {
        let case: Json = serde_json::from_str(line).expect("JSON");
        let kind = match case["schema"].as_str().expect("a schema") {
            "schema-cloud-config-v1.json" => DocumentKind::UserData,
            "schema-network-config-v1.json" => DocumentKind::NetworkData,
            other => panic!("{other}"),
        };
        let findings = judge_document(kind, &case["document"], Whole::Yes);
        let told = || format!("{} {}: {:?}", case["id"], case["errors"], said(&findings));
        match (case["valid"] == true, findings.is_empty()) {
            (true, false) => false_alarms.push(told()),
            (false, true) => missed.push(told()),
            _ => agreed += 1,
        }
    }
    eprintln!("{agreed} of {} verdicts agree; missed:\n{}", verdicts.lines().count(), missed.join("\n"));
    assert!(false_alarms.is_empty(), "false alarms:\n{}", false_alarms.join("\n"));
    assert!(agreed >= 380, "{agreed} agree; missed:\n{}", missed.join("\n"));
}

fn said(findings: &[Finding<'_>]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.pointer(), finding.message("it"))).collect()
}

fn problems(user_data: &str, network_data: &str, edit: impl FnOnce(&mut Envelope)) -> Vec<String> {
    let data = json!({"NoCloudMetaData": {"instance-id": "i"}, "UserData": user_data, "NetworkData": network_data});
    let mut envelope = Envelope::parse(data.to_string().as_bytes(), b"").expect("a message");
    edit(&mut envelope);
    new_problems(&envelope).iter().map(ToString::to_string).collect()
}

fn put(kind: DocumentKind, value: Json) -> impl FnOnce(&mut Envelope) {
    move |envelope| envelope.set_document(kind, value).expect("an edit")
}

#[test]
fn a_result_is_warned_of_for_what_is_new_in_it() {
    let user = |value| put(DocumentKind::UserData, value);
    let before = "#cloud-config\nhostnam: vm\nwrite_files: [{path: /a, contents: x}]\n";
    let moved = json!({"hostnam": "vm", "write_files": [{"path": "/b"}, {"path": "/a", "contents": "x"}]});
    assert_eq!(problems(before, "", user(moved)), [""; 0], "what the input had is not the rules' doing");
    let secret = json!({"hostnam": "vm", "write_files": [{"content": "secret", "encoding": "secret"}], "x~/y": 1});
    let said = problems(before, "", user(secret));
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(said[0].contains("no such word for `write_files.encoding`") && said[0].contains("text/plain"), "{said:#?}");
    assert!(said[0].contains("(at userData:3:43 /write_files/0/encoding)"), "{said:#?}");
    assert!(
        said[1].contains("needs the key `path`") && said[1].contains("(at userData:3:15 /write_files/0)"),
        "{said:#?}"
    );
    assert!(said[2].contains("(at userData:4:1 /x~0~1y)"), "{said:#?}");
    assert!(!said.concat().contains("secret"), "values are not shown: {said:#?}");
}

/// What an alias brings is warned of at its anchor, what a merge key brings at the mapping that has the key.
#[test]
fn a_place_is_that_in_the_result() {
    let before = [
        "#cloud-config",
        "# é",
        "x-base: &base",
        "  path: /a",
        "write_files:",
        "- *base",
        "- <<: *base",
        "  owner: x",
        "- path: /b",
        "",
    ]
    .join("\r\n");
    let file = json!({"path": "/a", "contents": "x"});
    let own = json!({"path": "/a", "owner": "x", "contents": "x"});
    let other = json!({"path": "/b", "é": 1, "mode": 1});
    let after = json!({"x-base": file, "write_files": [file, own, other], "timezones": "UTC"});
    let said = problems(&before, "", put(DocumentKind::UserData, after));
    let places: Vec<&str> =
        said.iter().filter_map(|said| Some(said.split_once("(at ")?.1.split_once(')')?.0)).collect();
    assert_eq!(
        places,
        [
            "userData:5:3 /write_files/0/contents",
            "userData:8:3 /write_files/1/contents",
            "userData:11:3 /write_files/2/é",
            "userData:12:3 /write_files/2/mode",
            "userData:13:1 /timezones",
        ]
    );
}

#[test]
fn each_cloud_config_of_a_message_is_judged() {
    let part = |text: &'static str| {
        move |envelope: &mut Envelope| {
            assert!(envelope.add_part("text/cloud-config", text).expect("a part"));
        }
    };
    let before = "#cloud-config\nhostnam: vm\n";
    let said = problems(before, "", part("#cloud-config\nruncmd: [ls]\n"));
    assert_eq!(said, [""; 0], "what the input had is not the rules' doing, whichever part it became");
    let said = problems(before, "", part("#cloud-config\nruncmd: [ls]\nruncommand: [ls]\n"));
    assert!(said.len() == 1 && said[0].contains("(at userData part 2:3:1 /runcommand)"), "{said:#?}");
    let script = "#!/bin/sh\nhostnam: vm\n";
    let said = problems(script, "", |envelope| {
        envelope.add_part("text/x-shellscript", "#!/bin/sh\nruncommand: x\n").expect("a script");
        envelope.add_part("text/cloud-config", "#cloud-config\nécran: 1\n").expect("a part in base64");
        envelope.add_part("text/cloud-config", "#cloud-config\nruncmd: ls\n").expect("another");
    });
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].contains("(at userData part 3:2:1 /écran)"), "{said:#?}");
    assert!(said[1].contains("(at userData part 4:2:9 /runcmd)"), "{said:#?}");
}

#[test]
fn a_document_of_another_reader_is_not_judged() {
    let wrong = json!({"ignition": {"version": "3.4.0"}, "storage": {}, "x": 1});
    let ignition = r#"{"ignition": {"version": "3.4.0"}}"#;
    assert_eq!(problems(ignition, "", put(DocumentKind::UserData, wrong)), [""; 0]);
    let openstack = json!({"links": [], "networks": [], "services": []});
    assert_eq!(problems("#cloud-config\n", "links: []\n", put(DocumentKind::NetworkData, openstack)), [""; 0]);
    let netplan = json!({"network": {"version": 2, "ethernet": {}}});
    let said = problems("#cloud-config\n", "", put(DocumentKind::NetworkData, netplan));
    assert!(said.len() == 1 && said[0].contains("did you mean `ethernets`?"), "{said:#?}");
}

#[test]
fn what_is_counted_is_the_whole_document() {
    let wrong = json!({
        "lxd": {}, "runcmd": [], "mount_default_fields": [null, null, "auto", "defaults", "0"],
        "ssh_key_console_blacklist": ["rsa", "dsa", "rsa"], "mounts": [["sda", "/a", "ext4", "ro", "0", "0", "x"]],
    });
    let judged = |whole| said(&judge_document(DocumentKind::UserData, &wrong, whole));
    assert_eq!(
        judged(Whole::Yes),
        [
            "/lxd cloud-init wants 1 or more entries in `lxd` of it",
            "/runcmd cloud-init wants 1 or more items in `runcmd` of it",
            "/mount_default_fields cloud-init wants 6 or more items in `mount_default_fields` of it",
            "/ssh_key_console_blacklist/2 cloud-init takes no item twice in `ssh_key_console_blacklist` of it",
            "/mounts/0 cloud-init takes no more than 6 items in `mounts` of it",
        ]
    );
    assert_eq!(
        judged(Whole::No),
        [judged(Whole::Yes)[3].clone()],
        "a part of a list may be short, and none is repeated"
    );
}

/// However large a wrong document is, what is said of it is bounded, and so is what that takes.
#[test]
fn a_hostile_document_ends() {
    let keys = (0..10_000).map(|number| (format!("key-{number}"), json!({"a": [number]}))).collect();
    let said = problems("#cloud-config\n", "", put(DocumentKind::UserData, Json::Object(keys)));
    assert_eq!(said.len(), 50);
}

/// The examples of cloud-init's documentation that its schemas allow are not warned of.
#[test]
fn no_valid_example_is_warned_of() {
    let Some(suite) = suite() else { return };
    let index = read(&suite.join("index.json"));
    let mut judged = 0;
    for example in index.as_array().expect("examples").iter().filter(|example| example["schema_valid"] == true) {
        let file = example["file"].as_str().expect("a file");
        let text = fs::read_to_string(suite.join(file)).expect(file);
        let (kind, member) = match example["kind"].as_str() {
            Some("cloud-config") => (DocumentKind::UserData, "UserData"),
            _ => (DocumentKind::NetworkData, "NetworkData"),
        };
        let data = json!({"NoCloudMetaData": {"instance-id": "i"}, member: text});
        let envelope = Envelope::parse(data.to_string().as_bytes(), b"").expect("a message");
        let Ok(document) = envelope.document(kind) else { continue };
        let findings = judge_document(kind, document, Whole::Yes);
        assert!(findings.is_empty(), "{file}: {:?}", said(&findings));
        judged += 1;
    }
    assert!(judged > 150, "{judged}");
}
