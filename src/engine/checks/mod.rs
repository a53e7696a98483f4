//! Checks of the result: what would crash virt-launcher, be refused by libvirt, or be dropped by it in silence,
//! and was not so in the input.
//!
//! Only what edits touched is looked at, and the input is parsed again only where something was found.

mod devices;
mod names;

use std::cell::OnceCell;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity};
use crate::rule::{Level, ResultCheck, RuleSet, strictest};
use crate::xml::{Document, NodeId};

use super::run::{Result, Run};
use super::trace::RuleTrace;

/// Something that is wrong with the result.
struct Finding {
    check: ResultCheck,
    /// What is wrong.
    message: String,
    /// What to do.
    help: String,
    /// The node that is shown.
    at: NodeId,
    /// The node whose maker is to blame: `at`, or something in it.
    by: NodeId,
}

/// The domain as it came.
struct Before<'i> {
    text: &'i str,
    parsed: OnceCell<Option<Document<'i>>>,
}

impl<'i> Before<'i> {
    /// It was parsed once already, so that it can be parsed is known.
    fn document(&self) -> Option<&Document<'i>> {
        self.parsed.get_or_init(|| Document::parse(self.text).ok()).as_ref()
    }
}

/// Checks the domain as rules have left it, by the levels of the rule sets that ran.
///
/// # Errors
/// The first finding of a check whose level is `Error`; those of level `Warn` become warnings.
pub(super) fn judge<'s>(run: &mut Run<'_, '_>, sets: impl Iterator<Item = &'s RuleSet> + Clone) -> Result<()> {
    let xml = &run.forest.xml;
    if !xml.is_touched(xml.root_element()) {
        return Ok(());
    }
    let before = Before { text: xml.text(), parsed: OnceCell::new() };
    let mut found = devices::check(xml, &before);
    found.append(&mut names::check(xml, &before));
    for finding in found {
        let problem = match strictest(sets.clone(), finding.check) {
            Level::Off => continue,
            Level::Warn => Diagnostic::warning(finding.check.code(), finding.message.as_str()),
            Level::Error => Diagnostic::error(finding.check.code(), finding.message.as_str()),
        };
        let path = run.forest.xml.node_path(finding.at);
        let mut problem = problem.help(finding.help.as_str());
        if let Some(rule) = culprit(run, &finding, &path) {
            problem = problem.rule(&*rule.label).at(rule.location.clone());
        }
        let problem = problem.path(path);
        match problem.severity {
            Severity::Error => return Err(Box::new(problem)),
            Severity::Warning => run.warn(problem),
        }
    }
    Ok(())
}

/// The rule that made the node, else the last one that told of a change there.
fn culprit<'t>(run: &'t Run<'_, '_>, finding: &Finding, path: &str) -> Option<&'t RuleTrace> {
    let mut rules = run.trace.iter().flat_map(|set| &set.rules);
    if let Some(label) = run.makers.of(finding.by) {
        return rules.find(|rule| Arc::ptr_eq(&rule.label, label));
    }
    let is_there = |told: &str| told.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    rules.rfind(|rule| rule.changed > 0 && rule.events.iter().any(|event| is_there(&event.path)))
}
