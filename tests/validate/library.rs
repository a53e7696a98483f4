//! The check as a webhook calls it: a text from anywhere, nothing read from a file system.

use std::sync::Arc;

use serde_json::json;
use virt_patch::diagnostic::{Code, Diagnostic, Severity};
use virt_patch::lint::Samples;
use virt_patch::manifest::{Machine, hook_sidecars};
use virt_patch::rule::{RuleFile, Trust};
use virt_patch::rule_test::Files;
use virt_patch::source::{Location, Source};
use virt_patch::validate::{Baseline, Candidate, Findings, Levels, Settings, check};
use virt_patch::yaml::{self, Limits};

/// A request has no files beside it.
struct NoFiles;

impl Files for NoFiles {
    fn rules(&self, path: &str) -> Result<Vec<RuleFile>, Vec<Diagnostic>> {
        Err(vec![Diagnostic::error(Code::Unreadable, format!("`{path}` is not there"))])
    }
    fn text(&self, _path: &str) -> Result<Option<Arc<Source>>, String> {
        Ok(None)
    }
}

fn nothing(_name: &str) -> Box<dyn Files> {
    Box::new(NoFiles)
}

pub(super) fn found(text: &str) -> Findings {
    let file = RuleFile { source: Source::new("request", text), trust: Trust::File, pack: None };
    check(&[Candidate { file, is_named: true }], &nothing, &Samples::default(), &Levels::default())
}

#[test]
fn a_vm_as_json_is_checked_with_its_annotations() {
    let rules = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  onDefineDomain:\n    - remove: /domain/[\n";
    let vm = json!({
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": "vm"},
        "spec": {"template": {
            "metadata": {"annotations": {"virt-patch.dev/rules": rules, "hooks.kubevirt.io/hookSidecars": "[{\"image\": \"x\", \"agrs\": []}]"}},
            "spec": {"domain": {}},
        }},
    });
    let text = vm.to_string();
    let findings = found(&text);
    let codes: Vec<Code> = findings.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [Code::XpathSyntax, Code::UnknownField]);
    assert!(findings.has_errors());
    let at = findings.problems[0].at.as_ref().expect("a place").outermost();
    assert!(text[..at.span.start].ends_with("remove: /domain/"), "{}", &text[..at.span.start]);
    let fix = findings.problems[1].fix.as_ref().expect("the near word");
    assert_eq!((&text[fix.at.span.clone()], fix.text.as_str()), ("agrs", "args"));
}

#[test]
fn what_the_annotation_says_can_be_read() {
    let text = r#"{"kind": "VirtualMachineInstance", "metadata": {"annotations": {"hooks.kubevirt.io/hookSidecars":
        "[{\"image\": \"a\", \"args\": [\"--pack\", \"smbios\"], \"configMap\": {\"name\": \"c\", \"key\": \"k\", \"hookPath\": \"/p\"}}]"}}}"#;
    let source = Source::new("vmi.json", text);
    let documents = yaml::read(&source, &Limits::default()).expect("JSON is YAML");
    let machine = Machine::of(&documents[0]).expect("a VMI");
    assert!(!machine.is_template());
    let (sidecars, problems) =
        hook_sidecars(&source, machine.annotation("hooks.kubevirt.io/hookSidecars").expect("the annotation"));
    assert!(problems.is_empty(), "{problems:?}");
    let [sidecar] = sidecars.as_slice() else { panic!("{sidecars:?}") };
    let arguments: Vec<&str> = sidecar.arguments.iter().map(|argument| argument.text.as_str()).collect();
    assert_eq!((sidecar.image.as_deref(), arguments), (Some("a"), ["--pack", "smbios"].to_vec()));
    let mount = &sidecar.mounts[0];
    assert_eq!((mount.field, mount.name.as_str()), ("configMap", "c"));
    assert!(text[mount.location.outermost().span].contains("c"), "the name's own place");
}

