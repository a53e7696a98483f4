//! Names, each kept once: comparing two is comparing two integers.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::arena::{NONE, index};

/// The namespace of the prefix `xml` (Namespaces in XML 1.0, section 3).
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// No namespace.
pub(super) const NO_NAMESPACE: u32 = 0;
/// [`XML`].
pub(super) const XML_NAMESPACE: u32 = 1;

/// A qualified name: what it means (namespace and local part) and the prefix it would like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QName {
    /// The namespace URI, empty for none.
    pub namespace: String,
    /// The prefix to write where the namespace has none in scope; empty for none.
    pub prefix: String,
    /// The local part.
    pub local: String,
}

impl QName {
    /// A name in no namespace.
    pub fn local(local: impl Into<String>) -> Self {
        Self { namespace: String::new(), prefix: String::new(), local: local.into() }
    }

    /// A name in a namespace.
    pub fn new(namespace: impl Into<String>, prefix: impl Into<String>, local: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), prefix: prefix.into(), local: local.into() }
    }
}

/// An expanded name as a document knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameId(pub(super) u32);

#[derive(Debug)]
pub(super) struct Name<'i> {
    /// As it is written: with its prefix.
    qualified: Cow<'i, str>,
    /// The local part begins here.
    local: u32,
    hash: u32,
    pub(super) namespace: u32,
    /// The index of the same local part and namespace without prefix.
    pub(super) expanded: u32,
}

impl Name<'_> {
    pub(super) fn qualified(&self) -> &str {
        &self.qualified
    }

    pub(super) fn local(&self) -> &str {
        self.qualified.get(self.local as usize..).unwrap_or_default()
    }

    pub(super) fn prefix(&self) -> &str {
        (self.local as usize).checked_sub(1).and_then(|colon| self.qualified.get(..colon)).unwrap_or_default()
    }
}

/// The names and namespaces of a document.
#[derive(Debug)]
pub(super) struct Names<'i> {
    names: Vec<Name<'i>>,
    /// A hash table of indices into `names`, at most half full; its length is a power of two.
    table: Vec<u32>,
    /// Differs from document to document, so that no input can be made to collide.
    seed: u64,
    namespaces: Vec<Cow<'i, str>>,
}

impl<'i> Names<'i> {
    pub(super) fn new() -> Self {
        Self {
            names: Vec::with_capacity(128),
            table: vec![NONE; 256],
            seed: RandomState::new().hash_one(0),
            namespaces: vec![Cow::Borrowed(""), Cow::Borrowed(XML)],
        }
    }

    pub(super) fn get(&self, index: u32) -> Option<&Name<'i>> {
        self.names.get(index as usize)
    }

    /// What a namespace number stands for.
    pub(super) fn uri(&self, namespace: u32) -> &str {
        self.namespaces.get(namespace as usize).map_or("", |uri| uri)
    }

    /// The number of a namespace. The list is short: declarations are bounded.
    pub(super) fn find_namespace(&self, uri: &str) -> Option<u32> {
        self.namespaces.iter().position(|known| known == uri).map(index)
    }

    pub(super) fn namespace(&mut self, uri: Cow<'i, str>) -> u32 {
        self.find_namespace(&uri).unwrap_or_else(|| {
            self.namespaces.push(uri);
            index(self.namespaces.len() - 1)
        })
    }

    /// The number of a name in the input.
    #[inline]
    pub(super) fn intern(&mut self, qualified: &'i str, local: usize, namespace: u32) -> u32 {
        match self.look_up(qualified, namespace, self.hash(qualified, namespace)) {
            Ok(found) => found,
            Err(_) => self.add(Cow::Borrowed(qualified), local, namespace),
        }
    }

    /// The number of a name; `local` is where its local part begins.
    pub(super) fn add(&mut self, qualified: Cow<'i, str>, local: usize, namespace: u32) -> u32 {
        let hash = self.hash(&qualified, namespace);
        if let Ok(found) = self.look_up(&qualified, namespace, hash) {
            return found;
        }
        let expanded = (local > 0).then(|| {
            let bare = match &qualified {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(local..).unwrap_or_default()),
                Cow::Owned(text) => Cow::Owned(text.get(local..).unwrap_or_default().to_owned()),
            };
            self.add(bare, 0, namespace)
        });
        if self.table.len() < 2 * (self.names.len() + 1) {
            self.grow();
        }
        let at = index(self.names.len());
        if let Err(free) = self.look_up(&qualified, namespace, hash) {
            self.table[free] = at;
        }
        let expanded = expanded.unwrap_or(at);
        self.names.push(Name { qualified, local: index(local), hash, namespace, expanded });
        at
    }

    /// The number of a name, or the slot of the table where it belongs.
    #[inline]
    fn look_up(&self, qualified: &str, namespace: u32, hash: u32) -> Result<u32, usize> {
        let mut slot = hash as usize;
        loop {
            slot &= self.table.len() - 1;
            let at = self.table[slot];
            let Some(name) = self.names.get(at as usize) else { return Err(slot) };
            if name.hash == hash && name.namespace == namespace && name.qualified == qualified {
                return Ok(at);
            }
            slot += 1;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let length = self.table.len() * 2;
        let mut table = vec![NONE; length];
        for (at, name) in self.names.iter().enumerate() {
            let mut slot = name.hash as usize & (length - 1);
            while table[slot] != NONE {
                slot = (slot + 1) & (length - 1);
            }
            table[slot] = index(at);
        }
        self.table = table;
    }

    /// Multiplies and folds eight bytes at a time, as wyhash does.
    #[inline]
    fn hash(&self, qualified: &str, namespace: u32) -> u32 {
        let name = qualified.as_bytes();
        let mut hash = self.seed ^ u64::from(namespace) << 32 ^ name.len() as u64;
        let (chunks, rest) = name.as_chunks::<8>();
        for chunk in chunks {
            hash = fold(hash ^ u64::from_le_bytes(*chunk), self.seed);
        }
        let rest = rest.iter().fold(0, |all, &byte| all << 8 | u64::from(byte));
        let hash = fold(hash ^ rest, self.seed);
        (hash ^ hash >> 32) as u32
    }

    /// The number of the same name with another prefix.
    pub(super) fn with_prefix(&mut self, name: u32, prefix: &str) -> u32 {
        let Some(known) = self.get(name) else { return name };
        let (namespace, local) = (known.namespace, known.local());
        if prefix.is_empty() {
            return known.expanded;
        }
        let qualified = format!("{prefix}:{local}");
        self.add(Cow::Owned(qualified), prefix.len() + 1, namespace)
    }

    pub(super) fn find(&self, namespace: &str, local: &str) -> Option<u32> {
        let namespace = self.find_namespace(namespace)?;
        self.look_up(local, namespace, self.hash(local, namespace)).ok()
    }
}

/// The two halves of a product, each bit of which depends on all of the input.
#[inline]
fn fold(value: u64, seed: u64) -> u64 {
    let product = u128::from(value ^ 0x9e37_79b9_7f4a_7c15) * u128::from(seed | 1);
    (product as u64) ^ (product >> 64) as u64
}
