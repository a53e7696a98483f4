//! What of an object is judged, by its kind, and what an update leaves alone.

use serde_json::{Value as Json, json};
use virt_patch::admission::{Criteria, judge};
use virt_patch::policy;
use virt_patch::source::Source;

use super::{codes, criteria, vmi};

const SIDECARS: &str = "hooks.kubevirt.io/hookSidecars";
const RULES: &str = "virt-patch.dev/rules";
const GOOD: &str = r#"[{"image": "good.example/a:1"}]"#;
const EVIL: &str = r#"[{"image": "evil.example/a:1"}]"#;
const RULE_SET: &str = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata:\n  name: title\nspec:\n  onDefineDomain:\n    - set:\n        /domain/title: ok\n";

/// The codes that are said of an object; `None` where there is nothing to judge.
fn said(object: &Json, old: Option<&Json>) -> Option<Vec<&'static str>> {
    let criteria = criteria("good.example/a:1");
    let verdict = judge(object, old, &criteria);
    let said = verdict.is_judged.then(|| codes(&verdict.problems));
    #[cfg(feature = "webhook")]
    {
        let read = read(object, old);
        let read = judge(&read.object, old.is_some().then_some(&read.old_object), &criteria);
        let of_review = read.is_judged.then(|| codes(&read.problems));
        assert_eq!(of_review, said, "what a review keeps of {object} is judged as the whole is");
    }
    said
}

/// A review of an object, read.
#[cfg(feature = "webhook")]
fn read(object: &Json, old: Option<&Json>) -> virt_patch::admission::Request {
    let request = json!({"uid": "1", "kind": {"kind": "X"}, "operation": "UPDATE", "object": object, "oldObject": old});
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
    virt_patch::admission::Request::read(review.to_string().as_bytes()).expect("a review")
}

#[cfg(feature = "webhook")]
#[test]
fn of_a_review_only_what_is_judged_is_kept() {
    let mut padded = vmi(json!({SIDECARS: GOOD, "other": "read by rules"}));
    padded["metadata"]["labels"] = json!({"tier": "read by rules"});
    padded["metadata"]["managedFields"] = json!(vec!["x"; 1000]);
    padded["spec"] =
        json!({"domain": {"cpu": {"cores": 1}}, "volumes": vec![1; 1000], "template": [1.5, -1, true, "x", null]});
    padded["status"] = json!({"phase": "Running"});
    let kept =
        json!({"kind": "VirtualMachineInstance", "metadata": padded["metadata"].clone(), "spec": {"template": null}});
    let mut kept = kept;
    kept["metadata"].as_object_mut().expect("an object").retain(|name, _| name == "annotations" || name == "labels");
    assert_eq!(read(&padded, Some(&padded)).object, kept);
    assert_eq!(read(&padded, Some(&padded)).old_object, kept);
}

/// An object of this kind with annotations at a path of its own.
fn object(kind: &str, path: &[&str], annotations: Json) -> Json {
    let inner = path.iter().rev().fold(annotations, |value, step| json!({ *step: value }));
    let mut object = json!({"kind": kind});
    object.as_object_mut().expect("an object").extend(inner.as_object().expect("a path").clone());
    object
}

#[test]
fn every_kind_is_judged_where_its_annotations_reach_a_vmi() {
    let template = ["spec", "template", "metadata", "annotations"];
    let pool = ["spec", "virtualMachineTemplate", "spec", "template", "metadata", "annotations"];
    let own = ["metadata", "annotations"];
    let added = ["spec", "annotations"];
    let places: [(&str, &[&str]); 8] = [
        ("VirtualMachine", &template),
        ("VirtualMachineInstance", &own),
        ("VirtualMachineInstanceReplicaSet", &template),
        ("VirtualMachinePool", &pool),
        ("VirtualMachineInstancetype", &added),
        ("VirtualMachineClusterInstancetype", &added),
        ("VirtualMachinePreference", &added),
        ("VirtualMachineClusterPreference", &added),
    ];
    for (kind, right) in places {
        for path in [&template[..], &pool, &own, &added] {
            let evil = object(kind, path, json!({SIDECARS: EVIL}));
            let expected = (path == right).then(|| vec!["image-not-allowed"]);
            assert_eq!(said(&evil, None), expected, "{kind} at {path:?}");
        }
        let good = object(kind, right, json!({SIDECARS: GOOD, RULES: RULE_SET}));
        assert_eq!(said(&good, None), Some(vec![]), "{kind}");
    }
}

