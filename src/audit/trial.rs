//! Compiling and trying the rules of machines; what many of them have alike is looked at once.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::{Value as Json, json};

use crate::admission::{self, AllowList, Criteria};
use crate::diagnostic::{Code, Diagnostic};
use crate::hook::SidecarOptions;
use crate::json::query::Steps;
use crate::lint::{Samples, under_policies};
use crate::manifest::{self, HOOK_SIDECARS_ANNOTATION, HookSidecar, Mount, RULES_ANNOTATION};
use crate::policy::Policies;
use crate::rule::{self, ANNOTATION_LIMIT, ParamSource, RuleFile, RuleSet, Trust};
use crate::source::Source;

use super::machine::Seen;
use super::{Machine, Rules, Sidecar};

/// The image whose arguments say which rules run.
const IMAGE: &str = "virt-patch-sidecar";

/// What marks a text as virt-patch's.
const GROUP: &str = "virt-patch.dev/";

type Compiled = Rc<Result<Vec<RuleSet>, Vec<Diagnostic>>>;

/// Trials, and what they came to.
pub(super) struct Trials<'a> {
    policies: &'a Policies,
    criteria: Criteria,
    config_maps: &'a BTreeMap<(String, String), BTreeMap<String, String>>,
    /// By names and texts of the files.
    compiled: HashMap<Vec<(String, String)>, (usize, Compiled)>,
    /// By the number of the rules, and what they read of the VMI.
    tried: HashMap<(usize, String), Vec<Diagnostic>>,
    /// What is wrong with `hookSidecars`, by its text.
    admitted: HashMap<String, Vec<Diagnostic>>,
}

impl<'a> Trials<'a> {
    pub(super) fn new(
        policies: &'a Policies,
        allow_list: Option<AllowList>,
        config_maps: &'a BTreeMap<(String, String), BTreeMap<String, String>>,
    ) -> Self {
        let (compiled, tried, admitted) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self {
            policies,
            criteria: Criteria { allow_list, ..Criteria::default() },
            config_maps,
            compiled,
            tried,
            admitted,
        }
    }

    /// What a machine has, and what is wrong with it.
    pub(super) fn machine(&mut self, seen: &Seen) -> Machine {
        let (entries, mut problems) = seen.sidecars.as_deref().map(entries).unwrap_or_default();
        if let Some(text) = seen.sidecars.as_ref().filter(|_| self.criteria.allow_list.is_some()) {
            problems = self.admit(text);
        }
        let mut rules = Vec::new();
        let mut files: Vec<RuleFile> = Vec::new();
        for entry in entries.iter().filter(|entry| is_ours(entry)) {
            self.of_arguments(entry, &mut rules, &mut files, &mut problems);
        }
        for mount in entries.iter().flat_map(|entry| &entry.mounts) {
            self.of_mount(seen, mount, &mut rules, &mut files);
        }
        if let Some(text) = &seen.rules {
            annotation(text, &mut rules, &mut files, &mut problems);
        }
        if !files.is_empty() {
            problems.extend(self.judge(seen, files, &mut rules));
        }
        let sidecars = entries.iter().map(sidecar).collect();
        let (kind, namespace, name) = (seen.kind.clone(), seen.namespace.clone(), seen.name.clone());
        Machine { kind, namespace, name, sidecars, rules, problems }
    }

    /// What admission says of the annotation: images, commands, mounts, arguments.
    fn admit(&mut self, text: &str) -> Vec<Diagnostic> {
        let criteria = &self.criteria;
        let judged = self.admitted.entry(text.to_owned()).or_insert_with(|| {
            let annotations = json!({ HOOK_SIDECARS_ANNOTATION: text });
            let vmi = json!({ "kind": "VirtualMachineInstance", "metadata": { "annotations": annotations } });
            admission::judge(&vmi, None, criteria).problems
        });
        judged.clone()
    }

    /// `--pack NAME`; files that it names lie in the image or in what is mounted.
    fn of_arguments(
        &self,
        entry: &HookSidecar,
        rules: &mut Vec<Rules>,
        files: &mut Vec<RuleFile>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let arguments: Vec<&str> = entry.arguments.iter().map(|argument| argument.text.as_str()).collect();
        let options = SidecarOptions::parse(&arguments, |_| None);
        problems.extend(options.problems.into_iter().map(|problem| problem.or_at(&entry.location)));
        for pack in &options.packs {
            match rule::pack_file(pack) {
                Ok(file) => {
                    rules.push(Rules { from: format!("pack {pack}"), sets: Ok(Vec::new()) });
                    files.push(file);
                }
                Err(problem) => problems.push(problem.or_at(&entry.location)),
            }
        }
    }

