//! `virt-patch apply`: rules on a domain or on cloud-init data.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::exit::WRONG;
use super::history;
use super::input::{self, Input};
use super::rules::{RuleArguments, Rules};
use super::terminal::{Terminal, exit_code};
use super::vmi;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{self, Detail, Failure, Inputs, Limits, Report};
use crate::report::{Paint, diff, explain, json, masked, unmatched};
use crate::rule::{Hook, RuleSet};
use crate::second_call;
use crate::source::{Location, Source};
use crate::surroundings::Machine;
use crate::vmi::Vmi;

/// Applies rules to a domain or to cloud-init data and prints the result
///
/// What is printed is the changed document and nothing else; warnings go to standard error. --diff
/// and --explain print the difference and what each rule did instead, with secret values masked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch apply rules.yaml --domain domain.xml --diff
  virsh dumpxml vm | virt-patch apply --pack smbios --param smbios.manufacturer=ACME --domain - --explain
  virt-patch apply rules.yaml --domain domain.xml --vmi vm.yaml -o json
  virt-patch apply rules.yaml --domain domain.xml --policy builtin:restricted --diff
  virt-patch apply rules.yaml --domain domain.xml --second-call --diff")]
pub(super) struct Arguments {
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    document: DocumentArguments,
    /// The VMI that params read: its JSON, or a manifest of the VM or VMI
    #[arg(long, value_name = "FILE")]
    vmi: Option<PathBuf>,
    /// The older cloudInitNoCloudSource JSON that KubeVirt sends beside --cloud-init
    #[arg(long, value_name = "FILE", conflicts_with = "domain")]
    no_cloud_source: Option<PathBuf>,
    /// Apply the rules to what virt-launcher's second call of one boot sends after the first one's answer:
    /// devices with only what KubeVirt's types keep, everything else as before
    #[arg(long, conflicts_with = "cloud_init")]
    second_call: bool,
    /// Print what changed, as a unified diff with the rules that caused each hunk
    #[arg(long)]
    diff: bool,
    /// Print what each rule and round matched, changed and skipped, and why
    #[arg(long)]
    explain: bool,
    /// Fail where a rule warns or matches nothing
    #[arg(long)]
    strict: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Format,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct DocumentArguments {
    /// The libvirt domain XML to change; - is standard input
    #[arg(long, value_name = "FILE")]
    domain: Option<PathBuf>,
    /// The cloud-init data to change: KubeVirt's cloudInitData JSON; - is standard input
    #[arg(long, value_name = "FILE")]
    cloud_init: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The document that is to be changed.
enum Document {
    Domain(Input),
    CloudInit { data: Input, no_cloud_source: Vec<u8> },
}

/// What there is to print.
struct Applied {
    name: String,
    before: Vec<u8>,
    after: Vec<u8>,
    is_cloud_init: bool,
    report: Report,
    /// What each rule left, where a diff asks for it.
    steps: Vec<diff::Step>,
}

/// Why there is no result, and what was done until then.
struct Refused {
    problems: Vec<Diagnostic>,
    report: Report,
}

impl From<Vec<Diagnostic>> for Refused {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self { problems, report: Report::default() }
    }
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    match arguments.apply() {
        Ok(applied) => arguments.print(&applied, terminal),
        Err(refused) => arguments.refuse(&refused, terminal),
    }
}

impl Arguments {
    fn apply(&self) -> Result<Applied, Refused> {
        self.check_stdin()?;
        let mut problems = Vec::new();
        let document = self.document.read(self.no_cloud_source.as_deref());
        let document = kept(document, &mut problems);
        let vmi = self.vmi.as_deref().and_then(|path| kept(vmi::read(path), &mut problems));
        let annotation = vmi.as_ref().and_then(|vmi| vmi.rules.clone()).filter(|_| !self.vmi_is_among_rules());
        let rules = kept(self.rules.compile(annotation, "virt-patch apply rules.yaml …"), &mut problems);
        match (document, rules) {
            (Some(document), Some(rules)) if problems.is_empty() => self.apply_to(document, vmi.as_ref(), &rules),
            _ => Err(problems.into()),
        }
    }

