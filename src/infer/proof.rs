//! A proposal is compiled and applied, twice, before anyone sees it.

use std::collections::BTreeMap;

use super::tree::{Id, Tree, difference};
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Detail, Inputs, Limits, Nowhere};
use crate::rule::{self, Checks, RuleFile, RuleSet, Trust};
use crate::source::Source;
use crate::xml::Document;

/// What is wrong with a proposal.
#[derive(Debug)]
pub(super) enum Fault {
    /// This rule, by its number, does not compile or fails.
    Rule(usize),
    /// The result is not the document after: this element of it is the first that is otherwise.
    Element(Id),
    /// It is not known what.
    Unknown,
}

/// Compiles a proposal, without warnings. It is to make the document after, whatever that is like, so nothing is
/// checked in the result.
pub(super) fn compiled(rules: &str) -> Result<Vec<RuleSet>, Vec<Diagnostic>> {
    let file = RuleFile { source: Source::new("proposal", rules), trust: Trust::File, pack: None };
    let mut sets = rule::compile(std::slice::from_ref(&file))?;
    sets.iter_mut().for_each(|set| set.checks = Checks::OFF);
    Ok(sets)
}

/// What a proposal is applied with.
pub(super) fn inputs<'a>(vmi: &'a [u8], given: &'a BTreeMap<(String, String), String>) -> Inputs<'a> {
    Inputs { vmi, surroundings: &Nowhere, given, detail: Detail::Counts, limits: Limits::default() }
}

/// Whether the rules make `after` of `before`, and of their own result nothing else.
pub(super) fn check(rules: &str, before: &str, after: &Tree, vmi: &[u8]) -> Result<(), Fault> {
    let sets = compiled(rules).map_err(|problems| problems.first().map_or(Fault::Unknown, of_rule))?;
    let given = BTreeMap::new();
    let inputs = inputs(vmi, &given);
    let mut domain = before.to_owned();
    for _ in 0..2 {
        let outcome =
            engine::apply_to_domain(&sets, domain.as_bytes(), &inputs).map_err(|failure| of_rule(&failure.problem))?;
        if let Some(warning) = outcome.report.warnings.first() {
            return Err(of_rule(warning));
        }
        let result = outcome.result.into_owned();
        let document = Document::parse(&result).map_err(|_| Fault::Unknown)?;
        if let Some(element) = difference(&Tree::of(&document), after) {
            return Err(Fault::Element(element));
        }
        domain = result;
    }
    Ok(())
}

/// The rule that a problem is of, by its label: `onDefineDomain[2] 'base board'`.
pub(super) fn of_rule(problem: &Diagnostic) -> Fault {
    let number = problem.rule.as_deref().and_then(|label| label.split_once('[')?.1.split_once(']')?.0.parse().ok());
    number.map_or(Fault::Unknown, Fault::Rule)
}
