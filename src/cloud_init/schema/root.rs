//! Which schema a document is of.

use super::finding::{Finding, Step};
use super::judge::{Whole, judge};
use super::table::{ANYTHING, Model, Shape};
use super::view::{View, Viewed};
use crate::cloud_init::document::DocumentKind;

/// Keys at the top of user data that other readers than cloud-init know: Ignition (specification 2 and 3), and
/// cloudbase-init, the cloud-init of Windows guests.
const OTHERS: [&str; 8] =
    ["ignition", "kernelArguments", "networkd", "passwd", "storage", "systemd", "set_hostname", "set_timezone"];

/// The key under which network configuration may stand, as netplan has it.
const NETWORK: &str = "network";

/// What of a document cloud-init would not take; nothing of documents that it has no schema for: metadata, and
/// network configuration of no version that it knows, such as OpenStack's `network_data.json`.
pub fn judge_document<'a, V: Viewed<'a>>(kind: DocumentKind, document: V, whole: Whole) -> Vec<Finding<'a>> {
    let View::Map(members) = document.view() else { return Vec::new() };
    match kind {
        DocumentKind::UserData => {
            let mut findings = judge(Model::CLOUD_CONFIG, document, whole);
            findings.retain(|finding| !matches!(finding.path[..], [Step::Key(name)] if is_of_another_reader(name)));
            findings
        }
        DocumentKind::NetworkData => match members.iter().find(|(name, _)| *name == NETWORK) {
            Some(&(_, inner)) => below_network(&members, inner, whole),
            None => network_model(&members).map_or_else(Vec::new, |model| judge(model, document, whole)),
        },
        DocumentKind::MetaData | DocumentKind::CloudInitData => Vec::new(),
    }
}

/// Network configuration below its key, beside which no other may stand.
fn below_network<'a, V: Viewed<'a>>(members: &[(&'a str, V)], inner: V, whole: Whole) -> Vec<Finding<'a>> {
    let View::Map(below) = inner.view() else { return Vec::new() };
    let Some(model) = network_model(&below) else { return Vec::new() };
    let mut findings = judge(model, inner, whole);
    findings.iter_mut().for_each(|finding| finding.path.insert(0, Step::Key(NETWORK)));
    let others = members.iter().filter(|(name, _)| *name != NETWORK);
    findings.extend(others.map(|(name, _)| Finding::unknown_key(vec![Step::Key(name)], Shape::NETWORK)));
    findings
}

/// The model of what stands at a place of a document, given by keys, `None` for any. In lists everything is an item. `None`
/// where nothing is known of the place: it depends on the document, or no schema has it.
///
/// # Errors
/// The first key of the place that cloud-init does not know there.
pub fn model_at<'a>(kind: DocumentKind, place: &[Option<&'a str>]) -> Result<Option<Model>, Finding<'a>> {
    let (above, rest) = match (kind, place) {
        (DocumentKind::NetworkData, [Some(NETWORK), rest @ ..]) => (1, rest),
        _ => (0, place),
    };
    let root = match (kind, rest) {
        (DocumentKind::UserData, [Some(first), ..]) if is_of_another_reader(first) => None,
        (DocumentKind::UserData, _) => Some(Model::CLOUD_CONFIG),
        (DocumentKind::NetworkData, [Some(first), ..]) => version_of_key(first),
        _ => None,
    };
    let Some(mut model) = root else { return Ok(None) };
    for (at, &name) in rest.iter().enumerate() {
        if model.is_list_only() {
            model = model.items();
            continue;
        }
        // What may be a list or a map, or a map of several forms, depends on the document.
        let mut shapes = model.shapes();
        let (Some(shape), None, false) = (shapes.next(), shapes.next(), model.allows("list")) else { return Ok(None) };
        let below = match name {
            Some(name) => shape.key(name),
            // Where keys have names, which of them is meant depends on the document too.
            None if shape.keys().next().is_some() => return Ok(None),
            None => shape.key(ANYTHING),
        };
        model = below.ok_or_else(|| {
            let steps = place.iter().take(above + at + 1);
            Finding::unknown_key(steps.map(|name| name.map_or(Step::Item(0), Step::Key)).collect(), shape)
        })?;
    }
    Ok(Some(model))
}

fn is_of_another_reader(key: &str) -> bool {
    OTHERS.contains(&key)
}

/// As `version` says, else as the keys do.
fn network_model<'a, V: Viewed<'a>>(members: &[(&'a str, V)]) -> Option<Model> {
    match members.iter().find(|(name, _)| *name == "version").map(|(_, version)| version.view()) {
        Some(View::Integer(Some(1))) => Some(Model::NETWORK_CONFIG_1),
        Some(View::Integer(Some(2))) => Some(Model::NETWORK_CONFIG_2),
        Some(View::Anything) | None => members.iter().find_map(|(name, _)| version_of_key(name)),
        Some(_) => None,
    }
}

/// The version that has this key at its top.
fn version_of_key(key: &str) -> Option<Model> {
    match key {
        "config" => Some(Model::NETWORK_CONFIG_1),
        "ethernets" | "bonds" | "bridges" | "vlans" | "renderer" => Some(Model::NETWORK_CONFIG_2),
        _ => None,
    }
}
