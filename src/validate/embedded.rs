//! Texts in a document that hold documents themselves: in a ConfigMap's data and in annotations.

use std::sync::Arc;

use crate::manifest::{self, Machine, RULES_ANNOTATION};
use crate::source::Source;
use crate::yaml::{self, Node};

/// What begins every `apiVersion` of virt-patch's.
pub(super) const GROUP: &str = "virt-patch.dev/";

/// A ConfigMap's value that is virt-patch's.
pub(super) fn is_for_virt_patch(value: &Node) -> bool {
    value.text().is_some_and(|text| text.contains(GROUP))
}

/// The texts in a document that hold documents of virt-patch's themselves, as sources in the file.
pub(super) fn embedded(source: &Arc<Source>, document: &Node) -> Vec<Arc<Source>> {
    let annotation = Machine::of(document).and_then(|machine| machine.annotation(RULES_ANNOTATION));
    let values = manifest::config_map_data(document).filter(|value| is_for_virt_patch(value)).chain(annotation);
    let embed =
        |value: &Node| value.text().map(|text| Source::embedded(source, text, yaml::offsets(source.text(), value)));
    values.filter_map(embed).collect()
}
