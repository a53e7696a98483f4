//! The annotation `hooks.kubevirt.io/hookSidecars`: a JSON list of the containers that KubeVirt puts beside
//! virt-launcher (`pkg/hooks/hooks.go`).
//!
//! KubeVirt reads it with Go's `encoding/json`, which passes over members that it does not know: a misspelled one is
//! never reported in a cluster. Volumes that it asks for carry the ConfigMap's or claim's name, so that two of a
//! name make a pod that Kubernetes refuses.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Location, Source, Span};
use crate::yaml::{self, Limits, Node, Style, Value};

use super::{HOOK_SIDECARS_ANNOTATION, Machine, Volume};

const ENTRY: [&str; 6] = ["image", "imagePullPolicy", "command", "args", "configMap", "pvc"];
const CONFIG_MAP: [&str; 3] = ["name", "key", "hookPath"];
const CLAIM: [&str; 3] = ["name", "volumePath", "sharedComputePath"];
/// Kubernetes' `PullPolicy`.
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];

/// Volumes of a VMI that are no volumes of its pod, or none of that name (`rendervolumes.go`).
const NOT_IN_THE_POD: [&str; 4] = ["containerDisk", "emptyDisk", "cloudInitNoCloud", "cloudInitConfigDrive"];

/// An entry of the annotation.
#[derive(Debug, Clone)]
pub struct HookSidecar {
    /// Where the entry stands.
    pub location: Location,
    /// The container's image; without one KubeVirt starts its own `sidecar-shim`.
    pub image: Option<String>,
    /// Where `image` stands, or the entry where it has none.
    pub image_location: Location,
    /// Where a `command` stands that runs in place of the image's own program.
    pub command: Option<Location>,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// `configMap` and `pvc`: what is mounted into it.
    pub mounts: Vec<Mount>,
    /// Fields of the entry and of its mounts that KubeVirt does not know.
    pub unknown_fields: Vec<Field>,
    /// Fields that Go reads although their letters differ in case: `Image`.
    pub folded_fields: Vec<Field>,
}

/// The name of a field, as it is written.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub location: Location,
}

/// One of a container's arguments.
#[derive(Debug, Clone)]
pub struct Argument {
    /// As the program gets it.
    pub text: String,
    /// Where it stands.
    pub location: Location,
}

/// What an entry mounts into its container; the pod's volume has this name too.
#[derive(Debug, Clone)]
pub struct Mount {
    /// The field that asks for it: `configMap` or `pvc`.
    pub field: &'static str,
    /// The ConfigMap's or claim's name.
    pub name: String,
    /// Where the name stands.
    pub location: Location,
    /// The ConfigMap's key, whose value becomes the file, and where it stands.
    pub key: Option<(String, Location)>,
    /// `hookPath`: where a ConfigMap's key lies in the container, and where that is said.
    pub hook_path: Option<(String, Location)>,
}

/// The entries of a machine's annotation, and everything that is wrong with it: its JSON, its fields, names that
/// cannot be mounted together, images that are missing.
pub fn check_hook_sidecars(
    source: &Arc<Source>,
    machine: &Machine<'_>,
    has_rules: bool,
) -> (Vec<HookSidecar>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    if let Some(own) = machine.own_annotation(HOOK_SIDECARS_ANNOTATION) {
        let message = format!(
            "`{HOOK_SIDECARS_ANNOTATION}` stands outside the template, and KubeVirt does not pass it on to the VMI"
        );
        let problem = Diagnostic::error(Code::HookSidecars, message).at(Location::new(source, own.span.clone()));
        problems.push(problem.help("move it to the template's `metadata.annotations`"));
    }
    let Some(value) = machine.annotation(HOOK_SIDECARS_ANNOTATION) else { return (Vec::new(), problems) };
    let (sidecars, mut wrong) = hook_sidecars(source, value);
    problems.append(&mut wrong);
    volume_names(source, machine, &sidecars, &mut problems);
    missing_images(&sidecars, has_rules, &mut problems);
    (sidecars, problems)
}

