//! Proposed rules make one document of the other: pairs of libvirt's own domains, and mutations of them.
//! Golden pairs show what a proposal looks like.

// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use virt_patch::diagnostic::Code;
use virt_patch::infer::{self, Options, Proposal};
use virt_patch::source::Source;

#[path = "infer/mutation.rs"]
mod mutation;
#[path = "infer/proven.rs"]
mod proven;
mod support;

use mutation::{Random, mutated};
use proven::proven;
use support::shared;

/// libvirt's domains, each as its text and name.
fn domains() -> Option<Vec<(String, String)>> {
    let folder = shared("libvirt/domains")?;
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let named = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (fs::read_to_string(path).expect("a domain"), name)
    };
    Some(files.into_iter().map(named).collect())
}

/// How proposals came out.
#[derive(Debug, Default)]
struct Tally {
    pairs: usize,
    /// Something was replaced whole because nothing smaller was proven.
    fell_back: usize,
    tries: usize,
    positional: usize,
    refused: Vec<String>,
}

impl Tally {
    fn count(&mut self, proposal: Result<Proposal, String>) {
        self.pairs += 1;
        match proposal {
            Ok(proposal) => {
                self.fell_back += usize::from(proposal.replaced > 0);
                self.tries += proposal.tries;
                self.positional += usize::from(proposal.rules.contains("Found by its position"));
            }
            Err(problem) => self.refused.push(problem),
        }
    }
}

/// `INFER_EVERY=1` runs all of them, which takes some minutes.
fn every(step: usize) -> usize {
    std::env::var("INFER_EVERY").ok().and_then(|every| every.parse().ok()).unwrap_or(step)
}

#[test]
fn consecutive_domains_become_each_other() {
    let Some(domains) = domains() else { return };
    let mut tally = Tally::default();
    for pair in domains.windows(2).step_by(every(12)) {
        let [(before, name), (after, _)] = pair else { continue };
        tally.count(proven(name, before, after));
    }
    println!("{tally:#?}");
    assert!(tally.pairs > 200);
    assert!(tally.refused.iter().all(|problem| problem.contains("root element")), "{:#?}", tally.refused);
    assert!(tally.fell_back * 25 <= tally.pairs, "too much is replaced: {tally:?}");
}

#[test]
fn mutated_domains_come_back() {
    let Some(domains) = domains() else { return };
    let mut tally = Tally::default();
    let mut random = Random::new(20);
    let mut changed = 0;
    for (domain, name) in domains.iter().step_by(every(8)) {
        let mutant = mutated(domain, &mut random);
        changed += usize::from(mutant != *domain);
        tally.count(proven(&format!("{name}, mutated"), domain, &mutant));
        tally.count(proven(&format!("{name}, from its mutant"), &mutant, domain));
    }
    println!("{changed} mutants: {tally:#?}");
    assert!(changed > 300, "{changed} mutants");
    assert!(tally.refused.is_empty(), "{:#?}", tally.refused);
    assert!(tally.fell_back * 25 <= tally.pairs, "too much is replaced: {tally:?}");
}

/// Each folder of `tests/infer` has what a script got and what it made of it; `rules.yaml` is what the command
/// line says, notes included, and is read by people: `BLESS=1` rewrites it.
#[test]
fn typical_scripts_become_rules_that_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/infer");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let is_cloud_init = case.join("before.json").exists();
        let (before, after) = if is_cloud_init { ("before.json", "after.json") } else { ("before.xml", "after.xml") };
        let mut command = Command::new(env!("CARGO_BIN_EXE_virt-patch"));
        command.args(["infer", before, after]).current_dir(case);
        if is_cloud_init {
            command.arg("--cloud-init");
        }
        if case.join("vmi.json").exists() {
            command.args(["--vmi", "vmi.json"]);
        }
        if case.join("any-order").exists() {
            command.arg("--any-order");
        }
        let output = command.output().expect("virt-patch starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", case.display());
        let mut now = String::from_utf8(output.stdout).expect("UTF-8");
        now.extend(said.lines().map(|line| format!("# {line}\n")));
        if std::env::var_os("BLESS").is_some() {
            fs::write(case.join("rules.yaml"), &now).expect("written");
        }
        if fs::read_to_string(case.join("rules.yaml")).ok().as_deref() != Some(&now) {
            wrong.push(format!("{}:\n{now}", case.display()));
        }
    }
    assert!(cases.len() >= 14, "{} cases", cases.len());
    assert!(wrong.is_empty(), "`BLESS=1 cargo test --test infer` rewrites these:\n{}", wrong.join("\n"));
}

