//! One rule for siblings that change alike: every virtio disk, not each.

use serde_json::{Map, Value as Json, json};

use super::draft::{Drafter, Level};
use super::edit::Edit;
use super::selector::Element;
use super::title;
use super::tree::{Id, ROOT};

/// What is set below each of them: the path from the element, and the value.
type Change = Vec<(String, String)>;

impl Drafter<'_> {
    /// Writes a rule for each group of changed children of which all are told by one condition. Gives those that
    /// are done with.
    pub(super) fn alike(&mut self, container: Id, changed: &[(Id, Id)]) -> Vec<(Id, Id)> {
        let mut groups: Vec<(Change, Vec<(Id, Id)>)> = Vec::new();
        for &(b, a) in changed {
            let Some(change) = self.change(b, a) else { continue };
            let name = &self.comparison.before.at(b).name;
            let same = |(known, members): &&mut (Change, Vec<(Id, Id)>)| {
                *known == change
                    && members.first().is_some_and(|(first, _)| self.comparison.before.at(*first).name == *name)
            };
            match groups.iter_mut().find(same) {
                Some((_, members)) => members.push((b, a)),
                None => groups.push((change, vec![(b, a)])),
            }
        }
        let mut done = Vec::new();
        for (change, members) in groups.into_iter().filter(|(_, members)| members.len() > 1) {
            let elements: Vec<Element> = members.iter().map(|&(b, a)| Element::Kept(b, a)).collect();
            let (Some(path), Some(&(first, _))) = (self.comparison.common_selector(&elements), members.first()) else {
                continue;
            };
            let every = format!("every {}", title::words(&self.comparison.before.at(first).name.local));
            let every = match path.rsplit_once('[') {
                Some((_, condition)) if path.ends_with(']') => {
                    let value = condition.split('=').nth(1).unwrap_or_default();
                    format!("{every} with {}", value.trim_matches(['\'', '"', ']']))
                }
                _ => every,
            };
            let aspects: Vec<String> = change
                .iter()
                .map(|(below, _)| below.split(['/', '@']).filter(|step| !step.is_empty()).collect::<Vec<_>>().join(" "))
                .collect();
            let body: Map<String, Json> = change
                .iter()
                .map(|(below, value)| (format!("{path}{below}"), json!(self.values.fill(value))))
                .collect();
            self.push(container, title::rule(&every, &aspects), "set", Json::Object(body), Vec::new());
            done.extend(members);
        }
        done
    }

    /// What changes in an element, if that is but values of what is there and every step is the only one of its name.
    fn change(&self, b: Id, a: Id) -> Option<Change> {
        if b == ROOT || self.level(b) != Level::Together {
            return None;
        }
        let edits = self.comparison.edits(b, a);
        let below = |element: Id| -> Option<String> {
            let tree = &self.comparison.before;
            let mut steps = Vec::new();
            let mut at = element;
            while at != b {
                if tree.alike(at).len() != 1 {
                    return None;
                }
                steps.push(format!("/{}", self.comparison.prefixes.qualified(&tree.at(at).name)));
                at = tree.at(at).parent?;
            }
            steps.reverse();
            Some(steps.concat())
        };
        edits
            .iter()
            .map(|edit| match edit {
                Edit::Attribute { element, name, value } if !value.is_empty() => {
                    let path = format!("{}/@{}", below(*element)?, self.comparison.prefixes.qualified(name));
                    Some((path, value.clone()))
                }
                Edit::Text { element, value } => Some((below(*element)?, value.clone())),
                _ => None,
            })
            .collect()
    }
}
