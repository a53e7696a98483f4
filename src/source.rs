//! Texts with names: where a problem is, in the file that the user wrote.

use std::ops::Range;
use std::sync::Arc;

/// A half-open range of bytes in a text.
pub type Span = Range<usize>;

/// A named text: a rule file, a domain, an annotation's value.
///
/// A text that stands inside another one (a ConfigMap's block scalar, an annotation's string) knows
/// its surroundings, so that a place in it is reported in the outer file.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    outer: Option<Outer>,
}

#[derive(Debug)]
struct Outer {
    source: Arc<Source>,
    /// Pairs (inner offset, outer offset), ascending: from each pair on, both texts run in step.
    steps: Vec<(usize, usize)>,
}

/// Line and column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A place in a source.
#[derive(Debug, Clone)]
pub struct Location {
    /// The text that the span counts in.
    pub source: Arc<Source>,
    /// The bytes meant.
    pub span: Span,
}

impl Source {
    /// A text of its own.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into(), outer: None })
    }

    /// A text that stands inside `outer`. Each pair of `steps` says at which outer byte an inner
    /// byte stands; between two pairs both advance together.
    pub fn embedded(outer: &Arc<Source>, text: impl Into<String>, steps: Vec<(usize, usize)>) -> Arc<Self> {
        let source = Arc::clone(outer);
        Arc::new(Self { name: outer.name.clone(), text: text.into(), outer: Some(Outer { source, steps }) })
    }

    /// What the user calls this text: a path as given, or words such as `annotation virt-patch.dev/rules`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset. Costs a scan of the text, so it is asked only for reports.
    pub fn position(&self, offset: usize) -> Position {
        position_in(&self.text, offset)
    }
}

/// Line and column of byte `offset` in `text`, both from 1; an offset past the end is the end's.
pub fn position_in(text: &str, offset: usize) -> Position {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let bom = usize::from(line_start == 0 && before.starts_with('\u{feff}'));
    Position {
        line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1 - bom,
    }
}

impl Location {
    /// A place in `source`.
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self { source: Arc::clone(source), span }
    }

    /// The same place in the outermost text: the file that the user wrote.
    pub fn outermost(&self) -> Location {
        let mut at = self.clone();
        while let Some(outer) = &at.source.outer {
            let start = outer.offset(at.span.start);
            let end = if at.span.end > at.span.start { outer.offset(at.span.end - 1) + 1 } else { start };
            at = Location { source: Arc::clone(&outer.source), span: start..end.max(start) };
        }
        at
    }

    /// Line and column of the place's start, in the outermost text.
    pub fn position(&self) -> Position {
        let at = self.outermost();
        at.source.position(at.span.start)
    }
}

impl Outer {
    fn offset(&self, inner: usize) -> usize {
        let step = self.steps.partition_point(|&(at, _)| at <= inner).checked_sub(1);
        let (from, to) = step.and_then(|step| self.steps.get(step)).copied().unwrap_or((inner, 0));
        (to + (inner - from)).min(self.source.text.len())
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Position { line, column } = self.position();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}
