//! Texts that only ever get more, so that references to them stay good while new ones come.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

/// Blocks double in size, so two dozen hold more than a call may build.
const BLOCKS: usize = 26;
const FIRST: usize = 16;

type Block = Box<[OnceCell<Rc<str>>]>;

/// An append-only list of texts.
#[derive(Debug, Default)]
pub(super) struct Pool {
    blocks: [OnceCell<Block>; BLOCKS],
    length: Cell<u32>,
}

impl Pool {
    /// Adds a text and gives its index.
    pub(super) fn push(&self, text: Rc<str>) -> u32 {
        let index = self.length.get();
        let (block, at) = place(index);
        if let Some(cell) = self.blocks.get(block) {
            let block = cell.get_or_init(|| vec![OnceCell::new(); FIRST << block].into_boxed_slice());
            if let Some(slot) = block.get(at) {
                slot.get_or_init(|| text);
            }
        }
        self.length.set(index.saturating_add(1));
        index
    }

    /// The text at an index that [`Pool::push`] gave.
    pub(super) fn get(&self, index: u32) -> &str {
        let (block, at) = place(index);
        let slot = self.blocks.get(block).and_then(OnceCell::get).and_then(|block| block.get(at));
        slot.and_then(OnceCell::get).map_or("", |text| text)
    }
}

/// Block and place in it: block `n` holds `FIRST << n` texts.
fn place(index: u32) -> (usize, usize) {
    let index = index as usize + FIRST;
    let block = (index / FIRST).ilog2() as usize;
    (block, index - (FIRST << block))
}
