//! Applying rule sets to a domain or to cloud-init data: all of it, or nothing.

mod again;
mod bindings;
mod checks;
mod cloud_init;
mod domain;
#[cfg(feature = "cli")]
mod evaluate;
mod fill;
mod forest;
mod makers;
mod note;
mod params;
mod pool;
mod run;
mod secrets;
mod trace;
mod vmi;

pub use again::{apply_again, judge_again};
#[cfg(feature = "cli")]
pub use evaluate::{Answer, Subject, evaluate};
pub use params::{FILE_LIMIT, FILES_FOLDER, Nowhere, Surroundings};
pub use secrets::{MASK, Secrets};
pub use trace::{Detail, EVENTS, Event, Origin, RuleTrace, SetTrace, What};

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::cloud_init::Envelope;
use crate::diagnostic::Diagnostic;
use crate::rule::{Hook, RuleSet};
use crate::source::Source;
use crate::xml::Document;

use cloud_init::Cloud;
use forest::Forest;
use run::Run;
use vmi::Vmi;

/// What a call gets beside the document.
pub struct Inputs<'a> {
    /// The VirtualMachineInstance as JSON; empty for none.
    pub vmi: &'a [u8],
    /// The environment and files that params may read.
    pub surroundings: &'a dyn Surroundings,
    /// Values for packs' params, by pack and param; they come before the param's source.
    pub given: &'a BTreeMap<(String, String), String>,
    /// How much is noted of what rules did.
    pub detail: Detail,
    /// How much a call may use.
    pub limits: Limits,
}

/// How much a call may use. Running into one ends the hook; no rule can ignore it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Nodes visited and the like.
    pub steps: u64,
    /// Bytes of text built.
    pub bytes: u64,
    /// Nodes created.
    pub nodes: usize,
}

impl Default for Limits {
    /// As the rule language promises: 10 million steps, 16 MiB, 100,000 nodes.
    fn default() -> Self {
        Self { steps: 10_000_000, bytes: 16 << 20, nodes: 100_000 }
    }
}

/// What was done, whether it came to an end or not.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The rule sets in the order they ran.
    pub sets: Vec<SetTrace>,
    /// What rules warned of, and problems that they passed over.
    pub warnings: Vec<Diagnostic>,
    /// What may not be shown.
    pub secrets: Secrets,
    /// How many of the steps of [`Limits`] it took; all of them where they ran out.
    pub steps: u64,
}

/// A result.
#[derive(Debug)]
pub struct Outcome<T> {
    /// The changed document; what came in where nothing changed.
    pub result: T,
    /// What was done.
    pub report: Report,
}

/// Why there is no result. Nothing was applied.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong.
    pub problem: Box<Diagnostic>,
    /// What was done until then.
    pub report: Report,
}

/// What `preCloudInitIso` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudInitResult {
    /// `cloudInitData`
    pub data: Vec<u8>,
    /// `cloudInitNoCloudSource`
    pub no_cloud_source: Vec<u8>,
}

/// Applies the rules of `onDefineDomain`, set by set, to a libvirt domain.
///
/// # Errors
/// The first problem of the domain, a param, a rule or a check of the result; then nothing is applied.
pub fn apply_to_domain<'r, 'd>(
    sets: impl IntoIterator<Item = &'r RuleSet>,
    domain: &'d [u8],
    inputs: &Inputs<'_>,
) -> Result<Outcome<Cow<'d, str>>, Failure> {
    apply_to_document(sets, parse_domain(domain)?, inputs)
}

/// Parses a domain as a call sends it.
///
/// # Errors
/// `xml-syntax` and its kin, at their place in the domain.
pub fn parse_domain(domain: &[u8]) -> Result<Document<'_>, Failure> {
    Document::parse_bytes(domain).map_err(|error| {
        let source = Source::new("domain", String::from_utf8_lossy(domain));
        Failure { problem: Box::new(error.diagnostic(&source, 0)), report: Report::default() }
    })
}

/// As [`apply_to_domain`], of a domain that [`parse_domain`] read and nobody edited.
///
/// # Errors
/// The first problem of a param, a rule or a check of the result; then nothing is applied.
pub fn apply_to_document<'r, 'd>(
    sets: impl IntoIterator<Item = &'r RuleSet>,
    domain: Document<'d>,
    inputs: &Inputs<'_>,
) -> Result<Outcome<Cow<'d, str>>, Failure> {
    let (forest, _, report) = apply(sets, Hook::OnDefineDomain, Forest::new(domain), None, inputs)?;
    Ok(Outcome { result: forest.xml.write(), report })
}

/// Applies the rules of `preCloudInitIso` to KubeVirt's `cloudInitData` (and the older
/// `cloudInitNoCloudSource`), both JSON.
///
/// # Errors
/// As [`apply_to_domain`].
pub fn apply_to_cloud_init<'r>(
    sets: impl IntoIterator<Item = &'r RuleSet>,
    data: &[u8],
    no_cloud_source: &[u8],
    inputs: &Inputs<'_>,
) -> Result<Outcome<CloudInitResult>, Failure> {
    let wrong = |problem| Failure { problem, report: Report::default() };
    let envelope = Envelope::parse(data, no_cloud_source).map_err(wrong)?;
    let nothing = Document::parse("<nothing/>")
        .map_err(|error| wrong(Box::new(Diagnostic::error(crate::diagnostic::Code::Internal, error.message))))?;
    let (_, cloud, mut report) =
        apply(sets, Hook::PreCloudInitIso, Forest::new(nothing), Some(Cloud::new(envelope)), inputs)?;
    report.warnings.extend(cloud.as_ref().map(Cloud::new_problems).unwrap_or_default());
    let (data, no_cloud_source) = cloud.map(Cloud::finish).unwrap_or_default();
    Ok(Outcome { result: CloudInitResult { data, no_cloud_source }, report })
}

type Applied<'d> = (Forest<'d>, Option<Cloud>, Report);

/// First the params of every set, from the document as it arrived; then the rules.
fn apply<'r, 'd>(
    sets: impl IntoIterator<Item = &'r RuleSet>,
    hook: Hook,
    forest: Forest<'d>,
    cloud: Option<Cloud>,
    inputs: &Inputs<'_>,
) -> Result<Applied<'d>, Failure> {
    let vmi = Vmi::new(inputs.vmi);
    let mut run: Run<'r, 'd> = Run::new(forest, cloud, &inputs.limits, inputs.detail);
    let mut bound = Vec::new();
    for set in sets {
        let off = params::bind(&mut run, set, inputs, &vmi, hook);
        let bindings = std::mem::take(&mut run.bindings);
        match off {
            Ok(off) => bound.push((set, off, bindings)),
            Err(problem) => return Err(run.fail(problem)),
        }
    }
    for (set, off, bindings) in &mut bound {
        let (set, off): (&'r RuleSet, _) = (*set, *off);
        run.bindings = std::mem::take(bindings);
        let skipped = off.map(|when| {
            let values = run.values_of(when);
            format!("`spec.when: {}` is false{values}", when.xpath.text())
        });
        run.begin_set(set, hook, skipped);
        if off.is_none()
            && let Err(problem) = run.set(set, hook)
        {
            return Err(run.fail(problem));
        }
    }
    if hook == Hook::OnDefineDomain {
        let ran = bound.iter().filter(|(_, off, _)| off.is_none()).map(|(set, ..)| *set);
        if let Err(problem) = checks::judge(&mut run, ran) {
            return Err(run.fail(problem));
        }
    }
    Ok(run.report())
}
