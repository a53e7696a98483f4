//! The table of what cloud-init knows, made from its JSON Schemas.
//!
//! A schema becomes the set of values that it allows, as far as the table can say: types, words of texts, keys, what is
//! under each and in lists. Where schemas are combined these sets are joined or cut; what the table cannot say allows
//! everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "text", "list", "map"];

/// The values that a schema allows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Set {
    types: BTreeSet<&'static str>,
    /// What a text may be; `None` for every text.
    words: Option<BTreeSet<String>>,
    /// `None` for any items.
    items: Option<Box<Set>>,
    /// The forms of a map; none for any.
    shapes: Vec<Shape>,
    /// How many items a list may have.
    list: Bounds,
    /// How many entries a map may have.
    map: Bounds,
}

/// How many there may be, and whether they must differ.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Bounds {
    least: u64,
    most: Option<u64>,
    unique: bool,
}

impl Bounds {
    fn and(self, other: Self) -> Self {
        let most = [self.most, other.most].into_iter().flatten().min();
        Self { least: self.least.max(other.least), most, unique: self.unique || other.unique }
    }

    fn or(self, other: Self) -> Self {
        let most = self.most.zip(other.most).map(|(a, b)| a.max(b));
        Self { least: self.least.min(other.least), most, unique: self.unique && other.unique }
    }

    /// `=LEAST..MOST`, with `!` where each may stand there once; nothing where nothing is said.
    fn written(self) -> String {
        if self == Self::default() {
            return String::new();
        }
        let most = self.most.map_or(String::new(), |most| most.to_string());
        format!("={}..{most}{}", self.least, if self.unique { "!" } else { "" })
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    keys: BTreeMap<String, (bool, Set)>,
    /// What is under every other key; `None` where there is none.
    rest: Option<Box<Set>>,
}

impl Set {
    fn any() -> Self {
        let (list, map) = (Bounds::default(), Bounds::default());
        Self { types: TYPES.into(), words: None, items: None, shapes: Vec::new(), list, map }
    }

    fn is_any(&self) -> bool {
        *self == Self::any()
    }

    fn none() -> Self {
        Self { types: BTreeSet::new(), ..Self::any() }
    }

