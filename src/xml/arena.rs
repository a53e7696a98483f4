//! Nodes and attributes in flat arrays, their links, and the journal of changes to them.

use std::borrow::Cow;
use std::cell::Cell;
use std::mem::take;

use crate::xpath::Kind;

use super::NodeId;

/// No node, no attribute, no declaration, no name.
pub(super) const NONE: u32 = u32::MAX;

/// This bit of a [`NodeId`] tells attributes from other nodes.
const ATTRIBUTE: u32 = 1 << 31;
/// This bit tells text values that belong to no tree.
const VALUE: u32 = 1 << 30;

/// The most nodes that ids have room for.
pub(super) const MAX_NODES: usize = VALUE as usize;

/// What an id addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Node(u32),
    Attribute(u32),
    Value(u32),
}

impl NodeId {
    pub(super) const fn node(index: u32) -> Self {
        Self(index)
    }

    pub(super) const fn attribute(index: u32) -> Self {
        Self(index | ATTRIBUTE)
    }

    pub(super) const fn value(index: u32) -> Self {
        Self(index | VALUE)
    }

    pub(super) const fn place(self) -> Place {
        if self.0 & ATTRIBUTE != 0 {
            Place::Attribute(self.0 & !ATTRIBUTE)
        } else if self.0 & VALUE != 0 {
            Place::Value(self.0 & !VALUE)
        } else {
            Place::Node(self.0)
        }
    }
}

/// Marks of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const NEW: Flags = Flags(0);
    /// `start..end` is a span of the added text, not of the input.
    pub(super) const ADDED: Flags = Flags(1);
    /// The element's tags are written from its name and attributes; the input has none for it.
    pub(super) const GENERATED: Flags = Flags(2);
    /// Something in the start tag is not as in the input.
    pub(super) const TAG: Flags = Flags(4);
    /// A child was put in or taken out, or a node below is marked.
    pub(super) const TOUCHED: Flags = Flags(8);
    /// White space that an insertion put before the next sibling.
    pub(super) const LAYOUT: Flags = Flags(16);
    /// Taken out of the document.
    pub(super) const REMOVED: Flags = Flags(32);
    /// The element is known to have no text but white space: ten thousand insertions ask for it.
    pub(super) const PLAIN: Flags = Flags(64);

    pub(super) const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// Whether any of `other` is set.
    pub(super) const fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }
}

/// A node that is no attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) flags: Flags,
    /// The name of an element, the target of a processing instruction.
    pub(super) name: u32,
    /// Of an element the one of this expanded name that was made before it: see [`super::alike`].
    pub(super) alike: u32,
    pub(super) parent: u32,
    pub(super) first_child: u32,
    pub(super) last_child: u32,
    pub(super) previous: u32,
    pub(super) next: u32,
    pub(super) first_attribute: u32,
    /// The first namespace declaration on this element.
    pub(super) declaration: u32,
    /// The markup, from its first to behind its last byte.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The start tag ends here.
    pub(super) tag_end: u32,
    /// The end tag begins here; `end` where the element is written as one empty tag.
    pub(super) close: u32,
}

impl Node {
    pub(super) const fn new(kind: Kind, flags: Flags, start: u32, end: u32) -> Self {
        Self {
            kind,
            flags,
            name: NONE,
            alike: NONE,
            parent: NONE,
            first_child: NONE,
            last_child: NONE,
            previous: NONE,
            next: NONE,
            first_attribute: NONE,
            declaration: NONE,
            start,
            end,
            tag_end: end,
            close: end,
        }
    }
}

/// What an id of no node in the arena reads as: a text without parent.
static STRAY: Node = Node::new(Kind::Text, Flags::ADDED, 0, 0);

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute {
    pub(super) element: u32,
    pub(super) attached: bool,
    pub(super) name: u32,
    pub(super) next: u32,
    /// The whole `name="value"` in the input; [`NONE`] where an edit made the attribute.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The value in the input, without quotes, begins here and ends before `end - 1`.
    pub(super) value: u32,
    /// The value in the added text, where an edit set it.
    pub(super) set: Option<(u32, u32)>,
}

static STRAY_ATTRIBUTE: Attribute = Attribute {
    element: NONE,
    attached: false,
    name: NONE,
    next: NONE,
    start: NONE,
    end: NONE,
    value: NONE,
    set: None,
};

/// `xmlns="uri"` or `xmlns:prefix="uri"`.
#[derive(Debug, Clone)]
pub(super) struct Declaration<'i> {
    pub(super) prefix: Cow<'i, str>,
    pub(super) namespace: u32,
    /// The next declaration of the same element.
    pub(super) next: u32,
    /// Whether it stands in the input's start tag.
    pub(super) parsed: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Undo {
    Node(u32, Node),
    Attribute(u32, Attribute),
}

