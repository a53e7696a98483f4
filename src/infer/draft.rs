//! Rules before they are written down: section by section, device by device.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::comparison::Comparison;
use super::edit::{Edit, Place};
use super::part::{self, Part};
use super::selector::{Element, Selector};
use super::title;
use super::tree::{Id, ROOT};
use super::values::{Values, literal};

/// How freely the changes of one element may be put together. What turns out wrong is done more plainly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Level {
    /// `set` and `merge`, and one rule for elements that change alike.
    #[default]
    Together,
    /// Each change as it is.
    Apart,
    /// The element whole.
    Whole,
}

/// Levels by element of the document before, where they are not the first.
pub(super) type Levels = BTreeMap<Id, Level>;

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) name: String,
    /// What its reader should know.
    pub(super) comments: Vec<&'static str>,
    /// The element whose changes these are.
    pub(super) region: Id,
    pub(super) verb: &'static str,
    pub(super) body: Json,
}

const BY_POSITION: &str = "Found by its position: nothing else tells it from its siblings.";
const BY_MAC: &str = "Found by its MAC address: that of one VM, unless its manifest gives it.";
const WHOLE: &str = "Replaced whole: no smaller rule gives the same.";

pub(super) struct Drafter<'c> {
    pub(super) comparison: &'c Comparison,
    pub(super) levels: &'c Levels,
    pub(super) values: &'c Values,
    pub(super) drafts: Vec<Draft>,
}

/// The rules for everything that differs.
pub(super) fn drafts(comparison: &Comparison, levels: &Levels, values: &Values) -> Vec<Draft> {
    values.begin();
    let mut drafter = Drafter { comparison, levels, values, drafts: Vec::new() };
    drafter.container(ROOT, ROOT);
    drafter.drafts
}

/// Whether an element's children have rules of their own: the domain, and its devices.
pub(super) fn is_container(comparison: &Comparison, b: Id) -> bool {
    let element = comparison.before.at(b);
    b == ROOT || (element.parent == Some(ROOT) && element.name.local == "devices")
}

