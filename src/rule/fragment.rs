//! XML fragments: parsed once as XML, then holes are found in the decoded text. So a value is data
//! wherever it stands: it can never add an element, an attribute or a comment.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source, Span};
use crate::xml::{self, Document, Limits, NodeId, QName};
use crate::xpath::Kind;
use crate::yaml::Node;

use super::fields::Reader;
use super::scope::Scope;
use super::template::{Hole, Part, Template};

/// Nodes to be made for each use, holes filled in.
#[derive(Debug, Clone)]
pub struct Fragment {
    /// The top nodes.
    pub nodes: Vec<FragmentNode>,
    /// Where it is written.
    pub location: Location,
}

/// A node of a fragment.
#[derive(Debug, Clone)]
pub enum FragmentNode {
    /// An element.
    Element(FragmentElement),
    /// Text that is more than layout.
    Text(Template),
    /// A comment, without holes.
    Comment(String),
    /// A processing instruction, without holes.
    ProcessingInstruction {
        /// Its target.
        target: String,
        /// What follows the target.
        data: String,
    },
}

/// An element of a fragment.
#[derive(Debug, Clone)]
pub struct FragmentElement {
    /// Its name.
    pub name: QName,
    /// Its attributes, in order.
    pub attributes: Vec<(QName, Template)>,
    /// Its children; layout is left out.
    pub children: Vec<FragmentNode>,
}

/// A fragment is written by hand: this is far more than one needs.
const LIMITS: Limits = Limits { bytes: 256 * 1024, depth: 64, attributes: 256, nodes: 20_000, namespaces: 256 };

impl Fragment {
    /// The one element that the fragment is, if it is one.
    pub fn element(&self) -> Option<&FragmentElement> {
        let mut elements = self.nodes.iter().filter_map(|node| match node {
            FragmentNode::Element(element) => Some(element),
            _ => None,
        });
        let first = elements.next()?;
        let only = elements.next().is_none() && !self.nodes.iter().any(|node| matches!(node, FragmentNode::Text(_)));
        only.then_some(first)
    }

    /// Whether text and elements stand beside each other somewhere in it.
    pub fn has_mixed_content(&self) -> bool {
        let mut stack: Vec<&[FragmentNode]> = vec![&self.nodes];
        while let Some(nodes) = stack.pop() {
            let elements = nodes.iter().filter_map(|node| match node {
                FragmentNode::Element(element) => Some(element.children.as_slice()),
                _ => None,
            });
            let before = stack.len();
            stack.extend(elements);
            if stack.len() > before && nodes.iter().any(|node| matches!(node, FragmentNode::Text(_))) {
                return true;
            }
        }
        false
    }

    /// Calls `visit` for every hole.
    pub fn visit_holes<'f>(&'f self, visit: &mut impl FnMut(&'f Hole)) {
        let mut stack: Vec<&FragmentNode> = self.nodes.iter().collect();
        while let Some(node) = stack.pop() {
            match node {
                FragmentNode::Element(element) => {
                    element.attributes.iter().flat_map(|(_, value)| value.holes()).for_each(&mut *visit);
                    stack.extend(&element.children);
                }
                FragmentNode::Text(text) => text.holes().for_each(&mut *visit),
                FragmentNode::Comment(_) | FragmentNode::ProcessingInstruction { .. } => {}
            }
        }
    }
}

/// Reads the fragment that a scalar holds.
pub(super) fn read(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Fragment> {
    let text = reader.text(node, "`xml`")?;
    let inner = reader.inner(node);
    let mut wrapped = String::from("<fragment");
    for (prefix, uri) in scope.namespaces.iter().filter(|(prefix, _)| *prefix != "xml") {
        let _ = write!(wrapped, " xmlns:{prefix}=\"{}\"", xml::escape_attribute(uri));
    }
    wrapped.push('>');
    let offset = wrapped.len();
    wrapped.push_str(text);
    wrapped.push_str("</fragment>");
    let document = match Document::parse_with(&wrapped, &LIMITS) {
        Ok(document) => document,
        Err(error) => {
            let behind = error.offset >= offset + text.len();
            let mut problem = error.diagnostic(&inner, offset);
            if problem.code == Code::UnknownPrefix {
                problem.help = Some("declare the prefix under `spec.namespaces`".to_owned());
            } else {
                problem.code = Code::FragmentSyntax;
            }
            // The end tag that follows the fragment is none that its author wrote.
            if behind {
                problem.message = problem.message.replace("`</fragment>`", "the end of the fragment");
            }
            reader.problems.push(problem);
            return None;
        }
    };
    let mut build = Build { document: &document, inner: &inner, offset, text, scope, problems: Vec::new() };
    let nodes = build.children(document.root_element());
    let mut problems = build.problems;
    if nodes.is_empty() && problems.is_empty() {
        reader.error(Code::FragmentShape, "the fragment holds no node", &node.span);
        return None;
    }
    let failed = !problems.is_empty();
    reader.problems.append(&mut problems);
    (!failed).then(|| Fragment { nodes, location: reader.at(&node.span) })
}

/// Turns the parsed fragment into templates; its depth is bounded by [`LIMITS`].
struct Build<'a> {
    document: &'a Document<'a>,
    inner: &'a Arc<Source>,
    /// Where the fragment begins in what was parsed.
    offset: usize,
    text: &'a str,
    scope: &'a Scope,
    problems: Vec<Diagnostic>,
}

