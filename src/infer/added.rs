//! Rules for what comes: ensured by name and identity where that is possible, else inserted.

use serde_json::json;

use super::draft::{Drafter, Level, add_comments, is_container};
use super::edit::{Anchor, Place};
use super::part::Part;
use super::selector::Selector;
use super::title;
use super::tree::{Id, ROOT};

const NO_ALIAS: &str = "Give it an <alias>: virt-launcher may crash without, and a `merge` would find it by that.";

/// Devices that a domain has at most one of (libvirt's "Domain XML format").
const ONCE: [&str; 6] = ["emulator", "memballoon", "vsock", "iommu", "nvram", "crypto"];
/// Devices that virt-launcher expects to have an alias.
const ALIASED: [&str; 3] = ["disk", "interface", "hostdev"];

impl Drafter<'_> {
    /// New children of a container: each one is ensured by name and identity where it has one, else inserted.
    pub(super) fn added(&mut self, parent: Id, place: Place, nodes: &[Id]) {
        let mut others: Vec<Id> = Vec::new();
        for &node in nodes {
            let before = self.drafts.len();
            let ensured = place == Place::Last
                && self.level(parent) == Level::Together
                && (self.set_new(parent, parent, node)
                    || self.merge_new(parent, parent, node)
                    || self.insert_content(parent, node));
            if ensured && !others.is_empty() {
                // What stands before it comes before it.
                let ensuring = self.drafts.split_off(before);
                self.insert_named(parent, place, parent, &std::mem::take(&mut others));
                self.drafts.extend(ensuring);
            } else if !ensured {
                others.push(node);
            }
        }
        if !others.is_empty() {
            self.insert_named(parent, place, parent, &others);
        }
    }

    /// A new element that is but a list, such as `qemu:commandline`: its items come into what stands there, or into a
    /// new one.
    fn insert_content(&mut self, parent: Id, node: Id) -> bool {
        let comparison = self.comparison;
        let tree = &comparison.after;
        let is_list = parent == ROOT
            && tree.at(node).attributes.is_empty()
            && !tree.is_mixed(node)
            && tree.children(node).next().is_some();
        let Some(step) = comparison.creating_step(node).filter(|step| is_list && !step.contains('[')) else {
            return false;
        };
        let path = format!("{}/{step}", comparison.selector(parent).path);
        let parts: Vec<Part> = tree.children(node).map(|child| Part::whole(tree, child)).collect();
        let xml = self.xml(&parts, &path);
        let name = format!("add {}", title::element(tree, node));
        self.push(parent, name, "insert", json!({ "into": path, "xml": xml }), Vec::new());
        true
    }

    pub(super) fn insert_named(&mut self, region: Id, place: Place, parent: Id, nodes: &[Id]) {
        let names: Vec<String> = nodes.iter().map(|&node| title::element(&self.comparison.after, node)).collect();
        self.insert(region, place, parent, nodes, title::rule("add", &names).replacen("add: ", "add ", 1));
    }

    /// A new element whose path says all of it but one value.
    pub(super) fn set_new(&mut self, region: Id, parent: Id, node: Id) -> bool {
        let is_device = parent != ROOT && is_container(self.comparison, parent);
        let Some((path, value)) = (if is_device { None } else { self.comparison.created_by_path(parent, node) }) else {
            return false;
        };
        let name = title::element(&self.comparison.after, node);
        let value = self.filled(&value, &path);
        let body = json!({ path: value });
        self.push(region, format!("add {name}"), "set", body, Vec::new());
        true
    }

    /// A new element that a `merge` adds where there is none.
    pub(super) fn merge_new(&mut self, region: Id, parent: Id, node: Id) -> bool {
        let comparison = self.comparison;
        if !comparison.is_fragment_of_merge(node) {
            return false;
        }
        let Some(step) = comparison.creating_step(node) else { return false };
        // By its name alone only what there can be but one of is found again.
        let is_device = parent != ROOT && is_container(comparison, parent);
        if is_device && !step.contains('[') && !ONCE.contains(&comparison.after.at(node).name.local.as_str()) {
            return false;
        }
        let above = comparison.selector(parent);
        let selector = Selector { path: format!("{}/{step}", above.path), positional: above.positional };
        let name = title::element(&comparison.after, node);
        let name = if region == parent {
            format!("add {name}")
        } else {
            format!("{}: add {name}", title::element(&comparison.before, region))
        };
        self.merge(region, &selector, &Part::whole(&comparison.after, node), name);
        true
    }

    pub(super) fn insert(&mut self, region: Id, place: Place, parent: Id, nodes: &[Id], name: String) {
        let comparison = self.comparison;
        let (word, anchor) = match place {
            Place::Last => ("into", Anchor::Old(parent)),
            Place::After(anchor) => ("after", anchor),
            Place::Before(anchor) => ("before", anchor),
        };
        let selector = match anchor {
            Anchor::Old(b) => comparison.selector(b),
            Anchor::New(a) => comparison.selector_of_new(parent, a),
        };
        let parts: Vec<Part> = nodes.iter().map(|&node| Part::whole(&comparison.after, node)).collect();
        let xml = self.xml(&parts, &selector.path);
        let mut comments = Vec::new();
        add_comments(&mut comments, &selector);
        let tree = &comparison.after;
        let lacks_alias = |node: &Id| {
            ALIASED.contains(&tree.at(*node).name.local.as_str())
                && !tree.children(*node).any(|child| tree.at(child).name.local == "alias")
        };
        if parent != ROOT && is_container(comparison, parent) && nodes.iter().any(lacks_alias) {
            comments.push(NO_ALIAS);
        }
        self.push(region, name, "insert", json!({ word: selector.path, "xml": xml }), comments);
    }
}
