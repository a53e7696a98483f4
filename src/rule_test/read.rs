//! From a test file to tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::fields::{Fields, Reader};
use crate::rule::{self, RuleFile, Trust};
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node};

use super::case::{self, Defaults};
use super::language;
use super::policies;
use super::{Files, RuleTest};

/// The tests of a file, in the order written, and everything that is wrong with them in the order of its places.
/// Other kinds are passed over. What is wrong with the rules under test is not said here but when a case runs,
/// since that may be what it expects.
pub fn compile(source: &Arc<Source>, files: &dyn Files) -> (Vec<RuleTest>, Vec<Diagnostic>) {
    match yaml::read(source, &Limits::default()) {
        Ok(documents) => compile_documents(source, &documents, files),
        Err(problems) => (Vec::new(), problems),
    }
}

/// As [`compile`], of documents of `source` that were read before.
pub fn compile_documents(
    source: &Arc<Source>,
    documents: &[Node],
    files: &dyn Files,
) -> (Vec<RuleTest>, Vec<Diagnostic>) {
    let has_rules = documents.iter().any(|node| kind(node) == Some("RuleSet"));
    let tests = documents.iter().filter(|node| kind(node) == Some("RuleTest"));
    rule::read_each(source, tests, |reader, node| rule_test(reader, node, has_rules, files))
}

fn kind(node: &Node) -> Option<&str> {
    node.get("kind").and_then(Node::text)
}

/// `apiVersion`, `kind`, `metadata`, `spec`
fn rule_test(reader: &mut Reader, node: &Node, has_rules: bool, files: &dyn Files) -> Option<RuleTest> {
    let before = reader.problems.len();
    let fields = reader.mapping(node, &language::RULE_TEST)?;
    let (name, spec) = rule::head(reader, fields);
    let mut spec = reader.mapping(spec?, &language::SPEC)?;
    let mut rules = Rules { files: Vec::new(), given: BTreeMap::new() };
    let listed = spec.take("rules");
    match listed {
        Some(node) => rules.read(reader, node, files),
        None if has_rules => rules.files.push(file_of(&reader.source)),
        None => _ = spec.require(reader, "rules"),
    }
    let policies = spec.take("policies").map(|node| policies::read(reader, node, files)).unwrap_or_default();
    let prefixes = rule::namespaces(reader, spec.take("namespaces"));
    let defaults = Defaults::read(reader, &mut spec, files);
    let cases = cases(reader, &mut spec, &defaults, &prefixes, files);
    spec.finish(reader);
    let has_own = |case: &super::Case| case.vmi.as_ref().is_some_and(|vmi| vmi.rules.is_some());
    if let Some(node) = listed.filter(|_| reader.problems.len() == before)
        && rules.files.is_empty()
        && !cases.iter().all(has_own)
    {
        let problem = reader.error(Code::NoRules, "there are no rules to test", &node.span);
        problem.help = Some("name rule files, or packs as `{ pack: NAME }`".into());
    }
    let location = Location::new(&reader.source, node.span.start..node.span.start);
    let is_right = reader.problems.len() == before;
    let Rules { files: rules, given } = rules;
    is_right.then_some(RuleTest { name: name?, location, rules, given, policies, cases })
}

fn file_of(source: &Arc<Source>) -> RuleFile {
    RuleFile { source: Arc::clone(source), trust: Trust::File, pack: None }
}

fn cases(
    reader: &mut Reader,
    spec: &mut Fields<'_>,
    defaults: &Defaults,
    prefixes: &BTreeMap<String, String>,
    files: &dyn Files,
) -> Vec<super::Case> {
    let Some(node) = spec.take("cases") else { return Vec::new() };
    let Some(items) = reader.items(node, "`cases`") else { return Vec::new() };
    if items.is_empty() {
        reader.error(Code::EmptyValue, "a rule test without cases tests nothing", &node.span);
    }
    let mut cases: Vec<super::Case> = Vec::new();
    let mut names = BTreeSet::new();
    for item in items {
        let Some(case) = case::read(reader, item, defaults, prefixes, files) else { continue };
        if !names.insert(case.name.clone()) {
            let message = format!("there is a case `{}` already", case.name);
            reader.error(Code::DuplicateCase, message, &case.location.span).help = Some("choose another name".into());
        }
        cases.push(case);
    }
    cases
}

/// What `rules` names.
struct Rules {
    files: Vec<RuleFile>,
    given: BTreeMap<(String, String), String>,
}

impl Rules {
    /// A list of paths, `{file: PATH}`, `{pack: NAME, params: {…}}` and `{inline: TEXT}`.
    fn read(&mut self, reader: &mut Reader, node: &Node, files: &dyn Files) {
        for item in reader.items(node, "`rules`").unwrap_or_default() {
            if item.entries().is_none() {
                self.path(reader, item, files);
                continue;
            }
            let Some(mut fields) = reader.mapping(item, &language::RULES) else { continue };
            let (file, pack) = (fields.take("file"), fields.take("pack"));
            let (inline, params) = (fields.take("inline"), fields.take("params"));
            match (file, pack, inline) {
                (Some(path), None, None) => self.path(reader, path, files),
                (None, Some(name), None) => self.pack(reader, name, params),
                (None, None, Some(text)) => {
                    if reader.text(text, "inline rules").is_some() {
                        self.files.push(file_of(&reader.inner(text)));
                    }
                }
                _ if fields.has_near(language::RULES.one_of) => {}
                _ => {
                    let message = "an item of `rules` has one of `file`, `pack` and `inline`";
                    reader.error(Code::ConflictingFields, message, &item.span);
                }
            }
            if let Some(params) = params.filter(|_| pack.is_none()) {
                let problem = reader.error(Code::ConflictingFields, "`params` go with a `pack`", &params.span);
                problem.help = Some("params of rule files come from the case: `vmi`, `env`, `files`".into());
            }
            fields.finish(reader);
        }
    }

    fn path(&mut self, reader: &mut Reader, node: &Node, files: &dyn Files) {
        let Some(path) = reader.text(node, "a path of `rules`") else { return };
        match files.rules(path) {
            Ok(mut found) => self.files.append(&mut found),
            Err(problems) => {
                let here = reader.at(&node.span);
                reader.problems.extend(problems.into_iter().map(|problem| problem.or_at(&here)));
            }
        }
    }

    /// A pack, and values for params that it has.
    fn pack(&mut self, reader: &mut Reader, node: &Node, params: Option<&Node>) {
        let Some(name) = reader.text(node, "`pack`") else { return };
        let file = match rule::pack_file(name) {
            Ok(file) => file,
            Err(problem) => {
                let problem = problem.at(reader.at(&node.span));
                reader.problems.push(problem);
                return;
            }
        };
        let sets = rule::compile(std::slice::from_ref(&file)).unwrap_or_default();
        let known: Vec<&str> = sets.iter().flat_map(|set| &set.params).map(|param| param.name.as_str()).collect();
        self.files.push(file);
        let Some(params) = params else { return };
        let Some(entries) = params.entries() else {
            reader.wrong_type(params, "`params`", "a mapping");
            return;
        };
        for (key, value) in entries {
            let param = key.text().unwrap_or_default();
            if !known.contains(&param) {
                let message = format!("the pack `{name}` has no param `{param}`");
                reader.error(Code::UnknownField, message, &key.span).help = Some(rule::near_or_all(param, &known));
            } else if let Some(value) = reader.text(value, "a param's value") {
                self.given.insert((name.to_owned(), param.to_owned()), value.to_owned());
            }
        }
    }
}
