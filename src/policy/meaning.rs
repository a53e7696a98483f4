//! What a node says and where it stands, as a text that is equal for nodes that mean the same.
//!
//! Names are expanded, attributes a set, text decoded and joined across comments and CDATA sections; comments and
//! the white space between elements say nothing. No character of XML 1.0 (production 2, `Char`) is one of the
//! marks between the parts, so different meanings are different texts.

use std::collections::HashSet;

use crate::xml::{Document, NodeId};
use crate::xpath::{Budget, EvalError, Kind};

const OPEN: char = '\u{1}';
const NAME: char = '\u{2}';
const ATTRIBUTE: char = '\u{3}';
const VALUE: char = '\u{4}';
const TEXT: char = '\u{5}';
const INSTRUCTION: char = '\u{6}';
const CLOSE: char = '\u{7}';
const ALIAS: char = '\u{8}';
const COMMENT: char = '\u{b}';

/// Which parts of a document are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'v> {
    /// Nodes that are left out, with all that is in them.
    pub(super) without: &'v HashSet<NodeId>,
    /// Whether an element of which nothing is left is left out too.
    pub(super) without_emptied: bool,
    /// Whether white space alone says nothing anywhere, and not only between elements: what is left out may be
    /// all the elements that there were.
    pub(super) blank_is_layout: bool,
}

/// A meaning, and which node each part of it is of.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) text: String,
    /// Where each node's part begins, ascending.
    parts: Vec<(usize, NodeId)>,
}

impl Written {
    /// The node whose part the byte at `offset` belongs to.
    pub(super) fn node_at(&self, offset: usize) -> Option<NodeId> {
        let behind = self.parts.partition_point(|&(start, _)| start <= offset);
        self.parts.get(behind.checked_sub(1)?).map(|&(_, node)| node)
    }
}

/// What a node says, and its place: the names of the elements it is in, each with its alias, by which libvirt tells
/// devices apart, so that what one device had is not taken for what another one has.
///
/// # Errors
/// `limit`, where the budget does not reach.
pub(super) fn meaning(document: &Document<'_>, node: NodeId, budget: &Budget) -> Result<String, EvalError> {
    let mut out = String::new();
    let mut above: Vec<NodeId> = std::iter::successors(document.parent(node), |&at| document.parent(at)).collect();
    above.reverse();
    budget.spend(above.len() as u64)?;
    for element in above {
        name(document, element, &mut out);
        for child in document.children(element).filter(|&child| is_alias(document, child)) {
            out.push(ALIAS);
            if let Some(alias) = document.attribute(child, "", "name") {
                out.push_str(&document.own_text(alias));
            }
        }
    }
    out.push(OPEN);
    budget.build(out.len())?;
    match document.kind(node) {
        Kind::Element | Kind::Root => {
            let whole = View { without: &HashSet::new(), without_emptied: false, blank_is_layout: false };
            out.push_str(&written(document, node, whole, budget)?.text);
        }
        _ => {
            out.push(mark(document.kind(node)));
            name(document, node, &mut out);
            out.push(VALUE);
            out.push_str(&document.own_text(node));
            budget.build(out.len())?;
        }
    }
    Ok(out)
}

/// What tells a text from a comment that says the same.
const fn mark(kind: Kind) -> char {
    match kind {
        Kind::Attribute => ATTRIBUTE,
        Kind::Text => TEXT,
        Kind::ProcessingInstruction => INSTRUCTION,
        Kind::Root | Kind::Element | Kind::Comment => COMMENT,
    }
}

fn is_alias(document: &Document<'_>, node: NodeId) -> bool {
    document.kind(node) == Kind::Element && document.local_name(node) == "alias" && document.namespace(node).is_empty()
}

fn name(document: &Document<'_>, node: NodeId, out: &mut String) {
    out.push(NAME);
    out.push_str(document.namespace(node));
    out.push(NAME);
    out.push_str(document.local_name(node));
}

/// An element that is being written.
struct Open {
    node: NodeId,
    next: Option<NodeId>,
    /// Where it begins in the text, and among the parts.
    start: (usize, usize),
    /// Whether white space alone says nothing in it.
    is_layout: bool,
    /// Text that is not written yet: more of it may follow behind a comment.
    text: String,
    /// Whether something of it was left out, and whether something of it is left.
    lost: bool,
    holds: bool,
}

