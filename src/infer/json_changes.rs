//! What makes one JSON object of another, in the words of the rule language's verbs for cloud-init data.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value as Json, json};

use crate::json::equal::{canonical, equal};

/// Lists whose items cloud-init tells apart by a member: the lists of its schema, and of netplan's.
const KEYED: [(&str, &str); 4] = [("write_files", "path"), ("users", "name"), ("groups", "name"), ("sources", "name")];

/// Changes by the verb that says them best.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// A JSON Merge Patch (RFC 7396).
    pub(super) merge: Map<String, Json>,
    /// A merge patch whose lists are added at the end.
    pub(super) append: Map<String, Json>,
    /// A merge patch whose lists are merged by key.
    pub(super) keyed: Map<String, Json>,
    /// The keys of those lists.
    pub(super) keys: BTreeMap<String, String>,
    /// A JSON Patch (RFC 6902), for what a merge patch cannot say: `null`, one item of a list.
    pub(super) patch: Vec<Json>,
}

impl Changes {
    /// What makes `after` of `before`, as finely as it can be said.
    pub(super) fn between(before: &Map<String, Json>, after: &Map<String, Json>) -> Self {
        let mut changes = Self::default();
        changes.object(before, after, &[]);
        changes
    }

    /// The same by members of the object alone, each of them whole.
    pub(super) fn of_members(before: &Map<String, Json>, after: &Map<String, Json>) -> Self {
        let mut changes = Self::default();
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            changes.merge.insert(name.clone(), Json::Null);
        }
        for (name, value) in after.iter().filter(|(name, value)| before.get(*name).is_none_or(|was| !equal(was, value)))
        {
            changes.add(&[name], value);
        }
        changes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.merge.is_empty() && self.append.is_empty() && self.keyed.is_empty() && self.patch.is_empty()
    }

    /// Recurses with the depth of both objects, which the readers bound.
    fn object(&mut self, before: &Map<String, Json>, after: &Map<String, Json>, path: &[&str]) {
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            put(&mut self.merge, &[path, &[name]].concat(), Json::Null);
        }
        for (name, value) in after {
            let path = [path, &[name.as_str()]].concat();
            match (before.get(name), value) {
                (Some(was), _) if equal(was, value) => {}
                (Some(Json::Object(before)), Json::Object(after)) => self.object(before, after, &path),
                (Some(Json::Array(before)), Json::Array(after)) => self.list(before, after, &path),
                _ if has_null(value) => self.add(&path, value),
                _ => put(&mut self.merge, &path, value.clone()),
            }
        }
    }

    fn list(&mut self, before: &[Json], after: &[Json], path: &[&str]) {
        let whole = Json::Array(after.to_vec());
        if after.len() > before.len() && before.iter().zip(after).all(|(was, is)| equal(was, is)) {
            let added = &after[before.len()..];
            let mut known: HashSet<String> = before.iter().map(canonical).collect();
            if added.iter().all(|item| known.insert(canonical(item))) && !has_null(&whole) {
                return put(&mut self.append, path, Json::Array(added.to_vec()));
            }
        }
        if let Some(patch) = by_key(before, after, path) {
            let (list, key) = KEYED.iter().find(|(list, _)| path.last() == Some(list)).copied().unwrap_or_default();
            self.keys.insert(list.to_owned(), key.to_owned());
            return put(&mut self.keyed, path, patch);
        }
        let changed: Vec<usize> = if before.len() == after.len() {
            (0..after.len()).filter(|&at| !equal(&before[at], &after[at])).collect()
        } else {
            Vec::new()
        };
        if !changed.is_empty() && changed.len() * 2 <= after.len() {
            for at in changed {
                let number = at.to_string();
                self.patch.push(operation("replace", &[path, &[&number]].concat(), &after[at]));
            }
        } else if has_null(&whole) {
            self.add(path, &whole);
        } else {
            put(&mut self.merge, path, whole);
        }
    }

    /// `add` on a member replaces it (RFC 6902, section 4.1), so that twice is once.
    fn add(&mut self, path: &[&str], value: &Json) {
        self.patch.push(operation("add", path, value));
    }
}

fn operation(op: &str, path: &[&str], value: &Json) -> Json {
    let pointer: String =
        path.iter().map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect();
    json!({ "op": op, "path": pointer, "value": value })
}

/// Puts a value into nested objects that are made on the way.
fn put(patch: &mut Map<String, Json>, path: &[&str], value: Json) {
    match path {
        [] => {}
        [last] => _ = patch.insert((*last).to_owned(), value),
        [first, rest @ ..] => {
            let inner = patch.entry(*first).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// The items of a keyed list that are new or changed; `None` where items go, change their order, or have no key.
fn by_key(before: &[Json], after: &[Json], path: &[&str]) -> Option<Json> {
    let (_, key) = KEYED.iter().find(|(list, _)| path.last() == Some(list))?;
    let identities = |items: &[Json]| -> Option<Vec<String>> {
        let found: Option<Vec<String>> =
            items.iter().map(|item| item.get(key)?.as_str().map(ToOwned::to_owned)).collect();
        let mut seen = HashSet::new();
        found.filter(|found| found.iter().all(|identity| seen.insert(identity.clone())))
    };
    let (of_before, of_after) = (identities(before)?, identities(after)?);
    if !of_after.starts_with(&of_before) {
        return None;
    }
    let mut patch = Vec::new();
    for (at, item) in after.iter().enumerate() {
        match (before.get(at), item) {
            (Some(was), _) if equal(was, item) => {}
            (Some(Json::Object(was)), Json::Object(is)) => {
                let Changes { mut merge, append, keyed, patch: operations, .. } = Changes::between(was, is);
                if !append.is_empty() || !keyed.is_empty() || !operations.is_empty() {
                    return None;
                }
                merge.shift_insert(0, (*key).to_owned(), is.get(*key)?.clone());
                patch.push(Json::Object(merge));
            }
            _ if has_null(item) => return None,
            _ => patch.push(item.clone()),
        }
    }
    Some(Json::Array(patch))
}

/// Whether `null` stands somewhere in a value: a merge patch would take it as a removal.
fn has_null(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.iter().any(has_null),
        Json::Object(members) => members.values().any(has_null),
        _ => false,
    }
}