    /// What both allow.
    fn and(&self, other: &Self) -> Self {
        let words = match (&self.words, &other.words) {
            (Some(a), Some(b)) => Some(a & b),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let items = match (&self.items, &other.items) {
            (Some(a), Some(b)) => Some(Box::new(a.and(b))),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let shapes = match (&self.shapes[..], &other.shapes[..]) {
            ([], shapes) | (shapes, []) => shapes.to_vec(),
            (a, b) => a.iter().flat_map(|a| b.iter().map(|b| a.and(b))).collect(),
        };
        let (list, map) = (self.list.and(other.list), self.map.and(other.map));
        let types = &self.types & &other.types;
        Self { types, words, items, shapes: merged(shapes), list, map }.without_idle_parts()
    }

    /// What one of them allows.
    fn or(&self, other: &Self) -> Self {
        let has = |set: &Self, name| set.types.contains(name);
        let words = match (has(self, "text"), has(other, "text")) {
            (true, true) => self.words.as_ref().zip(other.words.as_ref()).map(|(a, b)| a | b),
            (true, false) => self.words.clone(),
            _ => other.words.clone(),
        };
        let items = match (has(self, "list"), has(other, "list")) {
            (true, true) => self.items.as_ref().zip(other.items.as_ref()).map(|(a, b)| Box::new(a.or(b))),
            (true, false) => self.items.clone(),
            _ => other.items.clone(),
        };
        let shapes = match (has(self, "map"), has(other, "map")) {
            (true, true) if self.shapes.is_empty() || other.shapes.is_empty() => Vec::new(),
            (true, true) => self.shapes.iter().chain(&other.shapes).cloned().collect(),
            (true, false) => self.shapes.clone(),
            _ => other.shapes.clone(),
        };
        let bounds = |name, of: fn(&Self) -> Bounds| match (has(self, name), has(other, name)) {
            (true, true) => of(self).or(of(other)),
            (true, false) => of(self),
            _ => of(other),
        };
        let (list, map) = (bounds("list", |set| set.list), bounds("map", |set| set.map));
        let types = &self.types | &other.types;
        Self { types, words, items, shapes: merged(shapes), list, map }.without_idle_parts()
    }

    /// What is said of a type that is not allowed says nothing.
    fn without_idle_parts(mut self) -> Self {
        if !self.types.contains("text") {
            self.words = None;
        }
        if !self.types.contains("list") || self.items.as_ref().is_some_and(|items| items.is_any()) {
            self.items = None;
        }
        if !self.types.contains("list") {
            self.list = Bounds::default();
        }
        if !self.types.contains("map") {
            self.map = Bounds::default();
        }
        let open = |shape: &Shape| {
            shape.rest.as_ref().is_some_and(|rest| rest.is_any())
                && shape.keys.values().all(|(required, set)| !required && set.is_any())
        };
        if !self.types.contains("map") || self.shapes.iter().any(open) {
            self.shapes.clear();
        }
        self
    }
}

impl Shape {
    fn and(&self, other: &Self) -> Self {
        let mut keys = BTreeMap::new();
        for name in self.keys.keys().chain(other.keys.keys()) {
            let (Some((a_required, a)), Some((b_required, b))) = (self.key(name), other.key(name)) else { continue };
            keys.insert(name.clone(), (a_required || b_required, a.and(b)));
        }
        let rest = self.rest.as_ref().zip(other.rest.as_ref()).map(|(a, b)| Box::new(a.and(b)));
        Self { keys, rest }
    }

    fn key(&self, name: &str) -> Option<(bool, &Set)> {
        let known = self.keys.get(name).map(|(required, set)| (*required, set));
        known.or_else(|| self.rest.as_ref().map(|rest| (false, &**rest)))
    }
}

/// Forms that differ in nothing but which keys must be there are one: those must that must in all.
fn merged(shapes: Vec<Shape>) -> Vec<Shape> {
    let mut merged: Vec<Shape> = Vec::new();
    'shapes: for shape in shapes {
        for known in &mut merged {
            let sets = |shape: &Shape| shape.keys.iter().map(|(name, (_, set))| (name.clone(), set.clone())).collect();
            let (a, b): (Vec<_>, Vec<_>) = (sets(known), sets(&shape));
            if a == b && known.rest == shape.rest {
                known.keys.iter_mut().for_each(|(name, (required, _))| *required &= shape.keys[name].0);
                continue 'shapes;
            }
        }
        merged.push(shape);
    }
    merged
}

/// The set of a schema of `document`.
fn set(document: &Json, schema: &Json) -> Set {
    // In draft 4 nothing counts beside `$ref` (JSON Reference, section 3).
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.strip_prefix('#').expect("a place in the document")).expect(reference);
        return set(document, target);
    }
    let mut found = Set::any();
    if let Some(types) = schema.get("type") {
        let names: Vec<&Json> = types.as_array().map_or_else(|| vec![types], |names| names.iter().collect());
        found.types = names.iter().map(|name| type_name(name.as_str().expect("a type"))).collect();
        if found.types.contains("number") {
            found.types.insert("integer");
        }
    }
    if let Some(items) = schema.get("items") {
        found.items = Some(Box::new(set(document, items)));
    }
    let number = |keyword: &str| schema.get(keyword).map(|number| number.as_u64().expect(keyword));
    let unique = schema["uniqueItems"] == true;
    found.list = Bounds { least: number("minItems").unwrap_or(0), most: number("maxItems"), unique };
    found.map = Bounds { least: number("minProperties").unwrap_or(0), most: number("maxProperties"), unique: false };
    found.shapes = vec![shape(document, schema)];
    found = found.without_idle_parts();
    if let Some(words) = schema["enum"].as_array() {
        found = found.and(&enumerated(words));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        found = found.and(&set(document, part));
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(parts) = schema[keyword].as_array() {
            let either = parts.iter().fold(Set::none(), |either, part| either.or(&set(document, part)));
            found = found.and(&either);
        }
    }
    found
}

fn type_name(name: &str) -> &'static str {
    let own = match name {
        "string" => "text",
        "array" => "list",
        "object" => "map",
        same => same,
    };
    TYPES.into_iter().find(|known| *known == own).expect("a type")
}

fn enumerated(values: &[Json]) -> Set {
    let mut found = Set { words: Some(BTreeSet::new()), ..Set::none() };
    for value in values {
        found.types.insert(match value {
            Json::Bool(_) => "boolean",
            Json::Number(_) => "integer",
            Json::String(word) => {
                assert!(!word.contains([' ', '|', ';', '>']), "{word}");
                found.words.get_or_insert_default().insert(word.clone());
                "text"
            }
            other => panic!("a word that is {other}"),
        });
    }
    found.without_idle_parts()
}

