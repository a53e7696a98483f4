//! Proposed rules make one document of the other: pairs of libvirt's own domains, and mutations of them.
//! Golden pairs show what a proposal looks like.

// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use virt_patch::engine::{Detail, Inputs, Limits, Nowhere, apply_to_domain};
use virt_patch::infer::{self, Options, Proposal};
use virt_patch::rule::{RuleFile, Trust, compile};
use virt_patch::source::Source;

mod support;

use support::shared;

fn apply(rules: &str, domain: &str) -> String {
    let file = RuleFile { source: Source::new("proposal", rules), trust: Trust::File, pack: None };
    let sets = compile(&[file]).unwrap_or_else(|problems| panic!("{problems:#?}\n{rules}"));
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

/// What a document says, one line a tag or text, attributes sorted: written by another parser than virt-patch's.
fn said(text: &str) -> String {
    fn node(at: roxmltree::Node<'_, '_>, out: &mut String) {
        if at.is_element() {
            let mut attributes: Vec<String> = (at.attributes())
                .map(|a| format!("{{{}}}{}={:?}", a.namespace().unwrap_or(""), a.name(), a.value()))
                .collect();
            attributes.sort();
            let name = at.tag_name();
            *out += &format!("<{{{}}}{} {attributes:?}\n", name.namespace().unwrap_or(""), name.name());
            let mut text = String::new();
            for child in at.children() {
                if child.is_text() {
                    text += child.text().unwrap_or("");
                } else if child.is_element() {
                    if !text.trim().is_empty() {
                        *out += &format!("{text:?}\n");
                    }
                    text.clear();
                    node(child, out);
                }
            }
            if !text.trim().is_empty() {
                *out += &format!("{text:?}\n");
            }
            *out += ">\n";
        }
    }
    let mut out = String::new();
    node(roxmltree::Document::parse(text).expect("XML").root_element(), &mut out);
    out
}

fn source(name: &str, text: &str) -> Arc<Source> {
    Source::new(name, text)
}

/// Proposes, applies once and twice with a fresh compilation, and compares with another parser's reading.
fn proven(name: &str, before: &str, after: &str) -> Result<Proposal, String> {
    let proposal = infer::domain(&source("before.xml", before), &source("after.xml", after), &Options::default())
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

fn domains() -> Option<Vec<PathBuf>> {
    let folder = shared("libvirt/domains")?;
    let mut files: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    Some(files)
}

/// How proposals came out.
#[derive(Debug, Default)]
struct Tally {
    pairs: usize,
    with_replace: usize,
    whole: usize,
    retried: usize,
    tries: usize,
    positional: usize,
    refused: Vec<String>,
}

impl Tally {
    fn count(&mut self, proposal: Result<Proposal, String>) {
        self.pairs += 1;
        match proposal {
            Ok(proposal) => {
                self.with_replace += usize::from(proposal.rules.contains("replace:"));
                self.whole += usize::from(proposal.replaced > 0);
                self.retried += usize::from(proposal.tries > 1);
                self.tries += proposal.tries;
                self.positional += usize::from(proposal.rules.contains("Found by its position"));
            }
            Err(problem) => self.refused.push(problem),
        }
    }
}

fn every(step: usize) -> usize {
    std::env::var("INFER_EVERY").ok().and_then(|every| every.parse().ok()).unwrap_or(step)
}

#[test]
fn consecutive_domains_become_each_other() {
    let Some(files) = domains() else { return };
    let mut tally = Tally::default();
    for pair in files.windows(2).step_by(every(9)) {
        let [before, after] = [&pair[0], &pair[1]].map(|path| fs::read_to_string(path).expect("a domain"));
        let name = pair[0].file_name().expect("a name").to_string_lossy().into_owned();
        tally.count(proven(&name, &before, &after));
    }
    println!("{} pairs: {tally:#?}", tally.pairs);
    assert!(tally.refused.iter().all(|problem| problem.contains("root element")), "{:#?}", tally.refused);
    assert!(tally.whole * 20 <= tally.pairs, "too many replace large parts: {tally:?}");
}
