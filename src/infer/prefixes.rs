//! Prefixes for names in namespaces: those that every rule set knows, else the documents' own, declared.

use std::collections::BTreeMap;

use super::tree::{Name, Tree};
use crate::rule::NAMESPACES;
use crate::xml::is_ncname;

/// Namespace to prefix.
#[derive(Debug)]
pub(super) struct Prefixes {
    of: BTreeMap<String, String>,
}

impl Prefixes {
    pub(super) fn new(trees: &[&Tree]) -> Self {
        // A known prefix that stands for something else in a document could not be declared on its root.
        let taken = |prefix: &str, uri: &str| {
            trees.iter().flat_map(|tree| &tree.declared).any(|(other, of)| other == prefix && of != uri)
        };
        let known = NAMESPACES.iter().filter(|(prefix, uri)| !taken(prefix, uri));
        let mut of: BTreeMap<String, String> =
            known.map(|&(prefix, uri)| (uri.to_owned(), prefix.to_owned())).collect();
        for (uri, wanted) in trees.iter().flat_map(|tree| &tree.prefixes) {
            if of.contains_key(uri) {
                continue;
            }
            let free = |prefix: &str| {
                is_ncname(prefix)
                    && !prefix.starts_with("xml")
                    && !taken(prefix, uri)
                    && NAMESPACES.iter().all(|(known, _)| *known != prefix)
                    && !of.values().any(|p| p == prefix)
            };
            let numbered = || (1..).map(|number| format!("ns{number}")).find(|prefix| free(prefix));
            let prefix = if free(wanted) { Some(wanted.clone()) } else { numbered() };
            if let Some(prefix) = prefix {
                of.insert(uri.clone(), prefix);
            }
        }
        Self { of }
    }

    /// A name as rules write it.
    pub(super) fn qualified(&self, name: &Name) -> String {
        match self.of.get(&name.namespace) {
            Some(prefix) => format!("{prefix}:{}", name.local),
            None => name.local.clone(),
        }
    }

    /// What a rule set must declare for `rules`: prefix and namespace.
    pub(super) fn declared<'p>(&'p self, rules: &'p str) -> impl Iterator<Item = (&'p str, &'p str)> {
        let builtin = |prefix: &str, uri: &str| NAMESPACES.contains(&(prefix, uri));
        self.of
            .iter()
            .filter(move |(uri, prefix)| !builtin(prefix, uri) && rules.contains(&format!("{prefix}:")))
            .map(|(uri, prefix)| (prefix.as_str(), uri.as_str()))
    }
}
