//! Running cases: the calls of each, and what they are held to.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::engine::{Detail, Failure, Inputs, Limits};
use crate::rule::{self, RuleFile, RuleSet};
use crate::second_call;
use crate::source::{Location, Source};

use super::outcome::{Answer, Applied, Call, Mismatch, Outcome, Refused};
use super::{Case, Document, Expected, RuleTest, SecondCall, judge, whole};

/// The rules of a test, compiled once for all its cases.
pub struct Runner<'t> {
    test: &'t RuleTest,
    sets: Result<Vec<RuleSet>, Vec<Diagnostic>>,
}

impl<'t> Runner<'t> {
    /// Compiles the rules of a test. Where they are wrong, its cases say so.
    pub fn new(test: &'t RuleTest) -> Self {
        Self { test, sets: rule::compile(&test.rules) }
    }

    /// Runs a case.
    pub fn run(&self, case: &Case) -> Outcome {
        let with_annotation;
        let sets = match case.vmi.as_ref().and_then(|vmi| vmi.rules.clone()) {
            Some(annotation) => {
                let files: Vec<RuleFile> = self.test.rules.iter().cloned().chain([annotation]).collect();
                with_annotation = rule::compile(&files);
                &with_annotation
            }
            None => &self.sets,
        };
        let first = match sets {
            Ok(sets) => self.apply(sets, case, case.document.text().source.text().as_bytes()),
            Err(problems) => Err(problems.clone().into()),
        };
        let mut mismatches = judge::all(case, Call::First, &first);
        if let (Ok(first), Ok(sets)) = (&first, sets) {
            mismatches.extend(self.again(sets, case, first));
            // What the first call lacks already says nothing about the second.
            let is_known = |second: &Mismatch| mismatches.iter().any(|known| known.at.span == second.at.span);
            let mut second = self.second(sets, case);
            second.retain(|mismatch| !is_known(mismatch));
            mismatches.append(&mut second);
        }
        let report = first.map_or_else(|refused| refused.report, |applied| applied.report);
        Outcome { mismatches, report }
    }

    fn apply(&self, sets: &[RuleSet], case: &Case, document: &[u8]) -> Answer {
        let inputs = Inputs {
            vmi: case.vmi.as_ref().map_or(&[], |vmi| &vmi.json),
            surroundings: &case.given,
            given: &self.test.given,
            detail: Detail::Full,
            limits: Limits::default(),
        };
        let done = match case.document {
            Document::Domain(_) => self
                .test
                .policies
                .apply_to_domain(sets, document, &inputs)
                .map(|outcome| (outcome.result.into_owned().into_bytes(), outcome.report)),
            Document::CloudInit(_) => self
                .test
                .policies
                .apply_to_cloud_init(sets, document, b"", &inputs)
                .map(|outcome| (outcome.result.data, outcome.report)),
        };
        let vmi = case.vmi.as_ref().and_then(|vmi| vmi.source.as_ref());
        match done {
            Ok((after, report)) => Ok(Applied { before: document.to_vec(), after, report }),
            Err(failure) => Err(refused(failure, &[("domain", &case.document.text().source)], vmi)),
        }
    }

    /// Twice applied is once applied.
    fn again(&self, sets: &[RuleSet], case: &Case, first: &Applied) -> Option<Mismatch> {
        let mismatch = |message: &str, evidence| {
            Some(Mismatch { call: Call::Again, at: case.location.clone(), message: message.to_owned(), evidence })
        };
        match self.apply(sets, case, &first.after) {
            Ok(again) if again.after == first.after => None,
            Ok(again) => {
                let evidence = judge::difference(["once", "twice"], &first.after, &again.after, &again.report);
                mismatch("the rules change their own result once more", evidence)
            }
            Err(refused) => mismatch("the rules fail on their own result", judge::problems(&refused)),
        }
    }

    /// What the second call of one boot gives.
    fn second(&self, sets: &[RuleSet], case: &Case) -> Vec<Mismatch> {
        let Document::Domain(domain) = &case.document else { return Vec::new() };
        let wrong = |message: &str, refused: &Refused| {
            let (message, evidence) = (message.to_owned(), judge::problems(refused));
            vec![Mismatch { call: Call::Second, at: case.location.clone(), message, evidence }]
        };
        let unread =
            |problem: Diagnostic, what: &str| wrong(&format!("KubeVirt cannot read {what}"), &vec![problem].into());
        match &case.second_call {
            SecondCall::Skip => Vec::new(),
            SecondCall::Given(given) => {
                let second = self.apply(sets, case, given.source.text().as_bytes());
                judge::results(case, Call::Second, &second)
            }
            SecondCall::Simulated => {
                // What KubeVirt sends went through its types already.
                let sent = match second_call::first(domain.source.text()) {
                    Ok(sent) => sent,
                    Err(problem) => {
                        let help = "write `secondCall: Skip`, where the domain is not one of KubeVirt's";
                        return unread(problem.help(help), "the case's domain");
                    }
                };
                let first = match self.apply(sets, case, sent.as_bytes()) {
                    Ok(first) => first,
                    Err(refused) => return wrong("the rules fail on the domain as KubeVirt writes it", &refused),
                };
                let answer = String::from_utf8_lossy(&first.after);
                let sent = match second_call::domain(&sent, &answer) {
                    Ok(sent) => sent,
                    Err(problem) => return unread(*problem, "the rules' result"),
                };
                let second = self.apply(sets, case, sent.as_bytes());
                let mut mismatches = judge::results(case, Call::Second, &second);
                mismatches.extend(second.ok().and_then(|second| lost(case, &first, &second)));
                mismatches
            }
        }
    }
}

/// Where a whole result is expected the second call's is held to the first one's, by its meaning.
fn lost(case: &Case, first: &Applied, second: &Applied) -> Option<Mismatch> {
    let is_whole = |expected: &Expected| matches!(expected, Expected::Diff(_) | Expected::Result(_));
    let check = case.checks.iter().find(|check| is_whole(&check.what))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (message, evidence) = match (whole::meaning(&text(&first.after)), whole::meaning(&text(&second.after))) {
        (Ok(first), Ok(second)) if first == second => return None,
        (Ok(a), Ok(b)) => {
            let evidence = judge::difference(["first call", "second call"], a.as_bytes(), b.as_bytes(), &second.report);
            ("the second call of a boot comes to another result than the first", evidence)
        }
        (Err(problem), _) | (_, Err(problem)) => {
            ("KubeVirt cannot read the result", judge::problems(&vec![*problem].into()))
        }
    };
    Some(Mismatch { call: Call::Second, at: check.location.clone(), message: message.to_owned(), evidence })
}

/// The engine does not know what files are called: places in what it was given are told in the files.
fn refused(failure: Failure, files: &[(&str, &Arc<Source>)], vmi: Option<&Arc<Source>>) -> Refused {
    let mut problem = *failure.problem;
    let files = files.iter().copied().chain(vmi.map(|vmi| ("VMI", vmi)));
    if let Some(at) = &problem.at
        && let Some((_, file)) =
            files.into_iter().find(|(name, file)| at.source.name() == *name && at.source.text() == file.text())
    {
        problem.at = Some(Location::new(file, at.span.clone()));
    }
    Refused { problems: vec![problem], report: failure.report }
}
