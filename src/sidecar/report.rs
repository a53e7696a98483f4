//! What the sidecar's log says of rules: per call and rule what was matched and changed, and where; never a
//! value of the document, and never a secret.

use crate::diagnostic::Diagnostic;
use crate::engine::{Report, RuleTrace};
use crate::hook::log::{Field, Level};
use crate::hook::{Call, Log};

/// Says what each rule did.
pub(super) fn rules(log: &Log, report: &Report, call: &Call) {
    for set in &report.sets {
        if let Some(reason) = &set.skipped {
            let fields: [(&str, Field<'_>); 3] = [
                ("call", Field::from(call.id)),
                ("rule_set", set.name.as_str().into()),
                ("reason", reason.as_str().into()),
            ];
            log.event(Level::Info, "rule set skipped", &fields);
            continue;
        }
        set.rules.iter().for_each(|rule| one(log, &set.name, rule, call));
    }
    for warning in &report.warnings {
        let text = warning.to_string();
        let fields: [(&str, Field<'_>); 2] = [("call", Field::from(call.id)), ("warning", text.as_str().into())];
        log.event(Level::Warning, "warning", &fields);
    }
}

fn one(log: &Log, set: &str, rule: &RuleTrace, call: &Call) {
    let place = rule.location.to_string();
    let somewhere = rule.events.iter().filter(|event| !event.path.is_empty());
    let did: Vec<String> = somewhere.map(|event| format!("{} {}", event.what.as_str(), event.path)).collect();
    let did = did.join("; ");
    let mut fields: Vec<(&str, Field<'_>)> = vec![
        ("call", Field::from(call.id)),
        ("rule_set", set.into()),
        ("rule", (&*rule.label).into()),
        ("at", place.as_str().into()),
        ("rounds", count(rule.rounds)),
        ("matched", count(rule.matched)),
        ("changed", count(rule.changed)),
        ("skipped", count(rule.skipped)),
    ];
    if !did.is_empty() {
        fields.push(("did", did.as_str().into()));
    }
    if let Some(reason) = &rule.reason {
        fields.push(("reason", reason.as_str().into()));
    }
    log.event(Level::Info, "rule", &fields);
}

/// Says everything that is wrong, a line each.
pub(super) fn problems(log: &Log, problems: &[Diagnostic], call: Option<&Call>) {
    for problem in problems {
        let text = problem.to_string();
        let mut fields: Vec<(&str, Field<'_>)> = vec![("problem", text.as_str().into())];
        if let Some(call) = call {
            fields.insert(0, ("call", Field::from(call.id)));
        }
        log.event(Level::Error, "problem", &fields);
    }
}

/// A number in a log line.
pub(super) fn count(number: usize) -> Field<'static> {
    Field::from(number as u64)
}