    fn of_mount(&self, seen: &Seen, mount: &Mount, rules: &mut Vec<Rules>, files: &mut Vec<RuleFile>) {
        let Some((key, _)) = mount.key.as_ref().filter(|_| mount.field == "configMap") else { return };
        let from = format!("ConfigMap {}/{key}", mount.name);
        let config_map = self.config_maps.get(&(seen.namespace.clone(), mount.name.clone()));
        let sets = match config_map.map(|texts| texts.get(key)) {
            None => Err("not in the input".to_owned()),
            Some(None) => Err("there is no such key".to_owned()),
            Some(Some(text)) if text.starts_with("#!") => Err("a script".to_owned()),
            Some(Some(text)) if !text.contains(GROUP) => Err("no rules".to_owned()),
            Some(Some(text)) => {
                let source = Source::new(from.as_str(), text.as_str());
                files.push(RuleFile { source, trust: Trust::File, pack: None });
                Ok(Vec::new())
            }
        };
        rules.push(Rules { from, sets });
    }

    /// Names the rule sets of `rules`, and says what is wrong with them.
    fn judge(&mut self, seen: &Seen, files: Vec<RuleFile>, rules: &mut [Rules]) -> Vec<Diagnostic> {
        let texts = files.iter().map(|file| (file.source.name().to_owned(), file.source.text().to_owned())).collect();
        let next = self.compiled.len();
        let (number, compiled) =
            self.compiled.entry(texts).or_insert_with(|| (next, Rc::new(rule::compile(&files)))).clone();
        let sets = match &*compiled {
            Ok(sets) => sets,
            Err(problems) => return problems.clone(),
        };
        for rules in rules.iter_mut() {
            let own = sets.iter().filter(|set| set.location.outermost().source.name() == rules.from);
            if let Ok(names) = &mut rules.sets {
                names.extend(own.map(|set| set.name.clone()));
            }
        }
        if self.policies.is_empty() {
            return Vec::new();
        }
        let read = what_is_read(sets, &seen.vmi);
        let policies = self.policies;
        self.tried.entry((number, read)).or_insert_with(|| tried(sets, &seen.vmi, policies)).clone()
    }
}

/// The entries of `hookSidecars`, as far as they can be read.
fn entries(text: &str) -> (Vec<HookSidecar>, Vec<Diagnostic>) {
    manifest::read_hook_sidecars(&Source::new(format!("annotation {HOOK_SIDECARS_ANNOTATION}"), text))
}

/// `registry.example:5000/team/virt-patch-sidecar:v1@sha256:…`
fn is_ours(entry: &HookSidecar) -> bool {
    let image = entry.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next() == Some(IMAGE)
}

fn sidecar(entry: &HookSidecar) -> Sidecar {
    let mounts = entry.mounts.iter().map(|mount| match (&mount.key, mount.field) {
        (Some((key, _)), "configMap") => format!("ConfigMap {}/{key}", mount.name),
        (None, "configMap") => format!("ConfigMap {}", mount.name),
        _ => format!("claim {}", mount.name),
    });
    Sidecar {
        image: entry.image.clone(),
        arguments: entry.arguments.iter().map(|argument| argument.text.clone()).collect(),
        mounts: mounts.collect(),
    }
}

fn annotation(text: &str, rules: &mut Vec<Rules>, files: &mut Vec<RuleFile>, problems: &mut Vec<Diagnostic>) {
    let from = format!("annotation {RULES_ANNOTATION}");
    if text.len() > ANNOTATION_LIMIT {
        let message = format!("the annotation `{RULES_ANNOTATION}` has more than {ANNOTATION_LIMIT} bytes");
        problems.push(Diagnostic::error(Code::YamlLimit, message));
        rules.push(Rules { from, sets: Err("too large".to_owned()) });
        return;
    }
    files.push(RuleFile { source: Source::new(from.as_str(), text), trust: Trust::Annotation, pack: None });
    rules.push(Rules { from, sets: Ok(Vec::new()) });
}

/// What the rules read of a VMI: nothing but their params' sources. VMs that are alike in that are tried once, however
/// much else tells them apart.
fn what_is_read(sets: &[RuleSet], vmi: &str) -> String {
    let Ok(parsed) = serde_json::from_str::<Json>(vmi) else { return vmi.to_owned() };
    let map = |name: &str| parsed.get("metadata").and_then(|metadata| metadata.get(name));
    let mut read = Vec::new();
    for param in sets.iter().flat_map(|set| &set.params) {
        match &param.source {
            ParamSource::Annotation(key) => read.push(map("annotations").and_then(|map| map.get(key))),
            ParamSource::Label(key) => read.push(map("labels").and_then(|map| map.get(key))),
            ParamSource::Annotations(_) => read.push(map("annotations")),
            ParamSource::Vmi(query) => match query.select(&parsed, &Steps::default()) {
                Ok(found) => read.extend(found.into_iter().map(Some).chain([None])),
                Err(_) => return vmi.to_owned(),
            },
            ParamSource::Envs(_)
            | ParamSource::Env(_)
            | ParamSource::File(_)
            | ParamSource::FileExists(_)
            | ParamSource::Value(_)
            | ParamSource::Expression(_) => {}
        }
    }
    json!(read).to_string()
}

/// What policies refuse of the rules on each sample domain, with this VMI.
fn tried(sets: &[RuleSet], vmi: &str, policies: &Policies) -> Vec<Diagnostic> {
    under_policies(sets, &Samples::of_vmi(vmi.as_bytes()), policies)
}