impl Build<'_> {
    fn children(&mut self, parent: NodeId) -> Vec<FragmentNode> {
        let document = self.document;
        let only_text = document.children(parent).all(|child| document.kind(child) == Kind::Text);
        let is_top = parent == document.root_element();
        let mut nodes = Vec::new();
        for child in document.children(parent) {
            match document.kind(child) {
                Kind::Element => nodes.push(FragmentNode::Element(self.element(child))),
                Kind::Comment => nodes.push(FragmentNode::Comment(document.own_text(child).into_owned())),
                Kind::ProcessingInstruction => nodes.push(FragmentNode::ProcessingInstruction {
                    target: document.local_name(child).to_owned(),
                    data: document.own_text(child).into_owned(),
                }),
                Kind::Text => {
                    let is_layout = document.own_text(child).trim_matches([' ', '\t', '\r', '\n']).is_empty();
                    if !is_layout || (only_text && !is_top) {
                        nodes.extend(self.text(child).map(FragmentNode::Text));
                    }
                }
                Kind::Root | Kind::Attribute => {}
            }
        }
        nodes
    }

    fn element(&mut self, element: NodeId) -> FragmentElement {
        let document = self.document;
        let mut attributes = Vec::new();
        for attribute in document.attributes(element) {
            let span = document.span(attribute).unwrap_or_default();
            let raw = document.text().get(span.clone()).unwrap_or_default();
            // The value stands between the first quote and the last byte.
            let quote = raw.find(['"', '\'']).map_or(0, |at| at + 1);
            let value = span.start + quote..span.end.saturating_sub(1).max(span.start + quote);
            let decoded = document.own_text(attribute).into_owned();
            if let Some(template) = self.template(&decoded, value) {
                attributes.push((self.name(attribute), template));
            }
        }
        let children = self.children(element);
        FragmentElement { name: self.name(element), attributes, children }
    }

    fn name(&self, node: NodeId) -> QName {
        QName::new(self.document.namespace(node), self.document.prefix(node), self.document.local_name(node))
    }

    /// A text node: outside CDATA sections holes are filled, inside everything is as written.
    fn text(&mut self, node: NodeId) -> Option<Template> {
        let span = self.document.span(node)?;
        let document = self.document;
        let raw = document.text().get(span.clone())?;
        if !raw.contains("<![CDATA[") {
            return self.template(&document.own_text(node), span);
        }
        let mut parts = Vec::new();
        let mut at = 0;
        while at < raw.len() {
            let rest = &raw[at..];
            if let Some(section) = rest.strip_prefix("<![CDATA[") {
                let length = section.find("]]>").unwrap_or(section.len());
                parts.push(Part::Text(section[..length].to_owned()));
                at += "<![CDATA[".len() + length + "]]>".len();
            } else {
                let length = rest.find("<![CDATA[").unwrap_or(rest.len());
                let place = span.start + at..span.start + at + length;
                parts.extend(self.template(&xml::decode_text(&rest[..length]), place)?.parts);
                at += length;
            }
        }
        Some(Template { parts })
    }

    /// A decoded text with holes; `place` is where it stands in what was parsed.
    fn template(&mut self, decoded: &str, place: Span) -> Option<Template> {
        let place = place.start.saturating_sub(self.offset)..place.end.saturating_sub(self.offset);
        let as_written = self.text.get(place.clone()) == Some(decoded);
        // Where entities were decoded, offsets differ, and the whole value is pointed at.
        let steps =
            if as_written { vec![(0, place.start)] } else { (0..decoded.len()).map(|at| (at, place.start)).collect() };
        let inner = Source::embedded(self.inner, decoded, steps);
        match self.scope.template_in(&inner, decoded) {
            Ok(template) => Some(template),
            Err(mut problems) => {
                self.problems.append(&mut problems);
                None
            }
        }
    }
}
