//! Elements of one name: each knows the one that was made before it, so that they are found without a look at all that
//! stands between them. Nodes are only ever added to the arena, so that these chains need no undoing; what was removed
//! or stands elsewhere is told apart by its parent. An element that gets another name stays in its chain, and so that name and
//! the other one have no chain from then on.

use crate::xpath::{Found, Kind, Listed};

use super::arena::{NONE, Node, Place, some};
use super::names::UNKNOWN;
use super::{Document, NameId, NodeId};

/// Names of so few elements are looked up among these elements, and not among the siblings.
const FEW: u32 = 8;

/// See [`Document::children_alike`].
#[derive(Debug)]
pub struct Alike<'d, 'i> {
    document: &'d Document<'i>,
    parent: u32,
    kind: Kind,
    /// The expanded name.
    name: u32,
    /// The next one of this name or [`NONE`]; nothing where there is no such chain.
    by_name: Option<u32>,
    /// The next sibling or [`NONE`].
    by_place: u32,
    /// Whose turn it is.
    turn: bool,
    looked_at: u64,
}

impl Alike<'_, '_> {
    /// How many nodes were looked at since this was last asked.
    pub fn looked_at(&mut self) -> u64 {
        std::mem::take(&mut self.looked_at)
    }
}

impl Iterator for Alike<'_, '_> {
    type Item = NodeId;

    /// Both ways turn by turn, until one of them has come to its end: that was the shorter one.
    fn next(&mut self) -> Option<NodeId> {
        loop {
            self.looked_at += 1;
            self.turn = !self.turn;
            let by_name = self.by_name.filter(|_| self.turn);
            let at = some(by_name.unwrap_or(self.by_place))?;
            let node = self.document.arena.node(at);
            let found = if by_name.is_some() {
                self.by_name = Some(node.alike);
                node.parent == self.parent
            } else {
                self.by_place = node.next;
                self.document.is_like(node, self.kind, self.name)
            };
            if found {
                return Some(NodeId::node(at));
            }
        }
    }
}

impl<'i> Document<'i> {
    /// The children of `parent` that may be equal to `node` by their kind and name, in no order, and some of them twice:
    /// an insertion is compared with what stands there. Whether one is equal, [`Document::deep_equal`] says.
    pub fn children_alike(&self, parent: NodeId, node: NodeId) -> Alike<'_, 'i> {
        let (Place::Node(parent), Place::Node(node)) = (parent.place(), node.place()) else {
            return self.all_alike(NONE, NONE);
        };
        self.all_alike(parent, node)
    }

    fn all_alike(&self, parent: u32, node: u32) -> Alike<'_, 'i> {
        let Node { kind, name, .. } = *self.arena.node(node);
        let name = self.names.expanded(name);
        let chain = self.names.get(name);
        Alike {
            document: self,
            parent,
            kind,
            name,
            by_name: chain.filter(|name| kind == Kind::Element && name.elements != UNKNOWN).map(|name| name.latest),
            by_place: self.arena.node(parent).first_child,
            turn: false,
            looked_at: 0,
        }
    }

    /// Whether a node is of this kind and expanded name.
    #[inline]
    fn is_like(&self, node: &Node, kind: Kind, expanded: u32) -> bool {
        node.kind == kind && self.names.means(node.name, expanded)
    }

    /// An element is about to get another name.
    pub(super) fn note_renamed(&mut self, element: u32, name: u32) {
        let old = self.arena.node(element).name;
        if self.names.expanded(old) != self.names.expanded(name) {
            self.names.forget_elements(old);
            self.names.forget_elements(name);
            self.renamed.push(element);
        }
    }

    /// The first of `from` and the siblings behind it, up to `end`, that may be equal to `node` by its kind and name, and how
    /// many were looked at.
    pub fn find_alike(&self, from: NodeId, end: Option<NodeId>, node: NodeId) -> (Option<NodeId>, u64) {
        let (Place::Node(mut at), Place::Node(node)) = (from.place(), node.place()) else { return (None, 1) };
        let end = match end.map(NodeId::place) {
            Some(Place::Node(end)) => end,
            _ => NONE,
        };
        let mut looked_at = 0;
        let Node { kind, name, .. } = *self.arena.node(node);
        let expanded = self.names.expanded(name);
        while at != end && at != NONE {
            looked_at += 1;
            let other = self.arena.node(at);
            if self.is_like(other, kind, expanded) {
                return (Some(NodeId::node(at)), looked_at);
            }
            at = other.next;
        }
        (None, looked_at)
    }

