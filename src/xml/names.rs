//! Names, each kept once: comparing two is comparing two integers.

use std::borrow::Cow;
use std::collections::HashMap;

use super::arena::index;

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

const CACHE: usize = 256;

/// The names and namespaces of a document.
#[derive(Debug)]
pub(super) struct Names<'i> {
    names: Vec<Name<'i>>,
    indices: HashMap<(Cow<'i, str>, u32), u32>,
    /// Where a name with this quick hash was found last. The map behind it hashes with a secret, so
    /// that no input can make the look-up slow.
    cache: Vec<u32>,
    namespaces: Vec<Cow<'i, str>>,
}

impl<'i> Names<'i> {
    pub(super) fn new() -> Self {
        Self {
            names: Vec::with_capacity(128),
            indices: HashMap::with_capacity(128),
            cache: vec![0; CACHE],
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
        let slot = quick_hash(qualified.as_bytes(), namespace);
        if let Some(name) = self.names.get(self.cache[slot] as usize) {
            if name.namespace == namespace && name.qualified == qualified {
                return self.cache[slot];
            }
        }
        let found = self.add(Cow::Borrowed(qualified), local, namespace);
        self.cache[slot] = found;
        found
    }

    /// The number of a name; `local` is where its local part begins.
    pub(super) fn add(&mut self, qualified: Cow<'i, str>, local: usize, namespace: u32) -> u32 {
        let key = (qualified, namespace);
        if let Some(&found) = self.indices.get(&key) {
            return found;
        }
        let expanded = if local == 0 {
            index(self.names.len())
        } else {
            let bare = match &key.0 {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(local..).unwrap_or_default()),
                Cow::Owned(text) => Cow::Owned(text.get(local..).unwrap_or_default().to_owned()),
            };
            self.add(bare, 0, namespace)
        };
        let at = index(self.names.len());
        self.names.push(Name { qualified: key.0.clone(), local: index(local), namespace, expanded });
        self.indices.insert(key, at);
        at
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
        let indices: &HashMap<(Cow<'_, str>, u32), u32> = &self.indices;
        indices.get(&(Cow::Borrowed(local), namespace)).copied()
    }
}

/// Spreads the names of one vocabulary well enough; collisions only cost the look-up behind it.
#[inline]
fn quick_hash(name: &[u8], namespace: u32) -> usize {
    let byte = |at: usize| name.get(at).copied().map_or(0, u32::from);
    let length = name.len();
    let mixed = byte(0)
        .wrapping_mul(31)
        .wrapping_add(byte(1).wrapping_mul(7))
        .wrapping_add(byte(length / 2).wrapping_mul(113))
        .wrapping_add(byte(length.wrapping_sub(1)).wrapping_mul(17))
        .wrapping_add(index(length).wrapping_mul(59))
        .wrapping_add(namespace.wrapping_mul(101));
    mixed as usize % CACHE
}
