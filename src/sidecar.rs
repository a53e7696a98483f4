//! The rules behind the hook server: loaded once, applied at every call.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{self, Detail, Inputs, Limits, Report};
use crate::hook::log::{Field, Level};
use crate::hook::options::{AnnotationRules, Mode};
use crate::hook::{Call, CloudInit, Failure, FailureKind, HookPoint, Hooks, Log, SidecarOptions};
use crate::load;
use crate::packs;
use crate::rule::{self, ANNOTATION_LIMIT, RULES_ANNOTATION, RuleFile, RuleSet, Trust};
use crate::source::Source;
use crate::surroundings::Machine;

/// Where KubeVirt's guides mount a hook's script, and so where rules may come instead.
const MOUNTS: [&str; 3] = ["/usr/bin/onDefineDomain", "/usr/bin/preCloudInitIso", "/etc/virt-patch/rules"];

/// The packs of a sidecar that is given no rules at all: what KubeVirt's own example hook does, so that
/// its manifest works with nothing but the image changed. Without its annotation it does nothing.
const DEFAULT_PACKS: [&str; 1] = ["smbios"];

/// The rules of a sidecar. Wrong ones do not stop it: each hook then answers with what is wrong.
pub struct Sidecar {
    sets: Vec<RuleSet>,
    problems: Vec<Diagnostic>,
    given: BTreeMap<(String, String), String>,
    mode: Mode,
    annotation_rules: AnnotationRules,
    offers_cloud_init: bool,
    log: Arc<Log>,
}

impl Sidecar {
    /// Loads what the arguments name: packs, `--rules`, then what is mounted.
    pub fn new(options: &SidecarOptions, log: Arc<Log>) -> Self {
        Self::with_mounts(options, &MOUNTS.map(PathBuf::from), log)
    }

    /// As [`Sidecar::new`], with other places for mounted rules; those that are not there are passed over.
    pub fn with_mounts(options: &SidecarOptions, mounts: &[PathBuf], log: Arc<Log>) -> Self {
        let mut problems = options.problems.clone();
        let mut files = Vec::new();
        let mounted = mounts.iter().filter(|path| path.exists()).filter(|path| !is_empty_folder(path));
        let paths: Vec<PathBuf> = options.rules.iter().chain(mounted).cloned().collect();
        let nothing_given = options.packs.is_empty() && paths.is_empty();
        let fallback = if nothing_given { DEFAULT_PACKS.as_slice() } else { &[] };
        for name in options.packs.iter().map(String::as_str).chain(fallback.iter().copied()) {
            match packs::rule_file(name) {
                Ok(file) => files.push(file),
                Err(problem) => problems.push(problem),
            }
        }
        let (mut loaded, mut unreadable) = load::rule_files(&paths);
        files.append(&mut loaded);
        problems.append(&mut unreadable);
        let sets = rule::compile(&files).unwrap_or_else(|mut wrong| {
            problems.append(&mut wrong);
            Vec::new()
        });
        problems.extend(packs::unknown_params(&sets, &options.params));
        let rules_for_cloud_init = sets.iter().any(|set| !set.pre_cloud_init_iso.is_empty());
        let sidecar = Self {
            problems,
            given: options
                .params
                .iter()
                .map(|(pack, param, value)| ((pack.clone(), param.clone()), value.clone()))
                .collect(),
            mode: options.mode,
            annotation_rules: options.annotation_rules,
            offers_cloud_init: rules_for_cloud_init || options.hook_points.contains(&HookPoint::PreCloudInitIso),
            sets,
            log,
        };
        sidecar.log_loaded(files.len());
        sidecar
    }

