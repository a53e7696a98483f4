//! Making nodes, and putting them in.

use crate::xpath::Kind;

use super::arena::{Flags, NONE, Node, Place, index, some};
use super::layout::Lines;
use super::{Document, EditError, NodeId, QName, escape};

impl Document<'_> {
    /// A new element without parent, attributes or content.
    ///
    /// # Errors
    /// Where the name is no XML name.
    pub fn create_element(&mut self, name: &QName) -> Result<NodeId, EditError> {
        let name = self.intern_name(name)?;
        let mut node = Node::new(Kind::Element, Flags::ADDED.with(Flags::GENERATED), 0, 0);
        node.name = name;
        node.alike = self.names.note_element(name, index(self.arena.arrays.nodes.len()));
        Ok(NodeId::node(self.arena.push(node)))
    }

    /// A new text without parent.
    ///
    /// # Errors
    /// Where XML cannot hold one of its characters.
    pub fn create_text(&mut self, text: &str) -> Result<NodeId, EditError> {
        escape::check(text)?;
        let start = self.added.len();
        // Escaped apart, so that a `]]` at the end of what was added before does not count as its own.
        let mut markup = String::with_capacity(text.len());
        escape::push_text(text, &mut markup);
        self.added.push_str(&markup);
        Ok(self.create_leaf(Kind::Text, start))
    }

    /// A new comment without parent.
    ///
    /// # Errors
    /// Where the text cannot be written as a comment.
    pub fn create_comment(&mut self, text: &str) -> Result<NodeId, EditError> {
        escape::check(text)?;
        if text.contains("--") || text.ends_with('-') || text.contains('\r') {
            return Err(EditError::InvalidSyntax(text.to_owned()));
        }
        let start = self.added.len();
        self.added.extend(["<!--", text, "-->"]);
        Ok(self.create_leaf(Kind::Comment, start))
    }

    /// A new processing instruction without parent.
    ///
    /// # Errors
    /// Where target or content cannot be written so.
    pub fn create_processing_instruction(&mut self, target: &str, content: &str) -> Result<NodeId, EditError> {
        escape::check(content)?;
        let wrong = !escape::is_ncname(target) || target.eq_ignore_ascii_case("xml");
        let padded = content.starts_with([' ', '\t', '\n']);
        if wrong || padded || content.contains("?>") || content.contains('\r') {
            return Err(EditError::InvalidSyntax(format!("{target} {content}")));
        }
        let name = self.intern_name(&QName::local(target))?;
        let start = self.added.len();
        let space = if content.is_empty() { "" } else { " " };
        self.added.extend(["<?", target, space, content, "?>"]);
        let node = self.create_leaf(Kind::ProcessingInstruction, start);
        if let Place::Node(at) = node.place() {
            self.arena.arrays.nodes[at as usize].name = name;
        }
        Ok(node)
    }

    fn create_leaf(&mut self, kind: Kind, start: usize) -> NodeId {
        let node = Node::new(kind, Flags::ADDED, index(start), index(self.added.len()));
        NodeId::node(self.arena.push(node))
    }

    /// Makes `child` the last child of a new element: fragments are put together so, without layout.
    /// An empty text adds nothing: XPath knows no text node without characters.
    ///
    /// # Errors
    /// Where the parent is no element of a fragment, or the child is not detached.
    pub fn append_detached(&mut self, parent: NodeId, child: NodeId) -> Result<(), EditError> {
        let parent = self.element(parent)?;
        let child = self.detached(child, parent)?;
        if self.is_attached_index(parent) {
            return Err(EditError::NotDetached);
        }
        if !self.is_empty_text(child) {
            self.arena.link(parent, NONE, child);
            self.order.get_mut().moved(&self.arena, child);
            self.merge_around(child);
        }
        Ok(())
    }

    fn is_empty_text(&self, node: u32) -> bool {
        self.arena.node(node).kind == Kind::Text && self.markup(node).is_empty()
    }

    /// Adds nodes as the last children of an element of the document.
    ///
    /// # Errors
    /// Where the parent or a node is not what it must be, or a prefix is taken. Nothing is changed then.
    pub fn insert_last(&mut self, parent: NodeId, nodes: &[NodeId]) -> Result<(), EditError> {
        let parent = self.attached(parent)?;
        if self.arena.node(parent).kind != Kind::Element {
            return Err(EditError::WrongKind);
        }
        let nodes = self.insertable(parent, nodes)?;
        self.all_or_nothing(|document| {
            if document.learn_mixed(parent) || nodes.iter().any(|&node| document.is_content(node)) {
                return document.put(parent, NONE, &nodes, None);
            }
            let last = document.last_beside_text(parent);
            if let Some(last) = last {
                let lines = document.lines_in(parent);
                return document.put(parent, document.arena.node(last).next, &nodes, lines.as_ref());
            }
            let lines = document.lines_in_empty(parent);
            let blank: Vec<u32> = document.arena.children(parent).collect();
            blank.into_iter().for_each(|space| document.arena.unlink(space));
            document.put(parent, NONE, &nodes, lines.as_ref())?;
            if let Some(lines) = lines.filter(|_| !nodes.is_empty()) {
                let space = document.white_space(&lines.close);
                document.arena.link(parent, NONE, space);
                document.order.get_mut().moved(&document.arena, space);
            }
            Ok(())
        })
    }

    /// The last child that is no text.
    fn last_beside_text(&self, parent: u32) -> Option<u32> {
        let last = some(self.arena.node(parent).last_child);
        let mut backwards = std::iter::successors(last, |&at| some(self.arena.node(at).previous));
        backwards.find(|&at| self.arena.node(at).kind != Kind::Text)
    }

    /// Puts nodes right before a node of the document.
    ///
    /// # Errors
    /// As [`Document::insert_last`].
    pub fn insert_before(&mut self, anchor: NodeId, nodes: &[NodeId]) -> Result<(), EditError> {
        let (parent, anchor) = self.anchor(anchor)?;
        let nodes = self.insertable(parent, nodes)?;
        let mixed = parent == 0 || self.learn_mixed(parent) || nodes.iter().any(|&node| self.is_content(node));
        let lines = if mixed { None } else { self.lines_beside(anchor) };
        // The anchor keeps the white space before it, so that taking the nodes out leaves no trace.
        let before = if lines.is_some() { self.arena.node(anchor).previous } else { anchor };
        self.all_or_nothing(|document| document.put(parent, before, &nodes, lines.as_ref()))
    }

    /// Puts nodes right behind a node of the document.
    ///
    /// # Errors
    /// As [`Document::insert_last`].
    pub fn insert_after(&mut self, anchor: NodeId, nodes: &[NodeId]) -> Result<(), EditError> {
        let (parent, anchor) = self.anchor(anchor)?;
        let nodes = self.insertable(parent, nodes)?;
        let mixed = parent == 0 || self.learn_mixed(parent) || nodes.iter().any(|&node| self.is_content(node));
        let lines = if mixed { None } else { self.lines_beside(anchor) };
        let before = self.arena.node(anchor).next;
        self.all_or_nothing(|document| document.put(parent, before, &nodes, lines.as_ref()))
    }

    /// Links nodes before `before`, sets them out and binds their prefixes.
    pub(super) fn put(
        &mut self,
        parent: u32,
        before: u32,
        nodes: &[u32],
        lines: Option<&Lines>,
    ) -> Result<(), EditError> {
        for &node in nodes {
            if let Some(lines) = lines {
                let space = self.white_space(&lines.child);
                self.arena.link(parent, before, space);
            }
            self.arena.link(parent, before, node);
            self.set_out(node, lines);
            self.order.get_mut().moved(&self.arena, node);
            self.bind(node)?;
        }
        for &node in nodes {
            self.merge_around(node);
        }
        Ok(())
    }

    /// Runs an edit; what it did before it failed is taken back.
    pub(super) fn all_or_nothing<T>(
        &mut self,
        edit: impl FnOnce(&mut Self) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        let mark = self.mark();
        let done = edit(self);
        if done.is_err() {
            self.undo_to(mark);
        }
        done
    }

    /// Joins a text with the texts that it has come to stand beside: XPath knows no two in a row.
    fn merge_around(&mut self, node: u32) {
        let Node { kind, previous, next, .. } = *self.arena.node(node);
        if kind != Kind::Text {
            return;
        }
        if previous != NONE && self.arena.node(previous).kind == Kind::Text {
            self.join_texts(previous, node);
            self.join_texts(previous, next);
        } else if next != NONE && self.arena.node(next).kind == Kind::Text {
            let markup = escape::join(self.markup(node), self.markup(next));
            self.arena.unlink(node);
            self.set_markup(next, &markup);
        }
    }

    /// Joins two neighbours if both are texts; the second one is taken out.
    pub(super) fn join_texts(&mut self, first: u32, second: u32) {
        let is_text = |at: u32| {
            let node = self.arena.node(at);
            at != NONE && node.kind == Kind::Text && node.parent != NONE
        };
        if !is_text(first) || !is_text(second) || self.arena.node(first).next != second {
            return;
        }
        let markup = escape::join(self.markup(first), self.markup(second));
        self.arena.unlink(second);
        self.set_markup(first, &markup);
    }

    /// Gives a text node other markup.
    pub(super) fn set_markup(&mut self, text: u32, markup: &str) {
        let start = index(self.added.len());
        self.added.push_str(markup);
        let end = index(self.added.len());
        self.arena.change(text, |node| {
            (node.start, node.end) = (start, end);
            node.flags = node.flags.with(Flags::ADDED).without(Flags::LAYOUT);
        });
        let parent = self.arena.node(text).parent;
        self.arena.forget_plain(parent);
        self.arena.touch(parent);
    }

    /// A node of the document beside which others can stand, after its parent.
    fn anchor(&self, anchor: NodeId) -> Result<(u32, u32), EditError> {
        let at = self.attached(anchor)?;
        let parent = some(self.arena.node(at).parent).ok_or(EditError::WrongKind)?;
        Ok((parent, at))
    }

    /// A node of the document that is no attribute.
    pub(super) fn attached(&self, node: NodeId) -> Result<u32, EditError> {
        match node.place() {
            Place::Node(at) if self.is_attached_index(at) => Ok(at),
            Place::Attribute(at) if self.arena.attribute(at).attached => Err(EditError::WrongKind),
            _ => Err(EditError::Detached),
        }
    }

    /// The indices of nodes that can be put under `parent`.
    pub(super) fn insertable(&self, parent: u32, nodes: &[NodeId]) -> Result<Vec<u32>, EditError> {
        let mut found = Vec::with_capacity(nodes.len());
        for &node in nodes {
            let node = self.detached(node, parent)?;
            if found.contains(&node) {
                return Err(EditError::NotDetached);
            }
            found.push(node);
        }
        found.retain(|&node| !self.is_empty_text(node));
        Ok(found)
    }

    /// The index of a node without parent that can be put under `parent`.
    fn detached(&self, node: NodeId, parent: u32) -> Result<u32, EditError> {
        let Place::Node(at) = node.place() else { return Err(EditError::WrongKind) };
        let data = self.arena.node(at);
        let beside_root = matches!(data.kind, Kind::Comment | Kind::ProcessingInstruction);
        if data.kind == Kind::Root || (parent == 0 && !beside_root) {
            return Err(EditError::WrongKind);
        }
        if data.parent != NONE || self.arena.top(parent) == at {
            return Err(EditError::NotDetached);
        }
        Ok(at)
    }
}