    fn apply_to(&self, document: Document, vmi: Option<&Vmi>, rules: &Rules) -> Result<Applied, Refused> {
        let inputs = Inputs {
            vmi: vmi.map_or(&[], |vmi| &vmi.json),
            surroundings: &Machine,
            given: &rules.given,
            detail: if self.explain || self.output == Format::Json { Detail::Full } else { Detail::Counts },
            limits: Limits::default(),
        };
        let brief = Inputs { detail: Detail::Counts, ..inputs };
        let vmi_source = vmi.and_then(|vmi| vmi.source.as_ref());
        match document {
            Document::Domain(input) => {
                let input = if self.second_call { second_call(input, rules, &inputs, vmi_source)? } else { input };
                let done = rules.policies.apply_again(&rules.sets, &input.bytes, &inputs);
                let outcome = done
                    .map_err(|failure| refused(failure, &[("domain", Some(&input.source())), ("VMI", vmi_source)]))?;
                let (after, report) = (outcome.result.into_owned().into_bytes(), outcome.report);
                let steps = self.steps(&rules.sets, &report, Hook::OnDefineDomain, |sets| {
                    let done = engine::apply_to_domain(sets, &input.bytes, &brief);
                    Some(done.ok()?.result.into_owned().into_bytes())
                });
                Ok(Applied { name: input.name, before: input.bytes, after, is_cloud_init: false, report, steps })
            }
            Document::CloudInit { data, no_cloud_source } => {
                let done = rules.policies.apply_to_cloud_init(&rules.sets, &data.bytes, &no_cloud_source, &inputs);
                let outcome = done.map_err(|failure| refused(failure, &[("VMI", vmi_source)]))?;
                let (after, report) = (outcome.result.data, outcome.report);
                let steps = self.steps(&rules.sets, &report, Hook::PreCloudInitIso, |sets| {
                    let done = engine::apply_to_cloud_init(sets, &data.bytes, &no_cloud_source, &brief);
                    Some(done.ok()?.result.data)
                });
                Ok(Applied { name: data.name, before: data.bytes, after, is_cloud_init: true, report, steps })
            }
        }
    }

    fn steps(
        &self,
        sets: &[RuleSet],
        report: &Report,
        hook: Hook,
        apply: impl Fn(&[RuleSet]) -> Option<Vec<u8>>,
    ) -> Vec<diff::Step> {
        if self.diff { history::steps(sets, report, hook, apply) } else { Vec::new() }
    }

    fn check_stdin(&self) -> Result<(), Vec<Diagnostic>> {
        let rules = self.rules.rules.iter().map(|path| ("RULES", path));
        let others = [
            ("`--domain`", &self.document.domain),
            ("`--cloud-init`", &self.document.cloud_init),
            ("`--vmi`", &self.vmi),
            ("`--no-cloud-source`", &self.no_cloud_source),
        ];
        let others = others.into_iter().filter_map(|(name, path)| Some((name, path.as_ref()?)));
        input::check_stdin(rules.chain(others).map(|(name, path)| (name, path.as_path())))
    }

    /// A VM's manifest can be given as rules and as VMI; its rules run once.
    fn vmi_is_among_rules(&self) -> bool {
        let real = |path: &PathBuf| std::fs::canonicalize(path).ok();
        let vmi = self.vmi.as_ref().and_then(real);
        vmi.is_some() && self.rules.rules.iter().any(|path| real(path) == vmi)
    }

    fn print(&self, applied: &Applied, terminal: Terminal) -> anyhow::Result<ExitCode> {
        let report = &applied.report;
        let warnings = warnings(report);
        let code = if self.strict && !warnings.is_empty() { ExitCode::from(WRONG) } else { ExitCode::SUCCESS };
        if self.output == Format::Json {
            terminal.print(applied.json(self.diff, self.explain)? + "\n")?;
            return Ok(code);
        }
        terminal.show(&warnings);
        if self.diff {
            let difference = applied.diff(terminal.out);
            if difference.is_empty() {
                terminal.note(&format!("the rules change nothing in `{}`; `--explain` says why", applied.name));
            }
            terminal.print(&difference)?;
            if self.explain && !difference.is_empty() {
                terminal.print("\n")?;
            }
        }
        if self.explain {
            terminal.print(explain::explain(report, terminal.out))?;
        }
        if !self.diff && !self.explain {
            terminal.print(&applied.after)?;
        }
        Ok(code)
    }

