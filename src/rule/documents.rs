//! What a rule file holds: rule sets as such, in a ConfigMap's data, or in a VM's annotation.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::manifest::{Machine, RULES_ANNOTATION, config_map_data};
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node};

use super::fields::Reader;
use super::head::wrong_version;
use super::{ANNOTATION_LIMIT, API_VERSION, RuleFile, Trust};

/// A rule set's document, not looked into yet.
pub(super) struct Found {
    pub(super) source: Arc<Source>,
    pub(super) node: Node,
    pub(super) trust: Trust,
    pub(super) pack: Option<&'static str>,
}

const KINDS: [&str; 7] =
    ["RuleSet", "RuleTest", "RulePolicy", "SidecarInjection", "ConfigMap", "VirtualMachine", "VirtualMachineInstance"];

/// Every rule set of a file, in the order written.
pub(super) fn find(file: &RuleFile, problems: &mut Vec<Diagnostic>) -> Vec<Found> {
    let mut found = Vec::new();
    let before = problems.len();
    let other = look_into(file, problems, &mut found);
    if found.is_empty() && problems.len() == before && !other {
        let start = Location::new(&file.source, 0..0);
        let problem = Diagnostic::error(Code::NoRules, "there are no rules in this file").at(start);
        problems.push(problem.help(format!("a rule set begins with `apiVersion: {API_VERSION}` and `kind: RuleSet`")));
    }
    found
}

/// What is wrong with a file that is no YAML and never was meant to be any: a script, a domain.
pub fn no_yaml(source: &Arc<Source>) -> Option<Diagnostic> {
    let text = source.text().trim_start_matches('\u{feff}');
    let at = Location::new(source, 0..source.text().lines().next().map_or(0, str::len));
    if text.starts_with("#!") {
        return Some(script(at));
    }
    // `<<` is YAML's key for merging.
    let is_xml = text.trim_start().strip_prefix('<').is_some_and(|rest| !rest.starts_with('<'));
    is_xml.then(|| {
        let message = "this is XML, and a rule file is YAML";
        let help = "give a domain with `--domain FILE` to `virt-patch apply` or `query`, and rules without an option";
        Diagnostic::error(Code::WrongType, message).at(at).help(help)
    })
}

/// Returns whether the file holds something of virt-patch's that is no rule set.
fn look_into(file: &RuleFile, problems: &mut Vec<Diagnostic>, found: &mut Vec<Found>) -> bool {
    if let Some(problem) = no_yaml(&file.source) {
        problems.push(problem);
        return false;
    }
    let documents = match yaml::read(&file.source, &Limits::default()) {
        Ok(documents) => documents,
        Err(mut errors) => {
            problems.append(&mut errors);
            return false;
        }
    };
    let mut other = false;
    for node in documents {
        other |= look_at(file, node, problems, found);
    }
    other
}

/// The rule sets of one document. Returns whether it is something of virt-patch's that is no rule set.
pub(super) fn look_at(
    file: &RuleFile,
    document_node: Node,
    problems: &mut Vec<Diagnostic>,
    found: &mut Vec<Found>,
) -> bool {
    let mut reader = Reader::new(&file.source);
    let other = document(&mut reader, file, document_node, found);
    problems.append(&mut reader.problems);
    other
}

