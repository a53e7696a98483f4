//! What tells an element from its siblings, as libvirt and KubeVirt mean it: an alias, a target, a name.

use super::tree::{Id, Tree};
use crate::rule::{KeyPath, builtin_keys};

/// What begins an alias that a user gave (libvirt's "Domain XML format", devices); KubeVirt puts it
/// before the name of the volume or network. Other aliases are numbered by libvirt.
const USER_ALIAS: &str = "ua-";

/// Keys that have several paths are taken together.
pub(super) type Key = Vec<KeyPath>;

/// The keys of a name, those of `merge`, the surest first. Empty for names whose elements are told apart by their place.
pub(super) fn keys(name: &str) -> Vec<Key> {
    builtin_keys(name).iter().filter(|key| !key.is_empty()).cloned().collect()
}

/// What an element has at a key.
pub(super) fn value(tree: &Tree, id: Id, key: &[KeyPath]) -> Option<Vec<String>> {
    key.iter().map(|path| at(tree, id, path).map(ToOwned::to_owned)).collect()
}

/// What an element has at a path, as `merge` looks for it: at the first child of each name.
pub(super) fn at<'t>(tree: &'t Tree, id: Id, path: &KeyPath) -> Option<&'t str> {
    let below = path
        .elements
        .iter()
        .try_fold(id, |at, name| tree.children(at).find(|&child| tree.at(child).name.local == *name))?;
    match &path.attribute {
        Some(name) => tree.attribute(below, name),
        None => tree.text(below),
    }
}

/// The keys that an element has a value for, the most lasting first: an alias that a user gave before all others.
pub(super) fn identities(tree: &Tree, id: Id) -> Vec<(Key, Vec<String>)> {
    let name = &tree.at(id).name;
    if !name.namespace.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(Key, Vec<String>)> = keys(&name.local)
        .into_iter()
        .filter_map(|key| Some((value(tree, id, &key)?, key)))
        .map(|(v, k)| (k, v))
        .collect();
    found.sort_by_key(|(key, value)| !is_user_alias(key, value));
    found
}

fn is_user_alias(key: &[KeyPath], value: &[String]) -> bool {
    let is_alias = |path: &KeyPath| path.elements == ["alias"] && path.attribute.as_deref() == Some("name");
    key.iter().any(is_alias) && value.iter().any(|value| value.starts_with(USER_ALIAS))
}

/// An identity in a word, for a rule's name: `rootdisk`, `vda`, `manufacturer`.
pub(super) fn word(tree: &Tree, id: Id) -> Option<String> {
    let (_, value) = identities(tree, id).into_iter().next()?;
    let word = value.join(" ");
    Some(word.strip_prefix(USER_ALIAS).map_or_else(|| word.clone(), ToOwned::to_owned))
}
