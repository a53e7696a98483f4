//! The VirtualMachineInstance that params read: its JSON, or a manifest of a VM or VMI.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::input::{self, Input};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Machine, RULES_ANNOTATION};
use crate::rule::{RuleFile, Trust};
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node, schema::Schema};

/// A VMI as KubeVirt hands it to a hook.
pub(super) struct Vmi {
    /// JSON.
    pub(super) json: Vec<u8>,
    /// The text that `json` is, where it is a file's own.
    pub(super) source: Option<Arc<Source>>,
    /// The rules in its annotation.
    pub(super) rules: Option<RuleFile>,
}

/// Reads the VMI's JSON or a manifest.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vmi, Vec<Diagnostic>> {
    let input = input::read(path, "a VMI")?;
    let source = input.source();
    if source.text().trim_start().starts_with('{') { from_json(&input, &source) } else { from_manifest(&source) }
}

fn from_json(input: &Input, source: &Arc<Source>) -> Result<Vmi, Vec<Diagnostic>> {
    let value = input::json(input, Code::VmiSyntax, "the VMI")?;
    let annotation =
        |vmi: &Value| Some(vmi.get("metadata")?.get("annotations")?.get(RULES_ANNOTATION)?.as_str()?.to_owned());
    let name = format!("{} (annotation {RULES_ANNOTATION})", input.name);
    let rules = |vmi: &Value| annotation(vmi).map(|text| annotation_file(Source::new(name, text)));
    if let Some(converted) = instance(&value) {
        return Ok(Vmi { rules: rules(&converted), json: converted.to_string().into_bytes(), source: None });
    }
    Ok(Vmi { rules: rules(&value), json: input.bytes.clone(), source: Some(Arc::clone(source)) })
}

fn annotation_file(source: Arc<Source>) -> RuleFile {
    RuleFile { source, trust: Trust::Annotation, pack: None }
}

/// The one VM or VMI among a manifest's documents.
fn from_manifest(source: &Arc<Source>) -> Result<Vmi, Vec<Diagnostic>> {
    let documents = yaml::read(source, &Limits::default())?;
    let is_vm =
        |node: &&Node| node.get("kind").and_then(Node::text).is_some_and(|kind| kind.starts_with("VirtualMachine"));
    let mut machines = documents.iter().filter(is_vm);
    let wrong = |message: &str, node: Option<&Node>| {
        let span = node.map_or(0..0, |node| node.span.start..node.span.start);
        vec![Diagnostic::error(Code::VmiSyntax, message).at(Location::new(source, span))]
    };
    let Some(machine) = machines.next() else {
        let mut problems =
            wrong("there is no VirtualMachineInstance and no VirtualMachine in this file", documents.first());
        problems
            .iter_mut()
            .for_each(|problem| problem.help = Some("get one with `kubectl get vmi NAME -o json`".into()));
        return Err(problems);
    };
    if let Some(other) = machines.next() {
        return Err(wrong("a second VM in one file: which one is meant?", Some(other)));
    }
    let value = yaml::to_json(machine, Schema::Core, source).map_err(|problem| vec![*problem])?;
    let json = instance(&value).unwrap_or(value).to_string().into_bytes();
    let rules = Machine::of(machine).and_then(|machine| machine.annotation(RULES_ANNOTATION));
    let rules = rules.and_then(|node| {
        let steps = yaml::offsets(source.text(), node);
        Some(annotation_file(Source::embedded(source, node.text()?, steps)))
    });
    Ok(Vmi { json, source: None, rules })
}

/// The VMI that KubeVirt makes of a VM: the template's metadata and spec under the VM's name.
/// `None` for what is no VM.
fn instance(machine: &Value) -> Option<Value> {
    let template =
        machine.pointer("/spec/virtualMachineTemplate/spec/template").or(machine.pointer("/spec/template"))?;
    let mut metadata = template.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    for inherited in ["name", "namespace"] {
        if let Some(value) = machine.get("metadata").and_then(|metadata| metadata.get(inherited)) {
            metadata.entry(inherited).or_insert_with(|| value.clone());
        }
    }
    let mut vmi = Map::new();
    vmi.insert("apiVersion".into(), machine.get("apiVersion").cloned().unwrap_or("kubevirt.io/v1".into()));
    vmi.insert("kind".into(), "VirtualMachineInstance".into());
    vmi.insert("metadata".into(), Value::Object(metadata));
    vmi.insert("spec".into(), template.get("spec").cloned().unwrap_or_else(|| Value::Object(Map::new())));
    Some(Value::Object(vmi))
}
