//! Runs the XPath 1.0 conformance cases on any tree.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use virt_patch::xpath::{Budget, Document, Kind, Scope, Tree, Value, Variables, compile, value};

/// The reason to skip a case that expects an error where virt-patch knows more than XPath 1.0.
pub(crate) const MORE: &str = "XPath 1.0 has no such expression, virt-patch has";

/// No variable.
pub(crate) struct Nothing;

impl<N> Variables<N> for Nothing {
    fn get(&self, _name: &str) -> Option<&Value<N>> {
        None
    }
}

/// Why a case, by its id and expression, need not pass.
pub(crate) type Skip = fn(&str, &str) -> Option<&'static str>;

/// Runs all cases of a folder on the trees that `parse` builds (a tree and its document node). A
/// case that fails, or passes though `skip` has a reason against it, is reported in one panic at the end.
///
/// Returns how many cases passed and how many were skipped.
pub(crate) fn run<T: Tree>(folder: &Path, skip: Skip, parse: impl Fn(&str) -> (T, T::Node)) -> (usize, usize) {
    let cases = std::fs::read_to_string(folder.join("cases.jsonl")).expect("the cases");
    let mut documents: HashMap<String, (T, T::Node)> = HashMap::new();
    let (mut passed, mut skipped, mut problems) = (0, 0, Vec::new());
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case");
        let id = case["id"].as_str().expect("an id");
        let doc = case["doc"].as_str().expect("a document");
        let (tree, root) = documents
            .entry(doc.to_owned())
            .or_insert_with(|| parse(&std::fs::read_to_string(folder.join(doc)).expect("a document")));
        let outcome = catch_unwind(AssertUnwindSafe(|| check(tree, *root, &case)));
        let outcome = outcome.unwrap_or_else(|_| Err("it panicked".to_owned()));
        // An error that is expected comes, whatever is not supported.
        let is_error = case["expected"]["type"] == "error";
        let reason = skip(id, case["expr"].as_str().expect("an expression")).filter(|why| !is_error || *why == MORE);
        match (outcome, reason) {
            (Ok(()), None) => passed += 1,
            (Err(_), Some(_)) => skipped += 1,
            (Err(problem), None) => problems.push(format!("{id}: {}: {problem}", case["expr"])),
            (Ok(()), Some(why)) => problems.push(format!("{id} passes, though it is skipped: {why}")),
        }
    }
    let shown = problems.iter().take(60).cloned().collect::<Vec<_>>().join("\n");
    assert!(problems.is_empty(), "{} of {}:\n{shown}", problems.len(), passed + skipped + problems.len());
    (passed, skipped)
}

fn check<T: Tree>(tree: &T, root: T::Node, case: &serde_json::Value) -> Result<(), String> {
    let text = |name: &str| case[name].as_str().unwrap_or_default();
    let namespaces: BTreeMap<String, String> = serde_json::from_value(case["ns"].clone()).expect("namespaces");
    let variables = BTreeMap::new();
    let scope = Scope { namespaces: &namespaces, variables: &variables, document: Document::Xml, relative: true };
    let budget = Budget::new(10_000_000, 16 << 20);
    let context = find(tree, root, text("ctx")).ok_or("the context node is not there")?;
    let found = compile(text("expr"), &scope)
        .map_err(|error| error.to_string())
        .and_then(|expr| expr.evaluate(tree, context, &Nothing, &budget).map_err(|error| error.to_string()));
    let expected = &case["expected"];
    let wanted = expected["value"].as_str().unwrap_or_default();
    let (same, shown) = match (&found, expected["type"].as_str().unwrap_or_default()) {
        (Err(error), "error") => (true, error.clone()),
        (Err(error), _) => (false, error.clone()),
        (Ok(Value::Nodes(nodes)), "nodeset") => {
            let paths: Vec<String> = nodes.iter().map(|&node| canonical_path(tree, node)).collect();
            let shown = format!("{paths:?}");
            (serde_json::json!(paths) == expected["paths"], shown)
        }
        (Ok(Value::Text(found)), "string") => (**found == *wanted, format!("{found:?}")),
        (Ok(Value::Boolean(found)), "boolean") => (expected["value"] == *found, found.to_string()),
        (Ok(Value::Number(found)), "number") => {
            let number: f64 = wanted.replace("Infinity", "inf").parse().expect("a number");
            let string = value::number_to_text(*found);
            let same = found.to_bits() == number.to_bits() || found.is_nan() && number.is_nan();
            (same && expected["string"] == string, format!("{found:?}, as a string {string}"))
        }
        (Ok(other), _) => (false, format!("{other:?}")),
    };
    if same { Ok(()) } else { Err(format!("expected {expected}, found {shown}")) }
}

/// The node at a canonical path: child numbers from 1, then perhaps an attribute.
fn find<T: Tree>(tree: &T, root: T::Node, path: &str) -> Option<T::Node> {
    let mut node = root;
    let (children, attribute) = path.split_once("/@").map_or((path, None), |(children, name)| (children, Some(name)));
    for step in children.split('/').filter(|step| !step.is_empty()) {
        node = tree.first_child(node)?;
        for _ in 1..step.parse::<usize>().ok()? {
            node = tree.next_sibling(node)?;
        }
    }
    let Some(name) = attribute else { return Some(node) };
    let mut found = tree.first_attribute(node)?;
    while attribute_name(tree, found) != name {
        found = tree.next_attribute(found)?;
    }
    Some(found)
}

fn attribute_name<T: Tree>(tree: &T, node: T::Node) -> String {
    match tree.namespace(node) {
        "" => tree.local_name(node).to_owned(),
        uri => format!("{{{uri}}}{}", tree.local_name(node)),
    }
}

fn canonical_path<T: Tree>(tree: &T, node: T::Node) -> String {
    let mut steps = Vec::new();
    let mut node = node;
    while let Some(parent) = tree.parent(node) {
        steps.push(if tree.kind(node) == Kind::Attribute {
            format!("/@{}", attribute_name(tree, node))
        } else {
            let before = std::iter::successors(Some(node), |&node| tree.previous_sibling(node)).count();
            format!("/{before}")
        });
        node = parent;
    }
    steps.reverse();
    if steps.is_empty() { "/".to_owned() } else { steps.concat() }
}
