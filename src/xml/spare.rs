//! Memory from document to document: the arrays of the last one on this thread wait for the next.
//!
//! They are a domain's largest blocks, five times its text. An allocator gives such blocks back to the system when they
//! are freed and asks for them again at the next parse, and then every page of them is a fault, which costs more than
//! parsing what lies in the page. So one set of them is kept, if it is not large: a sidecar's memory at rest grows by
//! no more than [`MOST`], and by less where the domains are smaller than 40 KB.

use std::cell::Cell;
use std::mem::take;

use super::arena::{Attribute, Node, Undo};

/// The most bytes that a thread keeps.
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
