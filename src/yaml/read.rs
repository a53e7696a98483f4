//! Parser events to spanned nodes.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, StructureStyle};

use super::{Link, Mapping, Node, Scalar, Style, Tag, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source, Span};

/// How much a YAML text may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Collections within collections.
    pub depth: usize,
    /// Nodes, those that aliases repeat included. What anchors and aliases copy may have four times `bytes`.
    pub nodes: usize,
    /// Whether `<<` may stand as a key; what it means is left to the caller.
    pub merge_keys: bool,
    /// Whether the tags of YAML's own types (`!!str`, `!!binary`, …) are read. All others never are.
    pub tags: bool,
    /// Whether a key may stand twice in a mapping; the last one counts, as for PyYAML.
    pub repeated_keys: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 64, nodes: 100_000, merge_keys: false, tags: false, repeated_keys: false }
    }
}

/// What copies of nodes may take together, as a multiple of [`Limits::bytes`]: an alias of two bytes copies
/// as much text as its anchor has.
const COPIES: usize = 4;

/// What a copied node counts for beside its text, so that many small ones count too.
const NODE_BYTES: usize = 16;

/// Which kind of collection is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Sequence,
    Mapping,
}

/// What an alias repeats.
#[derive(Clone)]
struct Anchored {
    node: Node,
    size: Size,
    /// How many collections it holds within each other.
    depth: usize,
}

/// What a node counts for, with all that it holds.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    /// Of decoded text.
    bytes: usize,
}

/// A collection that is still open.
struct Open {
    frame: Frame,
    start: usize,
    anchor: usize,
    flow: bool,
    depth_of_content: usize,
    items: Vec<Node>,
}

/// Reads every document of `source`; empty documents are left out.
///
/// # Errors
/// The first problem that YAML itself has: `yaml-syntax`, `yaml-unsupported`, `yaml-limit`; and all
/// keys that stand twice, `duplicate-key`.
pub fn read(source: &Arc<Source>, limits: &Limits) -> Result<Vec<Node>, Vec<Diagnostic>> {
    let text = source.text();
    if text.len() > limits.bytes {
        let message = format!("the file has {} bytes, more than the {} that are read", text.len(), limits.bytes);
        return Err(vec![Diagnostic::error(Code::YamlLimit, message).at(Location::new(source, 0..0))]);
    }
    Reader { source, limits, nodes: 0, copied: 0, anchors: HashMap::new(), open: Vec::new(), documents: Vec::new() }
        .run()
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    limits: &'s Limits,
    nodes: usize,
    /// The bytes that anchors and aliases have copied.
    copied: usize,
    anchors: HashMap<usize, Anchored>,
    open: Vec<Open>,
    documents: Vec<Node>,
}