    fn refuse(&self, refused: &Refused, terminal: Terminal) -> anyhow::Result<ExitCode> {
        let problems: Vec<Diagnostic> =
            refused.problems.iter().map(|problem| masked(problem, &refused.report.secrets)).collect();
        if self.output == Format::Json {
            let answer = answer(&refused.report, false, &problems);
            terminal.print(serde_json::to_string_pretty(&answer)? + "\n")?;
            return Ok(exit_code(&problems));
        }
        if self.explain && !refused.report.sets.is_empty() {
            terminal.print(explain::explain(&refused.report, terminal.out) + "\n")?;
        }
        Ok(terminal.refuse(&problems))
    }
}

impl DocumentArguments {
    fn read(&self, no_cloud_source: Option<&Path>) -> Result<Document, Vec<Diagnostic>> {
        if let Some(path) = &self.domain {
            return input::read(path, "a libvirt domain").map(Document::Domain);
        }
        // One of both is given: clap sees to it.
        let path = self.cloud_init.as_deref().unwrap_or(Path::new("-"));
        let data = input::read(path, "cloud-init data")?;
        input::json(&data, Code::CloudInitSyntax, "the cloud-init data").map_err(|mut problems| {
            let help =
                "it is KubeVirt's `cloudInitData`; of a user-data file make it with `jq -Rs '{UserData: .}' FILE`";
            problems.iter_mut().for_each(|problem| problem.help = Some(help.to_owned()));
            problems
        })?;
        let no_cloud_source = match no_cloud_source {
            Some(path) => {
                let input = input::read(path, "a cloudInitNoCloudSource")?;
                input::json(&input, Code::CloudInitSyntax, "cloudInitNoCloudSource")?;
                input.bytes
            }
            None => Vec::new(),
        };
        Ok(Document::CloudInit { data, no_cloud_source })
    }
}

impl Applied {
    fn diff(&self, paint: Paint) -> String {
        if self.before == self.after {
            return String::new();
        }
        let secrets = &self.report.secrets;
        if !self.is_cloud_init {
            let (before, after) = (String::from_utf8_lossy(&self.before), String::from_utf8_lossy(&self.after));
            return diff::by_rule(&self.name, &before, &after, &self.steps, secrets, paint);
        }
        diff::cloud_init_by_rule(&self.name, &self.before, &self.after, &self.steps, secrets, paint)
    }

    /// The document whole, unless a diff or an explanation is asked for in its place.
    fn json(&self, diff: bool, explain: bool) -> anyhow::Result<String> {
        let report = &self.report;
        let mut members = Map::new();
        if !diff && !explain {
            let result = match self.is_cloud_init {
                true => serde_json::from_slice(&self.after)?,
                false => Value::String(String::from_utf8_lossy(&self.after).into_owned()),
            };
            members.insert("result".into(), result);
        }
        if diff {
            members.insert("diff".into(), self.diff(Paint::new(false)).into());
        }
        members.append(&mut answer(report, self.before != self.after, &[]));
        Ok(serde_json::to_string_pretty(&members)?)
    }
}

/// What rules warned of, and those that matched nothing.
fn warnings(report: &Report) -> Vec<Diagnostic> {
    let own = report.warnings.iter().map(|warning| masked(warning, &report.secrets));
    own.chain(unmatched(report)).collect()
}

/// What every JSON answer holds.
fn answer(report: &Report, changed: bool, problems: &[Diagnostic]) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("changed".into(), changed.into());
    members.insert("warnings".into(), json::diagnostics(&warnings(report)));
    members.insert("rules".into(), json::rules(report));
    members.insert("diagnostics".into(), json::diagnostics(problems));
    members
}

/// What virt-launcher's second call sends after the rules have answered the first.
fn second_call(input: Input, rules: &Rules, inputs: &Inputs<'_>, vmi: Option<&Arc<Source>>) -> Result<Input, Refused> {
    let source = input.source();
    let first = rules
        .policies
        .apply_to_domain(&rules.sets, &input.bytes, inputs)
        .map_err(|failure| refused(failure, &[("domain", Some(&source)), ("VMI", vmi)]))?;
    let sent = second_call::domain(source.text(), &first.result)
        .map_err(|problem| Refused { problems: vec![*problem], report: first.report })?;
    Ok(Input { name: format!("{} (second call)", input.name), bytes: sent.into_bytes() })
}

fn kept<T>(result: Result<T, Vec<Diagnostic>>, problems: &mut Vec<Diagnostic>) -> Option<T> {
    result.map_err(|mut wrong| problems.append(&mut wrong)).ok()
}

/// The engine does not know what files are called: places in what it was given are told in the files.
fn refused(failure: Failure, files: &[(&str, Option<&Arc<Source>>)]) -> Refused {
    let mut problem = *failure.problem;
    let named = |at: &Location| files.iter().find(|(name, _)| at.source.name() == *name).and_then(|(_, file)| *file);
    let told = |at: Location| match named(&at) {
        Some(file) => Location::new(file, at.span),
        None => at,
    };
    problem.at = problem.at.map(told);
    problem.related = problem.related.into_iter().map(|(at, what)| (told(at), what)).collect();
    Refused { problems: vec![problem], report: failure.report }
}
