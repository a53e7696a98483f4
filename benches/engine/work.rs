//! The pieces of work that are timed, each with its answer.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;

use virt_patch::engine::{self, Detail, Inputs, Limits, Nowhere};
use virt_patch::rule::RuleSet;
use virt_patch::xml::{Document, QName};
use virt_patch::xpath::{self, Budget, Scope, Value, Variables};

use crate::inputs::{self, LARGE, MIDDLE, SMALL};

/// Something to do over and over.
pub(crate) struct Work {
    /// What kind of work.
    pub(crate) group: &'static str,
    /// Who does it, or how much of it.
    pub(crate) name: &'static str,
    /// How large the domain is.
    pub(crate) bytes: usize,
    run: Box<dyn Fn()>,
}

impl Work {
    /// Does it once.
    pub(crate) fn run(&self) {
        (self.run)();
    }
}

/// All work. None is handed out whose answer is wrong.
pub(crate) fn all() -> Result<Vec<Work>, Box<dyn Error>> {
    let mut works = Works::default();
    for bytes in [SMALL, MIDDLE, LARGE] {
        // Lives as long as the process: every piece of work borrows it.
        let domain: &'static str = inputs::domain(bytes).leak();
        works.parsing(domain)?;
        works.one_edit(domain)?;
        works.rules(domain)?;
        if bytes == MIDDLE {
            works.selecting(domain)?;
        }
    }
    for children in [FEW, MANY] {
        works.growth(inputs::wide(children).leak())?;
    }
    Ok(works.0)
}

/// The children of the elements that [`Works::growth`] edits.
pub(crate) const FEW: usize = 4_000;
pub(crate) const MANY: usize = 32_000;

#[derive(Default)]
struct Works(Vec<Work>);

impl Works {
    /// Adds a piece of work if its answer holds.
    fn add<T>(
        &mut self,
        (group, name): (&'static str, &'static str),
        bytes: usize,
        run: impl Fn() -> T + 'static,
        holds: impl Fn(T) -> bool,
    ) -> Result<(), Box<dyn Error>> {
        if !holds(run()) {
            return Err(format!("{group}, {name}, {bytes} bytes: a wrong answer").into());
        }
        let run = Box::new(move || drop(black_box(run())));
        self.0.push(Work { group, name, bytes, run });
        Ok(())
    }

    /// The floor, and what only reading costs.
    fn parsing(&mut self, domain: &'static str) -> Result<(), Box<dyn Error>> {
        let elements = domain.matches("</").count();
        self.add(("parse", "copy the bytes"), domain.len(), || domain.to_owned(), |copy| copy == domain)?;
        let count = |document: roxmltree::Document<'_>| document.descendants().filter(|node| node.is_element()).count();
        let run = || roxmltree::Document::parse(domain).ok();
        self.add(("parse", "roxmltree"), domain.len(), run, |parsed| parsed.map(count) == Some(elements))?;
        let run = || Document::parse(domain).ok();
        let holds = |parsed: Option<Document<'_>>| parsed.is_some_and(|parsed| count_elements(&parsed) == elements);
        self.add(("parse", "virt-patch"), domain.len(), run, holds)
    }

    /// Parse, put one element in, write; by hand, no rule.
    fn one_edit(&mut self, domain: &'static str) -> Result<(), Box<dyn Error>> {
        let expected = inputs::with_panic(domain);
        let holds = |written: Option<String>| written.as_ref() == Some(&expected);
        self.add(("one edit", "virt-patch"), domain.len(), || edit(domain), holds)?;
        // It writes a layout of its own, so what it read is compared with what it would read of the answer.
        let expected = expected.parse::<xmlem::Document>()?.to_string();
        let holds = |written: Option<String>| written.as_ref() == Some(&expected);
        self.add(("one edit", "xmlem"), domain.len(), || edit_by_xmlem(domain), holds)
    }

