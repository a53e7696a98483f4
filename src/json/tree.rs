//! JSON as a tree of elements, as XPath sees it.
//!
//! A member is an element of its name; a list is one element an item, all under the member's name; an
//! item of a list in a list is called `item`. `null` and the empty list are no node, `{}` is an empty
//! element. A scalar is an element with one text: a string's characters, a number as a plain decimal,
//! `true` or `false`. An empty string is an element without text.
//!
//! Nodes are numbered in document order; values that are added later come later.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use serde_json::Value;

use super::number;
use crate::xpath::Kind;

const NONE: u32 = u32::MAX;

/// An arena of JSON values.
#[derive(Debug, Default)]
pub struct JsonTree {
    nodes: Vec<Node>,
    names: Vec<Rc<str>>,
    numbers: HashMap<Rc<str>, u32>,
    /// What text nodes hold.
    texts: String,
    /// The values as compact JSON; every element stands for a part of it.
    json: String,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    name: u32,
    parent: u32,
    first_child: u32,
    last_child: u32,
    next: u32,
    previous: u32,
    /// In `texts` for a text, else in `json`.
    content: Range<usize>,
}

/// A list or object whose content is being added.
enum Open<'v> {
    Object { members: serde_json::map::Iter<'v>, element: u32, first: bool },
    List { items: std::slice::Iter<'v, Value>, name: u32, parent: u32, first: bool },
}

impl JsonTree {
    /// An empty arena.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `value` under `name` and gives the elements that stand for it: none for `null` and the
    /// empty list, one for each item of a list. They have no parent.
    pub fn add_value(&mut self, name: &str, value: &Value) -> Vec<u32> {
        let name = self.intern(name);
        let start = self.nodes.len();
        self.build(value, name, NONE);
        let added = start..self.nodes.len();
        let tops = added.filter(|&at| self.nodes.get(at).is_some_and(|node| node.parent == NONE));
        tops.filter_map(|at| u32::try_from(at).ok()).collect()
    }

    /// Adds `value` as a document and gives its root: an object's members are the root's children, a
    /// list's items are called `item`, a scalar is the root's text.
    pub fn add_document(&mut self, value: &Value) -> u32 {
        let root = self.push(Kind::Root, NONE, NONE);
        let start = self.json.len();
        match value {
            Value::Object(_) | Value::Array(_) => {
                let name = self.intern("item");
                self.run(value, name, root);
            }
            Value::Null => self.json.push_str("null"),
            scalar => self.scalar(scalar, root),
        }
        self.close(root, start);
        root
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing has been added.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What the node is.
    pub fn kind(&self, node: u32) -> Kind {
        self.node(node).map_or(Kind::Text, |node| node.kind)
    }

    /// The parent; the top elements of a value have none.
    pub fn parent(&self, node: u32) -> Option<u32> {
        self.link(node, |node| node.parent)
    }

    /// The first child.
    pub fn first_child(&self, node: u32) -> Option<u32> {
        self.link(node, |node| node.first_child)
    }

    /// The last child.
    pub fn last_child(&self, node: u32) -> Option<u32> {
        self.link(node, |node| node.last_child)
    }

    /// The next sibling.
    pub fn next_sibling(&self, node: u32) -> Option<u32> {
        self.link(node, |node| node.next)
    }

    /// The previous sibling.
    pub fn previous_sibling(&self, node: u32) -> Option<u32> {
        self.link(node, |node| node.previous)
    }

    /// The member's name, whatever characters it has; `""` for a text or a root.
    pub fn local_name(&self, node: u32) -> &str {
        let name = self.node(node).map_or(NONE, |node| node.name);
        usize::try_from(name).ok().and_then(|name| self.names.get(name)).map_or("", |name| name)
    }

    /// The number of a name, if any element has it. JSON names are in no namespace.
    pub fn resolve(&self, local: &str) -> Option<u32> {
        self.numbers.get(local).copied()
    }

    /// Whether the node is an element of the name that [`resolve`](Self::resolve) numbered.
    pub fn is_named(&self, node: u32, name: u32) -> bool {
        self.node(node).is_some_and(|node| node.kind == Kind::Element && node.name == name)
    }

    /// A text's content; `""` for an element or root.
    pub fn text(&self, node: u32) -> &str {
        let text = self.node(node).filter(|node| node.kind == Kind::Text);
        text.and_then(|node| self.texts.get(node.content.clone())).unwrap_or_default()
    }

    /// The compact JSON that the node stands for: an element that is a list's item stands for the
    /// item; a text is a JSON string.
    pub fn json(&self, node: u32) -> String {
        match self.node(node) {
            Some(node) if node.kind != Kind::Text => self.json.get(node.content.clone()).unwrap_or_default().to_owned(),
            _ => Value::from(self.text(node)).to_string(),
        }
    }

    fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(usize::try_from(node).ok()?)
    }

    fn node_mut(&mut self, node: u32) -> Option<&mut Node> {
        self.nodes.get_mut(usize::try_from(node).ok()?)
    }

    fn link(&self, node: u32, which: impl Fn(&Node) -> u32) -> Option<u32> {
        self.node(node).map(which).filter(|&other| other != NONE)
    }

    fn intern(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(NONE);
        let name: Rc<str> = Rc::from(name);
        self.names.push(Rc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    /// A new last child of `parent`.
    fn push(&mut self, kind: Kind, name: u32, parent: u32) -> u32 {
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let previous = self.last_child(parent).unwrap_or(NONE);
        let none = NONE;
        self.nodes.push(Node {
            kind,
            name,
            parent,
            first_child: none,
            last_child: none,
            next: none,
            previous,
            content: 0..0,
        });
        if let Some(parent) = self.node_mut(parent) {
            parent.last_child = id;
            if previous == NONE {
                parent.first_child = id;
            }
        }
        if let Some(previous) = self.node_mut(previous) {
            previous.next = id;
        }
        id
    }

    fn text_node(&mut self, text: &str, parent: u32) -> u32 {
        let id = self.push(Kind::Text, NONE, parent);
        let start = self.texts.len();
        self.texts.push_str(text);
        let content = start..self.texts.len();
        if let Some(node) = self.node_mut(id) {
            node.content = content;
        }
        id
    }

    /// The element's JSON is what has been written since `start`.
    fn close(&mut self, element: u32, start: usize) {
        let end = self.json.len();
        if let Some(node) = self.node_mut(element) {
            node.content = start..end;
        }
    }

    /// Writes a scalar's JSON, and its text as a child of `element`.
    fn scalar(&mut self, value: &Value, element: u32) {
        match value {
            Value::String(text) => {
                self.json.push_str(&value.to_string());
                if !text.is_empty() {
                    self.text_node(text, element);
                }
            }
            Value::Number(number) => {
                self.json.push_str(number.as_str());
                self.text_node(&number::plain(number.as_str()), element);
            }
            other => {
                let text = other.to_string();
                self.json.push_str(&text);
                self.text_node(&text, element);
            }
        }
    }

    /// Adds one value as an element (a list: as many) under `parent`.
    fn build(&mut self, value: &Value, name: u32, parent: u32) {
        match value {
            Value::Object(_) => {
                let element = self.push(Kind::Element, name, parent);
                let start = self.json.len();
                self.run(value, name, element);
                self.close(element, start);
            }
            Value::Array(_) => self.run(value, name, parent),
            Value::Null => self.json.push_str("null"),
            scalar => {
                let element = self.push(Kind::Element, name, parent);
                let start = self.json.len();
                self.scalar(scalar, element);
                self.close(element, start);
            }
        }
    }

    /// Adds the content of a list or object: of an object as children of `element`, of a list as
    /// elements called `name` under it. Its own stack, so that depth costs memory, not the program.
    fn run<'v>(&mut self, value: &'v Value, name: u32, element: u32) {
        let item = self.intern("item");
        let mut stack: Vec<(Open<'v>, u32, usize)> = Vec::new();
        self.open(value, name, element, &mut stack);
        while let Some((open, ..)) = stack.last_mut() {
            let (child, child_name, parent) = match open {
                Open::Object { members, element, first } => match members.next() {
                    Some((member, child)) => {
                        let (parent, comma) = (*element, !std::mem::take(first));
                        if comma {
                            self.json.push(',');
                        }
                        self.json.push_str(&Value::from(member.as_str()).to_string());
                        self.json.push(':');
                        let name = self.intern(member);
                        (child, name, parent)
                    }
                    None => {
                        self.json.push('}');
                        self.finish(&mut stack);
                        continue;
                    }
                },
                Open::List { items, name, parent, first } => match items.next() {
                    Some(child) => {
                        if !std::mem::take(first) {
                            self.json.push(',');
                        }
                        (child, *name, *parent)
                    }
                    None => {
                        self.json.push(']');
                        self.finish(&mut stack);
                        continue;
                    }
                },
            };
            let in_list = matches!(open, Open::List { .. });
            match child {
                Value::Object(_) => {
                    let element = self.push(Kind::Element, child_name, parent);
                    self.open(child, child_name, element, &mut stack);
                }
                // A list in a list is an element of its own, and its items are called `item`.
                Value::Array(items) if in_list && !items.is_empty() => {
                    let element = self.push(Kind::Element, child_name, parent);
                    self.open(child, item, element, &mut stack);
                    if let Some((_, owner, _)) = stack.last_mut() {
                        *owner = element;
                    }
                }
                Value::Array(_) => self.open(child, child_name, parent, &mut stack),
                scalar => self.build(scalar, child_name, parent),
            }
        }
    }

    fn open<'v>(&mut self, value: &'v Value, name: u32, element: u32, stack: &mut Vec<(Open<'v>, u32, usize)>) {
        let start = self.json.len();
        match value {
            Value::Object(members) => {
                self.json.push('{');
                stack.push((Open::Object { members: members.iter(), element, first: true }, element, start));
            }
            Value::Array(items) => {
                self.json.push('[');
                stack.push((Open::List { items: items.iter(), name, parent: element, first: true }, NONE, start));
            }
            _ => {}
        }
    }

    fn finish(&mut self, stack: &mut Vec<(Open<'_>, u32, usize)>) {
        if let Some((_, element, start)) = stack.pop() {
            self.close(element, start);
        }
    }
}
