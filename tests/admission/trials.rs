//! Rules tried under policies: what obviously breaks one does not come in; what takes long does, with a warning.

use serde_json::{Value as Json, json};
use virt_patch::admission::{Criteria, Verdict, judge};
use virt_patch::policy::{self, Policies};
use virt_patch::source::Source;

use super::{codes, criteria, vmi};

const RULES: &str = "virt-patch.dev/rules";
const POLICY: &str = "
apiVersion: virt-patch.dev/v1alpha1
kind: RulePolicy
metadata: {name: tenants}
spec:
  deny: [/domain/devices/hostdev]
  protect: [/domain/devices/emulator]
  cloudInit: {allow: [userData]}
";

fn policies(text: &str) -> Policies {
    let (policies, problems) = policy::compile(&Source::new("policy.yaml", text));
    assert!(problems.is_empty(), "{problems:?}");
    policies.into_iter().collect()
}

/// A rule set of these lines of `spec`.
fn set(spec: &str) -> String {
    format!("apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: a}}\nspec:\n{spec}")
}

fn config_map(texts: &[String]) -> Json {
    let data: serde_json::Map<String, Json> =
        texts.iter().enumerate().map(|(at, text)| (format!("{at}.yaml"), json!(text))).collect();
    json!({"kind": "ConfigMap", "metadata": {"labels": {RULES: "true"}}, "data": data})
}

fn judged(object: &Json, policies: Policies) -> Verdict {
    judge(object, None, &Criteria { policies, ..criteria("good.example/a:1") })
}

const EMULATOR: &str = "  onDefineDomain:\n    - set: {/domain/devices/emulator: /bin/sh}\n";
const TITLE: &str = "  onDefineDomain:\n    - set: {/domain/title: ok}\n";
/// A policy refuses it, and so would a check: there is no alias.
const HOSTDEV: &str = "  onDefineDomain:\n    - insert:\n        into: /domain/devices\n        xml: <hostdev mode='subsystem' type='pci'/>\n";
const NETWORK: &str = "  preCloudInitIso:\n    - document: networkData\n      merge: {version: 1}\n";
const USER: &str = "  preCloudInitIso:\n    - document: userData\n      merge: {timezone: UTC}\n";
/// It ends before the second rule runs, unless the VM has the annotation.
const FAILS_FIRST: &str = "  params:\n    on: {annotation: on}\n  onDefineDomain:\n    - {when: not($on), fail: no}\n    - set: {/domain/devices/emulator: /bin/sh}\n";
const BY_ANNOTATION: &str = "  params:\n    on: {annotation: on}\n  onDefineDomain:\n    - when: $on = 'yes'\n      set: {/domain/devices/emulator: /bin/sh}\n";

#[test]
fn what_rules_make_of_samples_is_held_to_the_policies() {
    for (spec, expected) in [
        (TITLE, &[][..]),
        (USER, &[]),
        (EMULATOR, &["policy-protected"]),
        (HOSTDEV, &["policy-denied"]),
        (NETWORK, &["policy-not-allowed"]),
    ] {
        for object in [config_map(&[set(spec)]), vmi(json!({RULES: set(spec)}))] {
            let verdict = judged(&object, policies(POLICY));
            assert_eq!(codes(&verdict.problems), expected, "{spec}: {:?}", verdict.problems);
            assert_eq!(verdict.is_allowed(), expected.is_empty(), "{spec}");
            assert!(judged(&object, Policies::default()).problems.is_empty(), "without a policy nothing is tried");
        }
    }
    let verdict = judged(&vmi(json!({RULES: set(EMULATOR)})), policies(POLICY));
    let said = verdict.problems[0].to_string();
    assert!(said.starts_with("annotation virt-patch.dev/rules:6:7: error[policy-protected]"), "{said}");
    assert!(said.contains("tried on a Linux VM, second call"), "{said}");
}

/// An annotation's rules are those of a VMI that is known; a ConfigMap's are any VMI's.
#[test]
fn annotations_rules_are_tried_with_the_annotations_beside_them() {
    let with = |on: &str, spec: &str| judged(&vmi(json!({RULES: set(spec), "on": on})), policies(POLICY)).is_allowed();
    assert!(with("no", BY_ANNOTATION));
    assert!(!with("yes", BY_ANNOTATION));
    let template = json!({"metadata": {"labels": {"on": "yes"}, "annotations": {RULES: set(&BY_ANNOTATION.replace("annotation:", "label:"))}}});
    let vm = json!({"kind": "VirtualMachine", "spec": {"template": template}});
    assert!(!judged(&vm, policies(POLICY)).is_allowed(), "labels of the template are the VMI's");
    let pool =
        json!({"kind": "VirtualMachinePool", "spec": {"virtualMachineTemplate": {"spec": {"template": template}}}});
    assert!(!judged(&pool, policies(POLICY)).is_allowed());
    let added =
        json!({"kind": "VirtualMachinePreference", "spec": {"annotations": {RULES: set(BY_ANNOTATION), "on": "yes"}}});
    assert!(!judged(&added, policies(POLICY)).is_allowed());
    assert!(
        !judged(&config_map(&[set(FAILS_FIRST)]), policies(POLICY)).is_allowed(),
        "each rule that does not run is tried alone"
    );
    // What a review keeps of an object is enough for it.
    #[cfg(feature = "webhook")]
    {
        let request = json!({"uid": "1", "kind": {"kind": "X"}, "operation": "CREATE", "object": vm});
        let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
        let kept = virt_patch::admission::Request::read(review.to_string().as_bytes()).expect("a review").object;
        assert!(!judged(&kept, policies(POLICY)).is_allowed());
    }
}

