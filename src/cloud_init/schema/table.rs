//! The table behind the schemas: a line a model, `TYPES;KEYS;KEYS…`.
//!
//! `TYPES` are separated by a space: `any`, or of `null`, `boolean`, `integer`, `number` (whole or not), `text` or
//! `text=a|b` where the words are listed, `list>LINE` with what its items are, and `map`. `list=1..6!` and `map=1..` say
//! how many items or entries there may be, and `!` that no item stands there twice. Each `KEYS` is a form that a map may
//! have, of `key>LINE`; `key!>LINE` must be there, and `*` stands for every other key. A `map` without any form may hold
//! anything.

use std::sync::LazyLock;

const TEXT: &str = include_str!("cloud-init-04eacd06.txt");

static LINES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| TEXT.lines().filter(|line| !line.starts_with('#')).collect());

/// What stands for every other key.
pub(super) const ANYTHING: &str = "*";

/// What a value at some place may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Model(u16);

/// A form that a map may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape(&'static str);

/// How many items or entries there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    /// At least so many.
    pub(super) least: usize,
    /// At most so many.
    pub(super) most: usize,
    /// Whether no item may stand there twice.
    pub(super) unique: bool,
}

impl Model {
    /// Anything at all.
    pub const ANY: Model = Model(0);
    /// A cloud-config: user data that begins with `#cloud-config`.
    pub const CLOUD_CONFIG: Model = Model(1);
    /// Network configuration, version 1.
    pub const NETWORK_CONFIG_1: Model = Model(2);
    /// Network configuration, version 2: a part of netplan's.
    pub const NETWORK_CONFIG_2: Model = Model(3);

    fn line(self) -> &'static str {
        LINES.get(usize::from(self.0)).copied().unwrap_or("any")
    }

    fn types(self) -> impl Iterator<Item = &'static str> {
        self.line().split(';').next().unwrap_or_default().split(' ')
    }

    /// Whether a value of this type may stand here: one of the words of a line's `TYPES`.
    pub fn allows(self, name: &str) -> bool {
        self.types().any(|word| word == "any" || word.split(['=', '>']).next() == Some(name))
    }

    /// Whether nothing but a list may stand here.
    pub(super) fn is_list_only(self) -> bool {
        self.types().all(|word| word.starts_with("list"))
    }

    /// The words that a text may be, where they are listed.
    pub fn words(self) -> Option<impl Iterator<Item = &'static str>> {
        let words = self.types().find_map(|word| word.strip_prefix("text="))?;
        Some(words.split('|'))
    }

    /// What the items of a list are.
    pub fn items(self) -> Model {
        let list = self.types().find(|word| word.starts_with("list"));
        list.and_then(|word| word.split_once('>')).map_or(Self::ANY, |(_, line)| numbered(line))
    }

    /// How many a `list` or a `map` may have, where that is said.
    pub(super) fn bounds(self, name: &str) -> Option<Bounds> {
        let bounds = self.types().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        let bounds = bounds.split('>').next().unwrap_or_default();
        let (bounds, unique) = bounds.strip_suffix('!').map_or((bounds, false), |bounds| (bounds, true));
        let (least, most) = bounds.split_once("..")?;
        Some(Bounds { least: least.parse().unwrap_or(0), most: most.parse().unwrap_or(usize::MAX), unique })
    }

    /// The forms that a map may have, of which it must have one; none where it may hold anything.
    pub fn shapes(self) -> impl Iterator<Item = Shape> {
        self.line().split(';').skip(1).map(Shape)
    }

    /// The types that may stand here, in words: `a list or a text`.
    pub fn expected(self) -> String {
        let names: Vec<&str> =
            self.types().map(|word| article(word.split(['=', '>']).next().unwrap_or(word))).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

impl Shape {
    /// Network configuration below a key, as netplan has it.
    pub(super) const NETWORK: Shape = Shape("network>0");

    fn entries(self) -> impl Iterator<Item = (&'static str, bool, Model)> {
        self.0.split(' ').filter_map(|word| {
            let (name, line) = word.rsplit_once('>')?;
            let required = name.strip_suffix('!');
            Some((required.unwrap_or(name), required.is_some(), numbered(line)))
        })
    }

    /// What may stand under a key; `None` where the key is unknown.
    pub fn key(self, name: &str) -> Option<Model> {
        let mut rest = None;
        for (known, _, model) in self.entries() {
            if known == name && known != ANYTHING {
                return Some(model);
            }
            if known == ANYTHING {
                rest = Some(model);
            }
        }
        rest
    }

    /// The keys that have names, sorted.
    pub fn keys(self) -> impl Iterator<Item = &'static str> {
        self.entries().map(|(name, _, _)| name).filter(|name| *name != ANYTHING)
    }

    /// The keys that must be there.
    pub fn required(self) -> impl Iterator<Item = &'static str> {
        self.entries().filter(|(_, required, _)| *required).map(|(name, _, _)| name)
    }
}

fn numbered(line: &str) -> Model {
    line.parse().map_or(Model::ANY, Model)
}

fn article(name: &'static str) -> &'static str {
    match name {
        "text" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "list" => "a list",
        "map" => "a mapping",
        other => other,
    }
}