impl Reader<'_> {
    fn run(mut self) -> Result<Vec<Node>, Vec<Diagnostic>> {
        let text = self.source.text();
        let mut options = Options::default();
        options.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| vec![self.syntax(&error)])?;
            let span = span.byte_range().unwrap_or(0..0);
            self.event(event, span).map_err(|problem| vec![*problem])?;
        }
        let mut problems = Vec::new();
        for document in self.documents.iter().filter(|_| !self.limits.repeated_keys) {
            duplicate_keys(self.source, document, &mut problems);
        }
        if problems.is_empty() { Ok(self.documents) } else { Err(problems) }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Box<Diagnostic>> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.tag(tag.map(|tag| tag.to_string()), &span)?;
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                // The parser gives `~` for a value that is not written at all.
                let text = if style == Style::Plain && span.is_empty() { String::new() } else { text.into_owned() };
                let value = Value::Scalar(Scalar { text, style, tag });
                let node = Node { span, value, link: Link::anchor(anchor) };
                let size = size(&node);
                self.done(node, anchor, size, 0)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.start(Frame::Sequence, style, anchor, tag.map(|tag| tag.to_string()), &span)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.start(Frame::Mapping, style, anchor, tag.map(|tag| tag.to_string()), &span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
            Event::Alias(anchor) => {
                let Some(&Anchored { size, depth, .. }) = self.anchors.get(&anchor) else {
                    return Err(self.problem(Code::YamlUnsupported, "an alias inside the value that it names", span));
                };
                if self.open.len() + depth > self.limits.depth {
                    return Err(self.too_deep(span));
                }
                self.copy(size, &span)?;
                let Some(mut node) = self.anchors.get(&anchor).map(|anchored| anchored.node.clone()) else {
                    return Ok(());
                };
                node.span = span;
                node.link = Link::Alias(anchor);
                self.done(node, 0, size, depth)
            }
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start(
        &mut self,
        frame: Frame,
        style: StructureStyle,
        anchor: usize,
        tag: Option<String>,
        span: &Span,
    ) -> Result<(), Box<Diagnostic>> {
        self.tag(tag, span)?;
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(span.clone()));
        }
        let flow = style == StructureStyle::Flow;
        self.open.push(Open { frame, start: span.start, anchor, flow, depth_of_content: 0, items: Vec::new() });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), Box<Diagnostic>> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let last = open.items.last().map_or(span.end, |item| item.span.end);
        let end = if open.flow { span.end } else { last };
        let first = open.items.first().map_or(open.start, |item| item.span.start);
        let start = if open.flow { open.start } else { first.min(open.start.max(first)) };
        let value = match open.frame {
            Frame::Sequence => Value::Sequence(open.items),
            Frame::Mapping => Value::Mapping(Mapping { entries: pairs(open.items), flow: open.flow }),
        };
        let node = Node { span: start..end.max(start), value, link: Link::anchor(open.anchor) };
        let size = if open.anchor == 0 { Size { nodes: 1, bytes: 0 } } else { size(&node) };
        // The content was counted when it was read.
        self.nodes -= size.nodes - 1;
        self.done(node, open.anchor, size, open.depth_of_content + 1)
    }

    /// Counts a copy of a node of this size before it is made.
    fn copy(&mut self, size: Size, span: &Span) -> Result<(), Box<Diagnostic>> {
        self.copied = self.copied.saturating_add(size.bytes + size.nodes * NODE_BYTES);
        let limit = self.limits.bytes.saturating_mul(COPIES);
        if self.copied <= limit {
            return Ok(());
        }
        let message = format!("what anchors and aliases repeat has more than {limit} bytes");
        Err(self.problem(Code::YamlLimit, message, span.clone()))
    }

    /// Puts a finished node where it belongs. `size` is what it counts for, `depth` how many
    /// collections it holds within each other.
    fn done(&mut self, node: Node, anchor: usize, size: Size, depth: usize) -> Result<(), Box<Diagnostic>> {
        self.nodes += size.nodes;
        if self.nodes > self.limits.nodes {
            let message = format!("more than {} values, those that aliases repeat included", self.limits.nodes);
            return Err(self.problem(Code::YamlLimit, message, node.span));
        }
        if anchor != 0 {
            self.copy(size, &node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
        let Some(open) = self.open.last_mut() else {
            if !node.is_null() || !node.span.is_empty() {
                self.documents.push(node);
            }
            return Ok(());
        };
        open.depth_of_content = open.depth_of_content.max(depth);
        let is_key = open.frame == Frame::Mapping && open.items.len().is_multiple_of(2);
        if is_key {
            let plain = node.scalar().map(|scalar| (scalar.style, scalar.text.as_str()));
            if plain == Some((Style::Plain, "<<")) && !self.limits.merge_keys {
                let problem = self.problem(Code::YamlUnsupported, "merge keys (`<<`) are not read here", node.span);
                return Err(Box::new(problem.help("write the keys out")));
            }
            if plain.is_none() {
                let message = format!("a key must be a text, this is {}", node.what());
                let problem = self.problem(Code::WrongType, message, node.span.clone());
                let braces = self.source.text()[..node.span.start].ends_with('$');
                return Err(if braces { Box::new(flow_braces(*problem)) } else { problem });
            }
        }
        open.items.push(node);
        Ok(())
    }

    /// The tag of a node, where tags are read and it is one of YAML's own.
    fn tag(&self, tag: Option<String>, span: &Span) -> Result<Option<Tag>, Box<Diagnostic>> {
        let Some(tag) = tag else { return Ok(None) };
        let known = tag.strip_prefix("tag:yaml.org,2002:").filter(|_| self.limits.tags);
        match known {
            Some("str" | "binary" | "timestamp") => return Ok(Some(Tag::Text)),
            Some("int" | "float" | "bool" | "null") => return Ok(Some(Tag::Plain)),
            Some("seq" | "map") => return Ok(None),
            _ => {}
        }
        let tag = tag.replacen("tag:yaml.org,2002:", "!!", 1);
        let problem = self.problem(Code::YamlUnsupported, format!("tags (`{tag}`) are not read here"), span.clone());
        Err(Box::new(problem.help("leave the tag out; quote the value if it should be a text")))
    }

    fn too_deep(&self, span: Span) -> Box<Diagnostic> {
        let message = format!("more than {} lists and mappings within each other", self.limits.depth);
        self.problem(Code::YamlLimit, message, span)
    }

    fn problem(&self, code: Code, message: impl Into<String>, span: Span) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(code, message).at(Location::new(self.source, span)))
    }

    fn syntax(&self, error: &granit_parser::ScanError) -> Diagnostic {
        let text = self.source.text();
        let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return *self.too_deep(at..at);
        }
        let problem = *self.problem(Code::YamlSyntax, format!("this is not YAML: {}", error.info()), at..at);
        let line_start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        if line.contains("${")
            && line.contains(['{', '[', ','])
            && line.trim_start().contains([',', '{'])
            && in_flow(line)
        {
            return flow_braces(problem);
        }
        if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
            return problem.help("indent with spaces: YAML allows no tabs there");
        }
        problem
    }
}