fn document(reader: &mut Reader, file: &RuleFile, node: Node, found: &mut Vec<Found>) -> bool {
    let Some(mut fields) = reader.fields(&node, "a rule file's document") else { return false };
    let version = fields.require(reader, "apiVersion");
    let kind = fields.require(reader, "kind");
    let (Some(version), Some(kind)) = (version, kind) else { return false };
    let Some(text) = reader.text(version, "`apiVersion`") else { return false };
    let Some(kind_text) = reader.text(kind, "`kind`") else { return false };
    match (text, kind_text) {
        (API_VERSION, "RuleSet") => {
            found.push(Found { source: Arc::clone(&file.source), node, trust: file.trust, pack: file.pack });
            false
        }
        // What the webhook puts into pods lies beside rules in no mount, but in a file of manifests.
        (API_VERSION, "RuleTest" | "SidecarInjection") => true,
        (API_VERSION, "RulePolicy") => {
            reader
                .error(Code::UnknownKind, "a policy among rules: it is the administrator's, not a rule", &kind.span)
                .help = Some("keep policies in files of their own and give them with `--policy`".into());
            false
        }
        (_, "RuleSet" | "RuleTest" | "RulePolicy" | "SidecarInjection") => {
            wrong_version(reader, version);
            false
        }
        (_, "ConfigMap") => {
            config_map(reader, file, &node, found);
            false
        }
        _ => {
            if let Some(machine) = Machine::of(&node) {
                virtual_machine(reader, &machine, found);
                return false;
            }
            let problem = reader.error(Code::UnknownKind, format!("the kind `{kind_text}` holds no rules"), &kind.span);
            match nearest(kind_text, KINDS) {
                Some(near) => problem.suggest(kind_text, near),
                None => problem.help = Some(format!("it is one of {}", KINDS.join(", "))),
            }
            false
        }
    }
}

/// The values of a ConfigMap's data that are virt-patch's; scripts and other files are passed over,
/// unless there is nothing else.
fn config_map(reader: &mut Reader, file: &RuleFile, node: &Node, found: &mut Vec<Found>) {
    let before = (found.len(), reader.problems.len());
    for value in config_map_data(node) {
        if value.text().is_some_and(|text| text.contains("virt-patch.dev/")) {
            embedded(reader, value, file.trust, found);
        }
    }
    if (found.len(), reader.problems.len()) != before {
        return;
    }
    let script_value = config_map_data(node).find(|value| value.text().is_some_and(|text| text.starts_with("#!")));
    if let Some(value) = script_value {
        let problem = script(reader.at(&value.span));
        reader.problems.push(problem);
    }
}

/// The annotation of a VMI, or of the template that a VM, replica set or pool makes its VMIs from. KubeVirt
/// passes only the template's annotations on, so rules on the outside would never run.
fn virtual_machine(reader: &mut Reader, machine: &Machine<'_>, found: &mut Vec<Found>) {
    if let Some(value) = machine.own_annotation(RULES_ANNOTATION) {
        let message =
            format!("`{RULES_ANNOTATION}` stands on the VM itself, and KubeVirt does not pass it on to the VMI");
        reader.error(Code::AnnotationRules, message, &value.span).help =
            Some("move it to the template's `metadata.annotations`".into());
        return;
    }
    let Some(value) = machine.annotation(RULES_ANNOTATION) else { return };
    if value.text().is_some_and(|text| text.len() > ANNOTATION_LIMIT) {
        let message = format!("the annotation `{RULES_ANNOTATION}` has more than {ANNOTATION_LIMIT} bytes");
        reader.error(Code::YamlLimit, message, &value.span);
    } else {
        embedded(reader, value, Trust::Annotation, found);
    }
}

/// The rule sets of a text inside this file; a ConfigMap in there is not looked into.
fn embedded(reader: &mut Reader, value: &Node, trust: Trust, found: &mut Vec<Found>) {
    let file = RuleFile { source: reader.inner(value), trust, pack: None };
    match yaml::read(&file.source, &Limits::default()) {
        Ok(documents) => {
            for node in documents {
                let is_rules =
                    node.get("apiVersion").and_then(Node::text).is_some_and(|text| text.starts_with("virt-patch.dev/"));
                let mut inner = Reader::new(&file.source);
                if is_rules {
                    document(&mut inner, &file, node, found);
                } else {
                    let message = format!("`{}` without `apiVersion: {API_VERSION}` is no rule set", node.what());
                    inner.error(Code::UnsupportedVersion, message, &(node.span.start..node.span.start));
                }
                reader.problems.append(&mut inner.problems);
            }
        }
        Err(mut problems) => reader.problems.append(&mut problems),
    }
}

fn script(at: Location) -> Diagnostic {
    Diagnostic::error(Code::ScriptMounted, "this is a script, and virt-patch runs rules, not scripts")
        .at(at)
        .help("mount a rule set in its place (docs/migration.md shows each upstream script beside its rules), or use the image `sidecar-shim`")
}
