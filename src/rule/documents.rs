//! What a rule file holds: rule sets as such, in a ConfigMap's data, or in a VM's annotation.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node};

use super::fields::Reader;
use super::{ANNOTATION_LIMIT, API_VERSION, RULES_ANNOTATION, RuleFile, Trust};

/// A rule set's document, not looked into yet.
pub(super) struct Found {
    pub(super) source: Arc<Source>,
    pub(super) node: Node,
    pub(super) trust: Trust,
    pub(super) pack: Option<&'static str>,
}

const KINDS: [&str; 6] = ["RuleSet", "RuleTest", "RulePolicy", "ConfigMap", "VirtualMachine", "VirtualMachineInstance"];

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

/// Returns whether the file holds something of virt-patch's that is no rule set.
fn look_into(file: &RuleFile, problems: &mut Vec<Diagnostic>, found: &mut Vec<Found>) -> bool {
    let text = file.source.text();
    if text.trim_start_matches('\u{feff}').starts_with("#!") {
        problems.push(script(Location::new(&file.source, 0..text.lines().next().map_or(0, str::len))));
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
        let mut reader = Reader::new(&file.source);
        other |= document(&mut reader, file, node, found);
        problems.append(&mut reader.problems);
    }
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
        (API_VERSION, "RuleTest") => true,
        (API_VERSION, "RulePolicy") => {
            reader
                .error(Code::UnknownKind, "a policy among rules: it is the administrator's, not a rule", &kind.span)
                .help = Some("keep policies in files of their own and give them with `--policy`".into());
            false
        }
        (_, "RuleSet" | "RuleTest" | "RulePolicy") => {
            let message = format!("this release reads `{API_VERSION}`, not `{text}`");
            reader.error(Code::UnsupportedVersion, message, &version.span).help =
                Some(format!("write `apiVersion: {API_VERSION}`"));
            false
        }
        (_, "ConfigMap") => {
            config_map(reader, file, &node, found);
            false
        }
        (
            _,
            "VirtualMachine" | "VirtualMachineInstance" | "VirtualMachineInstanceReplicaSet" | "VirtualMachinePool",
        ) => {
            virtual_machine(reader, &node, found);
            false
        }
        _ => {
            let help = match nearest(kind_text, KINDS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of {}", KINDS.join(", ")),
            };
            reader.error(Code::UnknownKind, format!("the kind `{kind_text}` holds no rules"), &kind.span).help =
                Some(help);
            false
        }
    }
}

/// The values of a ConfigMap's data that are virt-patch's; scripts and other files are passed over,
/// unless there is nothing else.
fn config_map(reader: &mut Reader, file: &RuleFile, node: &Node, found: &mut Vec<Found>) {
    let entries = node.get("data").and_then(Node::entries).unwrap_or_default();
    let before = (found.len(), reader.problems.len());
    for (_, value) in entries {
        if value.text().is_some_and(|text| text.contains("virt-patch.dev/")) {
            embedded(reader, value, file.trust, found);
        }
    }
    if (found.len(), reader.problems.len()) != before {
        return;
    }
    let script_value =
        entries.iter().map(|(_, value)| value).find(|value| value.text().is_some_and(|text| text.starts_with("#!")));
    if let Some(value) = script_value {
        let problem = script(reader.at(&value.span));
        reader.problems.push(problem);
    }
}

/// The annotation of a VMI, or of the template that a VM, replica set or pool makes its VMIs from. KubeVirt
/// passes only the template's annotations on, so rules on the outside would never run.
fn virtual_machine(reader: &mut Reader, node: &Node, found: &mut Vec<Found>) {
    let template = [&["spec", "virtualMachineTemplate", "spec", "template"][..], &["spec", "template"]]
        .iter()
        .find_map(|path| path.iter().try_fold(node, |node, step| node.get(step)));
    if let (Some(_), Some(value)) = (template, rules_of(node)) {
        let message =
            format!("`{RULES_ANNOTATION}` stands on the VM itself, and KubeVirt does not pass it on to the VMI");
        reader.error(Code::AnnotationRules, message, &value.span).help =
            Some("move it to the template's `metadata.annotations`".into());
        return;
    }
    let Some(value) = rules_of(template.unwrap_or(node)) else { return };
    if value.text().is_some_and(|text| text.len() > ANNOTATION_LIMIT) {
        let message = format!("the annotation `{RULES_ANNOTATION}` has more than {ANNOTATION_LIMIT} bytes");
        reader.error(Code::YamlLimit, message, &value.span);
    } else {
        embedded(reader, value, Trust::Annotation, found);
    }
}

fn rules_of(node: &Node) -> Option<&Node> {
    node.get("metadata")?.get("annotations")?.get(RULES_ANNOTATION)
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
