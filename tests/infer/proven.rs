//! A proposal is proven here by other means than its own: compiled anew, and read by another parser.

use std::collections::BTreeMap;

use virt_patch::engine::{Detail, Inputs, Limits, Nowhere, apply_to_domain};
use virt_patch::infer::{self, Options, Proposal};
use virt_patch::rule::{Checks, RuleFile, Trust, compile};
use virt_patch::source::Source;

fn apply(rules: &str, domain: &str) -> String {
    let file = RuleFile { source: Source::new("proposal", rules), trust: Trust::File, pack: None };
    let mut sets = compile(&[file]).unwrap_or_else(|problems| panic!("{problems:#?}\n{rules}"));
    // The document after is what it is, with or without aliases.
    sets.iter_mut().for_each(|set| set.checks = Checks::OFF);
    let inputs = Inputs {
        vmi: b"{}",
        surroundings: &Nowhere,
        given: &BTreeMap::new(),
        detail: Detail::Counts,
        limits: Limits::default(),
    };
    let outcome = apply_to_domain(&sets, domain.as_bytes(), &inputs);
    outcome.unwrap_or_else(|failure| panic!("{}\n{rules}", failure.problem)).result.into_owned()
}

/// What a document says, one line a tag or text, attributes sorted.
fn said(text: &str) -> String {
    let mut out = String::new();
    let document = roxmltree::Document::parse(text).expect("XML");
    node(document.root_element(), &mut out);
    out
}

fn node(at: roxmltree::Node<'_, '_>, out: &mut String) {
    let mut attributes: Vec<String> =
        at.attributes().map(|a| format!("{{{}}}{}={:?}", a.namespace().unwrap_or(""), a.name(), a.value())).collect();
    attributes.sort();
    let name = at.tag_name();
    *out += &format!("<{{{}}}{} {attributes:?}\n", name.namespace().unwrap_or(""), name.name());
    let mut text = String::new();
    let flush = |text: &mut String, out: &mut String| {
        if !text.trim().is_empty() {
            *out += &format!("{text:?}\n");
        }
        text.clear();
    };
    for child in at.children() {
        if child.is_text() {
            text += child.text().unwrap_or("");
        } else if child.is_element() {
            flush(&mut text, out);
            node(child, out);
        }
    }
    flush(&mut text, out);
    *out += ">\n";
}

/// Proposes; applies once and twice; both results must say what `after` says. The error is what `infer` refused.
pub(crate) fn proven(name: &str, before: &str, after: &str) -> Result<Proposal, String> {
    let (of_before, of_after) = (Source::new("before.xml", before), Source::new("after.xml", after));
    let proposal = infer::domain(&of_before, &of_after, &Options::default())
        .map_err(|problems| format!("{name}: {problems:?}"))?;
    if proposal.rules.is_empty() {
        assert_eq!(said(before), said(after), "{name}: nothing is proposed");
        return Ok(proposal);
    }
    let once = apply(&proposal.rules, before);
    assert_eq!(said(&once), said(after), "{name}\n{}", proposal.rules);
    let twice = apply(&proposal.rules, &once);
    assert_eq!(said(&twice), said(after), "{name}, twice\n{}", proposal.rules);
    Ok(proposal)
}