/// Reads the annotation's value, a scalar of `source`.
///
/// # Errors
/// Beside the entries that can be read: `hook-sidecars` for what is no JSON list of objects, `unknown-field`,
/// `missing-field`, `unknown-value`, `duplicate-key`.
pub fn hook_sidecars(source: &Arc<Source>, value: &Node) -> (Vec<HookSidecar>, Vec<Diagnostic>) {
    let Some(text) = value.text() else {
        let message = format!("`{HOOK_SIDECARS_ANNOTATION}` must be a text that holds JSON, this is {}", value.what());
        let problem = Diagnostic::error(Code::HookSidecars, message).at(Location::new(source, value.span.clone()));
        return (Vec::new(), vec![problem.help("quote it, or begin it with `>` or `|`")]);
    };
    if text.trim().is_empty() {
        let message = format!("`{HOOK_SIDECARS_ANNOTATION}` is empty, and KubeVirt reads JSON");
        let problem = Diagnostic::error(Code::HookSidecars, message).at(Location::new(source, value.span.clone()));
        return (Vec::new(), vec![problem.help("take the annotation away, or write `[]`")]);
    }
    read_hook_sidecars(&Source::embedded(source, text, yaml::offsets(source.text(), value)))
}

/// Reads the annotation's text, which is all of `source`.
///
/// # Errors
/// As [`hook_sidecars`].
pub fn read_hook_sidecars(source: &Arc<Source>) -> (Vec<HookSidecar>, Vec<Diagnostic>) {
    let json = match serde_json::from_str::<serde_json::Value>(source.text()) {
        Ok(json) => json,
        Err(error) => return (Vec::new(), vec![no_json(source, &error)]),
    };
    let documents = match yaml::read(source, &Limits::default()) {
        Ok(documents) => documents,
        Err(problems) => return (Vec::new(), problems),
    };
    let Some(list) = documents.first() else { return (Vec::new(), Vec::new()) };
    if documents.len() > 1 || !says(list, &json) {
        let message =
            format!("`{HOOK_SIDECARS_ANNOTATION}` has characters that readers of JSON and of YAML take differently");
        let problem = Diagnostic::error(Code::HookSidecars, message).at(Location::new(source, list.span.clone()));
        return (Vec::new(), vec![problem.help("write it in plain ASCII, without escapes")]);
    }
    let mut reading =
        Reading { source: Arc::clone(source), problems: Vec::new(), unknown: Vec::new(), folded: Vec::new() };
    let sidecars = reading.list(list);
    (sidecars, reading.problems)
}

/// Whether a node, read as YAML for its places, says letter by letter what KubeVirt's reader of JSON sees. What one
/// judges must be what the other runs.
fn says(node: &Node, json: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (&node.value, json) {
        (Value::Sequence(items), Json::Array(values)) => {
            items.len() == values.len() && items.iter().zip(values).all(|(item, value)| says(item, value))
        }
        // Keys are distinct on both sides: the reader of YAML refuses others.
        (Value::Mapping(mapping), Json::Object(members)) => {
            let has = |(key, value): &(Node, Node)| {
                key.text().and_then(|name| members.get(name)).is_some_and(|member| says(value, member))
            };
            mapping.entries.len() == members.len() && mapping.entries.iter().all(has)
        }
        (Value::Scalar(scalar), Json::String(text)) => scalar.style == Style::DoubleQuoted && scalar.text == *text,
        (Value::Scalar(scalar), Json::Null | Json::Bool(_) | Json::Number(_)) => scalar.style == Style::Plain,
        _ => false,
    }
}