    /// The first element of this name among `node` and the siblings behind it. Where the name has few elements these are
    /// looked at, too, turn by turn, so that the shorter way decides.
    pub fn find_named(&self, node: NodeId, name: NameId) -> Found<NodeId> {
        let Place::Node(start) = node.place() else { return Found { node: None, next: None, looked_at: 1 } };
        let mut few = Few::new(self, start, name);
        let (mut at, mut looked_at) = (start, 1);
        loop {
            if let Some(only) = few.as_mut().and_then(|few| few.turn(self, &mut looked_at)) {
                match only {
                    Only::Known(found) => return Found { node: some(found).map(NodeId::node), next: None, looked_at },
                    Only::Unknown => few = None,
                }
            }
            let other = self.arena.node(at);
            let next = other.next;
            if self.is_like(other, Kind::Element, name.0) {
                return Found { node: Some(NodeId::node(at)), next: some(next).map(NodeId::node), looked_at };
            }
            if next == NONE {
                return Found { node: None, next: None, looked_at };
            }
            at = next;
            looked_at += 1;
        }
    }

    /// All elements of this name in the document, in its order, where that takes no walk: not below other nodes than the
    /// root, nor where edits have left more to find out than a walk does.
    pub fn named_below(&self, top: NodeId, name: NameId) -> Listed<NodeId> {
        let most = self.arena.arrays.nodes.len() / 2;
        let named = self.names.get(name.0).filter(|name| top == self.root() && name.elements as usize <= most);
        let Some(named) = named else { return Listed { nodes: None, looked_at: 0 } };
        // The list counts, too: nested questions ask for many short ones.
        let mut found = Vec::with_capacity(named.elements as usize);
        let (mut looked_at, mut in_order) = (3, !self.arena.shuffled);
        let mut at = named.latest;
        while at != NONE {
            looked_at += 1;
            let is_new = at as usize >= self.arena.parsed_nodes;
            let mut above = at;
            // Nobody has taken out what came with the input.
            while (is_new || self.arena.unlinked) && above != 0 && above != NONE {
                looked_at += 1;
                above = self.arena.node(above).parent;
            }
            if looked_at > most as u64 {
                return Listed { nodes: None, looked_at };
            }
            if above != NONE {
                in_order &= !is_new;
                found.push(NodeId::node(at));
            }
            at = self.arena.node(at).alike;
        }
        found.reverse();
        Listed { nodes: (in_order || found.len() < 2).then_some(found), looked_at }
    }
}

/// The chain of a name of few elements, while it is asked for a child.
struct Few {
    /// Where the search among the siblings begins, and their parent.
    start: u32,
    parent: u32,
    /// The next element of the name.
    at: u32,
    /// The one child of the parent among those before, or [`NONE`].
    found: u32,
}

/// What a chain says once it has come to its end.
enum Only {
    /// This one is the only one from the start on; [`NONE`] for none.
    Known(u32),
    /// That takes a look at the siblings.
    Unknown,
}

impl Few {
    fn new(document: &Document<'_>, start: u32, name: NameId) -> Option<Self> {
        let named = document.names.get(name.0).filter(|name| name.elements <= FEW)?;
        Some(Self { start, parent: document.arena.node(start).parent, at: named.latest, found: NONE })
    }

    /// Looks at one element; at the end of the chain says what it has seen.
    fn turn(&mut self, document: &Document<'_>, looked_at: &mut u64) -> Option<Only> {
        if self.at == NONE {
            return Some(self.only(document));
        }
        *looked_at += 1;
        let element = document.arena.node(self.at);
        if element.parent == self.parent {
            if self.found != NONE {
                return Some(Only::Unknown);
            }
            self.found = self.at;
        }
        self.at = element.alike;
        None
    }

    fn only(&self, document: &Document<'_>) -> Only {
        let Self { start, parent, found, .. } = *self;
        if found == NONE || found == start || document.arena.node(parent).first_child == start {
            return Only::Known(found);
        }
        let is_parsed = |at: u32| (at as usize) < document.arena.parsed_nodes;
        match !document.arena.shuffled && is_parsed(start) && is_parsed(found) {
            true => Only::Known(if found > start { found } else { NONE }),
            false => Only::Unknown,
        }
    }
}
