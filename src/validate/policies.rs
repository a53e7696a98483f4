//! ConfigMaps of policies, as the webhook's `--policy` mounts them: their texts hold policies alone, and no pod of a VM has them.

use std::sync::Arc;

use crate::admission::RULES_LABEL;
use crate::diagnostic::Diagnostic;
use crate::manifest;
use crate::policy::{self, Policy};
use crate::source::Source;
use crate::yaml::{self, Limits, Node};

use super::embedded::{embedded, is_for_virt_patch};

const KIND: &str = "RulePolicy";

/// Whether an object is such a ConfigMap. One that says that it holds rules is none: a policy in it is misplaced.
pub(super) fn is_of_policies(object: &Node) -> bool {
    let label = object.get("metadata").and_then(|metadata| metadata.get("labels")?.get(RULES_LABEL));
    if label.and_then(Node::text) == Some("true") {
        return false;
    }
    let mut texts = manifest::config_map_data(object).filter(|value| is_for_virt_patch(value)).peekable();
    texts.peek().is_some() && texts.all(|value| value.text().is_some_and(is_policies))
}

fn is_policies(text: &str) -> bool {
    let is_policy = |node: &Node| node.get("kind").and_then(Node::text) == Some(KIND);
    let documents = text.contains(KIND).then(|| yaml::read(&Source::new("policies", text), &Limits::default()));
    documents.is_some_and(|read| read.is_ok_and(|documents| documents.iter().all(is_policy)))
}

/// The policies of such a ConfigMap, and what is wrong with them.
pub(super) fn of_config_map(source: &Arc<Source>, object: &Node) -> (Vec<Policy>, Vec<Diagnostic>) {
    let (mut policies, mut problems) = (Vec::new(), Vec::new());
    for inner in embedded(source, object) {
        let (mut right, mut wrong) = policy::compile(&inner);
        policies.append(&mut right);
        problems.append(&mut wrong);
    }
    (policies, problems)
}
