//! The oracle tree: XPath's questions answered by roxmltree, plainly and slowly, for comparison.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

use virt_patch::xpath::{Kind, Tree};

/// A parsed document and the text nodes made by expressions.
pub(crate) struct Roxml {
    nodes: Vec<Node>,
    made: RefCell<Vec<Rc<str>>>,
}

/// One node of the XPath data model; adjacent text and CDATA are one.
struct Node {
    kind: Kind,
    parent: Option<usize>,
    children: Vec<usize>,
    attributes: Vec<usize>,
    namespace: String,
    prefix: String,
    local: String,
    text: String,
}

/// A handle: of the document, by document order, or of a made text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Handle {
    Document(usize),
    Made(usize),
}

impl Roxml {
    /// Reads a document; the root is `Handle::Document(0)`.
    pub(crate) fn parse(text: &str) -> Self {
        let document = roxmltree::Document::parse(text).expect("a well-formed document");
        let mut tree = Self { nodes: Vec::new(), made: RefCell::default() };
        tree.add(None, document.root(), text);
        tree
    }

    /// The document node.
    pub(crate) fn root(&self) -> Handle {
        Handle::Document(0)
    }

    fn push(&mut self, parent: Option<usize>, kind: Kind) -> usize {
        let (namespace, prefix, local, text) = Default::default();
        self.nodes.push(Node {
            kind,
            parent,
            children: Vec::new(),
            attributes: Vec::new(),
            namespace,
            prefix,
            local,
            text,
        });
        self.nodes.len() - 1
    }

    fn add(&mut self, parent: Option<usize>, source: roxmltree::Node<'_, '_>, text: &str) {
        use roxmltree::NodeType;
        let kind = match source.node_type() {
            NodeType::Root => Kind::Root,
            NodeType::Element => Kind::Element,
            NodeType::PI => Kind::ProcessingInstruction,
            NodeType::Comment => Kind::Comment,
            NodeType::Text => Kind::Text,
        };
        let sibling = parent.and_then(|parent| self.nodes[parent].children.last().copied());
        if let (Kind::Text, Some(sibling)) = (kind, sibling)
            && self.nodes[sibling].kind == Kind::Text
        {
            self.nodes[sibling].text += source.text().unwrap_or("");
            return;
        }
        let id = self.push(parent, kind);
        if let Some(parent) = parent {
            self.nodes[parent].children.push(id);
        }
        match kind {
            Kind::Element => {
                let written = written_name(&text[source.range().start + 1..]);
                self.nodes[id].prefix = prefix(written);
                self.nodes[id].namespace = source.tag_name().namespace().unwrap_or("").to_owned();
                self.nodes[id].local = source.tag_name().name().to_owned();
                for attribute in source.attributes() {
                    let added = self.push(Some(id), Kind::Attribute);
                    self.nodes[added].prefix = prefix(written_name(&text[attribute.range().start..]));
                    self.nodes[added].namespace = attribute.namespace().unwrap_or("").to_owned();
                    self.nodes[added].local = attribute.name().to_owned();
                    self.nodes[added].text = attribute.value().to_owned();
                    self.nodes[id].attributes.push(added);
                }
            }
            Kind::ProcessingInstruction => {
                let pi = source.pi().expect("a processing instruction");
                self.nodes[id].local = pi.target.to_owned();
                self.nodes[id].text = pi.value.unwrap_or("").to_owned();
            }
            _ => self.nodes[id].text = source.text().unwrap_or("").to_owned(),
        }
        for child in source.children() {
            self.add(Some(id), child, text);
        }
    }

    fn node(&self, handle: Handle) -> Option<&Node> {
        match handle {
            Handle::Document(id) => self.nodes.get(id),
            Handle::Made(_) => None,
        }
    }

    fn siblings(&self, handle: Handle) -> Option<(&[usize], usize)> {
        let Handle::Document(id) = handle else { return None };
        let parent = self.nodes[id].parent?;
        let of_kind = if self.nodes[id].kind == Kind::Attribute {
            &self.nodes[parent].attributes
        } else {
            &self.nodes[parent].children
        };
        Some((of_kind, of_kind.iter().position(|&sibling| sibling == id)?))
    }
}

fn written_name(text: &str) -> &str {
    text.split(|end: char| end.is_ascii_whitespace() || "=/>".contains(end)).next().unwrap_or("")
}

fn prefix(name: &str) -> String {
    name.split_once(':').map_or("", |(prefix, _)| prefix).to_owned()
}

impl Tree for Roxml {
    type Node = Handle;
    /// The node whose name it is: any node of that name will do.
    type Name = usize;

    fn kind(&self, node: Handle) -> Kind {
        self.node(node).map_or(Kind::Text, |node| node.kind)
    }
    fn parent(&self, node: Handle) -> Option<Handle> {
        self.node(node)?.parent.map(Handle::Document)
    }
    fn first_child(&self, node: Handle) -> Option<Handle> {
        self.node(node)?.children.first().copied().map(Handle::Document)
    }
    fn last_child(&self, node: Handle) -> Option<Handle> {
        self.node(node)?.children.last().copied().map(Handle::Document)
    }
    fn next_sibling(&self, node: Handle) -> Option<Handle> {
        let (siblings, at) = self.siblings(node)?;
        (self.kind(node) != Kind::Attribute).then(|| siblings.get(at + 1).copied().map(Handle::Document))?
    }
    fn previous_sibling(&self, node: Handle) -> Option<Handle> {
        let (siblings, at) = self.siblings(node)?;
        (self.kind(node) != Kind::Attribute).then(|| siblings.get(at.checked_sub(1)?).copied().map(Handle::Document))?
    }
    fn first_attribute(&self, element: Handle) -> Option<Handle> {
        self.node(element)?.attributes.first().copied().map(Handle::Document)
    }
    fn next_attribute(&self, attribute: Handle) -> Option<Handle> {
        let (siblings, at) = self.siblings(attribute)?;
        siblings.get(at + 1).copied().map(Handle::Document)
    }
    fn local_name(&self, node: Handle) -> &str {
        self.node(node).map_or("", |node| &node.local)
    }
    fn namespace(&self, node: Handle) -> &str {
        self.node(node).map_or("", |node| &node.namespace)
    }
    fn prefix(&self, node: Handle) -> &str {
        self.node(node).map_or("", |node| &node.prefix)
    }
    fn resolve(&self, namespace: &str, local: &str) -> Option<usize> {
        let named = |node: &Node| node.namespace == namespace && node.local == local;
        self.nodes.iter().position(|node| matches!(node.kind, Kind::Element | Kind::Attribute) && named(node))
    }
    fn is_named(&self, node: Handle, name: usize) -> bool {
        self.node(node)
            .is_some_and(|node| node.local == self.nodes[name].local && node.namespace == self.nodes[name].namespace)
    }
    fn text(&self, node: Handle) -> Cow<'_, str> {
        match node {
            Handle::Document(id) => Cow::Borrowed(&self.nodes[id].text),
            Handle::Made(id) => Cow::Owned(self.made.borrow()[id].to_string()),
        }
    }
    fn order(&self, a: Handle, b: Handle) -> Ordering {
        a.cmp(&b)
    }
    fn new_text(&self, text: Rc<str>) -> Handle {
        let mut made = self.made.borrow_mut();
        made.push(text);
        Handle::Made(made.len() - 1)
    }
}
