//! From rule files to rule sets.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::regexp;
use crate::source::Location;
use crate::xpath::Document;
use crate::yaml::Node;

use super::checks::LEVELS;
use super::documents::{self, Found};
use super::fields::Reader;
use super::head;
use super::rules::{self, Place};
use super::scope::Scope;
use super::uses::{self, Use};
use super::{
    Checks, ContainerFile, Hook, Param, ParamSource, ResultCheck, Rule, RuleFile, RuleSet, Trust, Verb, files,
    language, param,
};

/// What the regular expressions of rules may take together, in bytes: a pod has 64 MiB.
const PATTERNS: usize = 8 << 20;

/// Compiles every rule set of `files`, in the order given.
///
/// # Errors
/// Everything that is wrong with any of them, file by file, each in the order of its places.
pub fn compile(files: &[RuleFile]) -> Result<Vec<RuleSet>, Vec<Diagnostic>> {
    regexp::within(PATTERNS, || compile_all(files))
}

fn compile_all(files: &[RuleFile]) -> Result<Vec<RuleSet>, Vec<Diagnostic>> {
    let mut sets = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let mut found_here = Vec::new();
        for found in documents::find(file, &mut found_here) {
            let mut reader = Reader::new(&found.source);
            let mut made = rule_sets(&mut reader, &found);
            found_here.append(&mut reader.problems);
            sets.append(&mut made);
        }
        found_here.sort_by_key(|problem| problem.at.as_ref().map(|at| at.outermost().span.start));
        problems.append(&mut found_here);
    }
    if problems.is_empty() { Ok(sets) } else { Err(problems) }
}

/// Compiles the rule sets of some of a file's documents, as [`crate::yaml::read`] gave them: every set that is
/// right, and everything that is wrong with the others. That there are none is no problem here.
pub fn compile_documents(file: &RuleFile, documents: Vec<Node>) -> (Vec<RuleSet>, Vec<Diagnostic>) {
    regexp::within(PATTERNS, || compile_each(file, documents))
}

fn compile_each(file: &RuleFile, documents: Vec<Node>) -> (Vec<RuleSet>, Vec<Diagnostic>) {
    let (mut sets, mut problems, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for node in documents {
        documents::look_at(file, node, &mut problems, &mut found);
    }
    for found in found {
        let mut reader = Reader::new(&found.source);
        let mut made = rule_sets(&mut reader, &found);
        if reader.problems.is_empty() {
            sets.append(&mut made);
        }
        problems.append(&mut reader.problems);
    }
    (sets, problems)
}

/// The packs that a rule set uses, then the set itself; nothing where it is too wrong to be one.
fn rule_sets(reader: &mut Reader, found: &Found) -> Vec<RuleSet> {
    let Some((set, used)) = rule_set(reader, found) else { return Vec::new() };
    let switch = set.when.is_some().then(|| Arc::new(set.without_rules()));
    let mut sets: Vec<RuleSet> = Vec::with_capacity(used.len() + 1);
    for taken in &used {
        for mut pack in pack_sets(reader, taken) {
            uses::give(reader, taken, found.trust, &mut pack);
            pack.trust = found.trust;
            pack.switch.clone_from(&switch);
            sets.push(pack);
        }
    }
    sets.push(set);
    sets
}

/// The rule sets of a pack: right, since a test compiles every pack.
fn pack_sets(reader: &mut Reader, taken: &Use<'_>) -> Vec<RuleSet> {
    let found = documents::find(&taken.file, &mut reader.problems);
    let mut sets = Vec::new();
    for found in found {
        let mut inner = Reader::new(&found.source);
        sets.extend(rule_set(&mut inner, &found).map(|(set, _)| set));
        reader.problems.append(&mut inner.problems);
    }
    sets
}

fn rule_set<'f>(reader: &mut Reader, found: &'f Found) -> Option<(RuleSet, Vec<Use<'f>>)> {
    let fields = reader.mapping(&found.node, &language::RULE_SET)?;
    let (name, spec) = head::head(reader, fields);
    let mut spec = reader.mapping(spec?, &language::SPEC)?;
    let namespaces = head::namespaces(reader, spec.take("namespaces"));
    let mut scope = Scope::new(Arc::new(namespaces));
    let files = spec.take_entry("files").map(|(key, node)| files::read(reader, key, node, found.trust));
    let files: Arc<[ContainerFile]> = files.unwrap_or_default().into();
    scope.files(&files);
    let params = param::read(reader, spec.take("params"), found.trust, &mut scope);
    let used = spec.take("use").map(|node| uses::read(reader, node, found.pack.is_some())).unwrap_or_default();
    let checks = spec.take("checks").map(|node| checks(reader, node, found.trust)).unwrap_or_default();
    let when = spec.take("when").and_then(|node| {
        let mut params_only = scope.clone();
        params_only.document = Document::None;
        params_only.condition(reader, node, "`spec.when`")
    });
    let mut rules = |hook: Hook| -> Vec<Rule> {
        let place = Place { hook, prefix: hook.field().to_owned(), document: None, depth: 1 };
        spec.take(hook.field()).map(|node| rules::read(reader, node, &place, &scope)).unwrap_or_default()
    };
    let mut on_define_domain = rules(Hook::OnDefineDomain);
    let mut pre_cloud_init_iso = rules(Hook::PreCloudInitIso);
    number(&mut on_define_domain, &mut 0);
    number(&mut pre_cloud_init_iso, &mut 0);
    spec.finish(reader);
    let location = Location::new(&found.source, found.node.span.start..found.node.span.start);
    let Found { trust, pack, .. } = *found;
    let set = RuleSet {
        name: name?,
        location,
        trust,
        pack,
        params,
        when,
        switch: None,
        files,
        checks,
        on_define_domain,
        pre_cloud_init_iso,
    };
    no_domain_in_cloud_params(reader, &set);
    Some((set, used))
}

/// `spec.checks`. Rules from an annotation may only tighten.
fn checks(reader: &mut Reader, node: &Node, trust: Trust) -> Checks {
    let mut checks = Checks::default();
    let Some(mut fields) = reader.mapping(node, &language::CHECKS) else { return checks };
    for (name, check) in ResultCheck::ALL {
        let Some((key, value)) = fields.take_entry(name) else { continue };
        let level = reader.word(value, "a check's level", &LEVELS);
        let default = check.default_level();
        if trust == Trust::Annotation && level.is_some_and(|level| level < default) {
            let message = format!("rules from an annotation may only tighten checks, and `{name}` is {default:?}");
            reader.error(Code::AnnotationRules, message, &key.span).help = Some("leave it out".into());
        }
        checks.name(check, level);
    }
    fields.finish(reader);
    checks
}

/// Numbers rules, steps after the rule that holds them.
fn number(rules: &mut [Rule], next: &mut usize) {
    for rule in rules {
        rule.id = *next;
        *next += 1;
        if let Verb::Steps(steps) = &mut rule.verb {
            number(steps, next);
        }
    }
}

/// A param that selects in the domain has nothing to select in when cloud-init data comes.
fn no_domain_in_cloud_params(reader: &mut Reader, set: &RuleSet) {
    for index in set.reached_params(Hook::PreCloudInitIso) {
        let Param { name, source: ParamSource::Expression(expression), .. } = &set.params[index] else { continue };
        if expression.xpath.uses_document() {
            let message = format!("the param `{name}` selects in the domain, and a rule of preCloudInitIso uses it");
            let problem = Diagnostic::error(Code::NoDocument, message).at(expression.location.clone());
            reader.problems.push(problem.help("read the value from the VMI"));
        }
    }
}
