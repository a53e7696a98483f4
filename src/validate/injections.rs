//! Injections: documents of their own, and those in the texts of ConfigMaps.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::injection::{self, KIND};
use crate::manifest;
use crate::source::Source;
use crate::yaml::{self, Limits, Node};

use super::embedded::is_for_virt_patch;

/// How many injections the texts of a ConfigMap hold, and what is wrong with them.
pub(super) fn of_config_map(source: &Arc<Source>, object: &Node) -> (usize, Vec<Diagnostic>) {
    let (mut count, mut problems) = (0, Vec::new());
    for value in manifest::config_map_data(object).filter(|value| is_for_virt_patch(value)) {
        let Some(text) = value.text().filter(|text| text.contains(KIND)) else { continue };
        let inner = Source::embedded(source, text, yaml::offsets(source.text(), value));
        // What is no YAML is said where its rules are compiled.
        let Ok(documents) = yaml::read(&inner, &Limits::default()) else { continue };
        for document in documents.iter().filter(|node| node.get("kind").and_then(Node::text) == Some(KIND)) {
            let (right, mut wrong) = injection::compile_documents(&inner, std::slice::from_ref(document));
            count += right.len();
            problems.append(&mut wrong);
        }
    }
    (count, problems)
}
