//! A domain as far as it counts: elements, attributes, text. White space between elements, comments
//! and processing instructions are left out, so that two trees are the same where two domains say the same.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::xml::{Document, NodeId};
use crate::xpath::Kind;

/// The index of an element in its [`Tree`]; 0 is the root element.
pub(super) type Id = usize;

/// The root element.
pub(super) const ROOT: Id = 0;

/// An expanded name: what a prefix stands for, not the prefix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) namespace: String,
    pub(super) local: String,
}

/// What stands in an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Element(Id),
    Text(String),
}

#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) name: Name,
    pub(super) attributes: Vec<(Name, String)>,
    pub(super) content: Vec<Content>,
    pub(super) parent: Option<Id>,
    /// Of the element and everything below it: equal ones say the same, hash collisions aside.
    pub(super) digest: u64,
}

/// Elements in document order, so that a parent comes before its children.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    elements: Vec<Element>,
    /// Comments and processing instructions, in document order.
    pub(super) asides: Vec<String>,
    /// Namespaces with the prefix that each has in the document; empty for a default namespace.
    pub(super) prefixes: Vec<(String, String)>,
    /// Prefixes and namespaces as they are declared anywhere, used or not.
    pub(super) declared: Vec<(String, String)>,
}

impl Tree {
    pub(super) fn of(document: &Document<'_>) -> Self {
        let mut tree = Self {
            elements: Vec::new(),
            asides: Vec::new(),
            prefixes: Vec::new(),
            declared: declarations(document.text()),
        };
        // What is still to be read, the next one last.
        let mut open: Vec<(NodeId, Option<Id>)> = vec![(document.root_element(), None)];
        while let Some((node, parent)) = open.pop() {
            match document.kind(node) {
                Kind::Element => {
                    let id = tree.add(document, node, parent);
                    let children: Vec<NodeId> = document.children(node).collect();
                    open.extend(children.into_iter().rev().map(|child| (child, Some(id))));
                }
                Kind::Text => {
                    if let Some(element) = parent.and_then(|parent| tree.elements.get_mut(parent)) {
                        push_text(&mut element.content, &document.own_text(node));
                    }
                }
                _ => tree.asides.push(document.own_text(node).into_owned()),
            }
        }
        tree.drop_layout();
        tree.digest();
        tree
    }

    fn add(&mut self, document: &Document<'_>, node: NodeId, parent: Option<Id>) -> Id {
        let id = self.elements.len();
        let name = self.name(document, node);
        let attributes = document
            .attributes(node)
            .map(|attribute| (self.name(document, attribute), document.own_text(attribute).into_owned()))
            .collect();
        self.elements.push(Element { name, attributes, content: Vec::new(), parent, digest: 0 });
        if let Some(parent) = parent.and_then(|parent| self.elements.get_mut(parent)) {
            parent.content.push(Content::Element(id));
        }
        id
    }

    fn name(&mut self, document: &Document<'_>, node: NodeId) -> Name {
        let (namespace, prefix) = (document.namespace(node), document.prefix(node));
        if !namespace.is_empty() && !self.prefixes.iter().any(|(known, _)| known == namespace) {
            self.prefixes.push((namespace.to_owned(), prefix.to_owned()));
        }
        Name { namespace: namespace.to_owned(), local: document.local_name(node).to_owned() }
    }

    /// White space is layout beside elements, and nothing where it is alone.
    fn drop_layout(&mut self) {
        for element in &mut self.elements {
            element.content.retain(|content| match content {
                Content::Text(text) => !text.bytes().all(|byte| byte.is_ascii_whitespace()),
                Content::Element(_) => true,
            });
        }
    }

