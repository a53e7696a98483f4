//! Elements found by their names' chains are those that a look at all siblings finds, whatever edits did before.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use virt_patch::xml::{Document, Mark, NodeId, QName};
use virt_patch::xpath::{self, Budget, Kind, Scope, Tree, Value, Variables};

/// Few names, some of which no document has at first.
const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "p:a"];
const NAMESPACE: &str = "urn:p";
/// More of one name than are looked up by their chain.
const TEXT: &str = "<a xmlns:p='urn:p'>\n  <b><c/><c/></b>\n  <p:a><b/></p:a>\n  <!--c-->\n  <c>t</c>\n  <?b i?>\n  <b/>\n  \
    <d><d/><d/><d/><d/><d/><d/><d/><d/><d/></d>\n</a>";

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn name(numbers: &mut Numbers) -> QName {
    match NAMES[numbers.below(NAMES.len())].split_once(':') {
        Some((prefix, local)) => QName::new(NAMESPACE, prefix, local),
        None => QName::local("abcde".chars().nth(numbers.below(5)).expect("a letter")),
    }
}

/// All nodes below the root, those of the document and those in `detached`.
fn nodes(document: &Document<'_>, detached: &[NodeId]) -> Vec<NodeId> {
    let mut open = vec![document.root()];
    open.extend(detached.iter().filter(|&&node| document.parent(node).is_none()));
    let mut all = Vec::new();
    while let Some(node) = open.pop() {
        all.push(node);
        open.extend(document.children(node));
    }
    all
}

fn by_walking(document: &Document<'_>, from: NodeId, local: &str, namespace: &str) -> Option<NodeId> {
    std::iter::successors(Some(from), |&node| document.next_sibling(node)).find(|&node| {
        document.kind(node) == Kind::Element
            && document.local_name(node) == local
            && document.namespace(node) == namespace
    })
}

/// Compares all answers, and says how often `//name` was answered without a walk.
fn check(document: &Document<'_>, detached: &[NodeId]) -> usize {
    let all = nodes(document, detached);
    let mut answered = 0;
    for name in NAMES {
        let (namespace, local) = name.split_once(':').map_or(("", name), |(_, local)| (NAMESPACE, local));
        let Some(id) = document.resolve(namespace, local) else { continue };
        let Some(found) = Tree::named_below(document, document.root(), id).nodes else { continue };
        answered += 1;
        let mut expected = nodes(document, &[]);
        expected.retain(|&node| by_walking(document, node, local, namespace) == Some(node));
        expected.sort_by(|&a, &b| document.order(a, b));
        assert_eq!(found, expected, "//{name} in\n{}", document.write());
    }
    for &node in &all {
        for name in NAMES {
            let (namespace, local) = name.split_once(':').map_or(("", name), |(_, local)| (NAMESPACE, local));
            let Some(id) = document.resolve(namespace, local) else { continue };
            let expected = by_walking(document, node, local, namespace);
            let found = Tree::find_named(document, node, id);
            assert_eq!(found.node, expected, "{name} from {} in\n{}", document.node_path(node), document.write());
            let after = expected.and_then(|found| document.next_sibling(found));
            let another = after.and_then(|after| by_walking(document, after, local, namespace));
            let next = found.next.and_then(|next| Tree::find_named(document, next, id).node);
            assert_eq!(next, another, "another {name} from {} in\n{}", document.node_path(node), document.write());
        }
        for &parent in &all {
            let is_alike = |&child: &NodeId| {
                document.kind(child) == document.kind(node)
                    && document.local_name(child) == document.local_name(node)
                    && document.namespace(child) == document.namespace(node)
            };
            let expected: BTreeSet<NodeId> = document.children(parent).filter(is_alike).collect();
            let mut alike = document.children_alike(parent, node);
            let found: BTreeSet<NodeId> = std::iter::from_fn(|| alike.next()).collect();
            assert_eq!(found, expected, "like {} in\n{}", document.node_path(node), document.write());
        }
    }
    answered
}

