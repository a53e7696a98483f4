//! Devices that virt-launcher or libvirt cannot take: without alias, or with what another one has.

use std::collections::{BTreeMap, BTreeSet};

use crate::rule::ResultCheck;
use crate::xml::{Document, NodeId};
use crate::xpath::Kind;

use super::{Before, Finding};

/// Devices whose alias virt-launcher dereferences without looking.
const NEED_ALIAS: [&str; 3] = ["disk", "interface", "hostdev"];

/// What only one device may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    check: ResultCheck,
    /// What else must be the same: the devices' name, the address's type.
    among: String,
    value: String,
}

/// Devices by key, each with the element that holds it.
type Holders = BTreeMap<Key, Vec<(NodeId, NodeId)>>;

pub(super) fn check(xml: &Document<'_>, before: &Before<'_>) -> Vec<Finding> {
    let lists = lists(xml).filter(|&list| xml.is_touched(list));
    // Few children are: they are asked that first.
    let touched = lists.flat_map(|list| xml.children(list)).filter(|&it| xml.is_touched(it));
    let touched: Vec<NodeId> = touched.filter(|&it| is_element(xml, it)).collect();
    let mut found: Vec<Finding> = touched.iter().filter_map(|&device| missing_alias(xml, device, before)).collect();
    let own = touched.iter().flat_map(|&device| keys(xml, device));
    let new: BTreeSet<Key> = own.filter(|(_, at)| xml.is_touched(*at)).map(|(key, _)| key).collect();
    if !new.is_empty() {
        found.extend(duplicates(xml, &new, before));
    }
    found
}

/// `<devices>`, of which a domain has one.
fn lists<'x>(xml: &'x Document<'_>) -> impl Iterator<Item = NodeId> + 'x {
    elements(xml, xml.root_element()).filter(|&child| xml.local_name(child) == "devices")
}

fn elements<'x>(xml: &'x Document<'_>, parent: NodeId) -> impl Iterator<Item = NodeId> + 'x {
    xml.children(parent).filter(|&child| is_element(xml, child))
}

fn is_element(xml: &Document<'_>, node: NodeId) -> bool {
    xml.kind(node) == Kind::Element && xml.namespace(node).is_empty()
}

fn child(xml: &Document<'_>, device: NodeId, name: &str) -> Option<NodeId> {
    elements(xml, device).find(|&child| xml.local_name(child) == name)
}

/// An attribute's text; an empty one is none.
fn text(xml: &Document<'_>, element: NodeId, name: &str) -> Option<String> {
    let value = xml.own_text(xml.attribute(element, "", name)?);
    (!value.is_empty()).then(|| value.into_owned())
}

fn has_alias(xml: &Document<'_>, device: NodeId) -> bool {
    child(xml, device, "alias").is_some_and(|alias| text(xml, alias, "name").is_some())
}

fn missing_alias(xml: &Document<'_>, device: NodeId, before: &Before<'_>) -> Option<Finding> {
    let name = xml.local_name(device);
    if !NEED_ALIAS.contains(&name) || has_alias(xml, device) {
        return None;
    }
    // An element of the input is found in it again by where it begins.
    let began = xml.span(device).map(|span| span.start);
    let was_so = began.zip(before.document()).is_some_and(|(began, before)| {
        let mut devices = lists(before).flat_map(|list| elements(before, list));
        devices.any(|there| before.span(there).is_some_and(|span| span.start == began) && !has_alias(before, there))
    });
    (!was_so).then(|| Finding {
        check: ResultCheck::MissingAlias,
        message: format!("a `{name}` has no `<alias>`, over which virt-launcher crashes"),
        help: "give it one of its own, as in `<alias name=\"ua-NAME\"/>`".into(),
        at: device,
        by: device,
    })
}

