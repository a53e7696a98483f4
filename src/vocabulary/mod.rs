//! libvirt's vocabulary: which element of a domain may hold which children and attributes, and
//! which words an attribute may have.
//!
//! The facts come from the RELAX NG grammar that libvirt 12.8.0 ships (`schemas/domain.rng` and
//! what it includes), in which the elements that one path reaches are one [`Model`]. The table is a
//! text of 30 KB that is searched where it stands: nothing is parsed at start, and a program that asks
//! nothing does not carry it. `tests/vocabulary.rs` makes it anew from the grammar's extract and compares.
//!
//! The grammar says what libvirt may read, so an answer of "no" is sure and one of "yes" is not: a
//! model does not know that `queues` is for virtio disks alone.

mod table;

use crate::diagnostic::nearest;

/// The release of libvirt whose vocabulary this is.
pub const LIBVIRT: &str = "12.8.0";

/// The namespaces of libvirt's drivers, with the prefixes that their documentation uses.
pub const NAMESPACES: [(&str, &str); 5] = [
    ("qemu", "http://libvirt.org/schemas/domain/qemu/1.0"),
    ("lxc", "http://libvirt.org/schemas/domain/lxc/1.0"),
    ("bhyve", "http://libvirt.org/schemas/domain/bhyve/1.0"),
    ("xen", "http://libvirt.org/schemas/domain/xen/1.0"),
    ("vmware", "http://libvirt.org/schemas/domain/vmware/1.0"),
];

/// A name as it compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a> {
    /// The namespace URI, `""` for none.
    pub namespace: &'a str,
    /// The local part.
    pub local: &'a str,
}

impl<'a> Name<'a> {
    /// A name in a namespace, `""` for none.
    pub const fn new(namespace: &'a str, local: &'a str) -> Self {
        Self { namespace, local }
    }
}

/// As libvirt's documentation writes it: `disk`, `qemu:arg`.
impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match NAMESPACES.iter().find(|(_, uri)| *uri == self.namespace) {
            Some((prefix, _)) => write!(f, "{prefix}:{}", self.local),
            None if self.namespace.is_empty() => f.write_str(self.local),
            None => write!(f, "{{{}}}{}", self.namespace, self.local),
        }
    }
}

/// What an element at some place may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Model(u16);

/// What an attribute may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Any text, as far as the vocabulary goes.
    Any,
    /// One of these words, separated by `|`.
    OneOf(&'static str),
}

impl Values {
    /// The words, where they are listed.
    pub fn words(self) -> Option<impl Iterator<Item = &'static str>> {
        match self {
            Values::Any => None,
            Values::OneOf(words) => Some(words.split('|')),
        }
    }

    /// Whether the attribute may say this; white space around it does not count.
    pub fn allow(self, value: &str) -> bool {
        self.words().is_none_or(|mut words| words.any(|word| word == value.trim()))
    }
}

impl Model {
    /// The root element, `<domain>`.
    pub const DOMAIN: Model = Model(0);

    /// What a child element of this name may hold; `None` where libvirt knows no such child here.
    pub fn child(self, name: Name<'_>) -> Option<Model> {
        table::child(self.0, name).or_else(|| table::any_child(self.0)).map(Model)
    }

    /// The child elements that libvirt knows here, sorted by namespace and name.
    pub fn children(self) -> impl Iterator<Item = (Name<'static>, Model)> {
        let named = table::children(self.0).filter(|(name, _)| name.local != table::ANYTHING);
        named.map(|(name, model)| (name, Model(model)))
    }

    /// What an attribute of this name may say; `None` where libvirt knows no such attribute here.
    /// None of libvirt's attributes is in a namespace.
    pub fn attribute(self, name: Name<'_>) -> Option<Values> {
        if self.is_open() {
            return Some(Values::Any);
        }
        if name.namespace.is_empty() { table::attribute(self.0, name.local) } else { None }
    }

    /// The attributes that libvirt knows here, sorted.
    pub fn attributes(self) -> impl Iterator<Item = (&'static str, Values)> {
        table::attributes(self.0).filter(|(name, _)| *name != table::ANYTHING)
    }

    /// Whether text may stand in it.
    pub fn holds_text(self) -> bool {
        table::holds_text(self.0)
    }

    /// Whether it may hold anything: `<metadata>` and what stands in it.
    pub fn is_open(self) -> bool {
        table::any_child(self.0).is_some()
    }

    /// The child that was probably meant.
    pub fn nearest_child(self, name: Name<'_>) -> Option<Name<'static>> {
        let local = nearest(name.local, self.children().map(|(name, _)| name.local))?;
        self.children().map(|(name, _)| name).find(|known| known.local == local)
    }

    /// The attribute that was probably meant.
    pub fn nearest_attribute(self, local: &str) -> Option<&'static str> {
        nearest(local, self.attributes().map(|(name, _)| name))
    }
}

/// Where in a domain an element of this name may stand, as paths without predicates, the shortest
/// first: `iotune` is at home in `/domain/devices/disk`.
pub fn homes(name: Name<'_>) -> Vec<String> {
    let mut homes = Vec::new();
    let mut level = vec![("/domain".to_owned(), vec![Model::DOMAIN])];
    while !level.is_empty() {
        let mut below = Vec::new();
        for (path, chain) in level {
            let Some(&last) = chain.last() else { continue };
            for (child, model) in last.children() {
                if child == name {
                    homes.push(path.clone());
                }
                // Elements that hold themselves (`backingStore`) are gone into once.
                if !chain.contains(&model) {
                    let chain = chain.iter().copied().chain([model]).collect();
                    below.push((format!("{path}/{child}"), chain));
                }
            }
        }
        level = below;
    }
    homes
}
