//! MIME messages: the cloud-config in them, and parts that are added.

use serde_json::{Value, json};
use virt_patch::cloud_init::{DocumentKind, Envelope};
use virt_patch::diagnostic::{Code, Diagnostic};

const SCRIPT: &str = "#!/bin/sh\necho \"${HOME}\"\n";

const MESSAGE: &str = "From nobody Sat Nov  1 00:00:00 2025\nContent-Type: multipart/mixed;\n  boundary=\"=a b=\"\nMIME-Version: 1.0\nNumber-Attachments: 2\n\nA preamble.\n--=a b=\nContent-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/sh\n--not a boundary\n\n--=a b=\nMIME-Version: 1.0\nContent-Type: text/cloud-config\nX-Merge-Type: list(append)\n\n#cloud-config\n# why\ntimezone: UTC   # for now\n--=a b=--\nAn epilogue.\n";

fn envelope(user_data: &str) -> Envelope {
    let data = json!({"NoCloudMetaData": {"instance-id": "i"}, "UserData": user_data});
    Envelope::parse(data.to_string().as_bytes(), b"").expect("a message")
}

fn user_data(envelope: Envelope) -> String {
    let (data, older) = envelope.finish();
    let data: Value = serde_json::from_slice(&data).expect("JSON");
    let older: Value = serde_json::from_slice(&older).unwrap_or_default();
    let text = data["UserData"].as_str().expect("a text").to_owned();
    assert!(older.is_null() || older["userData"] == text.as_str(), "both messages say the same");
    text
}

fn edited(text: &str, value: Value) -> String {
    let mut envelope = envelope(text);
    envelope.set_document(DocumentKind::UserData, value).expect("an edit");
    user_data(envelope)
}

fn added(text: &str, content_type: &str, content: &str) -> Result<String, Box<Diagnostic>> {
    let mut envelope = envelope(text);
    envelope.add_part(content_type, content)?;
    let text = user_data(envelope.clone());
    // Twice is once.
    assert!(!envelope.add_part(content_type, content)?);
    assert_eq!(user_data(envelope), text);
    Ok(text)
}

#[test]
fn the_cloud_config_in_a_message_is_edited_and_all_else_stays() {
    let document = envelope(MESSAGE).document(DocumentKind::UserData).expect("a document").clone();
    assert_eq!(document, json!({"timezone": "UTC"}));
    let result = edited(MESSAGE, json!({"timezone": "CET", "runcmd": ["x"]}));
    let expected = MESSAGE.replace("timezone: UTC   # for now", "timezone: CET   # for now\nruncmd:\n  - x");
    assert_eq!(result, expected);
}

#[test]
fn line_ends_of_a_message_stay() {
    let text = MESSAGE.replace('\n', "\r\n");
    let result = edited(&text, json!({"timezone": "CET"}));
    assert_eq!(result, text.replace("UTC", "CET"));
    let result = added(&text, "text/x-shellscript", SCRIPT).expect("a part more");
    assert!(!result.replace("\r\n", "").contains('\n'), "{result:?}");
}

#[test]
fn encoded_parts_are_decoded_and_encoded() {
    let message = |transfer: &str, body: &str| {
        format!(
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/cloud-config\nContent-Transfer-Encoding: {transfer}\n\n{body}\n--b--\n"
        )
    };
    for (transfer, body) in [
        ("base64", "I2Nsb3VkLWNvbmZpZwpuYW1lOiDDqQo="),
        ("BASE64", "I2Nsb3VkLWNvb\nmZpZwpuYW1lOiDDqQo=\n"),
        ("quoted-printable", "#cloud-config\nna=\nme: =C3=A9\n"),
        ("8bit", "#cloud-config\nname: é\n"),
    ] {
        let text = message(transfer, body);
        let mut envelope = envelope(&text);
        assert_eq!(*envelope.document(DocumentKind::UserData).expect(transfer), json!({"name": "é"}), "{transfer}");
        envelope.set_document(DocumentKind::UserData, json!({"name": "ü"})).expect(transfer);
        let result = user_data(envelope);
        // What is beyond ASCII reaches cloud-init in base64 alone.
        let base64 = if transfer == "BASE64" { "BASE64" } else { "base64" };
        let newline = if body.ends_with('\n') { "\n" } else { "" };
        assert_eq!(result, message(base64, &format!("I2Nsb3VkLWNvbmZpZwpuYW1lOiDDvAo={newline}")), "{transfer}");
    }
}

