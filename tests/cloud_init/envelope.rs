use serde_json::{Map, Value, json};
use virt_patch::cloud_init::{DocumentKind, Envelope};
use virt_patch::diagnostic::Code;
use virt_patch::json::equal::equal;
use virt_patch::json::merge::{Options, merge};

use crate::support;

fn no_cloud(user_data: &str) -> (Vec<u8>, Vec<u8>) {
    let data = json!({
        "DataSource": "noCloud", "NoCloudMetaData": {"instance-id": "vm.ns", "local-hostname": "vm"}, "ConfigDriveMetaData": null,
        "UserData": user_data, "NetworkData": "", "DevicesData": null, "VolumeName": "cloudinit", "Later": 18446744073709551615_u64,
    });
    let mut older = Map::new();
    if !user_data.is_empty() {
        older.insert("userData".to_owned(), user_data.into());
    }
    (data.to_string().into_bytes(), Value::Object(older).to_string().into_bytes())
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// Merges `patch` into a document and gives both answers.
fn merged(input: &(Vec<u8>, Vec<u8>), kind: DocumentKind, patch: &Value) -> (Value, Value) {
    let mut envelope = Envelope::parse(&input.0, &input.1).expect("messages");
    let mut document = envelope.document(kind).expect("a document").clone();
    merge(&mut document, patch, &Options::default());
    envelope.set_document(kind, document).expect("set");
    let (data, older) = envelope.finish();
    (json_of(&data), json_of(&older))
}

#[test]
fn nothing_changed_is_what_came() {
    let input = (b" {\"UserData\" : \"#cloud-config\\n\" } ".to_vec(), b"{ }".to_vec());
    let mut envelope = Envelope::parse(&input.0, &input.1).expect("messages");
    for kind in [DocumentKind::UserData, DocumentKind::NetworkData, DocumentKind::MetaData, DocumentKind::CloudInitData]
    {
        let document = envelope.document(kind).expect("a document").clone();
        envelope.set_document(kind, document).expect("set");
    }
    assert!(!envelope.is_changed());
    assert_eq!(envelope.finish(), input);
    assert_eq!(Envelope::parse(b"", b"").expect("nothing").finish(), (Vec::new(), Vec::new()));
}

#[test]
fn user_data_shows_in_both_messages() {
    let (data, older) = merged(&no_cloud(""), DocumentKind::UserData, &json!({"timezone": "UTC"}));
    assert_eq!(data["UserData"], "#cloud-config\ntimezone: UTC\n");
    assert_eq!(older, json!({"userData": "#cloud-config\ntimezone: UTC\n"}));
    assert_eq!(data["NoCloudMetaData"]["instance-id"], "vm.ns");
    assert_eq!(data["Later"].to_string(), "18446744073709551615");
    let members: Vec<_> = data.as_object().expect("an object").keys().collect();
    assert_eq!(members[0], "DataSource");
    assert_eq!(members[7], "Later");
}

#[test]
fn edits_are_seen_on_both_sides() {
    let (data, older) = no_cloud("#cloud-config\na: 1\n");
    let mut envelope = Envelope::parse(&data, &older).expect("messages");
    envelope.set_document(DocumentKind::UserData, json!({"a": 2})).expect("set");
    let mut whole = envelope.document(DocumentKind::CloudInitData).expect("whole").clone();
    assert_eq!(whole["UserData"], "#cloud-config\na: 2\n");
    whole["UserData"] = "#cloud-config\nb: yes\n".into();
    let snapshot = envelope.clone();
    envelope.set_document(DocumentKind::CloudInitData, whole).expect("set");
    assert_eq!(*envelope.document(DocumentKind::UserData).expect("user data"), json!({"b": true}));
    assert_eq!(*snapshot.document(DocumentKind::UserData).expect("user data"), json!({"a": 2}));
}

#[test]
fn metadata_is_the_data_sources() {
    let (data, _) = merged(&no_cloud(""), DocumentKind::MetaData, &json!({"local-hostname": "x"}));
    assert_eq!(data["NoCloudMetaData"], json!({"instance-id": "vm.ns", "local-hostname": "x"}));
    assert_eq!(data["UserData"], "#cloud-config\n", "the launcher ignores an answer without user data");
    let drive = json!({"DataSource": "configDrive", "ConfigDriveMetaData": {"instance_id": "i"}, "NoCloudMetaData": null, "UserData": "#!/bin/sh\n"});
    let (data, _) =
        merged(&(drive.to_string().into_bytes(), Vec::new()), DocumentKind::MetaData, &json!({"hostname": "x"}));
    assert_eq!(data["ConfigDriveMetaData"], json!({"instance_id": "i", "hostname": "x"}));
    assert_eq!((&data["NoCloudMetaData"], &data["UserData"]), (&Value::Null, &json!("#!/bin/sh\n")));
}

#[test]
fn network_data_may_be_json() {
    let data = json!({"UserData": "#cloud-config\n", "NetworkData": "{\"version\": 2}"});
    let (data, older) = merged(
        &(data.to_string().into_bytes(), b"{}".to_vec()),
        DocumentKind::NetworkData,
        &json!({"ethernets": {"a": {"mtu": 9}}}),
    );
    assert_eq!(data["NetworkData"], r#"{"version": 2, "ethernets": {"a": {"mtu": 9}}}"#);
    assert_eq!(older["networkData"], data["NetworkData"]);
}

#[test]
fn the_older_message_alone() {
    for (older, expected) in [
        (
            json!({"userData": "#cloud-config\na: 1\n", "secretRef": {"name": "s"}}),
            json!({"userData": "#cloud-config\na: 1\nb: 2\n", "secretRef": {"name": "s"}}),
        ),
        (
            json!({"userDataBase64": "I2Nsb3VkLWNvbmZpZwphOiAxCg=="}),
            json!({"userDataBase64": "I2Nsb3VkLWNvbmZpZwphOiAxCmI6IDIK"}),
        ),
    ] {
        let mut envelope = Envelope::parse(b"", older.to_string().as_bytes()).expect("a message");
        envelope.set_document(DocumentKind::UserData, json!({"a": 1, "b": 2})).expect("set");
        let (data, answer) = envelope.finish();
        assert!(data.is_empty());
        assert_eq!(json_of(&answer), expected);
    }
}

#[test]
fn what_cannot_be_edited_says_why() {
    for (user_data, code, words) in [
        ("#!/bin/sh\n", Code::DocumentForm, "userData is a script (#!), no cloud-config"),
        ("a: 1\n", Code::DocumentForm, "does not begin with #cloud-config"),
        ("# x\n#cloud-config\n", Code::DocumentForm, "something stands before"),
        ("#cloud-config\n- a\n", Code::DocumentSyntax, "must be a mapping, this is a list"),
        ("#cloud-config\na: [\n", Code::DocumentSyntax, "not YAML"),
        ("#cloud-config\na: !!python/tuple [1]\n", Code::DocumentSyntax, "!!python/tuple"),
        ("#cloud-config\na: .inf\n", Code::DocumentSyntax, "infinity"),
        ("#cloud-config\na: 1\n---\nb: 1\n", Code::DocumentSyntax, "2 YAML documents"),
    ] {
        let (data, older) = no_cloud(user_data);
        let mut envelope = Envelope::parse(&data, &older).expect("messages");
        for _ in 0..2 {
            let problem = envelope.document(DocumentKind::UserData).expect_err(user_data);
            assert_eq!(problem.code, code, "{user_data}");
            assert!(problem.message.contains(words), "{user_data}: {}", problem.message);
        }
        assert!(envelope.set_document(DocumentKind::UserData, json!({"a": 1})).is_err());
        assert!(envelope.document(DocumentKind::MetaData).is_ok());
        assert_eq!(envelope.finish(), (data, older));
    }
    for (data, older) in [
        ("[]", "{}"),
        ("{", "{}"),
        ("{}", "nothing"),
        (r#"{"UserData": 1}"#, ""),
        ("", r#"{"userDataBase64": "//8="}"#),
    ] {
        let problem = Envelope::parse(data.as_bytes(), older.as_bytes()).expect_err(data);
        assert_eq!(problem.code, Code::CloudInitSyntax, "{data}");
    }
    let (data, older) = no_cloud("");
    let mut envelope = Envelope::parse(&data, &older).expect("messages");
    assert!(envelope.set_document(DocumentKind::UserData, json!([1])).is_err());
    for member in ["UserData", "NetworkData"] {
        let problem = envelope.set_document(DocumentKind::CloudInitData, json!({member: 5})).expect_err(member);
        assert_eq!(problem.code, Code::DocumentSyntax, "the rule is wrong, not what KubeVirt sent");
        assert!(problem.message.contains(&format!("{member} in cloudInitData must be a string")), "{problem}");
    }
}

#[test]
fn what_kubevirt_would_drop_is_the_rules_error() {
    let data = json!({"DataSource": "noCloud", "NoCloudMetaData": {"instance-id": "i", "new": 1}, "UserData": "#cloud-config\n", "Odd": 1});
    let drive = json!({"DataSource": "configDrive", "ConfigDriveMetaData": {"instance_id": "i"}, "UserData": "#cloud-config\n"});
    for (data, kind, patch, words) in [
        (
            &data,
            DocumentKind::MetaData,
            json!({"hostname": "x"}),
            "no member `hostname` that KubeVirt keeps; it has instance-type,",
        ),
        (&data, DocumentKind::MetaData, json!({"instance-id": 5}), "`instance-id` in NoCloudMetaData must be a string"),
        (&data, DocumentKind::MetaData, json!({"public-keys": ["k"]}), "an object of strings"),
        (&drive, DocumentKind::MetaData, json!({"devices": []}), "from DevicesData"),
        (&data, DocumentKind::CloudInitData, json!({"NoCloudMetaData": null}), "takes the metadata out"),
        (&data, DocumentKind::CloudInitData, json!({"DataSource": "ec2"}), "noCloud or configDrive"),
        (&data, DocumentKind::CloudInitData, json!({"userData": "x"}), "no member `userData`"),
        (&data, DocumentKind::CloudInitData, json!({"DevicesData": {}}), "must be a list of objects"),
    ] {
        let mut envelope = Envelope::parse(data.to_string().as_bytes(), b"").expect("a message");
        let mut value = envelope.document(kind).expect("a document").clone();
        merge(&mut value, &patch, &Options::default());
        let problem = envelope.set_document(kind, value).expect_err(words);
        assert!(problem.code == Code::DocumentSyntax && problem.message.contains(words), "{patch}: {problem}");
        assert!(!envelope.is_changed());
    }
    // What came so stays so, and what KubeVirt has may be set.
    let (changed, _) = merged(
        &(data.to_string().into_bytes(), Vec::new()),
        DocumentKind::CloudInitData,
        &json!({"DevicesData": [{"type": "nic"}], "NoCloudMetaData": {"public-keys": {"0": "k"}}}),
    );
    assert_eq!(changed["NoCloudMetaData"], json!({"instance-id": "i", "new": 1, "public-keys": {"0": "k"}}));
    assert_eq!((&changed["DevicesData"], &changed["Odd"]), (&json!([{"type": "nic"}]), &json!(1)));
}

#[test]
fn comments_and_layout_stay() {
    for (before, patch, after) in [
        ("# first\na: 1 # one\n\n# two\nb: 'x'\n", json!({"c": 3}), "# first\na: 1 # one\n\n# two\nb: 'x'\nc: 3\n"),
        ("a: 1 # one\nb: 0x10\n", json!({"a": 2}), "a: 2 # one\nb: 0x10\n"),
        ("a: 'x'   # why\n", json!({"a": "it's"}), "a: 'it''s'   # why\n"),
        ("a: \"x\" # why\n", json!({"a": "yes"}), "a: \"yes\" # why\n"),
        ("a:\n  x # why\nb: 1\n", json!({"a": null, "c": 1}), "b: 1\nc: 1\n"),
        ("a:\n  x # why\nb: 1\n", json!({"a": true}), "a:\n  true # why\nb: 1\n"),
        ("a: 1 # one\n", json!({"a": {"x": 1}}), "a: # one\n  x: 1\n"),
        ("a: 1 # one\n", json!({"a": "x\ny\n"}), "a: | # one\n  x\n  y\n"),
        ("a: &a 1 # one\nb: *a # two\n", json!({"b": 2}), "a: &a 1 # one\nb: 2 # two\n"),
        ("# only\n\n# comments\n", json!({"a": 1}), "# only\n\n# comments\na: 1\n"),
        ("# no newline", json!({"a": 1}), "# no newline\na: 1\n"),
        (
            "a:\n    x: yes   # keep\n    z: 1\nb: 1\n",
            json!({"a": {"y": "no"}}),
            "a:\n    x: yes   # keep\n    z: 1\n    'y': 'no'\nb: 1\n",
        ),
        ("a: 1\nb:\n- x\n- y\nc: 3\n", json!({"b": null}), "a: 1\nc: 3\n"),
        ("a: 1\nb:\n- x  # why\nc: 3\n", json!({"b": ["x", "z"]}), "a: 1\nb:\n- x  # why\n- z\nc: 3\n"),
        ("a: 1\nb: |\n  x\n  y\n# end\nc: 3\n", json!({"b": "z"}), "a: 1\nb: z\n# end\nc: 3\n"),
        ("a: [1, 2]\nb: {x: 1}\n", json!({"b": {"z": 2}}), "a: [1, 2]\nb: {x: 1, z: 2}\n"),
        (
            "b:\n  # one\n  - x # 1\n  - y: 1 # 2\n    z: 2\n",
            json!({"b": ["x", {"y": 1, "z": 3}]}),
            "b:\n  # one\n  - x # 1\n  - y: 1 # 2\n    z: 3\n",
        ),
        ("b:\n  - x # 1\n  - w\n  - v # 2\n", json!({"b": ["x", "v"]}), "b:\n  - x # 1\n  - v # 2\n"),
        ("b:\n  - x # 1\n  - w\n  - v # 2\n", json!({"b": ["x", ["q"], "v"]}), "b:\n  - x # 1\n  - - q\n  - v # 2\n"),
        ("b:\n  - x # 1\n  - v # 2\n", json!({"b": ["w", "v"]}), "b:\n  - w # 1\n  - v # 2\n"),
        ("a: 1", json!({"b": 2}), "a: 1\nb: 2"),
    ] {
        let (data, _) = merged(&no_cloud(&format!("#cloud-config\n{before}")), DocumentKind::UserData, &patch);
        assert_eq!(data["UserData"], format!("#cloud-config\n{after}"), "{before}");
    }
}

#[test]
fn line_ends_stay() {
    for (before, patch, after) in [
        ("#cloud-config\r\na: 1 # x\r\n", json!({"a": 2, "b": [1]}), "#cloud-config\r\na: 2 # x\r\nb:\r\n  - 1\r\n"),
        ("#cloud-config\r\na: 1\r\n", json!({"a": "x\ny\n"}), "#cloud-config\r\na: |\r\n  x\r\n  y\r\n"),
        ("#cloud-config\r\n# only\r\n", json!({"a": 1}), "#cloud-config\r\n# only\r\na: 1\r\n"),
        ("#cloud-config\r\n{a: 1}\r\n", json!({"b": 2}), "#cloud-config\r\n{a: 1, b: 2}\r\n"),
    ] {
        let (data, _) = merged(&no_cloud(before), DocumentKind::UserData, &patch);
        assert_eq!(data["UserData"], after);
    }
}

#[test]
fn real_user_data_survives() {
    let Some(suite) = support::shared("suites/cloud-init") else { return };
    let index = json_of(&std::fs::read(suite.join("index.json")).expect("index"));
    let (mut seen, mut refused) = (0, Vec::new());
    for example in index.as_array().expect("examples").iter().filter(|example| example["kind"] == "cloud-config") {
        let file = example["file"].as_str().expect("file");
        let text = std::fs::read_to_string(suite.join(file)).expect(file);
        let text = if text.starts_with("#cloud-config") { text } else { format!("#cloud-config\n{text}") };
        let (data, older) = no_cloud(&text);
        let mut envelope = Envelope::parse(&data, &older).expect("messages");
        let document = match envelope.document(DocumentKind::UserData) {
            Ok(document) => document.clone(),
            Err(problem) => {
                refused.push(format!("{file}: {problem}"));
                continue;
            }
        };
        seen += 1;
        // Keys are what is written: some say `00`, which PyYAML makes a number and JSON "0".
        let numeric_key = text.contains("    00: ");
        if let Some(expected) = example.get("json").filter(|expected| !numeric_key && expected.is_object()) {
            assert!(equal(&document, expected), "{file}\n{document}\n{expected}");
        }
        envelope.set_document(DocumentKind::UserData, document.clone()).expect(file);
        assert_eq!(envelope.clone().finish(), (data, older), "{file}");
        let patch = json!({"timezone": "Europe/Amsterdam", "ntp": {"enabled": true}, "packages": null});
        let mut changed = document.clone();
        merge(&mut changed, &patch, &Options::default());
        envelope.set_document(DocumentKind::UserData, changed.clone()).expect(file);
        let (data, _) = envelope.finish();
        let again = Envelope::parse(&data, b"").expect(file);
        assert!(equal(again.document(DocumentKind::UserData).expect(file), &changed), "{file}");
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(seen >= 145, "{seen} were read");
}