#[test]
fn annotations_of_any_form_are_answered() {
    for (annotations, expected) in [
        (json!({SIDECARS: 1}), Some(vec!["hook-sidecars"])),
        (json!({SIDECARS: [{"image": "good.example/a:1"}]}), Some(vec!["hook-sidecars"])),
        (json!({SIDECARS: null}), None),
        (json!({RULES: {"kind": "RuleSet"}}), Some(vec!["wrong-type"])),
        (json!({RULES: "#".repeat(65 * 1024)}), Some(vec!["yaml-limit"])),
        (json!({RULES: "#!/bin/sh"}), Some(vec!["script-mounted"])),
        (json!([]), None),
        (json!("x"), None),
        (json!(null), None),
    ] {
        assert_eq!(said(&vmi(annotations.clone()), None), expected, "{annotations}");
    }
    for nothing in [json!(null), json!([]), json!({}), json!({"kind": 1}), json!({"kind": "Pod"})] {
        assert_eq!(said(&nothing, None), None, "{nothing}");
    }
}

#[test]
fn rules_in_the_annotation_are_the_owners_and_read_no_files() {
    let rules =
        RULE_SET.replace("spec:\n", "spec:\n  params: {secret: {file: /etc/passwd}}\n").replace("ok", "${secret}");
    assert_eq!(said(&vmi(json!({RULES: rules})), None), Some(vec!["param-forbidden"]));
    let in_a_map = json!({"kind": "ConfigMap", "metadata": {"labels": {RULES: "true"}}, "data": {"a.yaml": rules}});
    assert_eq!(said(&in_a_map, None), Some(vec![]));
}

#[test]
fn config_maps_with_the_label_hold_rules_and_nothing_else() {
    let map = |label: &str, field: &str, value: Json| json!({"kind": "ConfigMap", "metadata": {"labels": {RULES: label}}, field: value});
    for (object, expected) in [
        (map("true", "data", json!({"a.yaml": RULE_SET})), Some(vec![])),
        (
            map("true", "data", json!({"a.yaml": RULE_SET.replace("title: ok", "title: ${x")})),
            Some(vec!["template-syntax"]),
        ),
        (map("true", "data", json!({"a.sh": "#!/bin/sh"})), Some(vec!["script-mounted"])),
        (map("true", "data", json!({"a.yaml": ""})), Some(vec!["no-rules"])),
        (map("true", "data", json!({"a.yaml": 1})), Some(vec!["wrong-type"])),
        (map("true", "binaryData", json!({"a.yaml": "IyEvYmluL3No"})), Some(vec!["wrong-type"])),
        (map("true", "data", json!(null)), Some(vec![])),
        (map("false", "data", json!({"a.sh": "#!/bin/sh"})), None),
        (map("", "data", json!({"a.sh": "#!/bin/sh"})), None),
    ] {
        assert_eq!(said(&object, None), expected, "{object}");
    }
    let verdict =
        judge(&map("true", "data", json!({"vm.yaml": RULE_SET.replace("set:", "sett:")})), None, &criteria(""));
    let place = verdict.problems[0].to_string();
    assert!(place.starts_with("vm.yaml:7:7: error["), "{place}");
}

