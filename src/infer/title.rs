//! What rules are called: `disk rootdisk: driver cache`.

use super::identity;
use super::tree::{Id, Name, ROOT, Tree};

/// More are only counted.
const MOST_NAMED: usize = 3;

/// An element's name and what tells it apart: `disk rootdisk`, `base board`, `manufacturer` for an entry.
pub(super) fn element(tree: &Tree, id: Id) -> String {
    let name = words(&tree.at(id).name.local);
    match identity::word(tree, id) {
        Some(word) if name == "entry" => word,
        Some(word) => format!("{name} {word}"),
        None => name,
    }
}

/// What is said of an attribute, or of an element's text: `driver cache`. The region itself is not named again.
pub(super) fn aspect(tree: &Tree, id: Id, region: Id, attribute: Option<&Name>) -> String {
    let mut said = Vec::new();
    if id != region {
        let name = &tree.at(id).name.local;
        if let Some(parent) = tree.at(id).parent.filter(|&parent| name == "entry" && parent != region && parent != ROOT)
        {
            said.push(words(&tree.at(parent).name.local));
        }
        said.push(element(tree, id));
    }
    said.extend(attribute.map(|name| words(&name.local)));
    said.join(" ")
}

/// A region and what is done in it.
pub(super) fn rule(region: &str, aspects: &[String]) -> String {
    let mut said: Vec<&str> = Vec::new();
    for aspect in aspects.iter().map(String::as_str).filter(|aspect| !aspect.is_empty()) {
        if !said.contains(&aspect) {
            said.push(aspect);
        }
    }
    let more = said.len().saturating_sub(MOST_NAMED);
    said.truncate(MOST_NAMED);
    let list = said.join(", ");
    match (list.is_empty(), more) {
        (true, _) => region.to_owned(),
        (false, 0) => format!("{region}: {list}"),
        (false, more) => format!("{region}: {list} and {more} more"),
    }
}

/// `baseBoard` as `base board`; names of one case stay as they are.
pub(super) fn words(name: &str) -> String {
    let mut out = String::new();
    let mut before_is_lower = false;
    for char in name.chars() {
        if char.is_uppercase() && before_is_lower {
            out.push(' ');
            out.extend(char.to_lowercase());
        } else {
            out.push(char);
        }
        before_is_lower = char.is_lowercase();
    }
    out
}