    fn digest(&mut self) {
        for id in (0..self.elements.len()).rev() {
            let mut hasher = DefaultHasher::new();
            let element = &self.elements[id];
            element.name.hash(&mut hasher);
            let mut attributes: Vec<_> = element.attributes.iter().collect();
            attributes.sort();
            attributes.hash(&mut hasher);
            for content in &element.content {
                match content {
                    Content::Element(child) => self.elements[*child].digest.hash(&mut hasher),
                    Content::Text(text) => text.hash(&mut hasher),
                }
            }
            self.elements[id].digest = hasher.finish();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    pub(super) fn at(&self, id: Id) -> &Element {
        &self.elements[id]
    }

    /// The child elements.
    pub(super) fn children(&self, id: Id) -> impl DoubleEndedIterator<Item = Id> + '_ {
        self.elements[id].content.iter().filter_map(|content| match content {
            Content::Element(child) => Some(*child),
            Content::Text(_) => None,
        })
    }

    /// The children with the name of `id`, itself among them; the root stands alone.
    pub(super) fn alike(&self, id: Id) -> Vec<Id> {
        match self.at(id).parent {
            Some(parent) => self.named(parent, &self.at(id).name).collect(),
            None => vec![id],
        }
    }

    /// The children of this name.
    pub(super) fn named<'t>(&'t self, parent: Id, name: &'t Name) -> impl Iterator<Item = Id> + 't {
        self.children(parent).filter(move |&child| self.at(child).name == *name)
    }

    /// The text of an element without child elements; `None` where there is none.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match self.at(id).content.as_slice() {
            [Content::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether text and elements stand beside each other.
    pub(super) fn is_mixed(&self, id: Id) -> bool {
        let texts = self.at(id).content.iter().filter(|content| matches!(content, Content::Text(_))).count();
        texts > 0 && texts < self.at(id).content.len()
    }

    /// The element and all below it, in document order.
    pub(super) fn below(&self, id: Id) -> Vec<Id> {
        let mut found = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            found.push(id);
            open.extend(self.children(id).rev());
        }
        found
    }

    /// An attribute in no namespace.
    pub(super) fn attribute(&self, id: Id, local: &str) -> Option<&str> {
        let named = |(name, _): &&(Name, String)| name.namespace.is_empty() && name.local == local;
        self.at(id).attributes.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// Puts the child elements of `parent`, which has no text, in another order.
    pub(super) fn reorder(&mut self, parent: Id, order: &[Id]) {
        self.elements[parent].content = order.iter().map(|&child| Content::Element(child)).collect();
    }

    /// The digests anew, after [`Tree::reorder`].
    pub(super) fn settle(&mut self) {
        self.digest();
    }
}

/// The namespace declarations of a document that is known to be well-formed. What looks like one in a text or a
/// comment does no harm: it only makes a prefix count as taken.
fn declarations(text: &str) -> Vec<(String, String)> {
    let declaration = |(at, lead): (usize, &str)| {
        let (prefix, rest) = text[at + lead.len()..].split_once('=')?;
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|char| matches!(char, '"' | '\''))?;
        let (uri, _) = rest[1..].split_once(quote)?;
        Some((prefix.trim().to_owned(), uri.to_owned()))
    };
    text.match_indices("xmlns:").filter_map(declaration).collect()
}

fn push_text(content: &mut Vec<Content>, text: &str) {
    match content.last_mut() {
        Some(Content::Text(before)) => before.push_str(text),
        _ => content.push(Content::Text(text.to_owned())),
    }
}

/// The first element of `b` that is not as in `a`, children compared where the elements themselves agree;
/// `None` where both trees say the same.
pub(super) fn difference(a: &Tree, b: &Tree) -> Option<Id> {
    let mut open = vec![(ROOT, ROOT)];
    while let Some((in_a, in_b)) = open.pop() {
        let (element, other) = (a.at(in_a), b.at(in_b));
        let mut attributes = [element.attributes.clone(), other.attributes.clone()];
        attributes.iter_mut().for_each(|attributes| attributes.sort());
        let [of_a, of_b] = attributes;
        let outline = |tree: &Tree, id: Id| -> Vec<Result<Name, String>> {
            let content = tree.at(id).content.iter();
            content
                .map(|content| match content {
                    Content::Element(child) => Ok(tree.at(*child).name.clone()),
                    Content::Text(text) => Err(text.clone()),
                })
                .collect()
        };
        if element.name != other.name || of_a != of_b || outline(a, in_a) != outline(b, in_b) {
            return Some(in_b);
        }
        let mut pairs: Vec<(Id, Id)> = a.children(in_a).zip(b.children(in_b)).collect();
        pairs.reverse();
        open.append(&mut pairs);
    }
    None
}
