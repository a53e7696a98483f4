//! A rule set's text, read once more: what compiling does not keep, with its places.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::rule::{NAMESPACES, RuleSet};
use crate::source::{Location, Source, Span};
use crate::xml::{self, Document, NodeId};
use crate::yaml::{self, Node, Value};

/// The document that a rule set was compiled from.
pub(super) struct Written {
    source: Arc<Source>,
    document: Node,
}

/// A fragment's text, and what makes a document of it.
pub(super) struct FragmentText {
    inner: Arc<Source>,
    wrapped: String,
    /// Where the fragment begins in `wrapped`.
    offset: usize,
}

impl Written {
    /// Reads the text again; `None` where that fails, which compiling would have said.
    pub(super) fn read(set: &RuleSet) -> Option<Self> {
        let source = Arc::clone(&set.location.source);
        let start = set.location.span.start;
        let documents = yaml::read(&source, &yaml::Limits::default()).ok()?;
        let document = documents.into_iter().find(|document| document.span.start == start)?;
        Some(Self { source, document })
    }

    /// The value that stands there.
    pub(super) fn at(&self, location: &Location) -> Option<&Node> {
        Arc::ptr_eq(&location.source, &self.source).then(|| find(&self.document, &location.span))?
    }

    /// A field of `spec`.
    pub(super) fn spec(&self, field: &str) -> Option<&Node> {
        self.document.get("spec")?.get(field)
    }

    /// `metadata.name`.
    pub(super) fn name(&self) -> Option<&Node> {
        self.document.get("metadata")?.get("name")
    }

    /// The place of a node.
    pub(super) fn place(&self, node: &Node) -> Location {
        Location::new(&self.source, node.span.clone())
    }

    /// A scalar's text, whose places are the document's.
    pub(super) fn inner(&self, node: &Node) -> Arc<Source> {
        Source::embedded(&self.source, node.text().unwrap_or_default(), yaml::offsets(self.source.text(), node))
    }

    /// The prefixes that the rule set knows.
    fn namespaces(&self) -> BTreeMap<&str, &str> {
        let declared = self.spec("namespaces").and_then(Node::entries).unwrap_or_default();
        let declared = declared.iter().filter_map(|(prefix, uri)| Some((prefix.text()?, uri.text()?)));
        NAMESPACES.iter().copied().chain(declared).filter(|(prefix, _)| *prefix != "xml").collect()
    }

    /// The fragment that stands there.
    pub(super) fn fragment(&self, location: &Location) -> Option<FragmentText> {
        let node = self.at(location)?;
        let mut wrapped = String::from("<fragment");
        for (prefix, uri) in self.namespaces() {
            let _ = write!(wrapped, " xmlns:{prefix}=\"{}\"", xml::escape_attribute(uri));
        }
        wrapped.push('>');
        let offset = wrapped.len();
        wrapped.push_str(node.text()?);
        wrapped.push_str("</fragment>");
        Some(FragmentText { inner: self.inner(node), wrapped, offset })
    }
}

impl FragmentText {
    /// The fragment's nodes, below a root that is not its own.
    pub(super) fn document(&self) -> Option<Document<'_>> {
        Document::parse(&self.wrapped).ok()
    }

    /// As it is written.
    pub(super) fn text(&self) -> &str {
        self.inner.text()
    }

    /// The place of a node's name.
    pub(super) fn name_place(&self, document: &Document<'_>, node: NodeId) -> Location {
        let span = document.span(node).unwrap_or_default();
        let written = self.wrapped.get(span.clone()).unwrap_or_default();
        let lead = usize::from(written.starts_with('<'));
        let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/');
        let length = written[lead..].find(ends).unwrap_or(0);
        self.place(span.start + lead..span.start + lead + length)
    }

    /// The place of bytes of the fragment as written.
    pub(super) fn place_inside(&self, span: Span) -> Location {
        Location::new(&self.inner, span)
    }

    /// The place of bytes of the document.
    pub(super) fn place(&self, span: Span) -> Location {
        let inside = |at: usize| at.saturating_sub(self.offset).min(self.inner.text().len());
        Location::new(&self.inner, inside(span.start)..inside(span.end))
    }
}

/// The innermost value with this span, for a list of one item has its item's. Depth is bounded by the
/// YAML reader.
fn find<'n>(node: &'n Node, span: &Span) -> Option<&'n Node> {
    if node.span.start > span.start || node.span.end < span.end {
        return None;
    }
    let inner = match &node.value {
        Value::Scalar(_) => None,
        Value::Sequence(items) => items.iter().find_map(|item| find(item, span)),
        Value::Mapping(mapping) => mapping.entries.iter().find_map(|(_, value)| find(value, span)),
    };
    inner.or_else(|| (node.span == *span).then_some(node))
}