/// The most bytes that a thread keeps of a document's arrays for the next one. They are a document's largest blocks, five
/// times its text: given back to the system, every page of them is a fault at the next parse, which costs more than
/// parsing what lies in the page. A sidecar's memory at rest grows by no more than this.
const MOST: usize = 256 << 10;

/// The arrays of an arena. Apart from it, because nothing of the text is in them: so a document, too, may outlive its text
/// where it is not used any more.
#[derive(Debug)]
pub(super) struct Arrays {
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) journal: Vec<Undo>,
}

thread_local! {
    static KEPT: Cell<Option<Room>> = const { Cell::new(None) };
}

impl Drop for Arrays {
    fn drop(&mut self) {
        let (nodes, attributes, journal) = (take(&mut self.nodes), take(&mut self.attributes), take(&mut self.journal));
        Room { nodes, attributes, journal }.keep();
    }
}

impl Arrays {
    /// Empty arrays with room for so many nodes and attributes.
    pub(super) fn with_room(nodes: usize, attributes: usize) -> Self {
        // An error says that the thread ends: then nothing is kept any more.
        let mut room = KEPT.try_with(Cell::take).ok().flatten().unwrap_or_default();
        room.nodes.reserve(nodes);
        room.attributes.reserve(attributes);
        Self { nodes: room.nodes, attributes: room.attributes, journal: room.journal }
    }
}

/// Arrays without a document.
#[derive(Default)]
struct Room {
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    journal: Vec<Undo>,
}

impl Room {
    /// Keeps the arrays for the next document. Of two sets the larger one stays, as long as it is not too large.
    fn keep(mut self) {
        self.nodes.clear();
        self.attributes.clear();
        self.journal.clear();
        if self.bytes() > MOST {
            return;
        }
        // An error says that the thread ends.
        let _ = KEPT.try_with(|kept| {
            let other = kept.take().filter(|other| other.bytes() > self.bytes());
            kept.set(Some(other.unwrap_or(self)));
        });
    }

    fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.attributes.capacity() * size_of::<Attribute>()
            + self.journal.capacity() * size_of::<Undo>()
    }
}

#[derive(Debug)]
pub(super) struct Arena<'i> {
    pub(super) arrays: Arrays,
    pub(super) declarations: Vec<Declaration<'i>>,
    /// So many nodes stem from the input, in document order; likewise attributes.
    pub(super) parsed_nodes: usize,
    pub(super) parsed_attributes: usize,
    /// Whether an element of the input was ever taken out, and whether one was put in elsewhere.
    pub(super) unlinked: bool,
    pub(super) shuffled: bool,
}

