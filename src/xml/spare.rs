//! Memory from document to document: the arrays of the last one on this thread wait for the next.
//!
//! They are a domain's largest blocks, five times its text. An allocator gives such blocks back to the system when they
//! are freed and asks for them again at the next parse, and then every page of them is a fault, which costs more than
//! parsing what lies in the page. So one set of them is kept, if it is not large: a sidecar's memory at rest grows by
//! no more than [`MOST`], and by less where the domains are smaller than 40 KB.

use std::cell::Cell;
use std::mem::take;

use super::arena::{Arena, Attribute, Node, Undo};

/// The most bytes that a thread keeps.
const MOST: usize = 256 << 10;

/// The arrays of an arena, empty.
#[derive(Debug, Default)]
struct Arrays {
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    journal: Vec<Undo>,
}

thread_local! {
    static KEPT: Cell<Option<Arrays>> = const { Cell::new(None) };
}

impl Arena<'_> {
    /// An arena for a text of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        // Libvirt's indented domains have a node every 18 bytes and an attribute every 30.
        let Arrays { nodes, attributes, journal } = Arrays::with_room(bytes / 16 + 8, bytes / 28 + 8);
        Self { nodes, attributes, declarations: Vec::new(), journal, parsed_nodes: 0, parsed_attributes: 0 }
    }
}

impl Drop for Arena<'_> {
    fn drop(&mut self) {
        let (nodes, attributes, journal) = (take(&mut self.nodes), take(&mut self.attributes), take(&mut self.journal));
        Arrays { nodes, attributes, journal }.keep();
    }
}

impl Arrays {
    /// Arrays with room for so many nodes and attributes: those that are kept, if there are any.
    fn with_room(nodes: usize, attributes: usize) -> Self {
        // While a thread ends nothing is kept any more.
        let mut arrays = KEPT.try_with(Cell::take).ok().flatten().unwrap_or_default();
        arrays.nodes.reserve(nodes);
        arrays.attributes.reserve(attributes);
        arrays
    }

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
