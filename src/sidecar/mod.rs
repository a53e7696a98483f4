//! The rules behind the hook server: loaded once, applied at every call.

mod files;
mod report;
mod rules;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{self, CloudInitResult, Detail, Inputs, Limits, Outcome};
use crate::hook::log::{Field, Level};
use crate::hook::options::{AnnotationRules, Mode};
use crate::hook::{Call, CloudInit, Failure, FailureKind, HookPoint, Hooks, Log, SidecarOptions};
use crate::json;
use crate::rule::{self, ANNOTATION_LIMIT, RULES_ANNOTATION, RuleFile, RuleSet, Trust};
use crate::source::Source;

use files::Pod;
use report::count;
use rules::{Compiled, Rules};

/// Where KubeVirt's guides mount a hook's script, and so where rules may come instead.
const MOUNTS: [&str; 3] = ["/usr/bin/onDefineDomain", "/usr/bin/preCloudInitIso", "/etc/virt-patch/rules"];

/// The rules of a sidecar. Wrong ones do not stop it: each hook then answers with what is wrong.
pub struct Sidecar {
    rules: Rules,
    given: BTreeMap<(String, String), String>,
    mode: Mode,
    annotation_rules: AnnotationRules,
    offers_cloud_init: bool,
    pod: Pod,
    /// What was wrong with the files that rules bring.
    file_problems: Vec<Diagnostic>,
    log: Arc<Log>,
}

impl Sidecar {
    /// Reads what the arguments name: packs, `--rules`, then what is mounted; and writes the files that the rules
    /// bring, which must be there before virt-launcher sees a socket. Nothing is written in audit mode.
    pub fn new(options: &SidecarOptions, log: Arc<Log>) -> Self {
        Self::with_mounts(options, &MOUNTS.map(PathBuf::from), log)
    }

    /// As [`Sidecar::new`], with other places for mounted rules; those that are not there are passed over.
    pub fn with_mounts(options: &SidecarOptions, mounts: &[PathBuf], log: Arc<Log>) -> Self {
        let rules = Rules::read(options, mounts);
        let given = options.params.iter();
        let announced = options.hook_points.contains(&HookPoint::PreCloudInitIso);
        let pod = Pod::new(options);
        let file_problems = match options.mode {
            Mode::Enforce => pod.write(rules.with_files()),
            Mode::Audit => Vec::new(),
        };
        Self {
            given: given.map(|(pack, param, value)| ((pack.clone(), param.clone()), value.clone())).collect(),
            mode: options.mode,
            annotation_rules: options.annotation_rules,
            offers_cloud_init: announced || rules.are_for_cloud_init(),
            rules,
            pod,
            file_problems,
            log,
        }
    }

    /// What is wrong before any call: nothing runs then.
    fn problems(&self) -> Vec<Diagnostic> {
        self.rules.compiled().problems.iter().chain(&self.file_problems).cloned().collect()
    }

    const fn mode_name(&self) -> &'static str {
        match self.mode {
            Mode::Enforce => "Enforce",
            Mode::Audit => "Audit",
        }
    }

    /// The rule sets that a call begins with. The default ones stand back where the VMI brings its own.
    fn loaded_sets(&self, own: &[RuleSet]) -> &[RuleSet] {
        if self.rules.are_default && !own.is_empty() { &[] } else { &self.rules.compiled().sets }
    }

    /// The VMI's own rule sets, which run after those that were loaded; or why there are no rules at all.
    fn own_sets(&self, vmi: &[u8]) -> Result<Vec<RuleSet>, Vec<Diagnostic>> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let is_absent = self.annotation_rules == AnnotationRules::Allow && !may_name_rules(vmi);
        let text = if is_absent { None } else { rules_annotation(vmi).map_err(|problem| vec![*problem])? };
        let Some(text) = text else { return Ok(Vec::new()) };
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
        Inputs { vmi, surroundings: &self.pod, given: &self.given, detail: Detail::Paths, limits: Limits::default() }
    }

    /// The answer to a call. In audit mode that is what came in, whatever the rules do: an error or a panic
    /// of theirs is only logged.
    fn answer<T>(
        &self,
        vmi: &[u8],
        call: &Call,
        unchanged: impl FnOnce() -> T,
        apply: impl FnOnce(&[RuleSet]) -> Result<Outcome<T>, engine::Failure>,
    ) -> Result<T, Failure> {
        let run = || self.run(vmi, call, apply);
        match self.mode {
            Mode::Enforce => run(),
            Mode::Audit => {
                // Nothing outlives the call but what is shared and only read, and the log's lock, which
                // does not mind.
                if catch_unwind(AssertUnwindSafe(run)).is_err() {
                    let message = "virt-patch itself is at fault: the call ended in a panic";
                    _ = self.failed(&[Diagnostic::error(Code::Internal, message)], call);
                }
                Ok(unchanged())
            }
        }
    }

    /// Applies the rules and logs what each did.
    fn run<T>(
        &self,
        vmi: &[u8],
        call: &Call,
        apply: impl FnOnce(&[RuleSet]) -> Result<Outcome<T>, engine::Failure>,
    ) -> Result<T, Failure> {
        let own = self.own_sets(vmi).map_err(|problems| self.failed(&problems, call))?;
        match apply(&own) {
            Ok(Outcome { result, report }) => {
                report::rules(&self.log, &report, call);
                Ok(result)
            }
            Err(engine::Failure { problem, report }) => {
                report::rules(&self.log, &report, call);
                Err(self.failed(&[*problem], call))
            }
        }
    }

    /// A failed call: its problems are logged, and the user told.
    fn failed(&self, problems: &[Diagnostic], call: &Call) -> Failure {
        report::problems(&self.log, problems, Some(call));
        Failure::of(kind(problems), problems)
    }
}

