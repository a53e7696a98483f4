//! The VMI is read only as far as params ask for it, and yet judged whole: what a full parse refuses is refused.

#![cfg(test)]

use std::collections::BTreeMap;

use serde_json::Value as Json;
use virt_patch::diagnostic::Code;
use virt_patch::engine::{self, Detail, Inputs, Limits, Nowhere};
use virt_patch::rule::{self, RuleFile, RuleSet, Trust};
use virt_patch::source::Source;

/// Writes a param of this source into the title.
fn rules(source: &str) -> Vec<RuleSet> {
    let text = format!(
        "apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {{name: test}}
spec:
  params:
    wanted: {{{source}, default: none}}
  onDefineDomain:
    - set: {{/domain/title: '${{wanted}}'}}
"
    );
    let file = RuleFile { source: Source::new("rules.yaml", text), trust: Trust::File, pack: None };
    rule::compile(&[file]).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The title that the rules write, or why they do not.
fn title(rules: &[RuleSet], vmi: &[u8]) -> Result<String, (Code, String)> {
    let given = BTreeMap::new();
    let inputs =
        Inputs { vmi, surroundings: &Nowhere, given: &given, detail: Detail::Counts, limits: Limits::default() };
    let outcome = engine::apply_to_domain(rules, b"<domain><title/></domain>", &inputs);
    let outcome = outcome.map_err(|failure| (failure.problem.code, failure.problem.to_string()))?;
    let (_, rest) = outcome.result.split_once("<title>").expect("a title");
    Ok(rest.split_once("</title>").expect("a title").0.to_owned())
}

/// What a parse of the whole VMI would give.
fn expected(vmi: &[u8]) -> Result<String, Code> {
    if vmi.trim_ascii().is_empty() {
        return Ok("none".to_owned());
    }
    match serde_json::from_slice::<Json>(vmi) {
        Ok(json @ Json::Object(_)) => {
            let found = json.pointer("/metadata/annotations/wanted").and_then(Json::as_str);
            Ok(found.unwrap_or("none").to_owned())
        }
        _ => Err(Code::VmiSyntax),
    }
}

const VMI: &str = r#" {"kind": "VirtualMachineInstance", "status": {"list": [1, -2.5e3, true, null, "\u00e4\ud834\udd1e", {}]},
"metadata": {"name": "vm", "annotations": {"other": "x", "wanted": "th\u0069s"}, "labels": {}}, "spec": {"metadata": {"annotations": {"wanted": "no"}}}} "#;

#[test]
fn only_what_a_full_parse_accepts_is_accepted() {
    let annotation = rules("annotation: wanted");
    // A path makes the whole VMI be parsed, so it tells what a full parse says.
    let path = rules("vmi: $.metadata.annotations.wanted");
    let deep = |depth: usize| format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    let mut texts: Vec<Vec<u8>> = (0..=VMI.len()).map(|end| VMI.as_bytes()[..end].to_vec()).collect();
    texts.extend([deep(120), deep(127), deep(128), deep(100_000)].map(String::into_bytes));
    let others: &[&[u8]] = &[
        b"[]",
        b"1",
        b"\"metadata\"",
        b"null",
        b"true",
        b"{}{}",
        b"{} x",
        b"{\"a\": 01}",
        b"{\"a\": .5}",
        b"{\"a\": 1e}",
        b"{\"a\": \"\\ud834\"}",
        b"{\"a\": \"\\x\"}",
        b"{\"a\": \"\xff\"}",
        b"{\"\xff\": 1}",
        b"{\"a\": \"\n\"}",
        b"{\"a\": nul}",
        b"{\"a\": 1,}",
        b"{\"a\": [1,]}",
        b"{'a': 1}",
        b"{a: 1}",
        b"{\"a\" 1}",
        b"{\"a\": 1 \"b\": 2}",
        b"{\"a\": 1e99999}",
        b"{\"metadata\": 5}",
        b"{\"metadata\": []}",
        b"{\"metadata\": {\"annotations\": [\"wanted\"]}}",
        b"{\"metadata\": {\"annotations\": {\"wanted\": 5}}}",
        b"{\"metadata\": {\"annotations\": {\"wanted\": \"a\"}}, \"metadata\": {\"annotations\": {\"wanted\": \"b\"}}}",
        b"{\"metadata\": {\"annotations\": {\"wanted\": \"a\"}}, \"metadata\": 1}",
        b"{\"metadata\": {\"annotations\": {\"wanted\": \"a\", \"wanted\": \"b\"}}}",
        b"{\"m\\u0065tadata\": {\"annotations\": {\"wanted\": \"a\"}}}",
    ];
    texts.extend(others.iter().map(|text| text.to_vec()));
    let mut accepted = 0;
    for text in &texts {
        let shown = String::from_utf8_lossy(text);
        let found = title(&annotation, text);
        assert_eq!(found.clone().map_err(|(code, _)| code), expected(text), "{shown}");
        match found {
            Ok(_) => accepted += 1,
            Err((_, told)) => {
                let (_, whole) = title(&path, text).expect_err("a full parse refuses it");
                assert_eq!(told.replace("annotation", ""), whole.replace("annotation", ""), "{shown}");
            }
        }
    }
    assert!(accepted > 10 && texts.len() > 280, "{accepted} of {}", texts.len());
    assert_eq!(title(&annotation, VMI.as_bytes()), Ok("this".to_owned()));
}
