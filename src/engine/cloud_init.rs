//! The verbs on cloud-init data.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::cloud_init::{self, DocumentKind, Envelope};
use crate::diagnostic::Diagnostic;
use crate::json;
use crate::json::merge::{self, Lists};
use crate::json::patch::{self, Operation};
use crate::rule::{JsonTemplate, PatchStep, Rule, Template};
use crate::xpath::Budget;

use super::forest::{Forest, Node};
use super::run::{Result, Run, at_rule};
use super::trace::{Detail, What};

/// How many places of a changed document are told.
const PLACES: usize = 20;

/// The documents of a call, and their trees as expressions see them.
#[derive(Debug, Clone)]
pub(super) struct Cloud {
    envelope: Envelope,
    /// The root of a document's tree, until the document changes.
    roots: BTreeMap<DocumentKind, u32>,
}

impl Cloud {
    pub(super) fn new(envelope: Envelope) -> Self {
        Self { envelope, roots: BTreeMap::new() }
    }

    /// The answer: `cloudInitData` and `cloudInitNoCloudSource`.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<u8>) {
        self.envelope.finish()
    }

    /// What cloud-init would refuse of the documents as they are now and did not refuse before.
    pub(super) fn new_problems(&self) -> Vec<Diagnostic> {
        cloud_init::new_problems(&self.envelope)
    }

    /// The root of a document's tree, made when it is first asked for.
    pub(super) fn root(&mut self, kind: DocumentKind, forest: &mut Forest<'_>, budget: &Budget) -> Result<Node> {
        if let Some(&root) = self.roots.get(&kind) {
            return Ok(Node::Json(root));
        }
        let before = forest.json.len();
        let root = forest.json.add_document(self.envelope.document(kind)?);
        let steps = (forest.json.len() - before) as u64;
        let bytes = json::size(self.envelope.document(kind)?);
        budget
            .spend(steps)
            .and_then(|()| budget.build(bytes))
            .map_err(|error| Box::new(Diagnostic::error(error.code, error.message)))?;
        self.roots.insert(kind, root);
        Ok(Node::Json(root))
    }

    fn change(&mut self, kind: DocumentKind, value: Json) -> Result<bool> {
        let before = self.envelope.document(kind)?;
        if *before == value {
            return Ok(false);
        }
        self.envelope.set_document(kind, value)?;
        self.forget(kind);
        Ok(true)
    }

    fn add_part(&mut self, content_type: &str, content: &str) -> Result<bool> {
        let added = self.envelope.add_part(content_type, content)?;
        if added {
            self.forget(DocumentKind::UserData);
        }
        Ok(added)
    }

    /// Trees of what a changed document is part of, or holds, are made anew.
    fn forget(&mut self, changed: DocumentKind) {
        match changed {
            // The texts of user and network data are part of the whole, and the reverse.
            DocumentKind::CloudInitData => self.roots.clear(),
            other => self.roots.retain(|&known, _| known != other && known != DocumentKind::CloudInitData),
        }
    }
}

impl Run<'_, '_> {
    /// JSON Merge Patch (RFC 7396), with lists as the rule says.
    pub(super) fn merge_json(
        &mut self,
        rule: &Rule,
        patch: &JsonTemplate,
        lists: Lists,
        keys: &BTreeMap<String, String>,
    ) -> Result<()> {
        let Some(patch) = self.fill_json(patch)? else {
            self.skip(rule, || "the value is empty".to_owned());
            return Ok(());
        };
        let options = merge::Options { lists, keys: keys.clone() };
        self.edit(rule, |document| {
            merge::merge(document, &patch, &options);
            Ok(1)
        })
    }

