//! Work on the domain: reading, single edits, whole calls.

use std::borrow::Cow;

use virt_patch::engine;
use virt_patch::rule::RuleSet;
use virt_patch::xml::{Document, QName};
use virt_patch::xpath::Kind;

use super::{Case, Run, checked, with_inputs};
use crate::Error;
use crate::inputs::{self, Domain, rules};

/// The floor, and what only reading and only writing cost.
pub(super) fn parsing() -> Vec<Case> {
    let mut cases = Vec::new();
    for domain in Domain::all() {
        let text = domain.text();
        let mut add = |name: &str, make: fn(&'static str) -> Result<Run, Error>| {
            cases.push(Case::new(format!("{name}/{}", domain.label()), move || make(text)));
        };
        add("parse/copy the bytes", |text| checked(|| text.to_owned(), |copy| copy == text));
        add("parse/roxmltree", |text| {
            checked(|| roxmltree::Document::parse(text).ok(), |parsed| parsed.is_some_and(|it| elements(&it) > 10))
        });
        add("parse/virt-patch", |text| {
            let expected = elements(&roxmltree::Document::parse(text)?);
            checked(|| Document::parse(text).ok(), |parsed| parsed.is_some_and(|it| own_elements(&it) == expected))
        });
        add("write/after one edit", write);
    }
    cases
}

fn elements(document: &roxmltree::Document<'_>) -> usize {
    document.descendants().filter(roxmltree::Node::is_element).count()
}

fn own_elements(document: &Document<'_>) -> usize {
    let mut count = 0;
    let mut open = vec![document.root_element()];
    while let Some(element) = open.pop() {
        count += 1;
        open.extend(document.children(element).filter(|&child| document.kind(child) == Kind::Element));
    }
    count
}

/// Writing alone: the document is parsed and edited before.
fn write(text: &'static str) -> Result<Run, Error> {
    let mut document = Document::parse(text)?;
    let root = document.root_element();
    let devices = document.children(root).find(|&child| document.local_name(child) == "devices");
    let devices = devices.ok_or("no devices")?;
    let panic = document.create_element(&QName::local("panic"))?;
    document.set_attribute(panic, &QName::local("model"), "hyperv")?;
    document.insert_last(devices, &[panic])?;
    // An element made by hand has no end tag where it is empty.
    let forms = [inputs::with_panic(text), inputs::with_panic(text).replace("\"hyperv\"></panic>", "\"hyperv\"/>")];
    checked(move || document.write().into_owned(), |written| forms.contains(&written))
}

/// What a rule must make of a domain.
type Edit = fn(&str) -> String;

/// One rule of each verb, whole calls.
pub(super) fn editing() -> Vec<Case> {
    let edits: [(&str, &str, Edit); 4] = [
        ("set", "set: {/domain/vcpu/@placement: auto}", |text| {
            text.replace("<vcpu placement=\"static\">", "<vcpu placement=\"auto\">")
        }),
        ("insert", "insert: {into: /domain/devices, xml: '<panic model=\"hyperv\"></panic>'}", inputs::with_panic),
        ("merge", "merge: {path: /domain/features, xml: '<features><pmu state=\"on\"/></features>'}", |text| {
            text.replace("<pmu state=\"off\">", "<pmu state=\"on\">")
        }),
        ("remove", "remove: /domain/memoryBacking", |text| {
            let start = text.find("\t<memoryBacking>").unwrap_or(0);
            let end = text.find("\t<vcpu ").unwrap_or(text.len());
            [&text[..start], &text[end..]].concat()
        }),
    ];
    let case = |(verb, rule, edit): (&str, &'static str, Edit)| {
        Case::new(format!("edit/{verb}/40 KB"), move || {
            let text = Domain::Middle.text();
            let expected = edit(text);
            let rules = rules::define_domain(&format!("    - {rule}\n"))?;
            if expected == text {
                return Err("nothing to edit".into());
            }
            checked(move || apply(&rules, text), |written| written.is_ok_and(|written| written == expected))
        })
    };
    edits.into_iter().map(case).collect()
}

/// Whole calls.
pub(super) fn applying() -> Vec<Case> {
    let mut cases = Vec::new();
    for domain in Domain::all() {
        let text = domain.text();
        cases.push(Case::new(format!("apply/1 rule/{}", domain.label()), move || one_rule(text)));
        cases.push(Case::new(format!("apply/no rule matches/{}", domain.label()), move || {
            let rules = rules::for_others()?;
            // Not one byte is copied: the answer is the input itself.
            let same = |written: Result<Cow<'static, str>, Error>| matches!(written, Ok(Cow::Borrowed(it)) if it.as_ptr() == text.as_ptr() && it.len() == text.len());
            checked(move || apply(&rules, text), same)
        }));
    }
    for count in [10, 50, 500] {
        cases.push(Case::new(format!("apply/{count} rules/40 KB"), move || many_rules(Domain::Middle.text(), count)));
    }
    cases
}

/// One rule on a domain: a panic device.
///
/// # Errors
/// Where the answer is wrong.
pub fn one_rule(text: &'static str) -> Result<Run, Error> {
    let rules = rules::one()?;
    let expected = inputs::with_panic(text);
    checked(move || apply(&rules, text), |written| written.is_ok_and(|written| written == expected))
}

/// So many rules of five kinds.
///
/// # Errors
/// Where the answer shows that one of the inserts, sets or merges did nothing.
pub fn many_rules(text: &'static str, count: usize) -> Result<Run, Error> {
    let rules = rules::many(count)?;
    let of_kind = move |kind: usize| (kind..count).step_by(5).map(|at| at / 5);
    let holds = move |written: Result<Cow<'static, str>, Error>| {
        written.is_ok_and(|text| {
            of_kind(0).all(|n| text.contains(&format!("<shmem name=\"ring{n}\">")))
                && of_kind(1).all(|n| text.contains(&format!("vcpu=\"{n}\" cpuset=\"{n}\"")))
                && of_kind(2).next_back().is_none_or(|n| text.contains(&format!("retries=\"{n}\"")))
                && of_kind(3).next_back().is_none_or(|n| text.contains(&format!("cores=\"{n}\"")))
        })
    };
    checked(move || apply(&rules, text), holds)
}

/// What a hook call does beside the transport: params, rules, writing.
pub fn apply<'d>(rules: &[RuleSet], domain: &'d str) -> Result<Cow<'d, str>, Error> {
    with_inputs("{}", |inputs| match engine::apply_to_domain(rules, domain.as_bytes(), inputs) {
        Ok(outcome) => Ok(outcome.result),
        Err(failure) => Err(failure.problem.to_string().into()),
    })
}