impl<'i> Arena<'i> {
    /// An arena for a text of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        // Libvirt's indented domains have a node every 18 bytes and an attribute every 30.
        let arrays = Arrays::with_room(bytes / 16 + 8, bytes / 28 + 8);
        Self {
            arrays,
            declarations: Vec::new(),
            parsed_nodes: 0,
            parsed_attributes: 0,
            unlinked: false,
            shuffled: false,
        }
    }

    pub(super) fn node(&self, index: u32) -> &Node {
        self.arrays.nodes.get(index as usize).unwrap_or(&STRAY)
    }

    pub(super) fn attribute(&self, index: u32) -> &Attribute {
        self.arrays.attributes.get(index as usize).unwrap_or(&STRAY_ATTRIBUTE)
    }

    pub(super) fn declaration(&self, index: u32) -> Option<&Declaration<'i>> {
        self.declarations.get(index as usize)
    }

    /// Changes a node, and notes how it was.
    pub(super) fn change(&mut self, index: u32, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.arrays.nodes.get_mut(index as usize) {
            self.arrays.journal.push(Undo::Node(index, *node));
            change(node);
        }
    }

    /// Changes an attribute, and notes how it was.
    pub(super) fn change_attribute(&mut self, index: u32, change: impl FnOnce(&mut Attribute)) {
        if let Some(attribute) = self.arrays.attributes.get_mut(index as usize) {
            self.arrays.journal.push(Undo::Attribute(index, *attribute));
            change(attribute);
        }
    }

    /// Takes changes back until the journal is `length` long; tells whether there were any.
    pub(super) fn undo_to(&mut self, length: usize) -> bool {
        let any = self.arrays.journal.len() > length;
        while self.arrays.journal.len() > length {
            match self.arrays.journal.pop() {
                Some(Undo::Node(index, node)) => self.arrays.nodes[index as usize] = node,
                Some(Undo::Attribute(index, attribute)) => self.arrays.attributes[index as usize] = attribute,
                None => break,
            }
        }
        any
    }

    pub(super) fn push(&mut self, node: Node) -> u32 {
        let index = index(self.arrays.nodes.len());
        self.arrays.nodes.push(node);
        index
    }

    pub(super) fn children(&self, parent: u32) -> impl Iterator<Item = u32> + '_ {
        self.chain(self.node(parent).first_child)
    }

    /// A node and the siblings after it.
    fn chain(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors((first != NONE).then_some(first), |&at| some(self.node(at).next))
    }

    pub(super) fn attributes_of(&self, element: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(some(self.node(element).first_attribute), |&at| some(self.attribute(at).next))
    }

    pub(super) fn declarations_of(&self, element: u32) -> impl Iterator<Item = &Declaration<'i>> + '_ {
        let first = self.declaration(self.node(element).declaration);
        std::iter::successors(first, |declaration| self.declaration(declaration.next))
    }

    /// The element and its ancestors, the root last.
    pub(super) fn upwards(&self, from: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(some(from), |&at| some(self.node(at).parent))
    }

    /// The topmost node above: the root's index, 0, where the node is attached.
    pub(super) fn top(&self, node: u32) -> u32 {
        self.upwards(node).last().unwrap_or(NONE)
    }

    /// The node after `node` in document order, within the tree of `top`.
    pub(super) fn following(&self, node: u32, top: u32) -> Option<u32> {
        let data = self.node(node);
        if data.first_child != NONE {
            return Some(data.first_child);
        }
        let mut at = node;
        while at != top {
            let data = self.node(at);
            if data.next != NONE {
                return Some(data.next);
            }
            at = some(data.parent)?;
        }
        None
    }

    /// The node before `node` in document order, within its tree.
    pub(super) fn preceding(&self, node: u32) -> Option<u32> {
        let data = self.node(node);
        let mut at = some(data.previous);
        if at.is_none() {
            return some(data.parent);
        }
        while let Some(last) = at.and_then(|at| some(self.node(at).last_child)) {
            at = Some(last);
        }
        at
    }

    fn is_parsed_element(&self, node: u32) -> bool {
        (node as usize) < self.parsed_nodes && self.node(node).kind == Kind::Element
    }

    /// Marks an element and all above it: something in them changed.
    pub(super) fn touch(&mut self, from: u32) {
        let mut at = from;
        while at != NONE && !self.node(at).flags.has(Flags::TOUCHED) {
            let parent = self.node(at).parent;
            self.change(at, |node| node.flags = node.flags.with(Flags::TOUCHED));
            at = parent;
        }
    }

    /// Marks an element's start tag as changed.
    pub(super) fn touch_tag(&mut self, element: u32) {
        if !self.node(element).flags.has(Flags::TAG) {
            self.change(element, |node| node.flags = node.flags.with(Flags::TAG));
        }
        self.touch(element);
    }

    /// Puts a node without parent under `parent`, before the child `before` or as its last.
    pub(super) fn link(&mut self, parent: u32, before: u32, node: u32) {
        let previous = if before == NONE { self.node(parent).last_child } else { self.node(before).previous };
        self.change(node, |node| {
            node.parent = parent;
            node.previous = previous;
            node.next = before;
            node.flags = node.flags.without(Flags::REMOVED);
        });
        if previous == NONE {
            self.change(parent, |parent| parent.first_child = node);
        } else {
            self.change(previous, |previous| previous.next = node);
        }
        if before == NONE {
            self.change(parent, |parent| parent.last_child = node);
        } else {
            self.change(before, |before| before.previous = node);
        }
        self.shuffled |= self.is_parsed_element(node);
        let linked = self.node(node);
        if linked.kind == Kind::Text && !linked.flags.has(Flags::LAYOUT) {
            self.forget_plain(parent);
        }
        self.touch(parent);
    }

    /// A text below the element is another one now.
    pub(super) fn forget_plain(&mut self, element: u32) {
        if self.node(element).flags.has(Flags::PLAIN) {
            self.change(element, |node| node.flags = node.flags.without(Flags::PLAIN));
        }
    }

    /// Takes a node out from under its parent.
    pub(super) fn unlink(&mut self, node: u32) {
        let Node { parent, previous, next, .. } = *self.node(node);
        if parent == NONE {
            return;
        }
        self.unlinked |= self.is_parsed_element(node);
        self.change(node, |node| {
            (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
            node.flags = node.flags.with(Flags::REMOVED);
        });
        if previous == NONE {
            self.change(parent, |parent| parent.first_child = next);
        } else {
            self.change(previous, |previous| previous.next = next);
        }
        if next == NONE {
            self.change(parent, |parent| parent.last_child = previous);
        } else {
            self.change(next, |next| next.previous = previous);
        }
        self.touch(parent);
    }
}

/// The index, where there is one.
pub(super) fn some(index: u32) -> Option<u32> {
    (index != NONE).then_some(index)
}

/// A length or offset as the arena keeps it. All are bounded far below, by the limits.
pub(super) fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}
