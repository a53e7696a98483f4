//! Where in a domain a node may stand, by libvirt's grammar: what an XPath selects when no document
//! is at hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::vocabulary::{Model, Name, Values};

/// An element of the grammar, with those around it.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: Name<'static>,
    pub(super) model: Model,
    pub(super) parent: Option<Arc<Element>>,
    /// `/domain/devices/disk`
    pub(super) path: String,
}

/// A place of a node.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    /// The root node, above `<domain>`.
    Root,
    Element(Arc<Element>),
    /// An attribute of an element, and what it may say.
    Attribute(Arc<Element>, Values),
}

/// The places that an expression's nodes may have.
#[derive(Debug, Clone, Default)]
pub(super) struct Spots {
    /// By path: `/domain/devices/disk/@type`.
    pub(super) known: BTreeMap<String, Spot>,
    /// Whether they may be elsewhere too: in JSON, in metadata, among computed values.
    pub(super) open: bool,
}

impl Element {
    /// `<domain>`.
    pub(super) fn domain() -> Arc<Self> {
        let name = Name::new("", "domain");
        Arc::new(Self { name, model: Model::DOMAIN, parent: None, path: "/domain".to_owned() })
    }

    /// Its child elements.
    pub(super) fn children(self: &Arc<Self>) -> impl Iterator<Item = Arc<Self>> {
        self.model.children().map(|(name, model)| {
            let path = format!("{}/{name}", self.path);
            Arc::new(Self { name, model, parent: Some(Arc::clone(self)), path })
        })
    }

    /// The child element of this name.
    pub(super) fn child(self: &Arc<Self>, wanted: Name<'_>) -> Option<Arc<Self>> {
        self.children().find(|child| child.name == wanted)
    }

    /// It and everything in it; elements that hold themselves are gone into once.
    pub(super) fn within(self: &Arc<Self>) -> Vec<Arc<Self>> {
        let mut all = vec![Arc::clone(self)];
        let mut next = 0;
        while let Some(element) = all.get(next).cloned() {
            next += 1;
            all.extend(element.children().filter(|child| !element.chain().any(|above| above.model == child.model)));
        }
        all
    }

    /// It and the elements around it, the innermost first.
    pub(super) fn chain(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Self>> {
        std::iter::successors(Some(self), |element| element.parent.as_ref())
    }
}

impl Spot {
    /// The element that it is, or that it is an attribute of.
    pub(super) fn element(&self) -> Option<&Arc<Element>> {
        match self {
            Spot::Root => None,
            Spot::Element(element) | Spot::Attribute(element, _) => Some(element),
        }
    }
}

impl Spots {
    /// Nothing is known of these.
    pub(super) fn anywhere() -> Self {
        Self { known: BTreeMap::new(), open: true }
    }

    /// The root node.
    pub(super) fn root() -> Self {
        Self { known: BTreeMap::from([("/".to_owned(), Spot::Root)]), open: false }
    }

    pub(super) fn add_element(&mut self, element: Arc<Element>) {
        self.known.insert(element.path.clone(), Spot::Element(element));
    }

    pub(super) fn add_attribute(&mut self, element: &Arc<Element>, name: &str, values: Values) {
        self.known.insert(format!("{}/@{name}", element.path), Spot::Attribute(Arc::clone(element), values));
    }

    /// Those of `other` as well.
    pub(super) fn join(&mut self, other: Self) {
        self.open |= other.open;
        self.known.extend(other.known);
    }

    /// The elements among them.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Arc<Element>> {
        self.known.values().filter_map(|spot| match spot {
            Spot::Element(element) => Some(element),
            _ => None,
        })
    }

    /// Whether all of them are known, and there are some.
    pub(super) fn is_sure(&self) -> bool {
        !self.open && !self.known.is_empty()
    }

    /// The first few paths, for a message.
    pub(super) fn describe(&self) -> String {
        let mut text = self.known.keys().take(2).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" or ");
        if self.known.len() > 2 {
            text.push_str(" or others");
        }
        text
    }
}
