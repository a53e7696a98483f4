//! Diagnostics and traces for programs.

use serde_json::{Map, Value, json};

use super::explain::State;
use super::masked;
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::{Event, Origin, Report, RuleTrace, Secrets, SetTrace};
use crate::source::Location;

/// A diagnostic: `code`, `severity`, `message`, and where known `file`, `line`, `column` (of the
/// start, both from 1, columns in characters), `rule`, `path`, `help`, `related`, `fix` (what to put
/// in place of what stands from `line` and `column` to before `endLine` and `endColumn`: `text`).
pub fn diagnostic(problem: &Diagnostic) -> Value {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut members = Map::new();
    members.insert("code".into(), problem.code.as_str().into());
    members.insert("severity".into(), severity.into());
    members.insert("message".into(), problem.message.as_str().into());
    if let Some(at) = &problem.at {
        place(&mut members, at);
    }
    for (name, text) in [("rule", &problem.rule), ("path", &problem.path), ("help", &problem.help)] {
        if let Some(text) = text {
            members.insert(name.into(), text.as_str().into());
        }
    }
    if !problem.related.is_empty() {
        let related = problem.related.iter().map(|(at, what)| {
            let mut members = Map::new();
            place(&mut members, at);
            members.insert("message".into(), what.as_str().into());
            Value::Object(members)
        });
        members.insert("related".into(), related.collect());
    }
    if let Some(fix) = &problem.fix {
        let mut edit = Map::new();
        place(&mut edit, &fix.at);
        let end = fix.at.end_position();
        edit.insert("endLine".into(), end.line.into());
        edit.insert("endColumn".into(), end.column.into());
        edit.insert("text".into(), fix.text.as_str().into());
        members.insert("fix".into(), Value::Object(edit));
    }
    Value::Object(members)
}

/// Every diagnostic, as a list.
pub fn diagnostics(problems: &[Diagnostic]) -> Value {
    problems.iter().map(diagnostic).collect()
}

/// The rules in the order they ran, steps after the rule that holds them: `ruleSet`, `rule`, `file`,
/// `line`, `column`, `depth` (of how many rules it is a step), `state` (`changed`, `unchanged`,
/// `skipped`, `ignored`, `not reached`), the counts `rounds`, `matched`, `changed`, `skipped`, and
/// where known `reason`, `ignored` (a diagnostic), `events`.
pub fn rules(report: &Report) -> Value {
    let rules = report.sets.iter().flat_map(|set| set.rules.iter().map(move |trace| rule(set, trace, &report.secrets)));
    rules.collect()
}

fn rule(set: &SetTrace, trace: &RuleTrace, secrets: &Secrets) -> Value {
    let mut members = Map::new();
    members.insert("ruleSet".into(), set.name.as_str().into());
    members.insert("rule".into(), (*trace.label).into());
    place(&mut members, &trace.location);
    members.insert("depth".into(), trace.depth.into());
    members.insert("state".into(), State::of(set, trace).as_str().into());
    for (name, count) in
        [("rounds", trace.rounds), ("matched", trace.matched), ("changed", trace.changed), ("skipped", trace.skipped)]
    {
        members.insert(name.into(), count.into());
    }
    if let Some(reason) = trace.reason.as_ref().or(set.skipped.as_ref()) {
        members.insert("reason".into(), secrets.mask_within(reason).into());
    }
    if let Some(problem) = &trace.ignored {
        members.insert("ignored".into(), diagnostic(&masked(problem, secrets)));
    }
    let events = trace.events.iter().map(|happened| event(happened, secrets));
    members.insert("events".into(), events.collect());
    Value::Object(members)
}

/// `what`, `path`, `detail`; in loops `rounds` (of each one, the outermost first, from 1); where known the
/// node's `line` and `column` in the input, or `madeBy`: the earlier rule that made it.
fn event(event: &Event, secrets: &Secrets) -> Value {
    let mut value = json!({
        "what": event.what.as_str(),
        "path": secrets.mask_within(&event.path),
        "detail": secrets.mask_within(&event.detail),
    });
    match &event.origin {
        Some(Origin::Input(position)) => {
            value["line"] = position.line.into();
            value["column"] = position.column.into();
        }
        Some(Origin::Rule(label)) => value["madeBy"] = (**label).into(),
        None => {}
    }
    if !event.rounds.is_empty() {
        value["rounds"] = event.rounds.as_slice().into();
    }
    value
}

fn place(members: &mut Map<String, Value>, at: &Location) {
    let outermost = at.outermost();
    let position = outermost.position();
    members.insert("file".into(), outermost.source.name().into());
    members.insert("line".into(), position.line.into());
    members.insert("column".into(), position.column.into());
}
