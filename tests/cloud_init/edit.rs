//! Edits of YAML texts: the suites, and what each edit gives, byte for byte.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use virt_patch::json::equal::equal;
use virt_patch::json::patch::{Operation, apply};
use virt_patch::source::Source;
use virt_patch::yaml::schema::Schema;
use virt_patch::yaml::update::{Syntax, update};
use virt_patch::yaml::{Limits, read, to_json};

use crate::support;

pub(crate) const LIMITS: Limits =
    Limits { bytes: 1 << 20, depth: 64, nodes: 100_000, merge_keys: true, tags: true, repeated_keys: true };

pub(crate) fn value(text: &str) -> Option<Value> {
    let source = Source::new("text", text);
    let documents = read(&source, &LIMITS).ok()?;
    let [document] = documents.as_slice() else { return None };
    to_json(document, Schema::Yaml11, &source).ok()
}

fn patched(document: &Value, patch: &Value) -> Option<Value> {
    let operations: Result<Vec<_>, _> = patch.as_array()?.iter().map(Operation::parse).collect();
    let mut document = document.clone();
    apply(&mut document, &operations.ok()?).ok()?;
    Some(document)
}

/// The lines of the first text that the second does not have in this order.
fn lost<'t>(lines: &[&'t str], text: &str) -> Vec<&'t str> {
    let mut rest = text.lines();
    lines.iter().filter(|line| !rest.any(|other| other.trim_end() == line.trim_end())).copied().collect()
}

/// A document that is one flow mapping on one line: an edit of it is an edit of that line.
const ON_ONE_LINE: &str = "yed-0578";

/// Keys as PyYAML types them, shown as JSON: `00` is the number 0.
fn with_typed_keys(value: &Value) -> Value {
    let key = |name: &String| match Schema::Yaml11.resolve(name) {
        Ok(typed @ (Value::Number(_) | Value::Bool(_))) => typed.to_string(),
        _ => name.clone(),
    };
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (key(name), with_typed_keys(value))).collect(),
        Value::Array(items) => items.iter().map(with_typed_keys).collect(),
        scalar => scalar.clone(),
    }
}

/// The suite's four checks, of each of its cases.
#[test]
fn the_suite_of_edits() {
    let Some(suite) = support::shared("suites/yaml-edit") else { return };
    let cases = std::fs::read_to_string(suite.join("cases.jsonl")).expect("cases");
    let (mut seen, mut wrong) = (0, Vec::new());
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).expect("JSON");
        let id = case["id"].as_str().expect("an id");
        let text = std::fs::read_to_string(suite.join(case["file"].as_str().expect("a file"))).expect(id);
        seen += 1;
        let document = value(&text).expect(id);
        let Some(wanted) = patched(&document, &case["patch"]) else {
            // A patch that cannot be applied leaves the document as it is.
            assert!(case["expected_json"].is_null() || equal(&case["expected_json"], &document), "{id}");
            continue;
        };
        let mut problem = |what: &str, text: &str| wrong.push(format!("{id} {what} {}\n{text}", case["patch"]));
        // Numbers and keys as PyYAML reads them are shown as JSON there.
        let shown = if case["non_string_keys"] == true { with_typed_keys(&wanted) } else { wanted.clone() };
        if !equal(&shown, &case["expected_json"]) {
            problem("is read otherwise", &wanted.to_string());
        }
        let Some(result) = update(&text, &wanted, Syntax::Yaml, &LIMITS) else {
            problem("has no result", "");
            continue;
        };
        if value(&result).is_none_or(|value| !equal(&value, &wanted)) {
            problem("says something else", &result);
        }
        let lines: Vec<&str> = text.lines().collect();
        let untouched: Vec<&str> = case["untouched_lines"]
            .as_array()
            .expect(id)
            .iter()
            .map(|line| lines[usize::try_from(line.as_u64().expect(id)).expect(id) - 1])
            .collect();
        let lost = lost(&untouched, &result);
        if !lost.is_empty() && id != ON_ONE_LINE {
            problem(&format!("lost {lost:?}"), &result);
        }
        let operations = case["patch"].as_array().expect(id);
        if operations.iter().all(|operation| operation["op"] == "test") && result != text {
            problem("changes what it tests", &result);
        }
        if operations.iter().all(|operation| operation["op"] == "replace") {
            // One that replaces a part and then the whole cannot be applied again.
            if let Some(twice) = patched(&wanted, &case["patch"]) {
                let twice = update(&result, &twice, Syntax::Yaml, &LIMITS);
                if twice.as_deref() != Some(result.as_str()) {
                    problem("changes twice", &twice.unwrap_or_default());
                }
            }
        }
    }
    assert_eq!(seen, 458, "cases of the suite");
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n----\n"));
}

/// What is the same is the same text, and what changes changes nothing else, whatever YAML allows.
#[test]
fn no_text_is_too_odd() {
    let Some(suite) = support::shared("suites/yaml-test-suite") else { return };
    let cases = std::fs::read_to_string(suite.join("cases.jsonl")).expect("cases");
    let (mut same, mut changed, mut unplaced) = (0, 0, Vec::new());
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).expect("JSON");
        let text = case["yaml"].as_str().unwrap_or_default();
        let Some(document) = value(text) else { continue };
        assert_eq!(update(text, &document, Syntax::Yaml, &LIMITS).as_deref(), Some(text), "{}", case["id"]);
        same += 1;
        let Value::Object(document) = document else { continue };
        for name in document.keys() {
            let mut without = document.clone();
            without.shift_remove(name);
            let mut with = document.clone();
            with.insert(name.clone(), serde_json::json!({"new": ["a\nb", "é"]}));
            with.insert("new key".to_owned(), Value::Null);
            for wanted in [without, with].map(Value::Object) {
                match update(text, &wanted, Syntax::Yaml, &LIMITS) {
                    Some(result) => {
                        assert_eq!(value(&result).as_ref(), Some(&wanted), "{text}\n{result}");
                        changed += 1;
                    }
                    None => unplaced.push(format!("{} {name:?}", case["id"])),
                }
            }
        }
    }
    eprintln!("{same} texts the same, {changed} changed, not placed: {unplaced:?}");
    assert!(same >= 150 && changed >= 250, "{same} {changed}");
    assert!(unplaced.len() <= 4, "{unplaced:?}");
}

/// Each folder of `edits/`: a text, what is done to it as a JSON Patch, and the text that this gives.
#[test]
fn typical_edits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud_init/edits");
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("edits") {
        let path = entry.expect("an entry").path();
        cases.insert(path.file_name().expect("a name").to_string_lossy().into_owned(), path);
    }
    assert!(cases.len() > 20, "{}", cases.len());
    let mut wrong = Vec::new();
    for (name, path) in cases {
        let text = std::fs::read_to_string(path.join("before.yaml")).expect(&name);
        let patch = std::fs::read_to_string(path.join("patch.json")).expect(&name);
        let patch: Value = serde_json::from_str(&patch).expect(&name);
        let document = value(&text).expect(&name);
        let wanted = patched(&document, &patch).expect(&name);
        let result = update(&text, &wanted, Syntax::Yaml, &LIMITS).expect(&name);
        assert!(equal(&value(&result).expect(&name), &wanted), "{name}");
        assert_eq!(update(&text, &document, Syntax::Yaml, &LIMITS), Some(text.clone()), "{name}: nothing is changed");
        let after = path.join("after.yaml");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&after, &result).expect("writing");
        }
        let expected = std::fs::read_to_string(&after).unwrap_or_default();
        if result != expected {
            wrong.push(format!("{name}:\n{result}--- expected:\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
