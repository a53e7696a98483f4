//! cloud-init itself as the judge, where it is installed: it reads what was written as it was meant, and what was
//! valid for its schema stays so.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use virt_patch::cloud_init::{DocumentKind, Envelope};
use virt_patch::json::equal::equal;
use virt_patch::json::merge::{Lists, Options, merge};

use crate::support;

/// The Python that has cloud-init; `None` where it is not installed, which is said. `CLOUD_INIT_PYTHON` names another
/// one than `python3`.
pub(crate) fn python() -> Option<String> {
    let python = std::env::var("CLOUD_INIT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python).args(["-c", "import cloudinit"]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        eprintln!(
            "SKIPPED: cloud-init is not installed (Debian's package `cloud-init`), so it did not read what is written"
        );
        return None;
    }
    Some(python)
}

/// What cloud-init finds in each text; `None` where it is not installed.
fn judged(texts: &[String]) -> Option<Vec<Value>> {
    let python = python()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud_init/judge.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(json!(texts).to_string().as_bytes()).expect("writing");
    drop(input);
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "the judge failed");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn envelope(user_data: &str) -> Envelope {
    let data = json!({"NoCloudMetaData": {"instance-id": "i"}, "UserData": user_data});
    Envelope::parse(data.to_string().as_bytes(), b"").expect("a message")
}

fn user_data(envelope: Envelope) -> String {
    let data: Value = serde_json::from_slice(&envelope.finish().0).expect("JSON");
    data["UserData"].as_str().expect("a text").to_owned()
}

/// Edits of cloud-init's own examples: what it reads is what the edit says, in a cloud-config alone and in a part
/// beside another; and an example that its schema likes is liked as much after the edit.
#[test]
fn cloud_init_reads_what_is_meant() {
    let Some(suite) = support::shared("suites/cloud-init") else { return };
    let index: Value = serde_json::from_slice(&std::fs::read(suite.join("index.json")).expect("index")).expect("JSON");
    let patch = json!({
        "timezone": "Europe/Amsterdam",
        "runcmd": [["echo", "it's \"é\" # yes"], "echo 0644: ${HOME}"],
        "write_files": [{"path": "/etc/x", "content": "#!/bin/sh\n\necho é\n", "permissions": "0644"}],
    });
    let options = Options { lists: Lists::Append, ..Options::default() };
    let script = "#!/bin/sh\necho é\n";
    let (mut texts, mut meant) = (Vec::new(), Vec::new());
    for example in index.as_array().expect("examples").iter().filter(|example| example["kind"] == "cloud-config") {
        let file = example["file"].as_str().expect("a file");
        let text = std::fs::read_to_string(suite.join(file)).expect(file);
        // Numbers as keys are texts in JSON.
        if !text.starts_with("#cloud-config") || text.contains("    00: ") || text.contains("!!binary") {
            continue;
        }
        let mut edited = envelope(&text);
        let mut value = edited.document(DocumentKind::UserData).expect(file).clone();
        merge(&mut value, &patch, &options);
        edited.set_document(DocumentKind::UserData, value.clone()).expect(file);
        let mut with_part = edited.clone();
        with_part.add_part("text/x-shellscript", script).expect(file);
        texts.extend([text, user_data(edited), user_data(with_part)]);
        meant.push((file, value));
    }
    assert!(meant.len() > 130, "{}", meant.len());
    let Some(judged) = judged(&texts) else { return };
    let mut liked = 0;
    for ((file, value), found) in meant.iter().zip(judged.chunks(3)) {
        let [before, alone, with_part] = found else { panic!("three of each") };
        assert_eq!(alone["parts"].as_array().map(Vec::len), Some(1), "{file}");
        assert!(equal(&alone["parts"][0][2], value), "{file}\n{}\n{value}", alone["parts"][0][2]);
        assert_eq!(with_part["parts"].as_array().map(Vec::len), Some(2), "{file}");
        assert_eq!(with_part["parts"][0], alone["parts"][0], "{file}");
        assert_eq!(with_part["parts"][1], json!(["text/x-shellscript", script, null]), "{file}");
        if before["problem"].is_null() {
            assert_eq!(alone["problem"], Value::Null, "{file}");
            liked += 1;
        }
    }
    eprintln!("cloud-init read {} edited examples as meant, {liked} of them valid before and after", meant.len());
    assert!(liked > 50, "{liked}");
}

/// What was there is for cloud-init as a first part what it was alone.
#[test]
fn a_first_part_is_what_it_was() {
    let script = "#!/bin/sh\ntrue\n";
    let forms = [
        "#cloud-config\n# é\nfinal_message: \"é\"\n",
        "#!/bin/sh\r\necho é\r\n",
        "\n #Cloud-Config\npackages: [x]",
        "#cloud-boothook\n#!/bin/sh\ntrue\n\n",
        "#part-handler\n\ndef list_types():\n    return []\n",
        "## template: jinja\n#cloud-config\nhostname: {{ v1.x }}\n",
        "#cloud-config-jsonp\n[]\n",
        "#cloud-config-archive\n- type: text/cloud-config\n  content: |\n    a: 1\n- content: '#!/bin/sh'\n",
        "#!/bin/sh\n--==virt-patch==\nMIME-Version: 1.0\n",
    ];
    let mut texts = Vec::new();
    for text in forms {
        let mut with_part = envelope(text);
        with_part.add_part("text/x-shellscript", script).expect(text);
        texts.extend([text.to_owned(), user_data(with_part)]);
    }
    let Some(judged) = judged(&texts) else { return };
    for (text, found) in forms.iter().zip(judged.chunks(2)) {
        let [alone, with_part] = found else { panic!("two of each") };
        let mut expected = alone["parts"].as_array().expect("parts").clone();
        assert!(!expected.is_empty(), "{text}");
        expected.push(json!(["text/x-shellscript", script, null]));
        assert_eq!(with_part["parts"], Value::Array(expected), "{text}");
    }
}
