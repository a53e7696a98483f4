//! Texts with names: where a problem is, in the file that the user wrote.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

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
    /// Where lines end, found when a place is first asked for: every call's log names each rule's.
    lines: OnceLock<Vec<usize>>,
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
        Arc::new(Self { name: name.into(), text: text.into(), outer: None, lines: OnceLock::new() })
    }

    /// A text that stands inside `outer`. Each pair of `steps` says at which outer byte an inner
    /// byte stands; between two pairs both advance together.
    pub fn embedded(outer: &Arc<Source>, text: impl Into<String>, steps: Vec<(usize, usize)>) -> Arc<Self> {
        let (name, source) = (outer.name.clone(), Arc::clone(outer));
        let outer = Some(Outer { source, steps });
        Arc::new(Self { name, text: text.into(), outer, lines: OnceLock::new() })
    }

    /// What the user calls this text: a path as given, or words such as `annotation virt-patch.dev/rules`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset, as [`position_in`]. The first one costs a scan of the text, the
    /// others one of their line.
    pub fn position(&self, offset: usize) -> Position {
        let lines = self.lines.get_or_init(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).collect());
        let end = boundary(&self.text, offset);
        let newlines = lines.partition_point(|&newline| newline < end);
        let start = newlines.checked_sub(1).and_then(|last| lines.get(last)).map_or(0, |newline| newline + 1);
        Position { line: newlines + 1, column: column(&self.text, start, end) }
    }
}

/// Line and column of byte `offset` in `text`, both from 1; an offset past the end is the end's. Costs a
/// scan of what stands before.
pub fn position_in(text: &str, offset: usize) -> Position {
    let end = boundary(text, offset);
    let before = &text.as_bytes()[..end];
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    Position { line: memchr::memchr_iter(b'\n', before).count() + 1, column: column(text, start, end) }
}

/// The character at or around byte `offset`.
fn boundary(text: &str, offset: usize) -> usize {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// The column of byte `end` in the line that begins at `start`; a byte order mark has none.
fn column(text: &str, start: usize, end: usize) -> usize {
    let before = &text[start..end];
    let bom = usize::from(start == 0 && before.starts_with('\u{feff}'));
    before.chars().count() + 1 - bom
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

    /// Line and column of the place's end, in the outermost text: the first that is not meant.
    pub fn end_position(&self) -> Position {
        let at = self.outermost();
        at.source.position(at.span.end)
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