#[test]
fn a_message_is_built_around_what_was_there() {
    for text in [
        "#cloud-config\na: 1 # why\n",
        "#!/bin/sh\ntrue",
        "#include http://x/y\n",
        "## template: jinja\n#cloud-config\n",
    ] {
        let result = added(text, "text/x-shellscript-per-boot", SCRIPT).expect(text);
        assert!(
            result.starts_with("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"==virt-patch==\"\n\n"),
            "{result}"
        );
        assert!(result.contains(&format!("\n\n{text}\n--==virt-patch==\n")), "{result}");
        assert!(result.ends_with(&format!("\n\n{SCRIPT}\n--==virt-patch==--\n")), "{result}");
    }
    let alone = added("", "text/x-shellscript", SCRIPT).expect("the first part");
    assert_eq!(alone.matches("Content-Type: text/").count(), 1);
    assert_eq!(added(SCRIPT, "text/x-shellscript", SCRIPT).expect("it is there"), SCRIPT);
    // A cloud-config comes where there is none, and is one edited from then on.
    let result = edited(&alone, json!({"a": 1}));
    assert!(result.contains("\n\n#cloud-config\na: 1\n\n--==virt-patch==--\n"), "{result}");
    assert!(edited(&result, json!({"a": 1, "b": 2})).contains("#cloud-config\na: 1\nb: 2\n"));
}

#[test]
fn no_content_is_taken_for_a_boundary() {
    let content = "#!/bin/sh\n--==virt-patch==--\n";
    let result = added("#cloud-config\n", "text/x-shellscript", content).expect("a part");
    assert!(result.contains("boundary=\"==virt-patch===\""), "{result}");
    let into = added(MESSAGE, "text/x-shellscript", "#!/bin/sh\n--=a b=\n").expect("a part");
    assert!(into.contains("Content-Transfer-Encoding: base64"), "{into}");
    assert!(into.ends_with("--=a b=--\nAn epilogue.\n"), "{into}");
    let marked = MESSAGE.replace("# why\n", "---\n");
    assert_eq!(edited(&marked, json!({"timezone": "CET"})), marked.replace("UTC", "CET"));
}

#[test]
fn what_can_have_no_parts_says_what_it_is() {
    for (text, code, words) in [
        ("{\"ignition\": {}}", Code::DocumentForm, "Ignition"),
        ("#ps1_sysnative\n", Code::DocumentForm, "PowerShell"),
        ("vendor data\n", Code::DocumentForm, "nothing that cloud-init knows"),
        ("\u{1f}\u{fffd}\u{8}", Code::DocumentForm, "gzip"),
        ("MIME-Version: 1.0\nContent-Type: text/cloud-config\n\n#cloud-config\n", Code::DocumentForm, "one part"),
        ("MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n", Code::DocumentForm, "boundary"),
        ("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"x\n\n", Code::DocumentForm, "boundary"),
    ] {
        let problem = envelope(text).add_part("text/x-shellscript", SCRIPT).expect_err(text);
        assert!(problem.code == code && problem.message.contains(words), "{text}: {problem}");
    }
    let problem = envelope("").add_part("text/x-shellscript", "echo\n").expect_err("no `#!`");
    assert_eq!(problem.code, Code::PartContent);
}

#[test]
fn what_cannot_be_edited_in_a_message_says_why() {
    let part = |headers: &str, body: &str| {
        format!("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{headers}\n\n{body}\n--b--\n")
    };
    let two =
        format!("{}x", part("Content-Type: text/cloud-config", "a: 1\n--b\nContent-Type: text/plain\n\n#cloud-config"));
    let deep = (0..12).fold("x".to_owned(), |inner, level| {
        format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n{inner}\n--b{level}--")
    });
    for (text, words) in [
        (two, "2 cloud-config parts"),
        (
            part("Content-Type: text/cloud-config\nContent-Transfer-Encoding: x-uu", "a"),
            "transfer encoding that is not known",
        ),
        (part("Content-Type: text/cloud-config\nContent-Transfer-Encoding: base64", "%"), "no UTF-8 text"),
        (part("Content-Type: text/cloud-config; charset=latin-1", "a: 1"), "another character set"),
        (format!("MIME-Version: 1.0\n{deep}"), "8 levels"),
    ] {
        let problem = envelope(&text).document(DocumentKind::UserData).expect_err(&text).clone();
        assert!(problem.code == Code::DocumentForm && problem.message.contains(words), "{text}: {problem}");
    }
}

#[test]
fn ignition_is_edited_as_json() {
    let text = "{\n  \"ignition\": {\"version\": \"3.4.0\"},\n  \"passwd\": {\n    \"users\": [\n      {\"name\": \"core\"}\n    ]\n  }\n}\n";
    let mut value: Value = serde_json::from_str(text).expect("JSON");
    value["passwd"]["users"][0]["sshAuthorizedKeys"] = json!(["ssh-ed25519 AAAA", "yes"]);
    value["storage"] = json!({"files": []});
    let result = edited(text, value.clone());
    assert_eq!(serde_json::from_str::<Value>(&result).expect("JSON"), value);
    let expected = text
        .replace("{\"name\": \"core\"}", "{\"name\": \"core\", \"sshAuthorizedKeys\": [\"ssh-ed25519 AAAA\", \"yes\"]}")
        .replace("  }\n}\n", "  },\n  \"storage\": {\"files\": []}\n}\n");
    assert_eq!(result, expected);
}
