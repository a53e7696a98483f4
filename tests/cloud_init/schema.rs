//! What cloud-init knows: the table is what its schemas say, and what is said with it agrees with verdicts of the
//! schemas themselves.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use virt_patch::cloud_init::DocumentKind;
use virt_patch::cloud_init::schema::{Finding, Model, Whole, judge, judge_document};

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
    let made = schema_table::table(
        &schema("cloud-config-v1"),
        &schema("network-config-v1"),
        &schema("network-config-v2"),
    );
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cloud_init/schema/cloud-init-04eacd06.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(kept, made).expect("written");
        return;
    }
    let kept = fs::read_to_string(kept).expect("the table");
    assert!(kept == made, "the table is not the schemas'; `BLESS=1 cargo test --test cloud_init` rewrites it");
}

/// Every verdict of the schemas: what is valid is never refused, and what is refused is what the schemas refuse.
#[test]
fn what_is_valid_is_never_refused() {
    let Some(suite) = suite() else { return };
    let verdicts = fs::read_to_string(suite.join("validate.jsonl")).expect("verdicts");
    let (mut false_alarms, mut missed, mut agreed) = (Vec::new(), Vec::new(), 0);
    for line in verdicts.lines() {
        let case: Json = serde_json::from_str(line).expect("JSON");
        let model = match case["schema"].as_str().expect("a schema") {
            "schema-cloud-config-v1.json" => Model::CLOUD_CONFIG,
            "schema-network-config-v1.json" => Model::NETWORK_CONFIG_1,
            other => panic!("{other}"),
        };
        let document = &case["document"];
        // Network configuration may stand under its key, which is the document's business and not the model's.
        let document = if model == Model::NETWORK_CONFIG_1 { document.get("network").unwrap_or(document) } else { document };
        let findings = judge(model, document, Whole::Yes);
        let told = || format!("{} {}: {:?}", case["id"], case["errors"], said(&findings));
        match (case["valid"] == true, findings.is_empty()) {
            (true, false) => false_alarms.push(told()),
            (false, true) => missed.push(told()),
            _ => agreed += 1,
        }
    }
    eprintln!("{agreed} of {} verdicts agree; missed:\n{}", verdicts.lines().count(), missed.join("\n"));
    assert!(false_alarms.is_empty(), "false alarms:\n{}", false_alarms.join("\n"));
    assert!(agreed >= 370, "{agreed} agree; missed:\n{}", missed.join("\n"));
}

fn said(findings: &[Finding<'_>]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.pointer(), finding.message("it"))).collect()
}