/// What an element, or a whole document, says in this view.
///
/// # Errors
/// `limit`, where the budget does not reach.
pub(super) fn written(
    document: &Document<'_>,
    top: NodeId,
    view: View<'_>,
    budget: &Budget,
) -> Result<Written, EvalError> {
    let mut writer = Writer { document, view, written: Written::default(), budget, paid: 0 };
    if view.without.contains(&top) {
        return Ok(writer.written);
    }
    let mut open = vec![writer.begin(top)?];
    while let Some(mut element) = open.pop() {
        let Some(child) = element.next else {
            let is_left = writer.end(&mut element);
            if let Some(parent) = open.last_mut() {
                parent.holds |= is_left;
                parent.lost |= !is_left;
            }
            continue;
        };
        element.next = document.next_sibling(child);
        budget.spend(1)?;
        if view.without.contains(&child) {
            element.lost = true;
            open.push(element);
            continue;
        }
        match document.kind(child) {
            Kind::Element => {
                writer.flush(&mut element);
                open.push(element);
                open.push(writer.begin(child)?);
                continue;
            }
            Kind::Text => element.text.push_str(&document.own_text(child)),
            Kind::ProcessingInstruction => {
                writer.flush(&mut element);
                writer.instruction(child);
                element.holds = true;
            }
            Kind::Comment | Kind::Attribute | Kind::Root => {}
        }
        open.push(element);
    }
    writer.pay()?;
    Ok(writer.written)
}

struct Writer<'w, 'd> {
    document: &'w Document<'d>,
    view: View<'w>,
    written: Written,
    budget: &'w Budget,
    /// How many bytes the budget has been charged for.
    paid: usize,
}

impl Writer<'_, '_> {
    /// The start tag, attributes sorted.
    fn begin(&mut self, node: NodeId) -> Result<Open, EvalError> {
        self.pay()?;
        let start = (self.written.text.len(), self.written.parts.len());
        self.written.parts.push((start.0, node));
        self.written.text.push(OPEN);
        name(self.document, node, &mut self.written.text);
        let all = self.document.attributes(node).count();
        let kept = self.document.attributes(node).filter(|attribute| !self.view.without.contains(attribute));
        let mut attributes: Vec<NodeId> = kept.collect();
        attributes.sort_by_key(|&attribute| (self.document.namespace(attribute), self.document.local_name(attribute)));
        for &attribute in &attributes {
            self.written.parts.push((self.written.text.len(), attribute));
            self.written.text.push(ATTRIBUTE);
            name(self.document, attribute, &mut self.written.text);
            self.written.text.push(VALUE);
            self.written.text.push_str(&self.document.own_text(attribute));
        }
        let has_elements = self.document.children(node).any(|child| self.document.kind(child) == Kind::Element);
        Ok(Open {
            node,
            next: self.document.first_child(node),
            start,
            is_layout: has_elements || self.view.blank_is_layout,
            text: String::new(),
            lost: attributes.len() < all,
            holds: !attributes.is_empty(),
        })
    }

    /// Text ends where an element or an instruction begins, not at a comment or at what is left out.
    fn flush(&mut self, element: &mut Open) {
        let text = std::mem::take(&mut element.text);
        let is_blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        let says_nothing = text.is_empty() || (is_blank && element.is_layout);
        if !says_nothing {
            self.written.parts.push((self.written.text.len(), element.node));
            self.written.text.push(TEXT);
            self.written.text.push_str(&text);
            element.holds = true;
        }
    }

    fn instruction(&mut self, node: NodeId) {
        self.written.parts.push((self.written.text.len(), node));
        self.written.text.push(INSTRUCTION);
        name(self.document, node, &mut self.written.text);
        self.written.text.push(VALUE);
        self.written.text.push_str(&self.document.own_text(node));
    }

    /// The end tag. Whether the element is there.
    fn end(&mut self, element: &mut Open) -> bool {
        self.flush(element);
        if self.view.without_emptied && element.lost && !element.holds {
            self.written.text.truncate(element.start.0);
            self.written.parts.truncate(element.start.1);
            return false;
        }
        self.written.parts.push((self.written.text.len(), element.node));
        self.written.text.push(CLOSE);
        true
    }

    /// Charges the budget for what was written since.
    fn pay(&mut self) -> Result<(), EvalError> {
        let length = self.written.text.len();
        self.budget.build(length.saturating_sub(self.paid))?;
        self.paid = length;
        Ok(())
    }
}
