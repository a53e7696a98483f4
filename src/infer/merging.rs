//! Where `merge` and creating paths can say what changes: their own rules, turned round.

use super::comparison::Comparison;
use super::identity;
use super::part::{Part, Piece};
use super::selector::predicate;
use super::tree::{Id, Name, Tree};
use crate::rule::KeyPath;

/// A predicate of more conditions is better written as a fragment.
const MOST_CONDITIONS: usize = 2;

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
        if self.after.has_mixed(node) {
            return None;
        }
        let name = &self.after.at(node).name;
        let alike = || kept.iter().map(|(_, a)| *a).filter(|&a| self.after.at(a).name == *name);
        let keys: Vec<Vec<KeyPath>> = identity::keys(&name.local);
        let values: Vec<_> = keys.iter().filter_map(|key| Some((key, identity::value(&self.after, node, key)?))).collect();
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
                    let (name, value) = element.attributes.last()?;
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

/// All attributes but one, as a predicate; `None` where that would not be readable.
fn attributes_as_predicate(tree: &Tree, id: Id, but: Option<&Name>) -> Option<String> {
    let attributes = tree.at(id).attributes.iter().filter(|(name, _)| Some(name) != but);
    let conditions: Option<Vec<_>> = attributes
        .map(|(name, value)| {
            let readable = name.namespace.is_empty() && !value.contains(['\'', '"']) && value.len() < 40;
            let path = KeyPath { elements: Vec::new(), attribute: Some(name.local.clone()) };
            (readable && !value.is_empty() && !value.contains(char::is_control)).then(|| (path, value.clone()))
        })
        .collect();
    conditions.filter(|conditions| conditions.len() <= MOST_CONDITIONS).map(|conditions| predicate(&conditions))
}
