//! What a merge key (`<<`) brings to a mapping, and whether it still may.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use crate::yaml::convert::is_merge_key;
use crate::yaml::{Link, Node};

/// What each anchor will say after the update. One that goes, or stands where all is written anew, is not in it.
pub(super) type Anchors<'t> = HashMap<usize, Says<'t>>;

/// What an anchor will say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Says<'t> {
    /// This value.
    Value(&'t Json),
    /// What it said before: it stands at a key, and keys do not change.
    AsBefore,
}

/// What becomes of a mapping's members.
pub(super) struct Members {
    /// By entry: whether it goes.
    pub(super) gone: Vec<bool>,
    /// By entry: whether a later one has the same key, so that this one says nothing.
    pub(super) hidden: Vec<bool>,
    /// What is written anew at the end.
    pub(super) added: Map<String, Json>,
}

impl Members {
    /// A merge key stays as long as all that it brings is wanted; what is wanted otherwise is written out, which
    /// comes before what is merged (YAML 1.1, type `merge`). Else the key goes and its members are written out.
    pub(super) fn plan(entries: &[(Node, Node)], new: &Map<String, Json>, anchors: &Anchors<'_>) -> Self {
        let brought = brought(entries, anchors);
        let kept = brought.filter(|brought| brought.keys().all(|name| new.contains_key(*name)));
        let gone = entries
            .iter()
            .map(|(key, _)| {
                if is_merge_key(key) { kept.is_none() } else { !key.text().is_some_and(|name| new.contains_key(name)) }
            })
            .collect();
        let mut later = HashSet::new();
        let mut hidden: Vec<bool> =
            entries.iter().rev().map(|(key, _)| key.text().is_some_and(|name| !later.insert(name))).collect();
        hidden.reverse();
        let own: HashSet<&str> =
            entries.iter().filter(|(key, _)| !is_merge_key(key)).filter_map(|(key, _)| key.text()).collect();
        let is_brought = |name: &str, value: &Json| kept.as_ref().is_some_and(|kept| kept.get(name) == Some(&value));
        let added = new
            .iter()
            .filter(|(name, value)| !own.contains(name.as_str()) && !is_brought(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Self { gone, hidden, added }
    }
}

/// All that merge keys bring, of several the first; `None` where one is not an alias, or its anchor is lost.
fn brought<'t>(entries: &[(Node, Node)], anchors: &Anchors<'t>) -> Option<HashMap<&'t str, &'t Json>> {
    let mut brought = HashMap::new();
    for (_, value) in entries.iter().filter(|(key, _)| is_merge_key(key)) {
        let single = std::slice::from_ref(value);
        let sources = match value.link {
            Link::Alias(_) => single,
            _ => value.items().unwrap_or(single),
        };
        for source in sources {
            let Link::Alias(id) = source.link else { return None };
            let Some(Says::Value(Json::Object(members))) = anchors.get(&id) else { return None };
            for (name, value) in members {
                brought.entry(name.as_str()).or_insert(value);
            }
        }
    }
    Some(brought)
}
