//! Computing things after what they are computed from.

use std::collections::{BTreeMap, BTreeSet};

/// The order in which named expressions can be computed, as indices: each after those that it uses,
/// otherwise as written. What is left over uses itself, by way of others.
///
/// Looks at the expressions' texts, because they can only be compiled in this order.
pub(super) fn by_dependency(items: &[(&str, &str)]) -> (Vec<usize>, Vec<usize>) {
    let index: BTreeMap<&str, usize> = items.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
    let mut waits = vec![0usize; items.len()];
    let mut dependents = vec![Vec::new(); items.len()];
    for (user, (_, text)) in items.iter().enumerate() {
        for used in variables(text).into_iter().filter_map(|name| index.get(name)) {
            waits[user] += 1;
            dependents[*used].push(user);
        }
    }
    let mut ready: BTreeSet<usize> = (0..items.len()).filter(|&item| waits[item] == 0).collect();
    let mut order = Vec::with_capacity(items.len());
    while let Some(item) = ready.pop_first() {
        order.push(item);
        for &dependent in &dependents[item] {
            waits[dependent] -= 1;
            if waits[dependent] == 0 {
                ready.insert(dependent);
            }
        }
    }
    let left = (0..items.len()).filter(|&item| waits[item] > 0).collect();
    (order, left)
}

/// The names that stand behind a `$` in an expression, string literals aside.
fn variables(expression: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut quote = None;
    for (at, character) in expression.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '$') => {
                let rest = expression[at + 1..].trim_start();
                let ends = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '\u{b7}');
                names.insert(&rest[..rest.find(ends).unwrap_or(rest.len())]);
            }
            _ => {}
        }
    }
    names
}