#[test]
fn every_kind_that_makes_vmis_has_its_template() {
    let own = "{kind: VirtualMachineInstance, metadata: {annotations: {a: here}}}";
    let one = |kind: &str| {
        format!(
            "{{kind: {kind}, metadata: {{annotations: {{a: outside}}}}, spec: {{template: {{metadata: {{annotations: {{a: here}}}}, spec: {{volumes: [{{name: v, emptyDisk: {{}}}}]}}}}}}}}"
        )
    };
    let pool = "{kind: VirtualMachinePool, metadata: {annotations: {a: outside}}, spec: {virtualMachineTemplate: {spec: {template: {metadata: {annotations: {a: here}}, spec: {volumes: [{name: v, emptyDisk: {}}]}}}}}}";
    let texts = [own.to_owned(), one("VirtualMachine"), one("VirtualMachineInstanceReplicaSet"), pool.to_owned()];
    for text in texts {
        let source = Source::new("x", text.as_str());
        let documents = yaml::read(&source, &Limits::default()).expect("YAML");
        let machine = Machine::of(&documents[0]).expect("a machine");
        assert_eq!(machine.annotation("a").and_then(|node| node.text()), Some("here"), "{text}");
        let outside = machine.own_annotation("a").and_then(|node| node.text());
        assert_eq!(outside, machine.is_template().then_some("outside"), "{text}");
        let volumes: Vec<_> = machine.volumes().map(|volume| (volume.name.text(), volume.source)).collect();
        let wanted = if machine.is_template() { vec![(Some("v"), Some("emptyDisk"))] } else { Vec::new() };
        assert_eq!(volumes, wanted, "{text}");
    }
    let source = Source::new("x", "{kind: Pod}");
    assert!(Machine::of(&yaml::read(&source, &Limits::default()).expect("YAML")[0]).is_none());
}

#[test]
fn a_clusters_vms_may_be_long_and_a_rule_file_not() {
    let vm = |wrong: &str| {
        format!(
            r#"{{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "status": "{}", "metadata": {{"annotations": {{"hooks.kubevirt.io/hookSidecars": "[{{\"image\": \"x\"{wrong}}}]"}}}}}}"#,
            "x".repeat(10_000)
        )
    };
    let items: Vec<String> = (0..300).map(|number| vm(if number == 299 { r#", \"arg\": []"# } else { "" })).collect();
    let list = format!(r#"{{"kind": "List", "items": [{}]}}"#, items.join(",\n"));
    assert!(list.len() > 3_000_000);
    let findings = found(&list);
    assert_eq!((findings.counts.machines, findings.problems.len()), (300, 1));
    assert_eq!(findings.problems[0].at.as_ref().map(|at| at.position().line), Some(300));
    let set = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec: {}\n";
    assert!(found(&format!("{set}# {}\n", "x".repeat(1_000_000))).problems.is_empty());
    let long = found(&format!("{set}# {}\n", "x".repeat(1_100_000))).problems;
    assert_eq!(long.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::YamlLimit]);
}

#[test]
fn levels_and_baselines_touch_warnings_alone() {
    let vmi = "kind: VirtualMachineInstance\napiVersion: kubevirt.io/v1\nmetadata:\n  annotations:\n    hooks.kubevirt.io/hookSidecars: '[{\"agrs\": []}]'\n";
    let findings = found(vmi);
    let both: Vec<_> = findings.problems.iter().map(|problem| (problem.code, problem.severity)).collect();
    assert_eq!(both, [(Code::MissingImage, Severity::Warning), (Code::UnknownField, Severity::Error)]);
    let settings = Settings::read(&Source::new("c", "lints: {missing-image: Off, unknown-field: Off}")).expect("right");
    let mut problems = findings.problems.clone();
    settings.levels.apply(&mut problems);
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::UnknownField]);
    let name = |name: &str| name.to_owned();
    let baseline = Baseline::of(&findings.problems, name);
    assert_eq!(baseline.len(), 1);
    let read = Baseline::read(&Source::new("b", baseline.to_text())).expect("what was written can be read");
    assert_eq!(read, baseline);
    let mut problems = findings.problems;
    let absorbed = read.absorb(&mut problems, name, |_| true);
    assert_eq!((absorbed.known, absorbed.gone, problems.len()), (1, 0, 1));
    let absorbed = read.absorb(&mut problems, name, |_| true);
    assert_eq!((absorbed.known, absorbed.gone, problems.len()), (0, 1, 1));
}

/// Everything that is said has a place inside the text that it is said of.
pub(super) fn place_outside(text: &str, location: &Location) -> Option<String> {
    let at = location.outermost();
    let position = location.position();
    let lines = text.split('\n').count();
    let is_inside = at.span.start <= at.span.end && at.span.end <= text.len() && (1..=lines).contains(&position.line);
    (!is_inside).then(|| format!("{:?} {position:?} of {lines} lines", at.span))
}