    /// JSON Patch (RFC 6902), with JSONPath targets.
    pub(super) fn patch(&mut self, rule: &Rule, steps: &[PatchStep]) -> Result<()> {
        let mut operations = Vec::with_capacity(steps.len());
        for step in steps {
            let value = match &step.value {
                Some(value) => match self.fill_json(value)? {
                    Some(value) => Some(value),
                    None => {
                        self.note(rule, What::Skipped, String::new, None, || "an operation without value".to_owned());
                        continue;
                    }
                },
                None => None,
            };
            operations.push((step, with_value(&step.operation, value)));
        }
        let (steps, operations): (Vec<&PatchStep>, Vec<Operation>) = operations.into_iter().unzip();
        let mut outcomes = Vec::new();
        self.edit(rule, |document| match patch::apply(document, &operations) {
            Ok(done) => {
                outcomes = done;
                Ok(outcomes.iter().map(|outcome| outcome.matched).sum())
            }
            Err(error) => {
                let place = steps.get(error.index).map_or(&rule.location, |step| &step.location);
                Err(Box::new(Diagnostic::error(error.code, error.message).at(place.clone())))
            }
        })?;
        for (outcome, operation) in outcomes.iter().zip(&operations) {
            let what = if outcome.changed { What::Set } else { What::Unchanged };
            let told = || match outcome.matched {
                1 => format!("{}, 1 match", operation.name()),
                many => format!("{}, {many} matches", operation.name()),
            };
            self.note(rule, what, || operation.path().written(), None, told);
        }
        Ok(())
    }

    /// A part more in the user data, once.
    pub(super) fn add_part(&mut self, rule: &Rule, content_type: &str, content: &Template) -> Result<()> {
        let Some(content) = self.fill(content)? else {
            self.skip(rule, || "the content is empty".to_owned());
            return Ok(());
        };
        let Some(cloud) = &mut self.cloud else { return Ok(()) };
        let added = cloud.add_part(content_type, &content);
        let added = added.map_err(|problem| Box::new(problem.or_at(&rule.location)))?;
        self.entry(rule, |entry| {
            entry.matched += 1;
            entry.changed += usize::from(added);
        });
        let what = if added { What::Inserted } else { What::Unchanged };
        self.note(rule, what, || DocumentKind::UserData.as_str().to_owned(), None, || content_type.to_owned());
        Ok(())
    }

    /// Changes the rule's document; `change` says how much it matched.
    fn edit(&mut self, rule: &Rule, change: impl FnOnce(&mut Json) -> Result<usize>) -> Result<()> {
        let (Some(cloud), Some(kind)) = (&mut self.cloud, rule.document) else { return Ok(()) };
        let at_here = |problem: Box<Diagnostic>| Box::new(problem.or_at(&rule.location));
        let mut document = cloud.envelope.document(kind).map_err(at_here)?.clone();
        self.budget.spend(json::size(&document) as u64 / 64).map_err(|error| at_rule(rule, error))?;
        let matched = change(&mut document)?;
        let built = self.budget.build(json::size(&document));
        built.map_err(|error| at_rule(rule, error))?;
        let differs = match self.detail == Detail::Full {
            true => json::changes::changes(cloud.envelope.document(kind).map_err(at_here)?, &document),
            false => Vec::new(),
        };
        let changed = cloud.change(kind, document).map_err(at_here)?;
        self.entry(rule, |entry| {
            entry.matched += matched;
            entry.changed += usize::from(changed);
        });
        let what = if changed { What::Merged } else { What::Unchanged };
        self.note(rule, what, || kind.as_str().to_owned(), None, || listed(&differs));
        Ok(())
    }
}

/// The first places of a change.
fn listed(pointers: &[String]) -> String {
    let first: Vec<&str> = pointers.iter().take(PLACES).map(String::as_str).collect();
    let more = pointers.len().saturating_sub(PLACES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    first.join(", ") + &more
}

fn with_value(operation: &Operation, value: Option<Json>) -> Operation {
    let Some(value) = value else { return operation.clone() };
    match operation.clone() {
        Operation::Add { path, .. } => Operation::Add { path, value },
        Operation::Replace { path, .. } => Operation::Replace { path, value },
        Operation::Test { path, .. } => Operation::Test { path, value },
        other => other,
    }
}
