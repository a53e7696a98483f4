//! Where `merge` and creating paths can say what changes: their own rules, turned round.

use super::comparison::Comparison;
use super::identity;
use super::part::{Part, Piece};
use super::selector::{is_writable, predicate};
use super::tree::{Id, Name, Tree};
use crate::rule::KeyPath;

impl Comparison {
    /// The fragment that merges into `b` what `a` has more or has otherwise. `None` where `merge` could not
    /// tell an element from its siblings, or would not add one where it belongs.
    pub(super) fn merge_part(&self, b: Id, a: Id) -> Option<Part> {
        let mut part = Part::named(&self.after.at(a).name);
        let (of_b, of_a) = (&self.before.at(b).attributes, &self.after.at(a).attributes);
        part.attributes.extend(of_a.iter().filter(|attribute| !of_b.contains(attribute)).cloned());
        let text = self.after.text(a).filter(|text| self.before.text(b) != Some(text));
        part.content.extend(text.map(|text| Piece::Text(text.to_owned())));
        let kept = self.in_place(b, a);
        for &(c, d) in kept.iter().filter(|&&(c, d)| self.differs(c, d)) {
            let mut child = self.merge_part(c, d)?;
            if child == Part::named(&child.name) {
                continue;
            }
            self.identify(&mut child, c, d, &kept, a)?;
            part.content.push(Piece::Part(child));
        }
        let children: Vec<Id> = self.after.children(a).collect();
        let last_kept = children.iter().rposition(|child| kept.iter().any(|(_, stays)| stays == child));
        for &node in children.iter().skip(last_kept.map_or(0, |at| at + 1)) {
            self.may_be_merged(node, &kept, a)?;
            part.content.push(Piece::Part(Part::whole(&self.after, node)));
        }
        Some(part)
    }

    /// Gives the fragment's child what `merge` finds its element by.
    fn identify(&self, child: &mut Part, c: Id, d: Id, kept: &[(Id, Id)], parent: Id) -> Option<()> {
        let name = &self.before.at(c).name;
        let alike: Vec<Id> = kept.iter().map(|(b, _)| *b).filter(|&b| self.before.at(b).name == *name).collect();
        if name.namespace.is_empty() {
            for key in identity::keys(&name.local) {
                let Some(value) = identity::value(&self.before, c, &key) else { continue };
                let unique = alike.iter().filter(|&&b| identity::value(&self.before, b, &key).as_ref() == Some(&value));
                if identity::value(&self.after, d, &key).as_ref() == Some(&value) && unique.count() == 1 {
                    key.iter().zip(&value).rev().for_each(|(path, value)| child.identify(path, value));
                    return Some(());
                }
            }
        }
        (alike.len() == 1 && self.after.named(parent, name).count() == 1).then_some(())
    }

    /// Whether `merge` adds this new child rather than merge it into another one.
    fn may_be_merged(&self, node: Id, kept: &[(Id, Id)], parent: Id) -> Option<()> {
        if !self.is_fragment_of_merge(node) {
            return None;
        }
        let name = &self.after.at(node).name;
        let alike = || kept.iter().map(|(_, a)| *a).filter(|&a| self.after.at(a).name == *name);
        let keys: Vec<Vec<KeyPath>> = identity::keys(&name.local);
        let values: Vec<_> =
            keys.iter().filter_map(|key| Some((key, identity::value(&self.after, node, key)?))).collect();
        let other = |(key, value): &(&Vec<KeyPath>, Vec<String>)| {
            self.after
                .named(parent, name)
                .filter(|&other| other != node)
                .all(|other| identity::value(&self.after, other, key).as_ref() != Some(value))
        };
        let keyed = !values.is_empty() && values.iter().all(other);
        let sole = alike().next().is_none() && self.after.named(parent, name).count() == 1;
        (keyed || sole).then_some(())
    }

    /// Whether `merge` takes the new element whole: no text beside elements, and a key for each of several
    /// elements of one name.
    pub(super) fn is_fragment_of_merge(&self, node: Id) -> bool {
        let tree = &self.after;
        tree.below(node).into_iter().all(|at| {
            let is_told = |child: Id| {
                let name = &tree.at(child).name;
                let has_key = |key: Vec<KeyPath>| identity::value(tree, child, &key).is_some();
                tree.named(at, name).count() == 1 || identity::keys(&name.local).into_iter().any(has_key)
            };
            !tree.is_mixed(at) && tree.children(at).all(is_told)
        })
    }

    /// The path that creates `node` under `parent` and the value that it then gets: a new element with one
    /// thing in it, or a chain of such.
    pub(super) fn created_by_path(&self, parent: Id, node: Id) -> Option<(String, String)> {
        let above = self.selector(parent);
        if above.positional || self.before_has(parent, &self.after.at(node).name) && self.is_keyless(node) {
            return None;
        }
        let mut path = above.path;
        let mut at = node;
        loop {
            let tree = &self.after;
            let element = tree.at(at);
            let mut children = tree.children(at);
            path.push('/');
            path.push_str(&self.prefixes.qualified(&element.name));
            match (children.next(), children.next(), tree.text(at)) {
                (Some(child), None, None) if !tree.is_mixed(at) => {
                    path.push_str(&attributes_as_predicate(tree, at, None)?);
                    at = child;
                }
                (None, _, Some(text)) => {
                    path.push_str(&attributes_as_predicate(tree, at, None)?);
                    return (!text.is_empty()).then(|| (path, text.to_owned()));
                }
                (None, _, None) => {
                    let (name, value) = element
                        .attributes
                        .iter()
                        .rev()
                        .find(|(name, _)| element.attributes.len() == 1 || !tells(&element.name, name))?;
                    path.push_str(&attributes_as_predicate(tree, at, Some(name))?);
                    path.push_str(&format!("/@{}", self.prefixes.qualified(name)));
                    return (!value.is_empty()).then(|| (path, value.clone()));
                }
                _ => return None,
            }
        }
    }

    fn before_has(&self, parent: Id, name: &Name) -> bool {
        self.before.named(parent, name).next().is_some()
    }

    /// Whether a path to a new element could as well mean one that is there.
    fn is_keyless(&self, node: Id) -> bool {
        let told = self.creating_step(node);
        told.is_none_or(|step| !step.contains('['))
    }
}

/// All attributes but one, as a predicate; `None` where one of them does not tell the element from others: what it
/// is belongs into a path, how it is does not.
fn attributes_as_predicate(tree: &Tree, id: Id, but: Option<&Name>) -> Option<String> {
    let element = tree.at(id);
    let attributes = element.attributes.iter().filter(|(name, _)| Some(name) != but);
    let conditions: Option<Vec<_>> = attributes
        .map(|(name, value)| {
            let path = KeyPath { elements: Vec::new(), attribute: Some(name.local.clone()) };
            (tells(&element.name, name) && is_writable(value)).then(|| (path, value.clone()))
        })
        .collect();
    conditions.map(|conditions| predicate(&conditions))
}

/// Whether an attribute tells elements of a name apart.
fn tells(element: &Name, attribute: &Name) -> bool {
    let is_key = |path: &KeyPath| path.elements.is_empty() && path.attribute.as_ref() == Some(&attribute.local);
    let is_kind = element.local == "sysinfo" && attribute.local == "type";
    attribute.namespace.is_empty() && (is_kind || identity::keys(&element.local).iter().flatten().any(is_key))
}
