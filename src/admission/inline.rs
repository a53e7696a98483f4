//! Judging rules that stand in an object: in a VMI's annotation, in a ConfigMap's values.

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Code, Diagnostic};
use crate::json;
use crate::rule::{self, ANNOTATION_LIMIT, RULES_ANNOTATION, RuleFile, RuleSet, Trust};
use crate::source::Source;

/// The rule sets of the annotation's value.
///
/// # Errors
/// What the sidecar would refuse: `wrong-type`, `yaml-limit`, and what compiling finds.
pub(super) fn annotation(value: &Json) -> Result<Vec<RuleSet>, Vec<Diagnostic>> {
    let Json::String(text) = value else {
        let message = format!("the annotation `{RULES_ANNOTATION}` must be a string, this is {}", json::kind(value));
        return Err(vec![Diagnostic::error(Code::WrongType, message)]);
    };
    if text.len() > ANNOTATION_LIMIT {
        let message = format!(
            "the annotation `{RULES_ANNOTATION}` has {} bytes, at most {ANNOTATION_LIMIT} are read",
            text.len()
        );
        let help = "put the rules into a ConfigMap and mount it";
        return Err(vec![Diagnostic::error(Code::YamlLimit, message).help(help)]);
    }
    let source = Source::new(format!("annotation {RULES_ANNOTATION}"), text);
    rule::compile(&[RuleFile { source, trust: Trust::Annotation, pack: None }])
}

/// The rule sets of a ConfigMap's `data`, each key a file of its own: a sidecar mounts one of them.
///
/// # Errors
/// Everything that is wrong with any of them; `wrong-type` for `binaryData`, in which no rules can be.
pub(super) fn config_map(object: &Map<String, Json>) -> Result<Vec<Vec<RuleSet>>, Vec<Diagnostic>> {
    let members = |field: &str| object.get(field).and_then(Json::as_object).into_iter().flatten();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for (key, _) in members("binaryData") {
        let message = format!("`{key}` stands in `binaryData`, and rules are text");
        problems
            .push(Diagnostic::error(Code::WrongType, message).help("put it into `data`, or into another ConfigMap"));
    }
    for (key, value) in members("data") {
        let Json::String(text) = value else {
            let message = format!("`{key}` must be a text, this is {}", json::kind(value));
            problems.push(Diagnostic::error(Code::WrongType, message));
            continue;
        };
        let source = Source::new(key, text);
        match rule::compile(&[RuleFile { source, trust: Trust::File, pack: None }]) {
            Ok(sets) => files.push(sets),
            Err(mut wrong) => problems.append(&mut wrong),
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}