/// A path by names and one that must walk give the same, and the first does not cost more than twice the steps.
#[test]
fn names_cost_no_more_than_walking() {
    let few = format!("<r><p>{}</p>{}</r>", "<b/>".repeat(8), "<a><c/></a>".repeat(5_000));
    let many = format!("<r>{}</r>", "<x/><y/><z/>".repeat(4_000));
    let most = format!("<r>{}</r>", "<x/>".repeat(40_000));
    for (text, by_name, by_walking, count) in [
        (&few, "count(//a/b)", "count(//a/*[self::b])", 0.0),
        (&few, "count(//p/b)", "count(//p/*[self::b])", 8.0),
        (&many, "count(//x[//x])", "count(//*[self::x][//*[self::x]])", 4_000.0),
        (&many, "count(/r/x[/descendant::x[1]])", "count(/r/x[/descendant::*[self::x][1]])", 4_000.0),
        (&most, "count(//x[//x])", "count(//*[self::x][//*[self::x]])", 40_000.0),
    ] {
        let document = Document::parse(text).expect("well-formed");
        let steps = |expression: &str| {
            let (namespaces, variables) = (BTreeMap::new(), BTreeMap::new());
            let scope = Scope {
                namespaces: &namespaces,
                variables: &variables,
                document: xpath::Document::Xml,
                relative: false,
            };
            let compiled = xpath::compile(expression, &scope).expect("an expression");
            let budget = Budget::new(10_000_000, 1 << 20);
            let value = compiled.evaluate(&document, document.root(), &NoVariables, &budget);
            assert_eq!(value.expect("within the budget"), Value::Number(count), "{expression}");
            10_000_000 - budget.steps_left()
        };
        let (named, walked) = (steps(by_name), steps(by_walking));
        assert!(named <= 2 * walked + 10, "{by_name}: {named} steps, {walked} by walking");
    }
    let started = Instant::now();
    let document = Document::parse(&most).expect("well-formed");
    let x = document.resolve("", "x").expect("a name");
    (0..1_000_000).for_each(|_| assert_eq!(Tree::named_below(&document, document.root(), x).nodes, None));
    assert!(started.elapsed() < Duration::from_secs(60), "what is given up costs nothing: {:?}", started.elapsed());
}

struct NoVariables;

impl Variables<NodeId> for NoVariables {
    fn get(&self, _name: &str) -> Option<&Value<NodeId>> {
        None
    }
}

#[test]
fn chains_of_names_find_what_walking_finds() {
    let mut answered = 0;
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let mut document = Document::parse(TEXT).expect("well-formed");
        let (mut marks, mut detached): (Vec<Mark>, Vec<NodeId>) = (Vec::new(), Vec::new());
        for _ in 0..25 {
            let attached = nodes(&document, &[]);
            let target = attached[numbers.below(attached.len())];
            let made = document.create_element(&name(&mut numbers)).expect("a name");
            detached.push(made);
            // What an edit refuses is no edit.
            let _ = match numbers.below(7) {
                0 => document.insert_last(target, &[made]),
                1 => document.insert_before(target, &[made]),
                2 => document.insert_after(target, &[made]),
                3 => document.replace(target, &[made]).map(drop),
                4 => {
                    let keep: Vec<NodeId> = document.children(target).take(2).collect();
                    document.replace_element(target, made, &keep).map(drop)
                }
                5 => {
                    detached.push(target);
                    document.remove(target)
                }
                _ => {
                    match marks.pop().filter(|_| numbers.below(2) == 0) {
                        Some(mark) => document.undo_to(mark),
                        None => marks.push(document.mark()),
                    }
                    Ok(())
                }
            };
            answered += check(&document, &detached);
        }
    }
    assert!(answered > 1_000, "{answered} times `//name` took no walk");
}
