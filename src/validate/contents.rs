//! What a file holds: rule sets, tests, ConfigMaps, machines, and what is none of virt-patch's.

use std::sync::Arc;

use crate::admission;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::injection;
use crate::lint::{Samples, lint, policy_paths, under_policies};
use crate::manifest::{self, HOOK_SIDECARS_ANNOTATION, Machine, RULES_ANNOTATION};
use crate::policy::{self, Policies, Policy};
use crate::rule;
use crate::source::{Location, Source};
use crate::yaml::{self, Limits, Node};

use super::embedded::{GROUP, is_for_virt_patch};
use super::findings::{Candidate, Counts};
use super::injections;
use super::policies;
use super::sidecars::{self, ConfigMap, MountedKey};
use super::tests::{self, Beside};

/// The kinds of virt-patch's own documents.
const KINDS: [&str; 4] = ["RuleSet", "RuleTest", "RulePolicy", injection::KIND];

/// Words without which a file can hold nothing of virt-patch's, in whatever way it is misspelled.
const MARKS: [&str; 6] = ["virt-patch", "RuleSet", "RuleTest", "RulePolicy", injection::KIND, HOOK_SIDECARS_ANNOTATION];

/// The most bytes of a file: all VMs of a cluster, as `kubectl get` prints them.
pub const LIMIT: usize = 16 << 20;

/// The most values in it.
const NODES: usize = 2_000_000;

/// A file's documents, and what is wrong with them.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) problems: Vec<Diagnostic>,
    /// Those that are virt-patch's.
    pub(super) documents: Vec<Node>,
    pub(super) counts: Counts,
    /// The ConfigMaps among them, whosever they are.
    pub(super) config_maps: Vec<ConfigMap>,
    /// The keys of ConfigMaps that its machines mount.
    pub(super) mounted: Vec<MountedKey>,
}

/// What a document is to virt-patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A rule set, a ConfigMap with rules, or something that should be one of them.
    Rules,
    Test,
    Policy,
    ConfigMapOfPolicies,
    Injection,
    Machine,
    /// Another Kubernetes object, or no object at all.
    Foreign,
}

/// What rules are tried on, and what their results are held to.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeldTo<'h> {
    pub(super) samples: &'h Samples,
    pub(super) policies: &'h Policies,
}

/// Reads a file and checks each of its documents.
pub(super) fn read(candidate: &Candidate, beside: &Beside<'_>, held_to: HeldTo<'_>) -> Contents {
    let source = &candidate.file.source;
    let mut contents = Contents::default();
    let text = source.text();
    if !candidate.is_named && !MARKS.iter().any(|mark| text.contains(mark)) {
        contents.counts.passed_over = 1;
        return contents;
    }
    if let Some(problem) = rule::no_yaml(source) {
        contents.problems.push(problem);
        return contents;
    }
    let documents = match yaml::read(source, &limits(text)) {
        Ok(documents) => documents.into_iter().flat_map(manifest::objects).collect::<Vec<_>>(),
        Err(problems) => return Contents { problems, ..contents },
    };
    contents.config_maps = documents.iter().filter_map(ConfigMap::of).collect();
    let is_foreign = |node: &Node| kind(node) == Kind::Foreign;
    if candidate.is_named && documents.iter().all(is_foreign) {
        // Someone asks about this file, so it is said why it is none.
        let compiled = rule::compile(std::slice::from_ref(&candidate.file));
        contents.problems = compiled.err().unwrap_or_default();
        return contents;
    }
    for document in documents {
        contents.look_at(candidate, document, held_to);
    }
    if contents.counts.rule_tests > 0 {
        contents.problems.append(&mut tests::of_file(source, &contents.documents, beside));
    }
    contents.in_config_maps(source);
    contents
}

/// A text that may be a rule file is read as one; what is longer can only be manifests.
fn limits(text: &str) -> Limits {
    let limits = Limits::default();
    if text.len() > limits.bytes { Limits { bytes: LIMIT, nodes: NODES, ..limits } } else { limits }
}

