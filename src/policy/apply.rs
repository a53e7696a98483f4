//! Applying rules under policies.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{self, CloudInitResult, Failure, Inputs, Outcome, Report};
use crate::rule::RuleSet;

use super::Policies;

impl Policies {
    /// As [`engine::apply_to_domain`], within the limits of the policies, and judged by each of them.
    ///
    /// # Errors
    /// As there, and the first thing that a policy refuses; nothing of a rule set can pass it over.
    pub fn apply_to_domain<'r, 'd, S>(
        &self,
        sets: S,
        domain: &'d [u8],
        inputs: &Inputs<'_>,
    ) -> Result<Outcome<Cow<'d, str>>, Failure>
    where
        S: IntoIterator<Item = &'r RuleSet> + Clone,
    {
        if self.is_empty() {
            return engine::apply_to_domain(sets, domain, inputs);
        }
        self.refuse(sets.clone())?;
        let document = engine::parse_domain(domain)?;
        let before = self.look_at(&document).map_err(|problem| failure(vec![*problem], Report::default()))?;
        let text = document.text();
        let inputs = Inputs { limits: self.limits(inputs.limits), ..*inputs };
        let outcome = engine::apply_to_document(sets, document, &inputs)?;
        match before.judge(text, &outcome.result, &outcome.report) {
            Ok(()) => Ok(outcome),
            Err(problems) => Err(failure(problems, outcome.report)),
        }
    }

    /// As [`engine::apply_again`], under policies.
    ///
    /// # Errors
    /// As there, and the first thing that a policy refuses.
    pub fn apply_again<'r, 'd, S>(
        &self,
        sets: S,
        domain: &'d [u8],
        inputs: &Inputs<'_>,
    ) -> Result<Outcome<Cow<'d, str>>, Failure>
    where
        S: IntoIterator<Item = &'r RuleSet> + Clone,
        S::IntoIter: Clone,
    {
        let outcome = self.apply_to_domain(sets.clone(), domain, inputs)?;
        engine::judge_again(sets, domain, outcome, inputs)
    }

    /// As [`engine::apply_to_cloud_init`], within the limits of the policies, and judged by each of them.
    ///
    /// # Errors
    /// As there, and the first thing that a policy refuses.
    pub fn apply_to_cloud_init<'r, S>(
        &self,
        sets: S,
        data: &[u8],
        no_cloud_source: &[u8],
        inputs: &Inputs<'_>,
    ) -> Result<Outcome<CloudInitResult>, Failure>
    where
        S: IntoIterator<Item = &'r RuleSet> + Clone,
    {
        if self.is_empty() {
            return engine::apply_to_cloud_init(sets, data, no_cloud_source, inputs);
        }
        self.refuse(sets.clone())?;
        let inputs = Inputs { limits: self.limits(inputs.limits), ..*inputs };
        let outcome = engine::apply_to_cloud_init(sets, data, no_cloud_source, &inputs)?;
        match self.judge_cloud_init(data, no_cloud_source, &outcome.result) {
            Ok(()) => Ok(outcome),
            Err(problems) => Err(failure(problems, outcome.report)),
        }
    }

    fn refuse<'r>(&self, sets: impl IntoIterator<Item = &'r RuleSet>) -> Result<(), Failure> {
        let problems = self.judge_sets(sets);
        if problems.is_empty() { Ok(()) } else { Err(failure(problems, Report::default())) }
    }
}

/// The first of the problems: a hook tells one.
fn failure(problems: Vec<Diagnostic>, report: Report) -> Failure {
    let first = problems.into_iter().next();
    let problem = first.unwrap_or_else(|| Diagnostic::error(Code::Internal, "a policy refuses and does not say what"));
    Failure { problem: Box::new(problem), report }
}
