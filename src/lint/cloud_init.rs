//! Keys and values in rules for cloud-init data that cloud-init does not know: it warns in the guest's log, where nobody
//! looks, and goes on without them.

use serde_json::Value as Json;

use crate::cloud_init::schema::{Finding, Step, View, Viewed, What, Whole, judge, judge_document, model_at};
use crate::diagnostic::Diagnostic;
use crate::json::patch::{Operation, Target};
use crate::rule::{JsonTemplate, PatchStep, Rule, Verb};
use crate::yaml::Node;

use super::survey::Survey;

/// All of a rule set's.
pub(super) fn check(survey: &Survey<'_>, problems: &mut Vec<Diagnostic>) {
    rules(survey, &survey.set.pre_cloud_init_iso, problems);
}

/// Steps nest as deep as compiling allows.
fn rules(survey: &Survey<'_>, rules_of_set: &[Rule], problems: &mut Vec<Diagnostic>) {
    for rule in rules_of_set {
        match &rule.verb {
            Verb::Steps(steps) => rules(survey, steps, problems),
            Verb::MergeJson { patch, .. } => merged(survey, rule, patch, problems),
            Verb::Patch(steps) => steps.iter().for_each(|step| patched(survey, rule, step, problems)),
            _ => {}
        }
    }
}

fn merged(survey: &Survey<'_>, rule: &Rule, patch: &JsonTemplate, problems: &mut Vec<Diagnostic>) {
    let Some(kind) = rule.document else { return };
    let Some(node) = survey.written.at(&rule.location).and_then(|rule| rule.get("merge")) else { return };
    let findings = judge_document(kind, Given::Template(patch), Whole::No);
    problems.extend(findings.iter().filter_map(|finding| warning(survey, rule, node, finding, &[])));
}

/// An operation with a JSON Pointer; what a query selects depends on the document.
fn patched(survey: &Survey<'_>, rule: &Rule, step: &PatchStep, problems: &mut Vec<Diagnostic>) {
    let (Operation::Add { path: Target::Pointer(path), .. } | Operation::Replace { path: Target::Pointer(path), .. }) =
        &step.operation
    else {
        return;
    };
    let (Some(kind), Some(node)) = (rule.document, survey.written.at(&step.location)) else { return };
    let place: Vec<&str> = path.tokens().iter().map(String::as_str).collect();
    match model_at(kind, &place) {
        Ok(Some(model)) => {
            let (Some(value), Some(written)) = (&step.value, node.get("value")) else { return };
            let findings = judge(model, Given::Template(value), Whole::No);
            problems.extend(findings.iter().filter_map(|finding| warning(survey, rule, written, finding, &place)));
        }
        // What is not there cannot be replaced, so only `add` brings a key in.
        Err(finding) if matches!(step.operation, Operation::Add { .. }) => {
            let Some(path) = node.get("path") else { return };
            let warning = Diagnostic::warning(finding.code(), finding.message(kind.as_str()));
            problems.push(warning.at(survey.written.place(path)).rule(&*rule.label).help(finding.help(None)));
        }
        _ => {}
    }
}

/// The warning about a value below `node`, which comes to stand at `above`.
fn warning(survey: &Survey<'_>, rule: &Rule, node: &Node, finding: &Finding<'_>, above: &[&str]) -> Option<Diagnostic> {
    let kind = rule.document?;
    let (key, value) = find(node, &finding.path)?;
    let is_about_key = matches!(finding.what, What::UnknownKey(_));
    let place = if is_about_key { key.unwrap_or(value) } else { value };
    let path = above.iter().map(|name| Step::Key(name)).chain(finding.path.iter().copied()).collect();
    let message = Finding { path, what: finding.what }.message(kind.as_str());
    let warning = Diagnostic::warning(finding.code(), message).at(survey.written.place(place)).rule(&*rule.label);
    let mut warning = warning.help(finding.help(value.text()));
    if let (Some(near), Some(wrong)) = (finding.nearest_key(), place.text()) {
        warning.suggest(wrong, near);
    }
    Some(warning)
}

/// The value at a path, and its key where it has one.
fn find<'n>(node: &'n Node, path: &[Step<'_>]) -> Option<(Option<&'n Node>, &'n Node)> {
    let mut found = (None, node);
    for step in path {
        found = match step {
            Step::Key(name) => {
                let (key, value) = found.1.entries()?.iter().find(|(key, _)| key.text() == Some(name))?;
                (Some(key), value)
            }
            Step::Item(index) => (None, found.1.items()?.get(*index)?),
        };
    }
    Some(found)
}

/// A value of a rule. What a hole gives is not known, and `null` takes out.
#[derive(Clone, Copy)]
enum Given<'r> {
    Template(&'r JsonTemplate),
    Constant(&'r Json),
}

impl<'r> Viewed<'r> for Given<'r> {
    fn view(self) -> View<'r, Self> {
        let json = match self {
            Self::Template(JsonTemplate::Constant(json)) | Self::Constant(json) => json,
            Self::Template(JsonTemplate::Text(_)) => return View::Anything,
            Self::Template(JsonTemplate::List(items)) => return View::List(items.iter().map(Self::Template).collect()),
            Self::Template(JsonTemplate::Object(members)) => {
                return View::Map(members.iter().map(|(name, value)| (name.as_str(), Self::Template(value))).collect());
            }
        };
        match json.view() {
            View::Anything | View::Null => View::Anything,
            View::Boolean => View::Boolean,
            View::Integer(number) => View::Integer(number),
            View::Number => View::Number,
            View::Text(text) => View::Text(text),
            View::List(items) => View::List(items.into_iter().map(Self::Constant).collect()),
            View::Map(members) => {
                View::Map(members.into_iter().map(|(name, value)| (name, Self::Constant(value))).collect())
            }
        }
    }
}
