//! The table of annotations, row by row.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use virt_patch::admission::judge;
use virt_patch::source::Source;
use virt_patch::yaml::schema::Schema;
use virt_patch::yaml::{self, Limits};

use super::{codes, criteria, vmi};

fn table() -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/admission/annotations.yaml");
    let source = Source::new("annotations.yaml", fs::read_to_string(path).expect("the table"));
    let documents = yaml::read(&source, &Limits::default()).expect("YAML");
    yaml::to_json(&documents[0], Schema::Core, &source).expect("JSON")
}

/// The text of a row's annotation.
fn annotation(row: &Json) -> String {
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    let Some(repeat) = row.get("repeat") else { return text(&row["annotation"]) };
    let times = repeat["times"].to_string().parse().expect("a number");
    text(&repeat["before"]) + &text(&repeat["text"]).repeat(times) + &text(&repeat["after"])
}

#[test]
fn every_annotation_of_the_table_has_its_verdict() {
    let table = table();
    let rows = table["rows"].as_array().expect("rows");
    assert!(rows.len() > 100, "{} rows", rows.len());
    let (mut wrong, mut names) = (Vec::new(), BTreeSet::new());
    for row in rows {
        let name = row["name"].as_str().expect("a name");
        assert!(names.insert(name), "two rows are called {name}");
        let list = row.get("allowList").unwrap_or(&table["allowList"]).as_str().expect("a list");
        let object = vmi(json!({"hooks.kubevirt.io/hookSidecars": annotation(row)}));
        let verdict = judge(&object, None, &criteria(list));
        let allowed = row["allowed"].as_bool().expect("a verdict");
        let expected: Vec<&str> =
            row["codes"].as_array().map(|codes| codes.iter().filter_map(Json::as_str).collect()).unwrap_or_default();
        let found = codes(&verdict.problems);
        if verdict.is_allowed() != allowed || found != expected || allowed != expected.is_empty() {
            let said: Vec<String> = verdict.problems.iter().take(3).map(ToString::to_string).collect();
            wrong.push(format!("{name}: allowed {}, {found:?}\n    {}", verdict.is_allowed(), said.join("\n    ")));
        }
        for problem in &verdict.problems {
            let text = problem.to_string();
            assert!(text.len() < 2000 && !text.contains(char::is_control), "{name}: {text:?}");
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows differ:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
