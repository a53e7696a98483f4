//! Names, each kept once: comparing two is comparing two integers.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::ops::Range;

use super::arena::{NONE, index};

/// The namespace of the prefix `xml` (Namespaces in XML 1.0, section 3).
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// No namespace.
pub(super) const NO_NAMESPACE: u32 = 0;
/// [`XML`].
pub(super) const XML_NAMESPACE: u32 = 1;

/// So many elements of a name say that there are others, too.
pub(super) const UNKNOWN: u32 = u32::MAX;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub(super) u32);

#[derive(Debug)]
pub(super) struct Name<'i> {
    /// As it is written: with its prefix.
    qualified: Cow<'i, str>,
    /// The local part begins here.
    local: u32,
    key: Key,
    pub(super) namespace: u32,
    /// The index of the same local part and namespace without prefix.
    pub(super) expanded: u32,
    /// Of an expanded name: the last element of this name that was made, with whatever prefix, and how many were or
    /// [`UNKNOWN`].
    pub(super) latest: u32,
    pub(super) elements: u32,
}

/// What tells names apart at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    hash: u32,
    length: u32,
    /// All of a name of up to eight bytes, the first eight of a longer one.
    head: u64,
}

/// Where a name that is not there yet belongs in the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missing {
    key: Key,
    slot: usize,
}

impl Name<'_> {
    #[inline]
    fn is(&self, qualified: &str, namespace: u32, key: Key) -> bool {
        self.key == key && self.namespace == namespace && (key.length <= 8 || self.qualified == qualified)
    }

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
    /// Whether any name has a prefix.
    prefixed: bool,
}

impl<'i> Names<'i> {
    pub(super) fn new() -> Self {
        Self {
            // KubeVirt's domains have some 130 names.
            names: Vec::with_capacity(192),
            table: vec![NONE; 512],
            seed: RandomState::new().hash_one(0),
            namespaces: vec![Cow::Borrowed(""), Cow::Borrowed(XML)],
            prefixed: false,
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
        // Nearly all names are in none.
        if uri.is_empty() {
            return Some(NO_NAMESPACE);
        }
        self.namespaces.iter().position(|known| known == uri).map(index)
    }

    pub(super) fn namespace(&mut self, uri: Cow<'i, str>) -> u32 {
        self.find_namespace(&uri).unwrap_or_else(|| {
            self.namespaces.push(uri);
            index(self.namespaces.len() - 1)
        })
    }

    /// The number of the name that stands in the input at `span`.
    ///
    /// # Errors
    /// Where the name is new: what [`Names::insert`] needs to add it.
    #[inline]
    pub(super) fn find_in(&self, text: &str, span: Range<usize>, namespace: u32) -> Result<u32, Missing> {
        let length = span.end - span.start;
        // Most names have up to eight bytes, and there are as many behind most names: no loop, no branch.
        let head = match text.as_bytes().get(span.start..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(word) if length >= 8 => u64::from_le_bytes(*word),
            Some(word) => u64::from_le_bytes(*word) & ((1 << (8 * length)) - 1),
            None => head(text.as_bytes().get(span.clone()).unwrap_or_default()),
        };
        let key = if length <= 8 {
            self.short_key(head, length, namespace)
        } else {
            self.key(text.get(span.clone()).unwrap_or_default(), namespace)
        };
        let name = if length <= 8 { "" } else { text.get(span).unwrap_or_default() };
        self.look_up(name, namespace, key)
    }

    /// The number of a name; `local` is where its local part begins.
    pub(super) fn add(&mut self, qualified: Cow<'i, str>, local: usize, namespace: u32) -> u32 {
        let key = self.key(&qualified, namespace);
        match self.look_up(&qualified, namespace, key) {
            Ok(found) => found,
            Err(missing) => self.insert(qualified, local, namespace, missing),
        }
    }

    /// Adds a name that was just found missing.
    #[cold]
    pub(super) fn insert(&mut self, qualified: Cow<'i, str>, local: usize, namespace: u32, missing: Missing) -> u32 {
        let Missing { key, slot } = missing;
        let at = index(self.names.len());
        self.table[slot] = at;
        let bare = (local > 0).then(|| match &qualified {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(local..).unwrap_or_default()),
            Cow::Owned(text) => Cow::Owned(text.get(local..).unwrap_or_default().to_owned()),
        });
        self.prefixed |= local > 0;
        let name = Name { qualified, local: index(local), key, namespace, expanded: at, latest: NONE, elements: 0 };
        self.names.push(name);
        if self.table.len() < 2 * (self.names.len() + 1) {
            self.grow();
        }
        if let Some(bare) = bare {
            let expanded = self.add(bare, 0, namespace);
            if let Some(name) = self.names.get_mut(at as usize) {
                name.expanded = expanded;
            }
        }
        at
    }

