//! Going through what stays of a mapping or a list, in whichever style it is written.

use serde_json::{Map, Value as Json};

use super::align::Alignment;
use super::diff::Update;
use super::merged::Members;
use crate::yaml::Node;
use crate::yaml::convert::is_merge_key;

/// A value that stays: what it was, and what it becomes.
#[derive(Clone, Copy)]
pub(super) struct Change<'t> {
    pub(super) value: &'t Node,
    pub(super) was: &'t Json,
    pub(super) becomes: &'t Json,
}

impl<'t> Update<'t> {
    /// Edits, entry by entry, what stays of a mapping and says something, merge keys aside; `edit` gets each key too.
    /// What goes is lost. `None` where an edit could not be placed.
    pub(super) fn entries_that_stay(
        &mut self,
        entries: &'t [(Node, Node)],
        members: &Members,
        (old, new): (&'t Map<String, Json>, &'t Map<String, Json>),
        mut edit: impl FnMut(&mut Self, &'t Node, Change<'t>) -> Option<()>,
    ) -> Option<()> {
        for (((key, value), gone), hidden) in entries.iter().zip(&members.gone).zip(&members.hidden) {
            if *gone {
                self.lose(value);
            } else if !*hidden && !is_merge_key(key) {
                self.keep_key(key);
                let name = key.text()?;
                edit(self, key, Change { value, was: old.get(name)?, becomes: new.get(name)? })?;
            }
        }
        Some(())
    }

    /// Edits, item by item, what stays of a list; `edit` gets the number of each too. What goes is lost: which do is
    /// given back, by item. `None` where an edit could not be placed.
    pub(super) fn items_that_stay(
        &mut self,
        items: &'t [Node],
        alignment: &Alignment,
        (old, new): (&'t [Json], &'t [Json]),
        mut edit: impl FnMut(&mut Self, usize, Change<'t>) -> Option<()>,
    ) -> Option<Vec<bool>> {
        let mut gone = vec![false; items.len()];
        for ((at, value), becomes) in items.iter().enumerate().zip(&alignment.becomes) {
            match *becomes {
                Some(becomes) => {
                    edit(self, at, Change { value, was: old.get(at)?, becomes: new.get(becomes)? })?;
                }
                None => {
                    self.lose(value);
                    gone[at] = true;
                }
            }
        }
        Some(gone)
    }
}