fn no_json(source: &Arc<Source>, error: &serde_json::Error) -> Diagnostic {
    let text = source.text();
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = (before + error.column().saturating_sub(1)).min(text.len());
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    let message = format!("`{HOOK_SIDECARS_ANNOTATION}` is not JSON: {words}");
    let problem = Diagnostic::error(Code::HookSidecars, message).at(Location::new(source, offset..offset));
    problem.help(r#"KubeVirt reads a list of objects: `[{"image": "…", "args": ["--version", "v1alpha2"]}]`"#)
}

struct Reading {
    source: Arc<Source>,
    problems: Vec<Diagnostic>,
    /// Of the entry that is being read.
    unknown: Vec<Field>,
    /// Of the entry that is being read.
    folded: Vec<Field>,
}

impl Reading {
    fn at(&self, span: &Span) -> Location {
        Location::new(&self.source, span.clone())
    }

    fn error(&mut self, code: Code, message: String, span: &Span) {
        let problem = Diagnostic::error(code, message).at(self.at(span));
        self.problems.push(problem);
    }

    fn wrong(&mut self, what: &str, expected: &str, node: &Node) {
        let message = format!("{what} must be {expected}, this is {}", what_json(node));
        self.error(Code::HookSidecars, message, &node.span);
    }

    fn list(&mut self, node: &Node) -> Vec<HookSidecar> {
        if node.is_null() {
            return Vec::new();
        }
        let Some(items) = node.items() else {
            self.wrong(&format!("`{HOOK_SIDECARS_ANNOTATION}`"), "a list of objects", node);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.entry(item)).collect()
    }

    fn entry(&mut self, node: &Node) -> Option<HookSidecar> {
        self.fields(node, "a `hookSidecars` entry", &ENTRY, &[])?;
        let image = member(node, "image").and_then(|image| self.text(image, "`image`"));
        if let Some(policy) = member(node, "imagePullPolicy") {
            self.pull_policy(policy);
        }
        let command = member(node, "command").filter(|command| !command.is_null());
        if let Some(command) = command {
            self.arguments(command, "`command`");
        }
        let arguments = member(node, "args").map(|args| self.arguments(args, "`args`")).unwrap_or_default();
        let mut mounts = Vec::new();
        for (field, known, required) in
            [("configMap", &CONFIG_MAP, &CONFIG_MAP[..]), ("pvc", &CLAIM, &["name", "volumePath"][..])]
        {
            let Some(node) = member(node, field).filter(|node| !node.is_null()) else { continue };
            mounts.extend(self.mount(node, field, known, required));
        }
        Some(HookSidecar {
            location: self.at(&node.span),
            image_location: self.at(&member(node, "image").unwrap_or(node).span),
            image,
            command: command.map(|command| self.at(&command.span)),
            arguments,
            mounts,
            unknown_fields: std::mem::take(&mut self.unknown),
            folded_fields: std::mem::take(&mut self.folded),
        })
    }

    fn mount(&mut self, node: &Node, field: &'static str, known: &[&'static str], required: &[&str]) -> Option<Mount> {
        self.fields(node, &format!("`{field}`"), known, required)?;
        let (mut key, mut hook_path) = (None, None);
        for name in known.iter().filter(|name| **name != "name") {
            let Some(value) = member(node, name) else { continue };
            let text = self.text(value, &format!("`{name}`")).map(|text| (text, self.at(&value.span)));
            match *name {
                "key" => key = text,
                "hookPath" => hook_path = text,
                _ => {}
            }
        }
        let name = member(node, "name")?;
        let text = self.text(name, "`name`")?;
        if text.is_empty() {
            self.wrong("`name`", "the name of a volume", name);
            return None;
        }
        Some(Mount { field, name: text, location: self.at(&name.span), key, hook_path })
    }

    /// What is unknown or missing among an object's members.
    fn fields(&mut self, node: &Node, what: &str, known: &[&'static str], required: &[&str]) -> Option<()> {
        let Some(entries) = node.entries() else {
            self.wrong(what, "an object", node);
            return None;
        };
        let (mut misspelled, mut seen) = (Vec::new(), Vec::new());
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            let field = Field { name: name.to_owned(), location: self.at(&key.span) };
            // Go takes `Image` for `image`, and the last one where both are there.
            if let Some(meant) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                if seen.contains(meant) {
                    let message = format!("{what} has `{meant}` twice, in letters of different case");
                    self.error(Code::DuplicateKey, message, &key.span);
                }
                if *meant != name {
                    self.folded.push(field);
                }
                seen.push(*meant);
                continue;
            }
            self.unknown.push(field);
            let message = format!("{what} has no field `{name}`, KubeVirt passes over it");
            let mut problem = Diagnostic::error(Code::UnknownField, message).at(self.at(&key.span));
            match nearest(name, known.iter().copied()) {
                Some(near) => {
                    problem.suggest(name, near);
                    misspelled.push(near);
                }
                None => problem.help = Some(format!("it knows {}", known.join(", "))),
            }
            self.problems.push(problem);
        }
        let start = node.span.start..node.span.start + 1;
        for name in required {
            if member(node, name).is_none() && !misspelled.contains(name) {
                self.error(Code::MissingField, format!("{what} needs the field `{name}`"), &start);
            }
        }
        Some(())
    }

    fn pull_policy(&mut self, node: &Node) {
        let Some(text) = self.text(node, "`imagePullPolicy`") else { return };
        if text.is_empty() || PULL_POLICIES.contains(&text.as_str()) {
            return;
        }
        let message = format!("`imagePullPolicy` has no value `{text}`");
        let mut problem = Diagnostic::error(Code::UnknownValue, message).at(self.at(&node.span));
        match nearest(&text, PULL_POLICIES) {
            Some(near) => problem.suggest(&text, near),
            None => problem.help = Some(format!("it is one of {}", PULL_POLICIES.join(", "))),
        }
        self.problems.push(problem);
    }

    fn arguments(&mut self, node: &Node, what: &str) -> Vec<Argument> {
        let Some(items) = node.items() else {
            if !node.is_null() {
                self.wrong(what, "a list of texts", node);
            }
            return Vec::new();
        };
        let mut argument = |item: &Node| Some(Argument { text: self.text(item, what)?, location: self.at(&item.span) });
        items.iter().filter_map(&mut argument).collect()
    }

    /// A JSON string; `null` is as if it were not there.
    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.value {
            Value::Scalar(scalar) if scalar.style != Style::Plain => return Some(scalar.text.clone()),
            _ if node.is_null() => {}
            _ => self.wrong(what, "a text in quotes", node),
        }
        None
    }
}

