//! Values that come from the VMI become params, where that is clearly meant.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

/// Annotations that other programs write for themselves.
const MACHINERY: [&str; 4] = ["kubectl.kubernetes.io/", "hooks.kubevirt.io/", "virt-patch.dev/", "kubevirt.io/"];
/// A shorter annotation may be equal by chance.
const SHORTEST_ANNOTATION: usize = 3;
/// Labels and names are short words of the cluster, that a domain may well use for something else.
const SHORTEST_NAME: usize = 5;
/// A field of the spec: `virtio` and `rootdisk` stand in both documents for many reasons.
const SHORTEST_FIELD: usize = 12;
/// Words that say yes or no, whoever says them.
const COMMON: [&str; 8] = ["true", "false", "yes", "none", "default", "enabled", "disabled", "auto"];

/// Where a value stands in the VMI.
#[derive(Debug)]
struct Origin {
    /// The param's name.
    name: String,
    /// The param's source: `annotation`, `label` or `vmi`, and which.
    source: (&'static str, String),
    value: String,
    /// So long must it be to be meant.
    shortest: usize,
}

/// The values of a VMI, and what was made of them.
#[derive(Debug, Default)]
pub(super) struct Values {
    origins: Vec<Origin>,
    /// The origins that became params.
    used: RefCell<BTreeSet<usize>>,
    notes: RefCell<BTreeSet<String>>,
}

impl Values {
    /// Those of a VMI's annotations, labels, name, and texts of its spec.
    pub(super) fn of(vmi: &Json) -> Self {
        let mut values = Self::default();
        let texts = |of: &str| -> Vec<(String, String)> {
            let members = vmi.pointer(&format!("/metadata/{of}")).and_then(Json::as_object);
            let texts = members
                .into_iter()
                .flatten()
                .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
            texts.collect()
        };
        for (key, value) in texts("annotations") {
            if !MACHINERY.iter().any(|prefix| key.starts_with(prefix)) {
                values.add(&key.clone(), ("annotation", key), value, SHORTEST_ANNOTATION);
            }
        }
        for (key, value) in texts("labels") {
            values.add(&key.clone(), ("label", key), value, SHORTEST_NAME);
        }
        for (name, member) in [("vmName", "name"), ("vmNamespace", "namespace"), ("vmUid", "uid")] {
            if let Some(value) = vmi.pointer(&format!("/metadata/{member}")).and_then(Json::as_str) {
                values.add(name, ("vmi", format!("$.metadata.{member}")), value.to_owned(), SHORTEST_NAME);
            }
        }
        if let Some(spec) = vmi.get("spec") {
            values.fields(spec);
        }
        values
    }

    fn add(&mut self, wanted: &str, source: (&'static str, String), value: String, shortest: usize) {
        let words: String = wanted.rsplit('/').next().unwrap_or(wanted).to_owned();
        let mut name = String::new();
        let mut upper = false;
        for char in words.chars() {
            match char {
                c if c.is_ascii_alphanumeric() => {
                    name.push(if upper { c.to_ascii_uppercase() } else { c });
                    upper = false;
                }
                _ => upper = !name.is_empty(),
            }
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, "value");
        }
        while self.origins.iter().any(|origin| origin.name == name) {
            name.push('2');
        }
        self.origins.push(Origin { name, source, value, shortest });
    }

    /// Texts of the spec, each with the JSONPath (RFC 9535) to it.
    fn fields(&mut self, spec: &Json) {
        let mut open = vec![("$.spec".to_owned(), "spec".to_owned(), spec)];
        while let Some((path, name, value)) = open.pop() {
            match value {
                Json::Object(members) => open.extend(members.iter().map(|(member, value)| {
                    let plain = member.bytes().all(|byte| byte.is_ascii_alphanumeric())
                        && !member.starts_with(|c: char| c.is_ascii_digit());
                    let step = if plain { format!(".{member}") } else { format!("[{}]", json!(member)) };
                    (format!("{path}{step}"), member.clone(), value)
                })),
                Json::Array(items) => open.extend(
                    items.iter().enumerate().map(|(index, value)| (format!("{path}[{index}]"), name.clone(), value)),
                ),
                Json::String(text) => self.add(&name, ("vmi", path), text.clone(), SHORTEST_FIELD),
                _ => {}
            }
        }
    }

    /// A value as a template: a hole where it is clearly one of the VMI's, else the text with `${` escaped.
    pub(super) fn fill(&self, value: &str) -> String {
        if let Some(index) = self.origin(value) {
            self.used.borrow_mut().insert(index);
            return format!("${{{}}}", self.origins[index].name);
        }
        literal(value)
    }

    fn origin(&self, value: &str) -> Option<usize> {
        let equal: Vec<usize> =
            (0..self.origins.len()).filter(|&index| self.origins[index].value == value && !value.is_empty()).collect();
        let rank = |index: &usize| self.origins[*index].shortest;
        let best = *equal.iter().min_by_key(|index| rank(index))?;
        let rivals = equal.iter().filter(|index| rank(index) == rank(&best)).count() - 1;
        let Origin { source: (kind, which), shortest, .. } = &self.origins[best];
        let is_common = COMMON.contains(&value) || value.bytes().all(|byte| byte.is_ascii_digit());
        let doubt = if value.len() < *shortest || (is_common && *kind != "annotation") {
            "too short or too common a value to be sure"
        } else if rivals > 0 {
            "and elsewhere in it, so it is not clear which is meant"
        } else {
            return Some(best);
        };
        if *kind == "annotation" || rivals > 0 {
            let note = format!("`{value}` stands in the VMI ({kind} {which}), {doubt}; the rules have it as it is");
            self.notes.borrow_mut().insert(note);
        }
        None
    }

    /// Forgets what became params: the rules are written anew.
    pub(super) fn begin(&self) {
        self.used.borrow_mut().clear();
        self.notes.borrow_mut().clear();
    }

    /// `spec.params` for what became params.
    pub(super) fn params(&self) -> Map<String, Json> {
        let used = self.used.borrow();
        let param = |&index: &usize| {
            let Origin { name, source: (kind, which), .. } = self.origins.get(index)?;
            Some((name.clone(), json!({ *kind: which })))
        };
        used.iter().filter_map(param).collect()
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.borrow().iter().cloned().collect()
    }
}

/// A text as a template that gives it back.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}
