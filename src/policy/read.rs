//! From a policy's file to policies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cloud_init::DocumentKind;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::engine::Limits;
use crate::packs;
use crate::rule::fields::{Fields, Reader};
use crate::rule::language::{DOCUMENTS, SOURCES};
use crate::rule::{self, closed_expression};
use crate::source::{Location, Source};
use crate::xpath::VarType;
use crate::yaml::Node;

use super::language::{self, ALLOW_OR_DENY};
use super::{Allow, Clause, Policy};

type Namespaces = Arc<BTreeMap<String, String>>;

/// The policies of a file, in the order written, and everything that is wrong with it in the order of its places. A
/// file of policies holds nothing else: what is none is an error, and so is a file without any, for whoever names
/// a policy means to be held to one.
pub fn compile(source: &Arc<Source>) -> (Vec<Policy>, Vec<Diagnostic>) {
    rule::read_all(source, (Code::UnknownPolicy, "policy", &language::RULE_POLICY), policy)
}

/// As [`compile`], of documents of `source` that were read before; that there are none is no problem here.
pub fn compile_documents(source: &Arc<Source>, documents: &[Node]) -> (Vec<Policy>, Vec<Diagnostic>) {
    rule::read_each(source, documents, policy)
}

/// `apiVersion`, `kind`, `metadata`, `spec`
fn policy(reader: &mut Reader, node: &Node) -> Option<Policy> {
    let before = reader.problems.len();
    if let Some(kind) = node.get("kind").filter(|kind| kind.text() != Some("RulePolicy")) {
        let text = kind.text().unwrap_or_default();
        let message = format!("a file of policies holds policies alone, and this is of the kind `{text}`");
        let problem = reader.error(Code::UnknownKind, message, &kind.span);
        match nearest(text, ["RulePolicy"]).filter(|_| !matches!(text, "RuleSet" | "RuleTest")) {
            Some(near) => problem.suggest(text, near),
            None => problem.help = Some("keep rules and their tests in files of their own".into()),
        }
        return None;
    }
    let fields = reader.mapping(node, &language::RULE_POLICY)?;
    let (name, spec) = rule::head(reader, fields);
    let mut spec = reader.mapping(spec?, &language::SPEC)?;
    let prefixes: Namespaces = Arc::new(rule::namespaces(reader, spec.take("namespaces")));
    let deny = clauses(reader, spec.take("deny"), "`deny`", &prefixes);
    let protect = clauses(reader, spec.take("protect"), "`protect`", &prefixes);
    let allow = spec.take_entry("allow").map(|(key, node)| Allow {
        clauses: clauses(reader, Some(node), "`allow`", &prefixes),
        location: reader.at(&key.span),
    });
    let cloud_init = spec.take("cloudInit").map(|node| cloud_init(reader, node));
    let annotation_rules = allowed(reader, &mut spec, "annotationRules");
    let files = allowed(reader, &mut spec, "files");
    let packs = spec.take("packs").map(|node| packs(reader, node));
    let param_sources = spec.take("paramSources").map(|node| param_sources(reader, node));
    let limits = spec.take("limits").map(|node| limits(reader, node)).unwrap_or_default();
    spec.finish(reader);
    let location = Location::new(&reader.source, node.span.start..node.span.start);
    let is_right = reader.problems.len() == before;
    is_right.then_some(Policy {
        name: name?,
        location,
        deny,
        protect,
        allow,
        cloud_init,
        annotation_rules,
        files,
        packs,
        param_sources,
        limits,
    })
}

/// `Allow`, which is the default, or `Deny`.
fn allowed(reader: &mut Reader, spec: &mut Fields<'_>, field: &'static str) -> bool {
    let word = spec.take(field).and_then(|node| reader.word(node, &format!("`{field}`"), &ALLOW_OR_DENY));
    word.unwrap_or(true)
}

