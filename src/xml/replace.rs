//! Putting a fragment in a node's place.

use crate::xpath::Kind;

use super::arena::{Flags, NONE, Node};
use super::{Document, EditError, NodeId};

impl Document<'_> {
    /// Puts nodes in the place of a node; tells whether that changed anything. One element for an
    /// element: as [`Document::replace_element`], keeping nothing. No nodes: as [`Document::remove`].
    ///
    /// # Errors
    /// Where the node is the root, an attribute or removed, or a new node is not what it must be.
    pub fn replace(&mut self, node: NodeId, with: &[NodeId]) -> Result<bool, EditError> {
        if with.is_empty() {
            return self.remove(node).map(|()| true);
        }
        if let (Kind::Element, [one]) = (self.kind(node), with)
            && self.kind(*one) == Kind::Element
        {
            return self.replace_element(node, *one, &[]);
        }
        let at = self.attached(node)?;
        if at == 0 || at == self.root_element_index() {
            return Err(EditError::WrongKind);
        }
        let parent = self.arena.node(at).parent;
        let with = self.insertable(parent, with)?;
        let mixed = self.learn_mixed(parent) || with.iter().any(|&node| self.is_content(node));
        let lines = if mixed { None } else { self.lines_beside(at) };
        self.all_or_nothing(|document| {
            let behind = document.arena.node(at).next;
            document.put(parent, behind, &with, lines.as_ref())?;
            // The node's own white space now stands before the first new one.
            let Node { previous, next, .. } = *document.arena.node(at);
            document.arena.unlink(at);
            if lines.is_some() && next != NONE && document.arena.node(next).flags.has(Flags::LAYOUT) {
                document.arena.unlink(next);
            } else {
                document.join_texts(previous, next);
            }
            Ok(true)
        })
    }

    /// Gives an element the name, attributes and content of a detached one, which is left empty; tells
    /// whether that changed anything. The element stays the same node. Those of its children that
    /// are listed in `keep` stay: in the place of a new child of their name, else last, in their order.
    ///
    /// # Errors
    /// Where one of them is no element, the first is removed, or the other is not detached.
    pub fn replace_element(&mut self, node: NodeId, with: NodeId, keep: &[NodeId]) -> Result<bool, EditError> {
        let element = self.attached(node)?;
        let fragment = self.insertable(element, &[with])?;
        let &[fragment] = fragment.as_slice() else { return Err(EditError::WrongKind) };
        let is_element = |at: u32| self.arena.node(at).kind == Kind::Element;
        if !is_element(element) || !is_element(fragment) {
            return Err(EditError::WrongKind);
        }
        let keep: Vec<u32> = self
            .arena
            .children(element)
            .filter(|&child| is_element(child) && keep.contains(&NodeId::node(child)))
            .collect();
        let finished = self.finished(fragment, &keep);
        if self.same_tag(element, fragment) && self.same_content(element, &finished) {
            return Ok(false);
        }
        self.all_or_nothing(|document| {
            let on_one_line = element == document.root_element_index() && !document.text.contains('\n');
            let mixed = document.learn_mixed(document.arena.node(element).parent);
            let lines = if mixed || on_one_line { None } else { document.lines_beside(element) };
            document.move_tag(element, fragment, keep.is_empty());
            let old: Vec<u32> = document.arena.children(element).collect();
            old.into_iter().for_each(|child| document.arena.unlink(child));
            for child in finished {
                document.arena.unlink(child);
                document.arena.link(element, NONE, child);
            }
            document.set_out(element, lines.as_ref());
            document.order.get_mut().moved(&document.arena, element);
            document.bind(element)?;
            Ok(true)
        })
    }

    /// The fragment's children, with the kept ones among them.
    fn finished(&self, fragment: u32, keep: &[u32]) -> Vec<u32> {
        let expanded = |at: u32| self.names.get(self.arena.node(at).name).map(|name| name.expanded);
        let mut left = keep.to_vec();
        let mut finished = Vec::new();
        for child in self.arena.children(fragment) {
            let is_element = self.arena.node(child).kind == Kind::Element;
            let kept = left.iter().position(|&kept| is_element && expanded(kept) == expanded(child));
            finished.push(kept.map_or(child, |kept| left.remove(kept)));
        }
        finished.extend(left);
        finished
    }

    /// Gives `element` the name and attributes of `fragment`.
    fn move_tag(&mut self, element: u32, fragment: u32, forget_declarations: bool) {
        let old: Vec<u32> = self.arena.attributes_of(element).collect();
        for attribute in old {
            self.arena.change_attribute(attribute, |attribute| {
                attribute.attached = false;
                attribute.next = NONE;
            });
        }
        let new: Vec<u32> = self.arena.attributes_of(fragment).collect();
        for attribute in new {
            self.arena.change_attribute(attribute, |attribute| attribute.element = element);
        }
        let Node { name, first_attribute, declaration, .. } = *self.arena.node(fragment);
        self.note_renamed(element, name);
        self.arena.change(fragment, |node| node.first_attribute = NONE);
        self.arena.change(element, |node| {
            node.name = name;
            node.first_attribute = first_attribute;
            node.flags = node.flags.with(Flags::GENERATED);
            if forget_declarations {
                node.declaration = declaration;
            }
        });
        self.arena.touch_tag(element);
    }
}
