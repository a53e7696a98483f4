//! The dozen questions that XPath asks of a node.
//!
//! Domains, JSON values and test trees all answer them, so one evaluator serves all three, and an
//! older or slower tree can be its oracle.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Debug;
use std::hash::Hash;
use std::rc::Rc;

/// The node types of XPath 1.0, section 5, but for namespace nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The root (document) node.
    Root,
    /// An element; also a JSON member or item.
    Element,
    /// An attribute.
    Attribute,
    /// Text. CDATA sections and text beside each other are one node.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction.
    ProcessingInstruction,
}

/// A forest of nodes that XPath can walk.
///
/// Handles stay valid while the tree is edited; a handle of a removed node reads as before.
pub trait Tree {
    /// A handle of a node.
    type Node: Copy + Eq + Hash + Debug;
    /// An expanded name as the tree compares it, valid for one evaluation.
    type Name: Copy;

    /// What the node is.
    fn kind(&self, node: Self::Node) -> Kind;
    /// The parent; an attribute's is its element; a detached node or a root has none.
    fn parent(&self, node: Self::Node) -> Option<Self::Node>;
    /// The first child, never an attribute.
    fn first_child(&self, node: Self::Node) -> Option<Self::Node>;
    /// The last child.
    fn last_child(&self, node: Self::Node) -> Option<Self::Node>;
    /// The next sibling; an attribute has none.
    fn next_sibling(&self, node: Self::Node) -> Option<Self::Node>;
    /// The previous sibling; an attribute has none.
    fn previous_sibling(&self, node: Self::Node) -> Option<Self::Node>;
    /// An element's first attribute, in source order. Namespace declarations are no attributes.
    fn first_attribute(&self, element: Self::Node) -> Option<Self::Node>;
    /// The attribute after this one.
    fn next_attribute(&self, attribute: Self::Node) -> Option<Self::Node>;

    /// The local part of the name; a processing instruction's target; `""` for what has no name.
    fn local_name(&self, node: Self::Node) -> &str;
    /// The namespace URI of the name, `""` for none.
    fn namespace(&self, node: Self::Node) -> &str;
    /// The prefix as written, `""` for none.
    fn prefix(&self, node: Self::Node) -> &str;
    /// The name as the tree knows it; `None` where no node of the tree has it. `namespace` is `""` for none.
    fn resolve(&self, namespace: &str, local: &str) -> Option<Self::Name>;
    /// Whether an element or attribute has this name.
    fn is_named(&self, node: Self::Node, name: Self::Name) -> bool;

    /// The first element of this name among `node` and the siblings behind it. Most steps of most paths are this
    /// question, so a tree may know a shorter way to the same answer.
    fn find_named(&self, node: Self::Node, name: Self::Name) -> Found<Self::Node> {
        find_by_walking(self, node, name)
    }

    /// All elements of this name below a node, where the tree knows a shorter way than a walk through all that is below.
    fn named_below(&self, _top: Self::Node, _name: Self::Name) -> Listed<Self::Node> {
        Listed { nodes: None, looked_at: 0 }
    }

    /// The attribute of this name, and how many attributes were looked at: most predicates ask for one.
    fn find_attribute(&self, element: Self::Node, name: Self::Name) -> (Option<Self::Node>, u64) {
        let mut looked_at = 0;
        let mut next = if self.kind(element) == Kind::Element { self.first_attribute(element) } else { None };
        while let Some(attribute) = next {
            looked_at += 1;
            if self.is_named(attribute, name) {
                break;
            }
            next = self.next_attribute(attribute);
        }
        (next, looked_at)
    }

    /// Whether an attribute's value is this text, as [`Tree::text`] gives it.
    fn has_value(&self, attribute: Self::Node, value: &str) -> bool {
        self.text(attribute) == value
    }

    /// The node's own text: of an attribute its value, of text, comment or processing instruction
    /// its content, decoded; of an element or root `""` (the evaluator joins their texts).
    fn text(&self, node: Self::Node) -> Cow<'_, str>;
    /// Document order. Nodes of different trees: any order that is total and stays the same.
    fn order(&self, a: Self::Node, b: Self::Node) -> Ordering;

    /// A new text node without parent: an item of a sequence of values.
    fn new_text(&self, text: Rc<str>) -> Self::Node;
    /// The JSON that the node stands for, where it stems from JSON.
    fn json(&self, _node: Self::Node) -> Option<String> {
        None
    }
}

/// What [`Tree::find_named`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<N> {
    /// The element.
    pub node: Option<N>,
    /// Where the next one is looked for; none where there cannot be any.
    pub next: Option<N>,
    /// How many nodes were looked at.
    pub looked_at: u64,
}

/// What [`Tree::named_below`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<N> {
    /// The elements in document order; `None` where that takes a walk.
    pub nodes: Option<Vec<N>>,
    /// How many nodes were looked at, also in vain.
    pub looked_at: u64,
}

/// [`Tree::find_named`] by asking each sibling.
pub(crate) fn find_by_walking<T: Tree + ?Sized>(tree: &T, node: T::Node, name: T::Name) -> Found<T::Node> {
    let (mut at, mut looked_at) = (node, 1);
    loop {
        let next = tree.next_sibling(at);
        if tree.kind(at) == Kind::Element && tree.is_named(at, name) {
            return Found { node: Some(at), next, looked_at };
        }
        match next {
            Some(next) => at = next,
            None => return Found { node: None, next: None, looked_at },
        }
        looked_at += 1;
    }
}

/// What an expression gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<N> {
    /// Nodes: of a path in document order without duplicates; of a sequence in its own order.
    Nodes(Rc<[N]>),
    /// A string.
    Text(Rc<str>),
    /// A number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
}

/// Where an evaluation finds its variables.
pub trait Variables<N> {
    /// The value of `$name`.
    fn get(&self, name: &str) -> Option<&Value<N>>;
}