fn proposed(before: &str, after: &str, vmi: &str) -> Result<Proposal, Vec<Code>> {
    let options = Options { vmi: vmi.as_bytes(), any_order: false };
    let proposal = infer::domain(&Source::new("before.xml", before), &Source::new("after.xml", after), &options);
    proposal.map_err(|problems| problems.iter().map(|problem| problem.code).collect())
}

#[test]
fn what_no_rule_can_do_is_said() {
    let many = format!("<domain>{}</domain>", "<x/>".repeat(4001));
    for (before, after, codes) in [
        ("<domain/>", "<domainsnapshot/>", vec![Code::NotExpressible]),
        ("<domain><name/></domain>", "<domain>text<name/></domain>", vec![Code::NotExpressible]),
        ("<domain>text</domain>", "<domain><name/></domain>", vec![Code::NotExpressible]),
        ("<domain>", "<domain/><more/>", vec![Code::XmlSyntax, Code::XmlSyntax]),
        (many.as_str(), "<domain/>", vec![Code::Limit]),
    ] {
        let found = proposed(before, after, "");
        assert_eq!(found.map(|proposal| proposal.rules), Err(codes), "{after}");
    }
    assert_eq!(proposed("<domain/>", "<domain/>", "{").map(|proposal| proposal.rules), Err(vec![Code::VmiSyntax]));
}

#[test]
fn what_differs_in_layout_alone_needs_no_rule() {
    let proposal = proposed("<domain a='1'><b/></domain>", "<domain a=\"1\">\n <!-- new -->\n <b></b>\n</domain>", "");
    let proposal = proposal.expect("a proposal");
    assert_eq!(proposal.rules, "");
    assert_eq!(proposal.notes, ["comments and processing instructions differ; rules leave them as they are"]);
}

#[test]
fn a_value_becomes_a_param_only_where_it_is_clear() {
    let before = "<domain><devices><disk><target dev='vda'/><driver cache='none'/></disk></devices></domain>";
    let after = |cache: &str| before.replace("none", cache);
    let rules = |cache: &str, vmi: &str| {
        let proposal = proposed(before, &after(cache), vmi).expect("a proposal");
        (proposal.rules.contains("@cache: ${"), proposal.notes.len())
    };
    let annotated = |annotations: &str| format!(r#"{{"metadata": {{"annotations": {{{annotations}}}}}}}"#);
    assert_eq!(rules("writeback", &annotated(r#""disks.example/cache": "writeback""#)), (true, 0));
    // Two annotations say it: which one is meant is not clear.
    assert_eq!(rules("writeback", &annotated(r#""a.example/x": "writeback", "b.example/y": "writeback""#)), (false, 1));
    // Equal by chance.
    assert_eq!(rules("on", &annotated(r#""a.example/x": "on""#)), (false, 1));
    assert_eq!(rules("virtio", r#"{"spec": {"bus": "virtio"}}"#), (false, 0));
    // What other programs write for themselves is no value of the user's.
    assert_eq!(rules("writeback", &annotated(r#""kubevirt.io/x": "writeback""#)), (false, 0));
}

#[test]
fn cloud_init_data_that_is_no_document_is_replaced_as_text() {
    let data = |text: &str| Source::new("data.json", serde_json::json!({ "UserData": text }).to_string());
    let script = |line: &str| data(&format!("#!/bin/sh\necho {line} ${{HOME}}\n"));
    let proposal = infer::cloud_init(&script("one"), &script("two"), &Options::default()).expect("a proposal");
    assert!(proposal.rules.contains("document: cloudInitData"), "{}", proposal.rules);
    assert!(proposal.rules.contains("echo two $${HOME}"), "{}", proposal.rules);
    // User data alone, as a file.
    let plain = |zone: &str| Source::new("user-data", format!("#cloud-config\ntimezone: {zone}\n"));
    let proposal = infer::cloud_init(&plain("UTC"), &plain("Europe/Amsterdam"), &Options::default()).expect("one");
    assert!(
        proposal.rules.contains("document: userData\n      merge:\n        timezone: Europe/Amsterdam"),
        "{}",
        proposal.rules
    );
}