impl Drafter<'_> {
    pub(super) fn level(&self, b: Id) -> Level {
        self.levels.get(&b).copied().unwrap_or_default()
    }

    fn container(&mut self, b: Id, a: Id) {
        let comparison = self.comparison;
        let mut own = Vec::new();
        comparison.attributes(b, a, &mut own);
        match (comparison.before.text(b), comparison.after.text(a)) {
            (before, Some(text)) if before != Some(text) => own.push(Edit::Text { element: b, value: text.to_owned() }),
            (Some(_), None) => own.push(Edit::RemoveText { element: b }),
            _ => {}
        }
        self.plainly(b, &own);
        if self.level(b) == Level::Whole || comparison.is_another(b, a) {
            return self.emptied_and_filled(b, a);
        }
        let (kept, removed, added) = comparison.comings_and_goings(b, a);
        let gone: Vec<Id> = removed
            .iter()
            .filter_map(|edit| if let Edit::Remove { element } = edit { Some(*element) } else { None })
            .collect();
        self.removals(b, &gone);
        let changed: Vec<(Id, Id)> = kept.into_iter().filter(|&(b, a)| comparison.differs(b, a)).collect();
        let done = if self.level(b) == Level::Together { self.alike(b, &changed) } else { Vec::new() };
        for (b, a) in changed.into_iter().filter(|pair| !done.contains(pair)) {
            if is_container(comparison, b) && !comparison.before.is_mixed(b) && !comparison.after.is_mixed(a) {
                self.container(b, a);
            } else {
                self.region(b, a);
            }
        }
        for edit in added {
            if let Edit::Add { parent, place, nodes } = edit {
                self.added(parent, place, &nodes);
            }
        }
    }

    /// The last resort, which works the second time as it does the first.
    fn emptied_and_filled(&mut self, b: Id, a: Id) {
        let path = self.comparison.selector(b).path;
        let name = title::element(&self.comparison.before, b);
        if self.comparison.before.children(b).next().is_some() {
            self.push(b, format!("{name}: empty"), "remove", json!(format!("{path}/*")), vec![WHOLE]);
        }
        let nodes: Vec<Id> = self.comparison.after.children(a).collect();
        if !nodes.is_empty() {
            self.insert(b, Place::Last, b, &nodes, format!("{name}: content"));
        }
    }

    /// One section or device.
    fn region(&mut self, b: Id, a: Id) {
        let edits = match self.level(b) {
            Level::Whole => vec![Edit::Replace { element: b, with: a }],
            _ => self.comparison.edits(b, a),
        };
        let whole = |edit: &Edit| matches!(edit, Edit::Replace { element, .. } if *element == b);
        if edits.iter().any(whole) {
            return self.replace(b, b, a);
        }
        let is_additive = |edit: &Edit| {
            matches!(edit, Edit::Attribute { .. } | Edit::Text { .. } | Edit::Add { place: Place::Last, .. })
        };
        let (additive, others): (Vec<Edit>, Vec<Edit>) = edits.into_iter().partition(is_additive);
        self.plainly(b, &others);
        if self.level(b) == Level::Apart || !self.together(b, a, &additive) {
            self.plainly(b, &additive);
        }
    }

    /// `set` where that says it all in a few lines, else one `merge`. Whether either did.
    fn together(&mut self, b: Id, a: Id, edits: &[Edit]) -> bool {
        if edits.is_empty() {
            return true;
        }
        if let Some(entries) = self.as_set(edits) {
            self.set(b, entries);
            return true;
        }
        let Some(part) = self.comparison.merge_part(b, a) else { return false };
        // A single addition deep below reads better from where it is.
        if let [Edit::Add { parent, nodes, .. }] = edits
            && let [node] = nodes[..]
            && *parent != b
        {
            return self.merge_new(b, *parent, node);
        }
        let selector = self.comparison.selector(b);
        let aspects = self.aspects(b, edits);
        self.merge(b, &selector, &part, title::rule(&title::element(&self.comparison.before, b), &aspects));
        true
    }

    /// Each change in a rule of its own, values together.
    fn plainly(&mut self, region: Id, edits: &[Edit]) {
        let title = title::element(&self.comparison.before, region);
        let before = &self.comparison.before;
        let mut entries = Vec::new();
        for edit in edits {
            match edit {
                Edit::Attribute { value, .. } if !value.is_empty() => entries.extend(self.entry(edit)),
                Edit::Text { .. } => entries.extend(self.entry(edit)),
                _ => {}
            }
        }
        for edit in edits {
            match edit {
                Edit::RemoveAttribute { element, name } => {
                    let Selector { path, positional } = self.comparison.selector(*element);
                    let target = format!("{path}/@{}", self.comparison.prefixes.qualified(name));
                    let name = format!("{title}: no {}", title::aspect(before, *element, region, Some(name)));
                    self.push(region, name, "remove", json!(target), counted(positional));
                }
                Edit::RemoveText { element } => {
                    let Selector { path, positional } = self.comparison.selector(*element);
                    let name = format!("{title}: no {} text", title::aspect(before, *element, region, None));
                    self.push(region, name, "remove", json!(format!("{path}/text()")), counted(positional));
                }
                Edit::Remove { element } => {
                    let Selector { path, positional } = self.comparison.selector(*element);
                    let name = format!("{title}: no {}", title::aspect(before, *element, region, None));
                    self.push(region, name, "remove", json!(path), counted(positional));
                }
                Edit::Replace { element, with } => self.replace(region, *element, *with),
                Edit::Attribute { element, name, value } if value.is_empty() => {
                    let selector = self.comparison.selector(*element);
                    let mut part = Part::named(&before.at(*element).name);
                    part.attributes.push((name.clone(), value.clone()));
                    let name = format!("{title}: empty {}", title::aspect(before, *element, region, Some(name)));
                    self.merge(region, &selector, &part, name);
                }
                _ => {}
            }
        }
        if !entries.is_empty() {
            self.set(region, entries);
        }
        for edit in edits {
            if let Edit::Add { parent, place, nodes } = edit {
                let added: Vec<String> =
                    nodes.iter().map(|&node| format!("add {}", title::element(&self.comparison.after, node))).collect();
                self.insert(region, *place, *parent, nodes, title::rule(&title, &added));
            }
        }
    }

    /// The entries of a `set` that does the same as the edits, where they are few and simple.
    fn as_set(&self, edits: &[Edit]) -> Option<Vec<Entry>> {
        const FEW: usize = 4;
        let mut entries = Vec::new();
        for edit in edits {
            match edit {
                Edit::Attribute { value, .. } | Edit::Text { value, .. } if value.is_empty() => return None,
                Edit::Attribute { .. } | Edit::Text { .. } => entries.push(self.entry(edit)?),
                Edit::Add { parent, nodes, .. } => {
                    for &node in nodes {
                        let (path, value) = self.comparison.created_by_path(*parent, node)?;
                        let aspect = title::element(&self.comparison.after, node);
                        entries.push(Entry {
                            selector: Selector { path, positional: false },
                            value,
                            aspect,
                            element: *parent,
                        });
                    }
                }
                _ => return None,
            }
        }
        let added = edits.iter().filter(|edit| matches!(edit, Edit::Add { .. })).count();
        let most = if added > 1 { 2 } else { FEW };
        (entries.len() <= most).then_some(entries)
    }

    fn entry(&self, edit: &Edit) -> Option<Entry> {
        let comparison = self.comparison;
        match edit {
            Edit::Attribute { element, name, value } => {
                let Selector { path, positional } = comparison.selector(*element);
                let path = format!("{path}/@{}", comparison.prefixes.qualified(name));
                let aspect = title::words(&name.local);
                Some(Entry { selector: Selector { path, positional }, value: value.clone(), aspect, element: *element })
            }
            Edit::Text { element, value } => {
                let selector = comparison.selector(*element);
                Some(Entry { selector, value: value.clone(), aspect: String::new(), element: *element })
            }
            _ => None,
        }
    }

    fn set(&mut self, region: Id, entries: Vec<Entry>) {
        let before = &self.comparison.before;
        let aspects: Vec<String> = entries
            .iter()
            .map(|entry| {
                [title::aspect(before, entry.element, region, None), entry.aspect.clone()].join(" ").trim().to_owned()
            })
            .collect();
        let name = title::rule(&title::element(before, region), &aspects);
        let mut comments = Vec::new();
        let mut body = Map::new();
        for entry in entries {
            add_comments(&mut comments, &entry.selector);
            body.insert(entry.selector.path.clone(), json!(self.filled(&entry.value, &entry.selector.path)));
        }
        self.push(region, name, "set", Json::Object(body), comments);
    }

    fn aspects(&self, region: Id, edits: &[Edit]) -> Vec<String> {
        let (before, after) = (&self.comparison.before, &self.comparison.after);
        let mut aspects = Vec::new();
        for edit in edits {
            match edit {
                Edit::Attribute { element, name, .. } => {
                    aspects.push(title::aspect(before, *element, region, Some(name)))
                }
                Edit::Text { element, .. } => aspects.push(title::aspect(before, *element, region, None)),
                Edit::Add { nodes, .. } => aspects.extend(nodes.iter().map(|&node| title::element(after, node))),
                _ => {}
            }
        }
        aspects
    }

    pub(super) fn merge(&mut self, region: Id, selector: &Selector, part: &Part, name: String) {
        let xml = self.xml(std::slice::from_ref(part), &selector.path);
        let mut comments = Vec::new();
        add_comments(&mut comments, selector);
        self.push(region, name, "merge", json!({ "path": selector.path, "xml": xml }), comments);
    }

    fn replace(&mut self, region: Id, b: Id, a: Id) {
        let comparison = self.comparison;
        let selector = comparison.selector(b);
        let xml = self.xml(&[Part::whole(&comparison.after, a)], &selector.path);
        let mut comments = vec![WHOLE];
        add_comments(&mut comments, &selector);
        let aspect = title::aspect(&comparison.before, b, region, None);
        let name = title::rule(&title::element(&comparison.before, region), &[aspect, "whole".to_owned()]);
        self.push(region, name, "replace", json!({ "path": selector.path, "xml": xml }), comments);
    }

    pub(super) fn xml(&self, parts: &[Part], path: &str) -> String {
        part::write(parts, &self.comparison.prefixes, &|value| self.filled(value, path))
    }

    /// A value as a template; what the rule finds its element by stays as it is.
    pub(super) fn filled(&self, value: &str, path: &str) -> String {
        let is_selected = [format!("='{value}'"), format!("=\"{value}\"")].iter().any(|text| path.contains(text));
        if is_selected { literal(value) } else { self.values.fill(value) }
    }

    /// What goes, siblings in one rule where something tells them from the others.
    fn removals(&mut self, container: Id, gone: &[Id]) {
        let comparison = self.comparison;
        let before = &comparison.before;
        let mut groups: Vec<Vec<Id>> = Vec::new();
        for &id in gone {
            let may_join = self.level(container) == Level::Together && comparison.pairs.before[id].is_none();
            let is_alike = |group: &&mut Vec<Id>| {
                let alike = |&other: &Id| {
                    before.at(other).name == before.at(id).name && comparison.pairs.before[other].is_none()
                };
                may_join && group.first().is_some_and(alike)
            };
            match groups.iter_mut().find(is_alike) {
                Some(group) => group.push(id),
                None => groups.push(vec![id]),
            }
        }
        let mut counted = Vec::new();
        for group in groups {
            let together: Vec<Element> = group.iter().map(|&id| Element::Gone(id)).collect();
            let common = if group.len() > 1 { comparison.common_selector(&together) } else { None };
            if let (Some(path), Some(&first)) = (common, group.first()) {
                let name = format!("remove {} {}s", group.len(), title::words(&before.at(first).name.local));
                self.push(container, name, "remove", json!(path), Vec::new());
                continue;
            }
            for id in group {
                let selector = comparison.selector(id);
                if selector.positional {
                    counted.push((id, selector));
                } else {
                    self.removal(container, id, &selector);
                }
            }
        }
        // From the last on, so that those before keep their number.
        counted.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        for (id, selector) in counted {
            self.removal(container, id, &selector);
        }
    }

    fn removal(&mut self, container: Id, id: Id, selector: &Selector) {
        let mut comments = Vec::new();
        add_comments(&mut comments, selector);
        let name = format!("remove {}", title::element(&self.comparison.before, id));
        self.push(container, name, "remove", json!(selector.path), comments);
    }

    pub(super) fn push(
        &mut self,
        region: Id,
        name: String,
        verb: &'static str,
        body: Json,
        comments: Vec<&'static str>,
    ) {
        self.drafts.push(Draft { name, comments, region, verb, body });
    }
}

/// A path and the value that it gets.
pub(super) struct Entry {
    pub(super) selector: Selector,
    pub(super) value: String,
    /// What is said of it behind the element's name.
    pub(super) aspect: String,
    pub(super) element: Id,
}

fn counted(positional: bool) -> Vec<&'static str> {
    if positional { vec![BY_POSITION] } else { Vec::new() }
}

pub(super) fn add_comments(comments: &mut Vec<&'static str>, selector: &Selector) {
    if selector.positional && !comments.contains(&BY_POSITION) {
        comments.push(BY_POSITION);
    }
    if selector.path.contains("[mac/@address=") && !comments.contains(&BY_MAC) {
        comments.push(BY_MAC);
    }
}