/// What a ConfigMap's rules do for some VMs only is told, and no reason to refuse them to others.
#[test]
fn what_depends_on_a_vms_values_is_a_warning_before_there_is_a_vm() {
    let by_value = "  params:\n    program: {annotation: program}\n  onDefineDomain:\n    - set: {/domain/devices/emulator: '${program}'}\n";
    let verdict = judged(&config_map(&[set(by_value)]), policies(POLICY));
    assert!(verdict.is_allowed() && verdict.is_judged);
    let said: Vec<String> = verdict.problems.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("0.yaml:8:7: warning[policy-protected]: "), "{said:?}");
    assert!(said[0].contains("with some values of the rules' params, the policy `tenants` protects"), "{said:?}");
    let with = |annotations: Json| {
        let mut annotations = annotations;
        annotations[RULES] = json!(set(by_value));
        judged(&vmi(annotations), policies(POLICY)).problems
    };
    assert_eq!(codes(&with(json!({"program": "/bin/sh"}))), ["policy-protected"]);
    assert!(with(json!({})).is_empty(), "a VM is tried with what it has");
    // What is refused with any values is not said again of some.
    let both = format!("{by_value}    - set: {{/domain/devices/emulator: /bin/sh}}\n");
    let problems = judged(&config_map(&[set(&both)]), policies(POLICY)).problems;
    assert!(problems.iter().any(|problem| problem.severity == virt_patch::diagnostic::Severity::Error), "{problems:?}");
}

/// A sidecar mounts one key, so none is refused for what another does.
#[test]
fn each_key_of_a_config_map_is_tried_alone() {
    let adds = "  onDefineDomain:\n    - set: {/domain/title: a}\n";
    let needs_it =
        "  onDefineDomain:\n    - when: /domain/title = 'a'\n      set: {/domain/devices/emulator: /bin/sh}\n";
    assert!(judged(&config_map(&[set(adds), set(needs_it)]), policies(POLICY)).is_allowed());
    let both = format!("{adds}    - when: /domain/title = 'a'\n      set: {{/domain/devices/emulator: /bin/sh}}\n");
    assert!(!judged(&config_map(&[set(&both)]), policies(POLICY)).is_allowed());
    assert_eq!(
        codes(&judged(&config_map(&[set(TITLE), set(EMULATOR)]), policies(POLICY)).problems),
        ["policy-protected"]
    );
}

/// What takes too long comes in, with a warning that says that it was not tried; what was found until then is refused.
#[test]
fn rules_that_take_long_are_let_in_with_a_warning() {
    let costly =
        |number: usize| format!("    - when: count(//*[count(//*) > {number}]) > 0\n      set: {{/domain/title: a}}\n");
    let rules = |count: usize| (0..count).map(costly).collect::<String>();
    let many_costly = format!("  onDefineDomain:\n{}", rules(400));
    let many_failing = format!("  onDefineDomain:\n{}", "    - fail: no\n".repeat(2000));
    let endless_round =
        "  onDefineDomain:\n    - forEach: {var: a, in: 'range(1, 90000)'}\n      set: {/domain/title: '${$a}'}\n";
    let many_nodes = "  onDefineDomain:\n    - forEach: {var: a, in: 'range(1, 90000)'}\n      insert: {into: /domain/metadata, xml: <a/>}\n";
    let cloud_init = format!(
        "  preCloudInitIso:\n{}",
        (0..2000)
            .map(|n| format!("    - document: userData\n      merge: {{runcmd: [[a{n}]]}}\n      lists: Append\n"))
            .collect::<String>()
    );
    for spec in [&many_costly, &many_failing, endless_round, many_nodes, &cloud_init] {
        let verdict = judged(&config_map(&[set(spec)]), policies(POLICY));
        let start = &spec[..spec.len().min(120)];
        assert!(verdict.is_allowed(), "{start}: {:?}", verdict.problems);
        assert_eq!(codes(&verdict.problems), ["limit"], "{start}");
        let said = verdict.problems[0].to_string();
        assert!(
            said.starts_with("0.yaml:1:1: warning[limit]: these rules take too long to be tried at admission"),
            "{said}"
        );
    }
    let found_before = format!("{HOSTDEV}{}", rules(400));
    let verdict = judged(&config_map(&[set(&found_before)]), policies(POLICY));
    assert_eq!(codes(&verdict.problems), ["policy-denied"]);
    // Of many files the first are tried, and the same ones each time.
    let files = vec![set(TITLE); 400];
    let (first, second) =
        (judged(&config_map(&files), policies(POLICY)), judged(&config_map(&files), policies(POLICY)));
    let places = |verdict: &Verdict| verdict.problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(first.is_allowed() && (1..390).contains(&first.problems.len()), "{}", first.problems.len());
    assert_eq!(places(&first), places(&second));
}

/// What people write is tried whole: every pack, as a ConfigMap's rules.
#[test]
fn every_pack_is_tried_to_its_end() {
    for pack in virt_patch::packs::PACKS {
        let verdict = judged(&config_map(&[pack.rules.to_owned()]), policies(POLICY));
        assert!(
            verdict.problems.iter().all(|problem| problem.code.as_str() != "limit"),
            "{}: {:?}",
            pack.name,
            verdict.problems
        );
    }
}
