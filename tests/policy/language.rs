//! What a policy's file may say.

use virt_patch::diagnostic::Code;
use virt_patch::engine::Limits;

use super::{policies, read, text};

#[test]
fn a_policy_says_what_it_says() {
    let all = policies(&text(
        "  namespaces: {x: http://example.org/}\n  deny: ['//x:a', {path: //b, reason: no b}]\n  protect: [/domain/c]\n  \
         allow: [/domain/d]\n  cloudInit: {allow: [userData]}\n  annotationRules: Deny\n  packs: [smbios]\n  \
         paramSources: [annotation, value]\n  limits: {steps: 1000, bytes: 2000, nodes: 30}\n",
    ));
    let policy = all.iter().next().expect("one");
    assert_eq!((policy.deny.len(), policy.protect.len()), (2, 1));
    assert_eq!(policy.deny[1].reason.as_deref(), Some("no b"));
    assert_eq!(policy.allow.as_ref().map(|allow| allow.clauses.len()), Some(1));
    assert_eq!(policy.cloud_init.as_ref().map(|kinds| kinds.len()), Some(1));
    assert!(!policy.annotation_rules);
    assert_eq!(policy.packs.as_deref(), Some(&["smbios".to_owned()][..]));
    assert_eq!(policy.param_sources.as_ref().map(Vec::len), Some(2));
    assert_eq!((policy.limits.steps, policy.limits.bytes, policy.limits.nodes), (1000, 2000, 30));
}

#[test]
fn limits_only_narrow() {
    let both = policies(&format!(
        "{}---\n{}",
        text("  limits: {steps: 1000, nodes: 999999999}\n"),
        text("  limits: {steps: 5000, bytes: 77}\n")
    ));
    let limits = both.limits(Limits::default());
    assert_eq!((limits.steps, limits.bytes, limits.nodes), (1000, 77, Limits::default().nodes));
}

/// What a policy says of rule sets before there is a domain: the spec, the rules, and whether they may run.
#[test]
fn rule_sets_are_judged_as_such() {
    use virt_patch::rule::{RuleFile, Trust, compile, pack_file};
    use virt_patch::source::Source;
    let own = |trust: Trust, spec: &str| {
        let rules =
            format!("apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: own}}\nspec: {spec}\n");
        compile(&[RuleFile { source: Source::new("rules.yaml", rules), trust, pack: None }]).expect("rules")
    };
    let pack = compile(&[pack_file("smbios").expect("a pack")]).expect("rules");
    let env = own(Trust::File, "{params: {a: {env: A}}}");
    let files = own(Trust::File, "{files: [{name: a.rom, base64: AAAA}]}");
    let annotated = own(Trust::Annotation, "{}");
    let used = own(Trust::File, "{use: [{pack: cpu}]}");
    for (spec, sets, is_allowed) in [
        ("  packs: [smbios]\n", &pack, true),
        ("  packs: [cpu]\n", &pack, false),
        ("  packs: []\n", &env, true),
        ("  packs: [smbios]\n", &used, false),
        ("  paramSources: [env]\n", &env, true),
        ("  paramSources: [annotation]\n", &env, false),
        ("  paramSources: []\n", &env, false),
        ("  files: Deny\n", &files, false),
        ("  files: Allow\n", &files, true),
        ("  files: Deny\n", &env, true),
        ("  annotationRules: Deny\n", &annotated, false),
        ("  annotationRules: Allow\n", &annotated, true),
        ("  annotationRules: Deny\n", &env, true),
    ] {
        let problems = policies(&text(spec)).judge_sets(sets);
        assert_eq!(problems.is_empty(), is_allowed, "{spec}: {problems:?}");
        assert!(problems.iter().all(|problem| problem.code == Code::PolicyRules && problem.at.is_some()));
    }
}

/// Each with the code and a part of what is said, all at their line.
#[test]
fn what_is_wrong_is_said_at_its_place() {
    for (spec, line, code, part) in [
        ("  denny: []\n", 6, Code::UnknownField, "denny"),
        ("  deny: [disk]\n", 6, Code::RelativePath, ""),
        ("  deny: [\"/domain/disk[\"]\n", 6, Code::XpathSyntax, ""),
        ("  deny: [$x]\n", 6, Code::UnknownVariable, "x"),
        ("  deny: ['//y:a']\n", 6, Code::UnknownPrefix, "y"),
        ("  deny: ['count(//disk)']\n", 6, Code::XpathType, "must give nodes"),
        ("  protect: ['//disk = 1']\n", 6, Code::XpathType, "must give nodes"),
        ("  deny: {path: //a}\n", 6, Code::WrongType, "list"),
        ("  deny: [{reason: none}]\n", 6, Code::MissingField, "path"),
        ("  annotationRules: Perhaps\n", 6, Code::UnknownValue, "Perhaps"),
        ("  packs: [smbois]\n", 6, Code::UnknownPack, "smbois"),
        ("  paramSources: [annotatoin]\n", 6, Code::UnknownValue, "annotatoin"),
        ("  cloudInit: {allow: [userdata]}\n", 6, Code::UnknownValue, "userdata"),
        ("  cloudInit: {}\n", 6, Code::MissingField, "allow"),
        ("  limits: {steps: -1}\n", 6, Code::WrongType, "limits.steps"),
    ] {
        let (policies, problems) = read(&text(spec));
        assert!(policies.is_empty(), "{spec}");
        let problem = problems.first().unwrap_or_else(|| panic!("{spec}: nothing is wrong"));
        assert_eq!(problem.code, code, "{spec}: {problem}");
        assert!(problem.message.contains(part), "{spec}: {problem}");
        assert_eq!(problem.at.as_ref().map(|at| at.position().line), Some(line), "{spec}: {problem}");
    }
    let (_, problems) = read(&text("  deny: [disk]\n  packs: [smbois]\n  allow: [$x]\n"));
    assert_eq!(problems.len(), 3, "all that is wrong is said at once");
}

#[test]
fn a_file_of_policies_holds_policies_alone() {
    for (file, code) in [
        ("", Code::UnknownPolicy),
        ("# nothing\n", Code::UnknownPolicy),
        ("apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: a}\nspec: {}\n", Code::UnknownKind),
        ("apiVersion: virt-patch.dev/v1alpha1\nkind: RulePolicies\nmetadata: {name: a}\nspec: {}\n", Code::UnknownKind),
        ("apiVersion: virt-patch.dev/v2\nkind: RulePolicy\nmetadata: {name: a}\nspec: {}\n", Code::UnsupportedVersion),
        ("apiVersion: virt-patch.dev/v1alpha1\nkind: RulePolicy\nmetadata: {name: a}\n", Code::MissingField),
        ("#!/bin/sh\n", Code::ScriptMounted),
        ("<domain/>", Code::WrongType),
        ("[]", Code::WrongType),
    ] {
        let (policies, problems) = read(file);
        assert!(policies.is_empty(), "{file}");
        assert!(problems.iter().any(|problem| problem.code == code), "{file}: {problems:?}");
    }
}
