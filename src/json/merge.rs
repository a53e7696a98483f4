//! JSON Merge Patch (RFC 7396), and what cloud-init's lists need beyond it.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::equal::{canonical, equal};

/// What a list in the patch does to the list that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lists {
    /// It takes its place, as in RFC 7396.
    #[default]
    Replace,
    /// Its items that are not there yet, compared deeply, are added at the end.
    Append,
}

/// How lists are merged, at every depth.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Lists without identity.
    pub lists: Lists,
    /// Lists whose items have an identity: the list's member name and the items' member that
    /// identifies them. Their items are merged one by one, whatever `lists` says.
    pub keys: BTreeMap<String, String>,
}

/// Merges `patch` into `target`; whether that changed anything. Recurses with the patch's depth.
pub fn merge(target: &mut Value, patch: &Value, options: &Options) -> bool {
    merge_member(target, patch, None, options)
}

/// The function `MergePatch` of RFC 7396, section 2, for what stands under the member `name`.
fn merge_member(target: &mut Value, patch: &Value, name: Option<&str>, options: &Options) -> bool {
    match patch {
        Value::Object(patch) => merge_object(target, patch, options),
        Value::Array(patch) => match name.and_then(|name| options.keys.get(name)) {
            Some(key) => merge_keyed(items_of(target), patch, key, options),
            None if options.lists == Lists::Append => append(items_of(target), patch),
            None => replace(target, &Value::Array(patch.clone())),
        },
        scalar => replace(target, scalar),
    }
}

fn merge_object(target: &mut Value, patch: &Map<String, Value>, options: &Options) -> bool {
    let mut changed = !target.is_object();
    if changed {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return changed };
    for (name, value) in patch {
        changed |= match (value, members.get_mut(name)) {
            (Value::Null, _) => members.shift_remove(name).is_some(),
            (value, Some(member)) => merge_member(member, value, Some(name), options),
            (value, None) => {
                let mut member = Value::Null;
                merge_member(&mut member, value, Some(name), options);
                members.insert(name.clone(), member);
                true
            }
        };
    }
    changed
}

/// The list to add to, and whether it had to be made one.
fn items_of(target: &mut Value) -> (Option<&mut Vec<Value>>, bool) {
    let made = !target.is_array();
    if made {
        *target = Value::Array(Vec::new());
    }
    (target.as_array_mut(), made)
}

/// Items are lacking or not as the list was before: a patch may well bring the same one twice.
fn append((items, made): (Option<&mut Vec<Value>>, bool), patch: &[Value]) -> bool {
    let Some(items) = items else { return made };
    let present: HashSet<String> = items.iter().map(canonical).collect();
    let before = items.len();
    items.extend(patch.iter().filter(|item| !present.contains(&canonical(item))).cloned());
    made || items.len() > before
}

fn merge_keyed((items, made): (Option<&mut Vec<Value>>, bool), patch: &[Value], key: &str, options: &Options) -> bool {
    let Some(items) = items else { return made };
    let mut changed = made;
    // The first item of an identity is the one that is meant, as cloud-init's own modules read them.
    let mut places = std::collections::HashMap::new();
    let mut whole = HashSet::new();
    for (place, item) in items.iter().enumerate() {
        match item.get(key) {
            Some(identity) => _ = places.entry(canonical(identity)).or_insert(place),
            None => _ = whole.insert(canonical(item)),
        }
    }
    for item in patch {
        let Some(identity) = item.get(key) else {
            if whole.insert(canonical(item)) {
                items.push(item.clone());
                changed = true;
            }
            continue;
        };
        let place = *places.entry(canonical(identity)).or_insert(items.len());
        if place == items.len() {
            items.push(Value::Null);
        }
        if let Some(target) = items.get_mut(place) {
            changed |= merge_member(target, item, None, options);
        }
    }
    changed
}

/// A value that is equal stays as it is spelt.
fn replace(target: &mut Value, value: &Value) -> bool {
    let changed = !equal(target, value);
    if changed {
        *target = value.clone();
    }
    changed
}
