//! Names that libvirt does not know at their place, and so passes over in silence or refuses.

use std::collections::BTreeSet;

use crate::rule::ResultCheck;
use crate::vocabulary::{LIBVIRT, Model, Name};
use crate::xml::{Document, NodeId};
use crate::xpath::Kind;

use super::{Before, Finding};

/// Each name once at each path, in the order of the document.
pub(super) fn check(xml: &Document<'_>, before: &Before<'_>) -> Vec<Finding> {
    let root = xml.root_element();
    if name(xml, root) != Name::new("", "domain") {
        return Vec::new();
    }
    let (mut found, mut said) = (Vec::new(), BTreeSet::new());
    let mut open = vec![(root, Model::DOMAIN)];
    while let Some((element, model)) = open.pop() {
        for attribute in xml.attributes(element).filter(|&attribute| xml.span(attribute).is_none()) {
            if model.attribute(name(xml, attribute)).is_none() && is_new(xml, attribute, before, &mut said) {
                found.push(unknown_attribute(xml, element, attribute, model));
            }
        }
        let below = open.len();
        let touched = xml.children(element).filter(|&child| xml.is_touched(child));
        for child in touched.filter(|&child| xml.kind(child) == Kind::Element) {
            match model.child(name(xml, child)) {
                Some(model) if model.is_open() => {}
                Some(model) => open.push((child, model)),
                None if is_new(xml, child, before, &mut said) => {
                    found.push(unknown_element(xml, element, child, model))
                }
                None => {}
            }
        }
        if let Some(below) = open.get_mut(below..) {
            below.reverse();
        }
    }
    found
}

fn elements<'x>(xml: &'x Document<'_>, parent: NodeId) -> impl Iterator<Item = NodeId> + 'x {
    xml.children(parent).filter(|&child| xml.kind(child) == Kind::Element)
}

fn name<'x>(xml: &'x Document<'_>, node: NodeId) -> Name<'x> {
    Name::new(xml.namespace(node), xml.local_name(node))
}

/// The names on the way from the root element to a node.
fn names<'x>(xml: &'x Document<'_>, node: NodeId) -> Vec<Name<'x>> {
    let above = std::iter::successors(Some(node), |&node| xml.parent(node)).filter(|&node| node != xml.root());
    let mut names: Vec<Name<'x>> = above.map(|node| name(xml, node)).collect();
    names.reverse();
    names
}

/// As a path without predicates: `/domain/devices/disk`.
fn path(names: &[Name<'_>]) -> String {
    names.iter().map(|name| format!("/{name}")).collect()
}

/// Whether nothing of this name stands at this path in the input, and none has been told of yet.
fn is_new(xml: &Document<'_>, node: NodeId, before: &Before<'_>, said: &mut BTreeSet<String>) -> bool {
    let is_attribute = xml.kind(node) == Kind::Attribute;
    let names = names(xml, node);
    let key = if is_attribute { format!("@{}", path(&names)) } else { path(&names) };
    if !said.insert(key) {
        return false;
    }
    let Some(before) = before.document() else { return true };
    let mut level = vec![before.root()];
    let (last, elements_above) = match names.split_last() {
        Some((last, above)) if is_attribute => (Some(*last), above),
        _ => (None, names.as_slice()),
    };
    for wanted in elements_above {
        let below = level.iter().flat_map(|&at| elements(before, at));
        level = below.filter(|&at| name(before, at) == *wanted).collect();
    }
    match last {
        Some(last) => !level.iter().any(|&at| before.attribute(at, last.namespace, last.local).is_some()),
        None => level.is_empty(),
    }
}

fn unknown_element(xml: &Document<'_>, parent: NodeId, child: NodeId, model: Model) -> Finding {
    let unknown = name(xml, child);
    let help = match model.nearest_child(unknown) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "libvirt passes it over, or refuses the domain: see its documentation of the domain XML".to_owned(),
    };
    let place = path(&names(xml, parent));
    finding(ResultCheck::UnknownElement, format!("libvirt {LIBVIRT} knows no `{unknown}` in {place}"), help, child)
}

fn unknown_attribute(xml: &Document<'_>, element: NodeId, attribute: NodeId, model: Model) -> Finding {
    let unknown = name(xml, attribute);
    let help = match model.nearest_attribute(unknown.local) {
        Some(near) => format!("did you mean `@{near}`?"),
        None => "libvirt passes it over: see its documentation of the domain XML".to_owned(),
    };
    let place = path(&names(xml, element));
    finding(
        ResultCheck::UnknownAttribute,
        format!("libvirt {LIBVIRT} knows no `@{unknown}` on {place}"),
        help,
        attribute,
    )
}

fn finding(check: ResultCheck, message: String, help: String, at: NodeId) -> Finding {
    Finding { check, message, help, at, by: at }
}
