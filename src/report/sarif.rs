//! Diagnostics in the Static Analysis Results Interchange Format, SARIF 2.1.0 (OASIS), with what GitHub's code
//! scanning asks for beyond it: every result has a location with a region, and its rule a description and help.

use serde_json::{Map, Value, json};

use super::page;
use crate::diagnostic::{Code, Diagnostic, Fix, Severity};
use crate::source::Location;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// GitHub takes no run with more results.
const RESULTS: usize = 25_000;

/// A SARIF log with one run. `path` gives a file's name as the repository knows it, with `/` between folders.
///
/// A problem without a place in a file (one that cannot be read) is no result: it is a notification of the
/// run's invocation (§3.20.21), which then was not successful.
pub fn log(problems: &[Diagnostic], path: impl Fn(&str) -> String) -> Value {
    let writer = Writer { path: &path, rules: rules(problems) };
    let placed = || problems.iter().filter(|problem| problem.at.is_some());
    let results: Vec<Value> = placed().take(RESULTS).filter_map(|problem| writer.result(problem)).collect();
    let mut notifications: Vec<Value> =
        problems.iter().filter(|problem| problem.at.is_none()).map(|problem| writer.notification(problem)).collect();
    let left_out = placed().count() - results.len();
    if left_out > 0 {
        let text = format!("{left_out} more results are left out: GitHub takes {RESULTS} of a run");
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    let is_able = problems.iter().all(|problem| problem.at.is_some() || problem.severity == Severity::Warning);
    let rules: Vec<Value> = writer.rules.iter().copied().map(rule).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": is_able, "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    })
}

/// The codes that occur, sorted: a result names its rule by the index here.
fn rules(problems: &[Diagnostic]) -> Vec<Code> {
    let mut codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A `reportingDescriptor` (§3.49).
fn rule(code: Code) -> Value {
    let page = page::page(code);
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": page::meaning(code) },
        "fullDescription": { "text": page::meaning(code) },
        "help": { "text": page, "markdown": page },
    })
}

struct Writer<'p, P> {
    path: &'p P,
    rules: Vec<Code>,
}

impl<P: Fn(&str) -> String> Writer<'_, P> {
    /// A `result` (§3.27).
    fn result(&self, problem: &Diagnostic) -> Option<Value> {
        let at = problem.at.as_ref()?;
        let mut members = Map::new();
        members.insert("ruleId".into(), problem.code.as_str().into());
        members.insert("ruleIndex".into(), self.rules.binary_search(&problem.code).ok()?.into());
        members.insert("level".into(), level(problem.severity).into());
        members.insert("message".into(), json!({ "text": words(problem) }));
        members.insert("locations".into(), json!([{ "physicalLocation": self.place(at) }]));
        if !problem.related.is_empty() {
            let related = problem.related.iter().zip(1..).map(|((at, what), id): (_, usize)| {
                json!({ "id": id, "physicalLocation": self.place(at), "message": { "text": what } })
            });
            members.insert("relatedLocations".into(), related.collect());
        }
        if let Some(fix) = &problem.fix {
            members.insert("fixes".into(), json!([self.fix(fix)]));
        }
        Some(Value::Object(members))
    }

    /// A `notification` (§3.58).
    fn notification(&self, problem: &Diagnostic) -> Value {
        let index = self.rules.binary_search(&problem.code).unwrap_or_default();
        json!({
            "level": level(problem.severity),
            "message": { "text": words(problem) },
            "associatedRule": { "id": problem.code.as_str(), "index": index },
        })
    }

    /// A `physicalLocation` (§3.29).
    fn place(&self, at: &Location) -> Value {
        json!({ "artifactLocation": self.artifact(at), "region": region(at) })
    }

    /// An `artifactLocation` (§3.4).
    fn artifact(&self, at: &Location) -> Value {
        json!({ "uri": uri(&(self.path)(at.outermost().source.name())) })
    }

    /// A `fix` (§3.55).
    fn fix(&self, fix: &Fix) -> Value {
        let replacement = json!({ "deletedRegion": region(&fix.at), "insertedContent": { "text": fix.text } });
        json!({
            "description": { "text": format!("write `{}`", fix.text) },
            "artifactChanges": [{ "artifactLocation": self.artifact(&fix.at), "replacements": [replacement] }],
        })
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The whole problem in plain words; GitHub shows no more than the first sentence in a list.
fn words(problem: &Diagnostic) -> String {
    let mut words = String::new();
    if let Some(rule) = &problem.rule {
        words += &format!("{rule}: ");
    }
    words += &problem.message;
    if let Some(path) = &problem.path {
        words += &format!(" (at {path})");
    }
    if let Some(help) = &problem.help {
        words += &format!(". Help: {help}");
    }
    words
}

/// A `region` (§3.30). An empty place reaches to its line's end, where a viewer can show it.
fn region(at: &Location) -> Value {
    let (start, end) = (at.position(), at.end_position());
    let mut members = Map::new();
    members.insert("startLine".into(), start.line.into());
    members.insert("startColumn".into(), start.column.into());
    if end > start {
        members.insert("endLine".into(), end.line.into());
        members.insert("endColumn".into(), end.column.into());
    }
    Value::Object(members)
}

/// A path as a URI reference (RFC 3986, 3.3 and 4.2): segments percent-encoded; an absolute path is a `file` URI.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for &byte in path.trim_start_matches("./").as_bytes() {
        // `:` in a first segment would read as a scheme.
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(byte.into());
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}