    /// What a hook call does beside the transport: params, rules, writing.
    fn rules(&mut self, domain: &'static str) -> Result<(), Box<dyn Error>> {
        let rules = inputs::one_rule()?;
        let expected = inputs::with_panic(domain);
        let holds = |written: Option<String>| written.as_ref() == Some(&expected);
        self.add(("apply", "1 rule"), domain.len(), move || apply(&rules, domain), holds)?;

        let rules = inputs::fifty_rules()?;
        let traces = ["name=\"ring9\"", "vcpu=\"7\" cpuset=\"7\"", "retries=\"9\"", "cores=\"9\""];
        let holds =
            |written: Option<String>| written.is_some_and(|text| traces.iter().all(|trace| text.contains(trace)));
        self.add(("apply", "50 rules"), domain.len(), move || apply(&rules, domain), holds)?;

        let rules = inputs::rule_for_others()?;
        let holds = |written: Option<String>| written.as_deref() == Some(domain);
        self.add(("apply", "no rule matches"), domain.len(), move || apply(&rules, domain), holds)
    }

    /// Thousands of edits of one element: each must cost the same, however many came before.
    fn growth(&mut self, domain: &'static str) -> Result<(), Box<dyn Error>> {
        let rules = inputs::loop_of_edits()?;
        let expected = domain.replace("  <a/>\n", "  <b/>\n  <c/>\n");
        let holds = |written: Option<String>| written.as_ref() == Some(&expected);
        self.add(("growth", "a loop of edits"), domain.len(), move || apply(&rules, domain), holds)
    }

    /// Single expressions on a document that is parsed already.
    fn selecting(&mut self, domain: &'static str) -> Result<(), Box<dyn Error>> {
        let disks = domain.matches("<disk ").count();
        let virtio = domain.matches("<target bus=\"virtio\"").count();
        let drivers = domain.matches("<driver ").count();
        let expressions = [
            ("child steps", "/domain/devices/disk", disks),
            ("a predicate", "/domain/devices/disk[target/@bus = 'virtio']/source", virtio),
            ("//", "//driver", drivers),
        ];
        for (name, text, expected) in expressions {
            let (namespaces, variables) = (BTreeMap::new(), BTreeMap::new());
            let document = xpath::Document::Xml;
            let scope = Scope { namespaces: &namespaces, variables: &variables, document, relative: false };
            let expression = xpath::compile(text, &scope).map_err(|error| format!("{text}: {error:?}"))?;
            let document = Document::parse(domain)?;
            let run = move || {
                let budget = Budget::new(u64::MAX, u64::MAX);
                match expression.evaluate(&document, document.root(), &NoVariables, &budget) {
                    Ok(Value::Nodes(nodes)) => Some(nodes.len()),
                    _ => None,
                }
            };
            self.add(("select", name), domain.len(), run, |found| found == Some(expected))?;
        }
        Ok(())
    }
}

struct NoVariables;

impl<N> Variables<N> for NoVariables {
    fn get(&self, _name: &str) -> Option<&Value<N>> {
        None
    }
}

fn count_elements(document: &Document<'_>) -> usize {
    let mut count = 0;
    let mut open = vec![document.root_element()];
    while let Some(element) = open.pop() {
        count += 1;
        let elements = document.children(element).filter(|&child| document.kind(child) == xpath::Kind::Element);
        open.extend(elements);
    }
    count
}

fn edit(domain: &str) -> Option<String> {
    let mut document = Document::parse(domain).ok()?;
    let root = document.root_element();
    let devices = document.children(root).find(|&child| document.local_name(child) == "devices")?;
    let panic = document.create_element(&QName::local("panic")).ok()?;
    document.set_attribute(panic, &QName::local("model"), "hyperv").ok()?;
    document.insert_last(devices, &[panic]).ok()?;
    Some(document.write().into_owned())
}

fn edit_by_xmlem(domain: &str) -> Option<String> {
    let mut document = domain.parse::<xmlem::Document>().ok()?;
    let children = document.root().children(&document);
    let devices = children.into_iter().find(|child| child.name(&document) == "devices")?;
    devices.append_new_element(&mut document, ("panic", [("model", "hyperv")]));
    Some(document.to_string())
}

fn apply(rules: &[RuleSet], domain: &str) -> Option<String> {
    let given = BTreeMap::new();
    let (detail, limits) = (Detail::Counts, Limits::default());
    let inputs = Inputs { vmi: b"{}", surroundings: &Nowhere, given: &given, detail, limits };
    let outcome = engine::apply_to_domain(rules, domain.as_bytes(), &inputs).ok()?;
    Some(outcome.result.into_owned())
}