    fn log_loaded(&self, files: usize) {
        let rules: usize = self.sets.iter().map(|set| set.on_define_domain.len() + set.pre_cloud_init_iso.len()).sum();
        let mode = match self.mode {
            Mode::Enforce => "Enforce",
            Mode::Audit => "Audit",
        };
        let fields: [(&str, Field<'_>); 5] = [
            ("files", count(files)),
            ("rule_sets", count(self.sets.len())),
            ("rules", count(rules)),
            ("problems", count(self.problems.len())),
            ("mode", mode.into()),
        ];
        self.log.event(Level::Info, "rules loaded", &fields);
        for problem in &self.problems {
            self.log.event(Level::Error, "rules are wrong", &[("problem", problem.to_string().as_str().into())]);
        }
    }

    /// The VMI's own rule sets, which run after those that were loaded; or why there are no rules at all.
    fn own_sets(&self, vmi: &[u8]) -> Result<Vec<RuleSet>, Vec<Diagnostic>> {
        if !self.problems.is_empty() {
            return Err(self.problems.clone());
        }
        let Some(text) = rules_annotation(vmi) else { return Ok(Vec::new()) };
        if self.annotation_rules == AnnotationRules::Deny {
            let message = format!("the VM carries rules in `{RULES_ANNOTATION}`, and this sidecar does not allow them");
            let help = "take the annotation off, or ask the administrator for `--annotation-rules Allow`";
            return Err(vec![Diagnostic::error(Code::AnnotationRules, message).help(help)]);
        }
        if text.len() > ANNOTATION_LIMIT {
            let message = format!("the annotation `{RULES_ANNOTATION}` has more than {ANNOTATION_LIMIT} bytes");
            return Err(vec![Diagnostic::error(Code::YamlLimit, message)]);
        }
        let source = Source::new(format!("annotation {RULES_ANNOTATION}"), text);
        let own = rule::compile(&[RuleFile { source, trust: Trust::Annotation, pack: None }])?;
        if let Some(set) = own.iter().find(|set| !set.pre_cloud_init_iso.is_empty())
            && !self.offers_cloud_init
        {
            let message = format!(
                "the rule set `{}` has rules for preCloudInitIso, which this sidecar did not announce",
                set.name
            );
            let help = "give the sidecar the argument `--hook-points PreCloudInitIso`";
            return Err(vec![Diagnostic::error(Code::HookNotOffered, message).at(set.location.clone()).help(help)]);
        }
        Ok(own)
    }

    fn inputs<'a>(&'a self, vmi: &'a [u8]) -> Inputs<'a> {
        Inputs { vmi, surroundings: &Machine, given: &self.given, detail: Detail::Counts, limits: Limits::default() }
    }

    /// Says what each rule did.
    fn log_report(&self, report: &Report, call: &Call) {
        for set in &report.sets {
            if let Some(reason) = &set.skipped {
                let fields: [(&str, Field<'_>); 3] = [
                    ("call", Field::from(call.id)),
                    ("rule_set", set.name.as_str().into()),
                    ("reason", reason.as_str().into()),
                ];
                self.log.event(Level::Info, "rule set skipped", &fields);
                continue;
            }
            for rule in &set.rules {
                let reason = rule.reason.as_deref().unwrap_or_default();
                let place = rule.location.to_string();
                let mut fields: Vec<(&str, Field<'_>)> = vec![
                    ("call", Field::from(call.id)),
                    ("rule_set", set.name.as_str().into()),
                    ("rule", (&*rule.label).into()),
                    ("at", place.as_str().into()),
                    ("rounds", count(rule.rounds)),
                    ("matched", count(rule.matched)),
                    ("changed", count(rule.changed)),
                    ("skipped", count(rule.skipped)),
                ];
                if !reason.is_empty() {
                    fields.push(("reason", reason.into()));
                }
                self.log.event(Level::Info, "rule", &fields);
            }
        }
        for warning in &report.warnings {
            let text = warning.to_string();
            let fields: [(&str, Field<'_>); 2] = [("call", Field::from(call.id)), ("warning", text.as_str().into())];
            self.log.event(Level::Warning, "warning", &fields);
        }
    }

    /// A failed call: what was done until then is logged, and the user told. In audit mode it is only logged.
    fn failed(&self, problems: &[Diagnostic], call: &Call) -> Failure {
        for problem in problems {
            let text = problem.to_string();
            let fields: [(&str, Field<'_>); 2] = [("call", Field::from(call.id)), ("problem", text.as_str().into())];
            self.log.event(Level::Error, "hook failed", &fields);
        }
        Failure::of(kind(problems), problems)
    }
}

impl Hooks for Sidecar {
    fn offers_cloud_init(&self) -> bool {
        self.offers_cloud_init
    }

    fn on_define_domain(&self, domain: &[u8], vmi: &[u8], call: &Call) -> Result<Vec<u8>, Failure> {
        let done = self.own_sets(vmi).map_err(|problems| self.failed(&problems, call)).and_then(|own| {
            match engine::apply_to_domain(self.sets.iter().chain(&own), domain, &self.inputs(vmi)) {
                Ok(outcome) => {
                    self.log_report(&outcome.report, call);
                    Ok(outcome.result.into_owned().into_bytes())
                }
                Err(failure) => {
                    self.log_report(&failure.report, call);
                    Err(self.failed(&[*failure.problem], call))
                }
            }
        });
        match self.mode {
            Mode::Enforce => done,
            Mode::Audit => Ok(domain.to_vec()),
        }
    }

    fn pre_cloud_init_iso(&self, data: &[u8], source: &[u8], vmi: &[u8], call: &Call) -> Result<CloudInit, Failure> {
        let done = self.own_sets(vmi).map_err(|problems| self.failed(&problems, call)).and_then(|own| {
            match engine::apply_to_cloud_init(self.sets.iter().chain(&own), data, source, &self.inputs(vmi)) {
                Ok(outcome) => {
                    self.log_report(&outcome.report, call);
                    Ok(CloudInit { data: outcome.result.data, no_cloud_source: outcome.result.no_cloud_source })
                }
                Err(failure) => {
                    self.log_report(&failure.report, call);
                    Err(self.failed(&[*failure.problem], call))
                }
            }
        });
        match self.mode {
            Mode::Enforce => done,
            Mode::Audit => Ok(CloudInit { data: data.to_vec(), no_cloud_source: source.to_vec() }),
        }
    }
}

/// The VMI's own rules. Only a VMI that names the annotation is looked into; one that is no JSON is
/// the engine's to refuse, where a rule reads it.
fn rules_annotation(vmi: &[u8]) -> Option<String> {
    memchr::memmem::find(vmi, RULES_ANNOTATION.as_bytes())?;
    let vmi: Json = serde_json::from_slice(vmi).ok()?;
    let text = vmi.get("metadata")?.get("annotations")?.get(RULES_ANNOTATION)?.as_str()?;
    Some(text.to_owned())
}

/// A mount without rules in it is no mistake of the user's.
fn is_empty_folder(path: &Path) -> bool {
    path.is_dir() && std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Whose fault it is.
fn kind(problems: &[Diagnostic]) -> FailureKind {
    match problems.first().map(|problem| problem.code) {
        Some(
            Code::XmlSyntax
            | Code::XmlLimit
            | Code::XmlEncoding
            | Code::XmlDoctype
            | Code::VmiSyntax
            | Code::CloudInitSyntax,
        ) => FailureKind::InvalidInput,
        Some(Code::Limit) => FailureKind::Limit,
        Some(Code::Internal) => FailureKind::Internal,
        _ => FailureKind::RuleError,
    }
}

fn count(number: usize) -> Field<'static> {
    Field::from(number as u64)
}
