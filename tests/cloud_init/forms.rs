use serde_json::Value;
use virt_patch::cloud_init::form::{Form, form};

use crate::support;

#[test]
fn beginnings() {
    for (text, expected) in [
        ("", "Empty"),
        (" \n\t", "Empty"),
        ("#cloud-config", "CloudConfig"),
        ("\n  #Cloud-Config\nx: 1", "CloudConfig"),
        ("#cloud-config\r\nx: 1", "CloudConfig"),
        ("#cloud-config-archive\n- x", "archive"),
        ("#cloud-config-jsonp\n[]", "JSON patch"),
        ("#cloud-boothook\necho", "boot hook"),
        ("#include-once\nhttp://x", "URLs"),
        ("#include http://x", "URLs"),
        ("#part-handler\n", "part handler"),
        ("#!/bin/sh\necho", "script"),
        ("## template: jinja\n#cloud-config\nx: 1", "Jinja"),
        ("#ps1_sysnative\nGet-Item", "PowerShell"),
        ("Content-Type: multipart/mixed; boundary=x\n", "without the header MIME-Version"),
        ("MIME-Version: 1.0\n", "Mime"),
        ("Content-Type: multipart/mixed; boundary=x\nMIME-version: 1.0\n", "Mime"),
        ("From nobody Sat Nov  1 00:00:00 2025\nMIME-Version: 1.0\n", "Mime"),
        ("Subject: x\nMime-Version: 1.0\n", "Mime"),
        ("\nMIME-Version: 1.0\n", "too late"),
        ("{\"x\": 1, \"ignition\": {\"version\": \"3.0.0\"}}", "Ignition"),
        ("I2Nsb3VkLWNvbmZpZwp4OiAxCg==", "base64"),
        ("H4sIAAAAAAAAA", "gzip"),
        ("\u{1f}\u{fffd}\u{8}", "gzip"),
        ("x: 1\n", "NoHeader"),
        ("{\"x\": 1}", "NoHeader"),
        ("# mine\n#cloud-config\n", "LateHeader"),
        ("\u{feff}#cloud-config\n", "LateHeader"),
    ] {
        let found = match form(text) {
            Form::Other { what, .. } => what.to_owned(),
            other => format!("{other:?}"),
        };
        assert!(found.contains(expected), "{text:?}: {found}");
    }
}

#[test]
fn real_user_data() {
    let Some(suite) = support::shared("suites/cloud-init") else { return };
    let index: Value = serde_json::from_slice(&std::fs::read(suite.join("index.json")).expect("index")).expect("JSON");
    let mut seen = 0;
    for example in index.as_array().expect("examples") {
        let (file, kind) = (example["file"].as_str().expect("file"), example["kind"].as_str().expect("kind"));
        let text = std::fs::read_to_string(suite.join(file)).expect(file);
        let found = form(&text);
        if text.starts_with("#cloud-config\n") {
            assert_eq!(found, Form::CloudConfig, "{file}");
        }
        if kind.starts_with('#') && kind != "#ignored" {
            assert!(matches!(found, Form::Other { .. } | Form::Mime), "{file}: {found:?}");
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen}");
}