    /// The number of a name, or the slot of the table where it belongs. Of a name of up to eight bytes the key is all.
    #[inline]
    fn look_up(&self, qualified: &str, namespace: u32, key: Key) -> Result<u32, Missing> {
        let mut slot = key.hash as usize;
        loop {
            slot &= self.table.len() - 1;
            let at = self.table[slot];
            let Some(name) = self.names.get(at as usize) else { return Err(Missing { key, slot }) };
            if name.is(qualified, namespace, key) {
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
            let mut slot = name.key.hash as usize & (length - 1);
            while table[slot] != NONE {
                slot = (slot + 1) & (length - 1);
            }
            table[slot] = index(at);
        }
        self.table = table;
    }

    /// Multiplies and folds eight bytes at a time, as wyhash does.
    #[inline]
    fn key(&self, qualified: &str, namespace: u32) -> Key {
        let name = qualified.as_bytes();
        let mut key = self.short_key(head(name), name.len(), namespace);
        if name.len() <= 8 {
            return key;
        }
        let mut hash = u64::from(key.hash);
        let (chunks, last) = name.get(8..).unwrap_or_default().as_chunks::<8>();
        for chunk in chunks {
            hash = fold(hash ^ u64::from_le_bytes(*chunk), self.seed);
        }
        if !last.is_empty() {
            hash = fold(hash ^ head(last), self.seed);
        }
        key.hash = (hash ^ hash >> 32) as u32;
        key
    }

    /// The key of a name of up to eight bytes, which is all there is to know of it.
    #[inline]
    fn short_key(&self, head: u64, length: usize, namespace: u32) -> Key {
        let hash = fold(head ^ u64::from(namespace) << 32 ^ length as u64, self.seed);
        Key { hash: (hash ^ hash >> 32) as u32, length: index(length), head }
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

    /// The number of a name without prefix.
    pub(super) fn find(&self, namespace: u32, local: &str) -> Option<u32> {
        self.look_up(local, namespace, self.key(local, namespace)).ok()
    }

    /// Whether a name is this expanded name, with whatever prefix. Without a prefix it has the same number.
    #[inline]
    pub(super) fn means(&self, name: u32, expanded: u32) -> bool {
        name == expanded || (self.prefixed && self.expanded(name) == expanded)
    }

    /// Notes that an element of this name is made; gives the one that was made before it.
    #[inline]
    pub(super) fn note_element(&mut self, name: u32, element: u32) -> u32 {
        let expanded = self.expanded(name);
        match self.names.get_mut(expanded as usize) {
            Some(name) => {
                name.elements = name.elements.saturating_add(1);
                std::mem::replace(&mut name.latest, element)
            }
            None => NONE,
        }
    }

    /// From now on the elements of this name are not all known.
    pub(super) fn forget_elements(&mut self, name: u32) {
        let expanded = self.expanded(name);
        if let Some(name) = self.names.get_mut(expanded as usize) {
            name.elements = UNKNOWN;
        }
    }

    /// The number of the same local part and namespace without prefix; [`NONE`] for no name.
    pub(super) fn expanded(&self, name: u32) -> u32 {
        self.get(name).map_or(NONE, |name| name.expanded)
    }
}

/// The first eight bytes as one number; of a shorter name all bytes and zeros.
#[inline]
fn head(name: &[u8]) -> u64 {
    if let Some(word) = name.first_chunk::<8>() {
        return u64::from_le_bytes(*word);
    }
    // Four bytes from its begin and four to its end, which may be the same ones in part.
    if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        let [first, last] = [first, last].map(|word| u64::from(u32::from_le_bytes(*word)));
        return first | last << (8 * (name.len() - 4));
    }
    name.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// The two halves of a product, each bit of which depends on all of the input and the seed.
#[inline]
fn fold(value: u64, seed: u64) -> u64 {
    let product = u128::from(value ^ seed.rotate_left(32)) * u128::from(seed | 1);
    (product as u64) ^ (product >> 64) as u64
}
