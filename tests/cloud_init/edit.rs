use serde_json::Value;
use virt_patch::json::equal::equal;
use virt_patch::json::patch::{Operation, apply};
use virt_patch::source::Source;
use virt_patch::yaml::schema::Schema;
use virt_patch::yaml::update::update;
use virt_patch::yaml::{Limits, read, to_json};

use crate::support;

const LIMITS: Limits = Limits { bytes: 1 << 20, depth: 64, nodes: 100_000, merge_keys: true };

fn value(text: &str) -> Option<Value> {
    let source = Source::new("text", text);
    let documents = read(&source, &LIMITS).ok()?;
    let [document] = documents.as_slice() else { return None };
    to_json(document, Schema::Yaml11, &source).ok()
}

/// Whether the lines stand in `text`, in this order.
fn keeps(text: &str, lines: &[&str]) -> bool {
    let mut rest = text.lines();
    lines.iter().all(|line| rest.any(|other| other.trim_end() == line.trim_end()))
}

#[test]
fn edits_leave_the_rest_alone() {
    let Some(suite) = support::shared("suites/yaml-edit") else { return };
    let cases = std::fs::read_to_string(suite.join("cases.jsonl")).expect("cases");
    let (mut in_place, mut anew, mut lost) = (0, 0, Vec::new());
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).expect("JSON");
        let id = case["id"].as_str().expect("an id");
        let text = std::fs::read_to_string(suite.join(case["file"].as_str().expect("a file"))).expect(id);
        let Some(mut document) = value(&text) else { continue };
        let patch: Result<Vec<_>, _> = case["patch"].as_array().expect(id).iter().map(Operation::parse).collect();
        let Ok(operations) = patch else { continue };
        if apply(&mut document, &operations).is_err() {
            assert!(case.get("expected_json").is_none_or(Value::is_null), "{id}: the patch failed");
            continue;
        }
        let Some(result) = update(&text, &document, &LIMITS) else {
            anew += 1;
            continue;
        };
        assert!(equal(&value(&result).expect(id), &document), "{id}\n{result}");
        let lines: Vec<&str> = text.lines().collect();
        let untouched: Vec<&str> = case["untouched_lines"]
            .as_array()
            .expect(id)
            .iter()
            .filter_map(|line| lines.get(usize::try_from(line.as_u64()?).ok()?.checked_sub(1)?).copied())
            .collect();
        if keeps(&result, &untouched) { in_place += 1 } else { lost.push(format!("{id} {}\n{result}", case["patch"])) }
    }
    eprintln!("{in_place} edits in place, {anew} written anew, {} lost a line", lost.len());
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    assert!(in_place >= 444, "only {in_place} edits in place");
}

#[test]
fn no_text_is_too_odd() {
    let Some(suite) = support::shared("suites/yaml-test-suite") else { return };
    let cases = std::fs::read_to_string(suite.join("cases.jsonl")).expect("cases");
    let mut updated = 0;
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).expect("JSON");
        let text = case["yaml"].as_str().unwrap_or_default();
        let Some(Value::Object(document)) = value(text) else { continue };
        for name in document.keys() {
            let mut without = document.clone();
            without.shift_remove(name);
            let mut with = document.clone();
            with.insert(name.clone(), serde_json::json!({"new": ["a\nb", "é"]}));
            with.insert("new key".to_owned(), Value::Null);
            for changed in [without, with].map(Value::Object) {
                if let Some(result) = update(text, &changed, &LIMITS) {
                    assert_eq!(value(&result).as_ref(), Some(&changed), "{text}\n{result}");
                    updated += 1;
                }
            }
        }
    }
    assert!(updated > 100, "{updated}");
}