/// A list of paths, or of `{path, reason}`.
fn clauses(reader: &mut Reader, node: Option<&Node>, what: &str, namespaces: &Namespaces) -> Vec<Clause> {
    let Some(node) = node else { return Vec::new() };
    let items = reader.items(node, what).unwrap_or_default();
    items.iter().filter_map(|item| clause(reader, item, what, namespaces)).collect()
}

fn clause(reader: &mut Reader, item: &Node, what: &str, namespaces: &Namespaces) -> Option<Clause> {
    let what = format!("a path of {what}");
    if item.entries().is_none() {
        return Some(Clause { path: path(reader, item, &what, namespaces)?, reason: None });
    }
    let mut fields = reader.mapping(item, &language::CLAUSE)?;
    let path = fields.take("path").and_then(|node| path(reader, node, &what, namespaces));
    let reason = fields.take("reason").and_then(|node| reader.text(node, "`reason`"));
    fields.finish(reader);
    Some(Clause { path: path?, reason: reason.map(ToOwned::to_owned) })
}

/// A path that gives nodes: of a number or a truth nothing can be said to have been there before.
fn path(reader: &mut Reader, node: &Node, what: &str, namespaces: &Namespaces) -> Option<rule::Expression> {
    let expression = closed_expression(reader, node, what, namespaces)?;
    if expression.xpath.result_type() != VarType::Nodes {
        let message = format!("{what} must give nodes, and `{}` does not", expression.xpath.text());
        reader.error(Code::XpathType, message, &node.span).help =
            Some("name the nodes that are meant, with conditions in brackets: `/domain/vcpu[. > 4]`".into());
        return None;
    }
    Some(expression)
}

/// `{allow: [DOCUMENT, …]}`
fn cloud_init(reader: &mut Reader, node: &Node) -> BTreeSet<DocumentKind> {
    let Some(mut fields) = reader.mapping(node, &language::CLOUD_INIT) else { return BTreeSet::new() };
    let items = fields.take("allow").and_then(|node| reader.items(node, "`cloudInit.allow`")).unwrap_or_default();
    fields.finish(reader);
    items.iter().filter_map(|item| reader.word(item, "an item of `cloudInit.allow`", &DOCUMENTS)).collect()
}

fn packs(reader: &mut Reader, node: &Node) -> Vec<String> {
    let mut known = Vec::new();
    for item in reader.items(node, "`packs`").unwrap_or_default() {
        let Some(name) = reader.text(item, "a pack's name") else { continue };
        match packs::find(name) {
            Ok(pack) => known.push(pack.name.to_owned()),
            Err(problem) => {
                let here = reader.at(&item.span);
                reader.problems.push(problem.at(here));
            }
        }
    }
    known
}

fn param_sources(reader: &mut Reader, node: &Node) -> Vec<String> {
    let words: Vec<(&str, &str)> = SOURCES.iter().map(|&source| (source, source)).collect();
    let items = reader.items(node, "`paramSources`").unwrap_or_default();
    let sources = items.iter().filter_map(|item| reader.word(item, "an item of `paramSources`", &words));
    sources.map(ToOwned::to_owned).collect()
}

fn limits(reader: &mut Reader, node: &Node) -> Limits {
    let most = Limits::default();
    let Some(mut fields) = reader.mapping(node, &language::LIMITS) else { return most };
    let limits = Limits {
        steps: count(reader, &mut fields, "steps").unwrap_or(most.steps),
        bytes: count(reader, &mut fields, "bytes").unwrap_or(most.bytes),
        nodes: count(reader, &mut fields, "nodes").and_then(|nodes| nodes.try_into().ok()).unwrap_or(most.nodes),
    };
    fields.finish(reader);
    limits
}

/// A whole number; a policy narrows, so one above the built-in limit does no harm.
fn count(reader: &mut Reader, fields: &mut Fields<'_>, name: &'static str) -> Option<u64> {
    let node = fields.take(name)?;
    let text = reader.text(node, name)?;
    let count = text.parse();
    if count.is_err() {
        reader.wrong_type(node, &format!("`limits.{name}`"), "a whole number");
    }
    count.ok()
}
