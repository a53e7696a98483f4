//! The VirtualMachineInstance that params read: its JSON, or a manifest of a VM or VMI.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Machine, RULES_ANNOTATION};
use crate::rule::{RuleFile, Trust};
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node, schema::Schema};

/// A VMI as KubeVirt hands it to a hook.
#[derive(Debug, Clone)]
pub struct Vmi {
    /// JSON.
    pub json: Vec<u8>,
    /// The text that `json` is, where it is a file's own.
    pub source: Option<Arc<Source>>,
    /// The rules in its annotation.
    pub rules: Option<RuleFile>,
}

/// Reads the VMI's JSON, or the one VM or VMI of a manifest.
///
/// # Errors
/// What is wrong with it.
pub fn parse(source: &Arc<Source>) -> Result<Vmi, Vec<Diagnostic>> {
    if source.text().trim_start().starts_with('{') { from_json(source) } else { from_manifest(source) }
}

fn from_json(source: &Arc<Source>) -> Result<Vmi, Vec<Diagnostic>> {
    let value = serde_json::from_str(source.text())
        .map_err(|error| vec![Diagnostic::not_json(Code::VmiSyntax, "the VMI", source, &error)])?;
    let annotation =
        |vmi: &Value| Some(vmi.get("metadata")?.get("annotations")?.get(RULES_ANNOTATION)?.as_str()?.to_owned());
    let name = format!("{} (annotation {RULES_ANNOTATION})", source.name());
    let rules = |vmi: &Value| annotation(vmi).map(|text| annotation_file(Source::new(name, text)));
    if let Some(converted) = instance(&value) {
        return Ok(Vmi { rules: rules(&converted), json: converted.to_string().into_bytes(), source: None });
    }
    Ok(Vmi { rules: rules(&value), json: source.text().as_bytes().to_vec(), source: Some(Arc::clone(source)) })
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
    from_node(machine, source)
}

/// What a mapping of `source` says: a VMI, whole or the part of it that matters, or a VM's manifest.
///
/// # Errors
/// What is no JSON in it.
pub fn from_node(machine: &Node, source: &Arc<Source>) -> Result<Vmi, Vec<Diagnostic>> {
    let value = yaml::to_json(machine, Schema::Core, source).map_err(|problem| vec![*problem])?;
    let json = instance(&value).unwrap_or(value).to_string().into_bytes();
    let template = Machine::of(machine).map_or(machine, |machine| machine.template);
    let rules = template.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(RULES_ANNOTATION));
    let rules = rules.and_then(|node| {
        let steps = yaml::offsets(source.text(), node);
        Some(annotation_file(Source::embedded(source, node.text()?, steps)))
    });
    Ok(Vmi { json, source: None, rules })
}

/// The VMI that KubeVirt makes of a VM: the template's metadata and spec under the VM's name.
/// `None` for what is no VM.
pub fn instance(machine: &Value) -> Option<Value> {
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