#[test]
fn an_update_answers_for_what_it_changes() {
    let (good, evil) = (vmi(json!({SIDECARS: GOOD})), vmi(json!({SIDECARS: EVIL})));
    let evil_with_rules = vmi(json!({SIDECARS: EVIL, RULES: RULE_SET}));
    let evil_elsewhere = object("VirtualMachine", &["metadata", "annotations"], json!({SIDECARS: EVIL}));
    let evil_template =
        object("VirtualMachine", &["spec", "template", "metadata", "annotations"], json!({SIDECARS: EVIL}));
    for (new, old, expected) in [
        (&evil, &evil, None),
        (&good, &evil, Some(vec![])),
        (&evil, &good, Some(vec!["image-not-allowed"])),
        (&evil_with_rules, &evil, Some(vec![])),
        (&evil_template, &evil_elsewhere, Some(vec!["image-not-allowed"])),
    ] {
        assert_eq!(said(new, Some(old)), expected, "{new} instead of {old}");
    }
    let map = |label: &str, text: &str| json!({"kind": "ConfigMap", "metadata": {"labels": {RULES: label}, "name": text}, "data": {"a": text}});
    let script = map("true", "#!/bin/sh");
    let mut renamed = script.clone();
    renamed["metadata"]["name"] = json!("other");
    assert_eq!(said(&renamed, Some(&script)), None, "its data is as it was");
    assert_eq!(said(&script, Some(&map("false", "#!/bin/sh"))), Some(vec!["script-mounted"]), "it has the label now");
    assert_eq!(said(&script, Some(&map("true", RULE_SET))), Some(vec!["script-mounted"]));
}

#[test]
fn policies_narrow_rules_wherever_they_come_from() {
    let policy = "apiVersion: virt-patch.dev/v1alpha1\nkind: RulePolicy\nmetadata: {name: narrow}\nspec:\n  annotationRules: Deny\n  packs: [disk]\n  paramSources: [value]\n";
    let (policies, problems) = policy::compile(&Source::new("policy.yaml", policy));
    assert!(problems.is_empty(), "{problems:?}");
    let criteria = Criteria { policies: policies.into_iter().collect(), ..criteria("good.example/*") };
    let from_label = RULE_SET.replace("spec:\n", "spec:\n  params: {x: {label: x}}\n").replace("ok", "${x}");
    let map =
        |text: &str| json!({"kind": "ConfigMap", "metadata": {"labels": {RULES: "true"}}, "data": {"a.yaml": text}});
    let packs = |pack: &str| {
        vmi(
            json!({SIDECARS: json!([{"image": "good.example/virt-patch-sidecar:1", "args": ["--pack", pack]}]).to_string()}),
        )
    };
    for (object, expected) in
        [(vmi(json!({RULES: RULE_SET})), 1), (map(RULE_SET), 0), (map(&from_label), 1), (packs("smbios"), 1)]
    {
        let verdict = judge(&object, None, &criteria);
        let refused: Vec<_> =
            verdict.problems.iter().filter(|problem| problem.code.as_str() == "policy-rules").collect();
        assert_eq!(refused.len().min(1), expected, "{object}: {:?}", verdict.problems);
        assert_eq!(verdict.is_allowed(), expected == 0, "{object}");
    }
}

/// Each problem of an argument costs looking for its place: a VM's owner must not be able to keep the webhook busy.
#[test]
fn of_many_wrong_arguments_a_few_are_told() {
    let told = |image: &str, args: Vec<String>| {
        let text = json!([{"image": image, "args": args}]).to_string();
        let verdict = judge(&vmi(json!({SIDECARS: text})), None, &criteria("good.example/virt-patch-sidecar:1"));
        verdict.problems.iter().filter(|problem| problem.code.as_str() == "invalid-argument").count()
    };
    let wrong: Vec<String> = (0..256).map(|number| format!("--no-such-{number}")).collect();
    assert_eq!(told("good.example/virt-patch-sidecar:1", wrong[..3].to_vec()), 3);
    assert_eq!(told("good.example/virt-patch-sidecar:1", wrong.clone()), 8);
    assert_eq!(told("evil.example/virt-patch-sidecar:1", wrong), 0, "it may not run at all");
}