fn in_flow(line: &str) -> bool {
    let mut before = line.split("${").next().unwrap_or_default().chars().filter(|&c| !c.is_whitespace());
    before.any(|c| c == '{' || c == '[')
}

fn flow_braces(mut problem: Diagnostic) -> Diagnostic {
    problem.code = Code::FlowBraces;
    problem.help("inside `{ … }` and `[ … ]` YAML takes the template's braces and commas for its own: quote the value, or write one key a line")
}

fn pairs(items: Vec<Node>) -> Vec<(Node, Node)> {
    let mut items = items.into_iter();
    std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
}

/// What a tree counts for; depth is bounded by the reader's own limit.
fn size(node: &Node) -> Size {
    let mut total = Size { nodes: 1, bytes: 0 };
    let mut add = |part: &Node| {
        let Size { nodes, bytes } = size(part);
        total = Size { nodes: total.nodes + nodes, bytes: total.bytes + bytes };
    };
    match &node.value {
        Value::Scalar(scalar) => total.bytes = scalar.text.len(),
        Value::Sequence(items) => items.iter().for_each(add),
        Value::Mapping(mapping) => mapping.entries.iter().for_each(|(key, value)| {
            add(key);
            add(value);
        }),
    }
    total
}

fn duplicate_keys(source: &Arc<Source>, node: &Node, problems: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| duplicate_keys(source, item, problems)),
        Value::Mapping(mapping) => {
            let mut seen: HashMap<&str, &Node> = HashMap::new();
            for (key, value) in &mapping.entries {
                let text = key.text().unwrap_or_default();
                if let Some(first) = seen.get(text) {
                    problems.push(
                        Diagnostic::error(Code::DuplicateKey, format!("the key `{text}` stands twice in this mapping"))
                            .at(Location::new(source, key.span.clone()))
                            .related(Location::new(source, first.span.clone()), "first"),
                    );
                } else {
                    seen.insert(text, key);
                }
                duplicate_keys(source, value, problems);
            }
        }
    }
}