impl Contents {
    fn look_at(&mut self, candidate: &Candidate, document: Node, held_to: HeldTo<'_>) {
        let source = &candidate.file.source;
        match kind(&document) {
            Kind::Foreign => {
                self.counts.passed_over += 1;
                return;
            }
            Kind::Test => self.counts.rule_tests += 1,
            Kind::Policy => {
                let (policies, problems) = policy::compile_documents(source, std::slice::from_ref(&document));
                self.policies(&policies, problems, held_to);
            }
            Kind::ConfigMapOfPolicies => {
                let (policies, problems) = policies::of_config_map(source, &document);
                self.policies(&policies, problems, held_to);
            }
            Kind::Injection => {
                let (injections, mut problems) = injection::compile_documents(source, std::slice::from_ref(&document));
                self.counts.injections += injections.len();
                self.problems.append(&mut problems);
            }
            Kind::Rules => self.compile(candidate, &document, held_to),
            Kind::Machine => {
                self.counts.machines += 1;
                self.compile(candidate, &document, held_to);
                if let Some(machine) = Machine::of(&document) {
                    let has_rules = machine.annotation(RULES_ANNOTATION).is_some();
                    let (sidecars, mut problems) = manifest::check_hook_sidecars(source, &machine, has_rules);
                    problems.extend(sidecars.iter().flat_map(admission::arguments));
                    let namespace = document.get("metadata").and_then(|metadata| metadata.get("namespace"));
                    let namespace = namespace.and_then(Node::text);
                    self.mounted.extend(sidecars.iter().flat_map(|one| sidecars::mounted_keys(one, namespace)));
                    self.problems.append(&mut problems);
                }
            }
        }
        self.documents.push(document);
    }

    fn policies(&mut self, policies: &[Policy], mut problems: Vec<Diagnostic>, held_to: HeldTo<'_>) {
        self.counts.policies += policies.len();
        self.problems.append(&mut problems);
        self.problems.append(&mut policy_paths(policies, held_to.samples));
    }

    /// What is no rule set in the texts of ConfigMaps.
    fn in_config_maps(&mut self, source: &Arc<Source>) {
        for document in &self.documents {
            let (count, mut problems) = tests::of_config_map(source, document);
            self.counts.rule_tests += count;
            self.problems.append(&mut problems);
            let (count, mut problems) = injections::of_config_map(source, document);
            self.counts.injections += count;
            self.problems.append(&mut problems);
        }
    }

    /// Compiles the rule sets of a document; what is right is held to the policies, and linted.
    fn compile(&mut self, candidate: &Candidate, document: &Node, held_to: HeldTo<'_>) {
        let source = &candidate.file.source;
        let is_own = document.get("apiVersion").and_then(Node::text).is_some_and(|text| text.starts_with(GROUP));
        let size = if is_own { source.text().len() } else { document.span.len() };
        let most = Limits::default().bytes;
        if size > most {
            let start = document.span.start..document.span.start;
            let message = format!("a rule file may have {most} bytes, this has {size}");
            self.problems.push(Diagnostic::error(Code::YamlLimit, message).at(Location::new(source, start)));
            return;
        }
        let (sets, mut problems) = rule::compile_documents(&candidate.file, vec![document.clone()]);
        self.counts.rule_sets += sets.len();
        if problems.is_empty() {
            problems = lint(&sets, held_to.samples);
            problems.append(&mut under_policies(&sets, held_to.samples, held_to.policies));
        }
        self.problems.append(&mut problems);
    }
}

fn kind(document: &Node) -> Kind {
    let text = |name: &str| document.get(name).and_then(Node::text).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let is_ours = version.starts_with(GROUP);
    let is_meant = KINDS.contains(&kind) || nearest(kind, KINDS).is_some() || version.contains("virt-patch");
    if is_ours && kind == "RuleTest" {
        Kind::Test
    } else if is_ours && kind == "RulePolicy" {
        Kind::Policy
    } else if is_ours && kind == injection::KIND {
        Kind::Injection
    } else if is_ours || is_meant {
        Kind::Rules
    } else if Machine::of(document).is_some() {
        Kind::Machine
    } else if policies::is_of_policies(document) {
        Kind::ConfigMapOfPolicies
    } else if manifest::config_map_data(document).any(is_for_virt_patch) {
        Kind::Rules
    } else {
        Kind::Foreign
    }
}
