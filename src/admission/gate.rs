//! From a verdict to an answer: whom it concerns, and what it costs them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;

use super::review::{Request, Response};
use super::{Criteria, judge};

/// What becomes of an object that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It does not come in.
    #[default]
    Enforce,
    /// It comes in, and its author is warned.
    Warn,
    /// It comes in; the log, the metrics and the API server's audit log know.
    Audit,
}

/// Who is judged, and how strictly.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// What a refusal means.
    pub mode: Mode,
    /// Namespaces whose objects are not judged.
    pub exempt_namespaces: BTreeSet<String>,
    /// Users whose changes are not judged.
    pub exempt_users: BTreeSet<String>,
}

/// What was decided, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// There was nothing to judge.
    Unconcerned,
    /// The namespace or the user is exempt.
    Exempt,
    /// Nothing is wrong.
    Allowed,
    /// Something is wrong, and it was said.
    Warned,
    /// Something is wrong, and it was recorded.
    Audited,
    /// It does not come in.
    Denied,
}

impl Decision {
    /// Every decision.
    pub const ALL: [Self; 6] =
        [Self::Unconcerned, Self::Exempt, Self::Allowed, Self::Warned, Self::Audited, Self::Denied];

    /// The decision as a word for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unconcerned => "unconcerned",
            Self::Exempt => "exempt",
            Self::Allowed => "allowed",
            Self::Warned => "warned",
            Self::Audited => "audited",
            Self::Denied => "denied",
        }
    }
}

/// An answer with what led to it.
#[derive(Debug)]
pub struct Answer {
    /// What the API server gets.
    pub response: Response,
    /// Why.
    pub decision: Decision,
    /// Everything that is wrong with the object.
    pub problems: Vec<Diagnostic>,
}

/// The most problems that a user is shown; the rest is counted.
const SHOWN: usize = 16;
/// The most characters of one of them.
const CHARACTERS: usize = 1000;
/// What the API server's audit log calls the codes, behind the webhook's own name.
const AUDIT_KEY: &str = "problems";

impl Gate {
    /// Answers a request.
    pub fn answer(&self, request: &Request, criteria: &Criteria) -> Answer {
        let uid = &request.uid;
        let is_change = matches!(request.operation.as_str(), "CREATE" | "UPDATE");
        if !is_change || is_being_deleted(request) {
            return Answer { response: Response::allow(uid), decision: Decision::Unconcerned, problems: Vec::new() };
        }
        if self.exempts(request) {
            return Answer { response: Response::allow(uid), decision: Decision::Exempt, problems: Vec::new() };
        }
        let old = Some(&request.old_object).filter(|old| !old.is_null());
        let verdict = judge(&request.object, old, criteria);
        let said = || said(&verdict.problems);
        let (decision, response) = match (verdict.is_allowed(), self.mode) {
            _ if !verdict.is_judged => (Decision::Unconcerned, Response::allow(uid)),
            (true, Mode::Audit) => (Decision::Allowed, Response::allow(uid)),
            (true, _) => (Decision::Allowed, Response { warnings: said(), ..Response::allow(uid) }),
            (false, Mode::Enforce) => (Decision::Denied, Response::forbid(uid, said().join("\n"))),
            (false, Mode::Warn) => (Decision::Warned, Response { warnings: said(), ..Response::allow(uid) }),
            (false, Mode::Audit) => (Decision::Audited, Response::allow(uid)),
        };
        let codes: BTreeSet<&str> = verdict.problems.iter().map(|problem| problem.code.as_str()).collect();
        let codes = codes.into_iter().collect::<Vec<_>>().join(",");
        let audit_annotations = Some((AUDIT_KEY.to_owned(), codes)).filter(|(_, codes)| !codes.is_empty());
        let response = Response { audit_annotations: audit_annotations.into_iter().collect(), ..response };
        Answer { response, decision, problems: verdict.problems }
    }

    fn exempts(&self, request: &Request) -> bool {
        let is_exempt = |name: &String, names: &BTreeSet<String>| !name.is_empty() && names.contains(name);
        is_exempt(&request.namespace, &self.exempt_namespaces)
            || is_exempt(&request.user_info.username, &self.exempt_users)
    }
}

/// Nothing is started from an object that is on its way out, and what still changes is its finalizers.
fn is_being_deleted(request: &Request) -> bool {
    let deleted = |object: &Json| object.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null());
    request.operation == "UPDATE" && deleted(&request.object) && deleted(&request.old_object)
}

/// What a user is shown, a line a problem.
fn said(problems: &[Diagnostic]) -> Vec<String> {
    let mut lines: Vec<String> = problems.iter().take(SHOWN).map(line).collect();
    if let Some(more) = problems.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn line(problem: &Diagnostic) -> String {
    let whole = problem.to_string();
    match whole.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}