fn shape(document: &Json, schema: &Json) -> Shape {
    let mut shape = Shape { keys: BTreeMap::new(), rest: Some(Box::new(Set::any())) };
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        shape.keys.insert(name.clone(), (false, set(document, below)));
    }
    match schema.get("additionalProperties") {
        Some(Json::Bool(false)) => shape.rest = None,
        Some(below @ Json::Object(_)) => shape.rest = Some(Box::new(set(document, below))),
        _ => {}
    }
    for (pattern, below) in schema["patternProperties"].as_object().into_iter().flatten() {
        let below = set(document, below);
        match alternatives(pattern) {
            Some(names) => shape.keys.extend(names.into_iter().map(|name| (name, (false, below.clone())))),
            // Another pattern is taken for one that allows every name.
            None => shape.rest = Some(Box::new(below)),
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name");
        let known = shape.key(name).map(|(_, below)| below.clone()).expect("a key that may be there");
        shape.keys.insert(name.to_owned(), (true, known));
    }
    shape
}

/// The names that `^(a|b)_(c|d)$` has.
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let inside = pattern.strip_prefix("^(")?.strip_suffix(")$")?;
    let (first, second) = inside.split_once(")_(")?;
    Some(first.split('|').flat_map(|a| second.split('|').map(move |b| format!("{a}_{b}"))).collect())
}

/// Numbers sets and writes each once.
#[derive(Default)]
struct Table {
    numbers: BTreeMap<Set, usize>,
    lines: Vec<String>,
}

impl Table {
    fn number(&mut self, set: &Set) -> usize {
        if let Some(&number) = self.numbers.get(set) {
            return number;
        }
        let line = self.line(set);
        self.lines.push(line);
        let number = self.lines.len() - 1;
        self.numbers.insert(set.clone(), number);
        number
    }

    fn line(&mut self, set: &Set) -> String {
        if set.is_any() {
            return "any".to_owned();
        }
        let mut types = Vec::new();
        for name in TYPES.into_iter().filter(|name| set.types.contains(name)) {
            types.push(match name {
                "integer" if set.types.contains("number") => continue,
                "text" => set.words.as_ref().map_or("text".to_owned(), |words| {
                    format!("text={}", words.iter().map(String::as_str).collect::<Vec<_>>().join("|"))
                }),
                "list" => match &set.items {
                    Some(items) => format!("list{}>{}", set.list.written(), self.number(items)),
                    None => format!("list{}", set.list.written()),
                },
                "map" => format!("map{}", set.map.written()),
                other => other.to_owned(),
            });
        }
        let mut line = types.join(" ");
        for shape in &set.shapes {
            let mut words: Vec<String> = Vec::new();
            for (name, (required, below)) in &shape.keys {
                assert!(!name.contains([' ', ';', '>', '!', '*']), "{name}");
                words.push(format!("{name}{}>{}", if *required { "!" } else { "" }, self.number(below)));
            }
            words.extend(shape.rest.as_ref().map(|rest| format!("*>{}", self.number(rest))));
            line.push(';');
            line.push_str(&words.join(" "));
        }
        line
    }
}

/// The table's text from the schemas of a cloud-config, and of network configuration of version 1 and 2.
pub(crate) fn table(cloud_config: &Json, network_1: &Json, network_2: &Json) -> String {
    let network =
        |schema: &Json, version: &str| set(schema, &schema["$defs"][format!("network_config_version{version}")]);
    let roots = [set(cloud_config, cloud_config), network(network_1, "1"), network(network_2, "2")];
    let mut table = Table::default();
    assert_eq!(table.number(&Set::any()), 0, "anything is the first line");
    table.lines.extend(["", "", ""].map(str::to_owned));
    for (index, root) in roots.iter().enumerate() {
        table.lines[index + 1] = table.line(root);
    }
    format!(
        "# What cloud-init knows, from config/schemas of https://github.com/canonical/cloud-init at 04eacd06ee60\n\
         # (dual licence GPL-3.0 / Apache-2.0, Apache-2.0 chosen). A line a model; the first are: anything, a\n\
         # cloud-config, network configuration 1 and 2. `BLESS=1 cargo test --test cloud_init` writes this.\n\
         {}\n",
        table.lines.join("\n")
    )
}