/// A member, by the name that Go would know it under.
fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let entries = node.entries()?;
    let found = entries.iter().find(|(key, _)| key.text().is_some_and(|key| key.eq_ignore_ascii_case(name)));
    found.map(|(_, value)| value)
}

/// What a JSON value is, in words for a message.
fn what_json(node: &Node) -> &'static str {
    match &node.value {
        Value::Scalar(scalar) if scalar.style == Style::Plain && !node.is_null() => "a number or boolean",
        Value::Scalar(scalar) if scalar.text.is_empty() && !node.is_null() => "an empty text",
        Value::Mapping(_) => "an object",
        _ => node.what(),
    }
}

/// KubeVirt names the pod's volume after the ConfigMap or claim, and gives most of the VM's volumes their own
/// names in the pod; Kubernetes takes no pod with two volumes of one name.
fn volume_names(source: &Arc<Source>, machine: &Machine<'_>, sidecars: &[HookSidecar], problems: &mut Vec<Diagnostic>) {
    let mut mounted: Vec<&Mount> = Vec::new();
    for mount in sidecars.iter().flat_map(|sidecar| &sidecar.mounts) {
        let volume_of_the_vm = machine.volumes().find(|volume| volume.name.text() == Some(&mount.name));
        if let Some(first) = mounted.iter().find(|first| first.name == mount.name) {
            let message =
                format!("`{}` is mounted twice, and Kubernetes takes no pod with two volumes of one name", mount.name);
            let problem = Diagnostic::error(Code::VolumeConflict, message).at(mount.location.clone());
            let help = "mount it in one entry, or make a second one of another name with the same content";
            problems.push(problem.related(first.location.clone(), "first").help(help));
        } else if let Some(volume) = volume_of_the_vm {
            problems.push(volume_conflict(source, mount, &volume));
        }
        mounted.push(mount);
    }
}

fn volume_conflict(source: &Arc<Source>, mount: &Mount, volume: &Volume<'_>) -> Diagnostic {
    let what = if mount.field == "pvc" { "claim" } else { "ConfigMap" };
    let name = &mount.name;
    let problem = if volume.source.is_some_and(|source| NOT_IN_THE_POD.contains(&source)) {
        let message =
            format!("the {what} `{name}` is named like a volume of the VM, which has no volume in the pod now");
        Diagnostic::warning(Code::VolumeConflict, message)
    } else {
        let message = format!(
            "the {what} `{name}` is named like a volume of the VM, and Kubernetes takes no pod with two volumes of one name"
        );
        Diagnostic::error(Code::VolumeConflict, message)
    };
    let there = Location::new(source, volume.name.span.clone());
    problem.at(mount.location.clone()).related(there, "the VM's volume").help("give one of them another name")
}

/// Without an image KubeVirt starts `sidecar-shim`, which runs scripts. That is meant in many manifests, but not
/// where the VM carries rules and no entry could run them.
fn missing_images(sidecars: &[HookSidecar], has_rules: bool, problems: &mut Vec<Diagnostic>) {
    let nobody_runs_them = has_rules && sidecars.iter().all(|sidecar| sidecar.image.is_none());
    for sidecar in sidecars.iter().filter(|sidecar| sidecar.image.as_ref().is_none_or(String::is_empty)) {
        let message = "no `image`: KubeVirt starts its own `sidecar-shim`, which runs scripts and no rules";
        let problem = if nobody_runs_them {
            Diagnostic::error(Code::MissingImage, format!("{message}, and this VM has rules"))
        } else {
            Diagnostic::warning(Code::MissingImage, message)
        };
        let start = sidecar.location.span.start;
        let at = Location::new(&sidecar.location.source, start..start + 1);
        problems.push(problem.at(at).help("add `\"image\": \"…/virt-patch-sidecar:…\"`"));
    }
}