impl Hooks for Sidecar {
    /// Compiles the rules and logs how that went.
    fn prepare(&self) {
        let (Compiled { sets, .. }, problems) = (self.rules.compiled(), self.problems());
        let rules = sets.iter().map(|set| set.on_define_domain.len() + set.pre_cloud_init_iso.len()).sum();
        let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
        let names = names.join(", ");
        let files = sets.iter().map(|set| set.files.len()).sum();
        let policies: Vec<&str> = self.rules.policies.iter().map(|policy| policy.name.as_str()).collect();
        let policies = policies.join(", ");
        let fields: [(&str, Field<'_>); 8] = [
            ("files", count(self.rules.files())),
            ("rule_sets", names.as_str().into()),
            ("rules", count(rules)),
            ("container_files", count(files)),
            ("problems", count(problems.len())),
            ("policies", policies.as_str().into()),
            ("mode", self.mode_name().into()),
            ("given", if self.rules.are_default { "no rules: the pack smbios stands in" } else { "rules" }.into()),
        ];
        self.log.event(Level::Info, "rules loaded", &fields);
        report::problems(&self.log, &problems, None);
    }

    fn offers_cloud_init(&self) -> bool {
        self.offers_cloud_init
    }

    fn on_define_domain(&self, domain: &[u8], vmi: &[u8], call: &Call) -> Result<Vec<u8>, Failure> {
        let unchanged = || domain.to_vec();
        let apply = |own: &[RuleSet]| {
            let sets = self.loaded_sets(own).iter().chain(own);
            self.rules
                .policies
                .apply_again(sets, domain, &self.inputs(vmi))
                .map(|Outcome { result, report }| Outcome { result: result.into_owned().into_bytes(), report })
        };
        self.answer(vmi, call, unchanged, apply)
    }

    fn pre_cloud_init_iso(&self, data: &[u8], source: &[u8], vmi: &[u8], call: &Call) -> Result<CloudInit, Failure> {
        let unchanged = || CloudInit { data: data.to_vec(), no_cloud_source: source.to_vec() };
        let apply = |own: &[RuleSet]| {
            let sets = self.loaded_sets(own).iter().chain(own);
            self.rules.policies.apply_to_cloud_init(sets, data, source, &self.inputs(vmi)).map(
                |Outcome { result: CloudInitResult { data, no_cloud_source }, report }| Outcome {
                    result: CloudInit { data, no_cloud_source },
                    report,
                },
            )
        };
        self.answer(vmi, call, unchanged, apply)
    }
}

/// Whether a VMI may have the rules' annotation, without reading it as JSON. The name may be spelled with
/// escapes: its `/` as `\\/`, and any letter as `\\u` and a number.
fn may_name_rules(vmi: &[u8]) -> bool {
    let domain = RULES_ANNOTATION.split('/').next().unwrap_or(RULES_ANNOTATION);
    [domain, "\\u"].iter().any(|part| memchr::memmem::find(vmi, part.as_bytes()).is_some())
}

/// The VMI's own rules. An empty VMI has none.
///
/// # Errors
/// `vmi-syntax` for what is no JSON object, `wrong-type` where the annotation is no string.
fn rules_annotation(vmi: &[u8]) -> Result<Option<String>, Box<Diagnostic>> {
    let refuse = |code, message| Err(Box::new(Diagnostic::error(code, message)));
    if vmi.trim_ascii().is_empty() {
        return Ok(None);
    }
    let vmi = match serde_json::from_slice(vmi) {
        Ok(Json::Object(vmi)) => vmi,
        Ok(_) => return refuse(Code::VmiSyntax, "the VMI must be a JSON object".to_owned()),
        Err(error) => return refuse(Code::VmiSyntax, format!("the VMI is not JSON: {error}")),
    };
    match vmi.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(RULES_ANNOTATION)) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(other) => {
            let message =
                format!("the annotation `{RULES_ANNOTATION}` must be a string, this is {}", json::kind(other));
            refuse(Code::WrongType, message)
        }
    }
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