fn duplicates(xml: &Document<'_>, new: &BTreeSet<Key>, before: &Before<'_>) -> Vec<Finding> {
    let several = holders(xml, new).into_iter().filter(|(_, devices)| devices.len() > 1);
    several
        .filter_map(|(key, devices)| {
            let only = BTreeSet::from([key.clone()]);
            let were =
                before.document().and_then(|before| holders(before, &only).remove(&key)).map_or(0, |it| it.len());
            let last = devices.iter().rev().find(|(_, at)| xml.is_touched(*at))?;
            (devices.len() > were.max(1)).then(|| finding(xml, &key, devices.len(), *last))
        })
        .collect()
}

fn finding(xml: &Document<'_>, key: &Key, number: usize, (device, by): (NodeId, NodeId)) -> Finding {
    let Key { check, among, value } = key;
    let number = if number == 2 { "two".to_owned() } else { number.to_string() };
    let (message, help) = match check {
        ResultCheck::DuplicateTarget => (
            format!("{number} devices `{among}` have the target `{value}`"),
            format!("give this `{}` a target that is free", xml.local_name(device)),
        ),
        ResultCheck::DuplicateAlias => (
            format!("{number} devices have the alias `{value}`"),
            "libvirt tells devices apart by their aliases: give this one another".to_owned(),
        ),
        _ => (
            format!("{number} devices have the {among} address {value}"),
            "leave `<address>` out, and libvirt chooses a free one".to_owned(),
        ),
    };
    Finding { check: *check, message, help, at: device, by }
}

/// The devices that hold any of these keys.
fn holders(xml: &Document<'_>, wanted: &BTreeSet<Key>) -> Holders {
    let mut holders = Holders::new();
    for device in lists(xml).flat_map(|list| elements(xml, list)) {
        for (key, at) in keys(xml, device).into_iter().filter(|(key, _)| wanted.contains(key)) {
            holders.entry(key).or_default().push((device, at));
        }
    }
    holders
}

/// What a device has that no other may have, with the element that says it.
fn keys(xml: &Document<'_>, device: NodeId) -> Vec<(Key, NodeId)> {
    let name = xml.local_name(device);
    let mut keys = Vec::new();
    for at in elements(xml, device) {
        let (check, among, value) = match xml.local_name(at) {
            "alias" => (ResultCheck::DuplicateAlias, String::new(), text(xml, at, "name")),
            "target" if matches!(name, "disk" | "interface") => {
                (ResultCheck::DuplicateTarget, name.to_owned(), text(xml, at, "dev"))
            }
            "address" => match address(xml, device, at) {
                Some((among, value)) => (ResultCheck::DuplicateAddress, among, Some(value)),
                None => continue,
            },
            _ => continue,
        };
        keys.extend(value.map(|value| (Key { check, among, value }, at)));
    }
    keys
}

/// An address's type, with the bus for drives, and its numbers in one notation. `None` for types that devices
/// may share, and where libvirt is left to choose.
fn address(xml: &Document<'_>, device: NodeId, address: NodeId) -> Option<(String, String)> {
    let ty = text(xml, address, "type")?;
    let parts: &[&str] = match ty.as_str() {
        "pci" => &["domain", "bus", "slot", "function"],
        "drive" => &["controller", "bus", "target", "unit"],
        "ccw" => &["cssid", "ssid", "devno"],
        "usb" => &["bus", "port"],
        "virtio-serial" => &["controller", "bus", "port"],
        _ => return None,
    };
    let given: Vec<Option<String>> = parts.iter().map(|part| text(xml, address, part)).collect();
    let numbers: Vec<String> = given.iter().map(|part| number(part.as_deref().unwrap_or("0"))).collect();
    let is_left_open = given.iter().all(Option::is_none) || (ty == "pci" && numbers.iter().all(|part| part == "0"));
    let among = match ty.as_str() {
        "drive" => {
            let bus = child(xml, device, "target").and_then(|target| text(xml, target, "bus"));
            format!("{} drive", bus.as_deref().unwrap_or("scsi"))
        }
        _ => ty,
    };
    (!is_left_open).then(|| (among, numbers.join(":")))
}

/// A number in plain hexadecimal, whether it is written `0x0a` or `10`; what is no number stays.
fn number(text: &str) -> String {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_or_else(|_| text.to_owned(), |number| format!("{number:x}"))
}
