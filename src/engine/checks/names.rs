//! Names that libvirt does not know at their place, and so passes over in silence or refuses.

use std::collections::{BTreeMap, BTreeSet};

use crate::rule::ResultCheck;
use crate::vocabulary::{LIBVIRT, Model, Name};
use crate::xml::{Document, NameId, NodeId};
use crate::xpath::Kind;

use super::{Before, Finding};

/// Each name once at each path, in the order of the document.
pub(super) fn check(xml: &Document<'_>, before: &Before<'_>) -> Vec<Finding> {
    let root = xml.root_element();
    if name(xml, root) != Name::new("", "domain") {
        return Vec::new();
    }
    let of = BTreeMap::from([(root, Some(Model::DOMAIN))]);
    let mut models = Models { xml, of, path: Vec::new(), known: BTreeMap::new() };
    let mut unknown = Vec::new();
    for node in xml.new_nodes() {
        if let Some(parent) = xml.parent(node)
            && let Some(model) = models.of(parent)
            && models.below(model, node) == Below::Unknown
        {
            unknown.push((node, parent, model));
        }
    }
    unknown.sort_by(|(a, ..), (b, ..)| xml.order(*a, *b));
    let mut said = BTreeSet::new();
    unknown.retain(|&(node, ..)| is_new(xml, node, before, &mut said));
    let finding = |(node, parent, model)| match xml.kind(node) {
        Kind::Attribute => unknown_attribute(xml, parent, node, model),
        _ => unknown_element(xml, parent, node, model),
    };
    unknown.into_iter().map(finding).collect()
}

/// What libvirt knows of an element's child or attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    Unknown,
    Attribute,
    Element(Model),
}

/// What elements may hold, as far as it was asked for.
struct Models<'x, 'd> {
    xml: &'x Document<'d>,
    /// By element.
    of: BTreeMap<NodeId, Option<Model>>,
    /// The way down to an element from one that is known.
    path: Vec<NodeId>,
    /// Many nodes have few names.
    known: BTreeMap<(NameId, Model, bool), Below>,
}

impl Models<'_, '_> {
    fn below(&mut self, model: Model, node: NodeId) -> Below {
        let xml = self.xml;
        let is_attribute = xml.kind(node) == Kind::Attribute;
        *self.known.entry((xml.name_id(node), model, is_attribute)).or_insert_with(|| {
            let name = name(xml, node);
            match is_attribute {
                true => model.attribute(name).map_or(Below::Unknown, |_| Below::Attribute),
                false => model.child(name).map_or(Below::Unknown, Below::Element),
            }
        })
    }

    /// What an element may hold; `None` where that is not known: outside the document, below what libvirt does not know, and
    /// where anything may stand.
    fn of(&mut self, element: NodeId) -> Option<Model> {
        self.path.clear();
        let mut at = element;
        let mut model = loop {
            if let Some(known) = self.of.get(&at) {
                break *known;
            }
            self.path.push(at);
            at = self.xml.parent(at)?;
        };
        while let Some(node) = self.path.pop() {
            model = model.and_then(|model| match self.below(model, node) {
                Below::Element(below) if !below.is_open() => Some(below),
                _ => None,
            });
            self.of.insert(node, model);
        }
        model
    }
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
