//! Keys and values in rules for cloud-init data that cloud-init does not know: it warns in the guest's log, where nobody
//! looks, and goes on without them.

use serde_json::Value as Json;

use crate::cloud_init::DocumentKind;
use crate::cloud_init::schema::{Finding, Step, View, Viewed, What, Whole, judge, judge_document, model_at};
use crate::diagnostic::Diagnostic;
use crate::json::patch::{Operation, Target};
use crate::rule::{JsonTemplate, PatchStep, Rule, Template, Verb};
use crate::source::Location;
use crate::yaml::schema::Schema;
use crate::yaml::{self, Node};

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
            Verb::AddPart { content_type, content } => added(survey, rule, content_type, content, problems),
            _ => {}
        }
    }
}

fn merged(survey: &Survey<'_>, rule: &Rule, patch: &JsonTemplate, problems: &mut Vec<Diagnostic>) {
    let Some(kind) = rule.document else { return };
    let Some(node) = survey.written.at(&rule.location).and_then(|rule| rule.get("merge")) else { return };
    let findings = judge_document(kind, Given::Template(patch), Whole::No);
    let place = |node: &Node| survey.written.place(node);
    problems.extend(findings.iter().filter_map(|finding| warning(rule, kind, node, finding, &[], place)));
}

/// A cloud-config that becomes a part of its own, where no hole leaves open what it says.
fn added(survey: &Survey<'_>, rule: &Rule, content_type: &str, content: &Template, problems: &mut Vec<Diagnostic>) {
    if !content_type.eq_ignore_ascii_case("text/cloud-config") || content.as_constant().is_none() {
        return;
    }
    let written = survey.written.at(&rule.location).and_then(|rule| rule.get("addPart")?.get("content"));
    let Some(inner) = written.map(|node| survey.written.inner(node)) else { return };
    let Ok(documents) = yaml::read(&inner, &yaml::Limits::default()) else { return };
    let [node] = documents.as_slice() else { return };
    let Ok(value) = yaml::to_json(node, Schema::Yaml11, &inner) else { return };
    let kind = DocumentKind::UserData;
    let findings = judge_document(kind, &value, Whole::Yes);
    let place = |node: &Node| Location::new(&inner, node.span.clone());
    problems.extend(findings.iter().filter_map(|finding| warning(rule, kind, node, finding, &[], place)));
}

/// An operation that brings a value to a place that is known before the document is.
fn patched(survey: &Survey<'_>, rule: &Rule, step: &PatchStep, problems: &mut Vec<Diagnostic>) {
    let (Operation::Add { path: target, .. } | Operation::Replace { path: target, .. }) = &step.operation else {
        return;
    };
    let Some(names) = names(target) else { return };
    let (Some(kind), Some(node)) = (rule.document, survey.written.at(&step.location)) else { return };
    match model_at(kind, &names) {
        Ok(Some(model)) => {
            let (Some(value), Some(written)) = (&step.value, node.get("value")) else { return };
            let findings = judge(model, Given::Template(value), Whole::No);
            let place = |node: &Node| survey.written.place(node);
            problems.extend(findings.iter().filter_map(|finding| warning(rule, kind, written, finding, &names, place)));
        }
        // What is not there cannot be replaced, so only `add` brings a key in; and a query selects what is there, up
        // to the name that it ends in.
        Err(finding)
            if matches!(step.operation, Operation::Add { .. })
                && (matches!(target, Target::Pointer(_)) || finding.path.len() == names.len()) =>
        {
            let Some(path) = node.get("path") else { return };
            let warning = Diagnostic::warning(finding.code(), finding.message(kind.as_str()));
            problems.push(warning.at(survey.written.place(path)).rule(&*rule.label).help(finding.help(None)));
        }
        _ => {}
    }
}

/// The names on the way to a target; `None` for what only the document can tell.
fn names(target: &Target) -> Option<Vec<Option<&str>>> {
    match target {
        Target::Pointer(pointer) => Some(pointer.tokens().iter().map(|token| Some(token.as_str())).collect()),
        Target::Query(query) => query.names(),
        Target::Member { parent, name } => {
            let mut names = parent.names()?;
            names.push(Some(name));
            Some(names)
        }
    }
}

/// The warning about a value below `node`, which comes to stand at `above`; `place` says where nodes are.
fn warning(
    rule: &Rule,
    kind: DocumentKind,
    node: &Node,
    finding: &Finding<'_>,
    above: &[Option<&str>],
    place: impl Fn(&Node) -> Location,
) -> Option<Diagnostic> {
    let (key, value) = find(node, &finding.path)?;
    let is_about_key = matches!(finding.what, What::UnknownKey(_));
    let meant = if is_about_key { key.unwrap_or(value) } else { value };
    let above = above.iter().map(|name| name.map_or(Step::Item(0), Step::Key));
    let path = above.chain(finding.path.iter().copied()).collect();
    let message = Finding { path, what: finding.what }.message(kind.as_str());
    let warning = Diagnostic::warning(finding.code(), message).at(place(meant)).rule(&*rule.label);
    let mut warning = warning.help(finding.help(value.text()));
    if let (Some(near), Some(wrong)) = (finding.nearest_key(), meant.text()) {
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
