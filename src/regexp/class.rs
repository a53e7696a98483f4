//! Sets of characters, and what the flags around them mean.

use regex_syntax::ast::{ClassAsciiKind, ClassPerlKind, ClassSetBinaryOpKind, Flag, Flags, Literal};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir};

use super::unicode;

/// The flags that hold at a place of the pattern.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// `i`.
    pub(super) is_insensitive: bool,
    /// `m`.
    pub(super) is_multi_line: bool,
    /// `s`.
    pub(super) dot_is_all: bool,
    /// `R`.
    pub(super) ends_at_crlf: bool,
    /// `U`.
    pub(super) is_lazy: bool,
    /// `-u`.
    pub(super) is_bytes: bool,
}

impl Scope {
    /// With flags of the pattern.
    pub(super) fn with(mut self, flags: &Flags) -> Self {
        let set = |field: &mut bool, flag, on| {
            if let Some(state) = flags.flag_state(flag) {
                *field = state == on;
            }
        };
        set(&mut self.is_insensitive, Flag::CaseInsensitive, true);
        set(&mut self.is_multi_line, Flag::MultiLine, true);
        set(&mut self.dot_is_all, Flag::DotMatchesNewLine, true);
        set(&mut self.ends_at_crlf, Flag::CRLF, true);
        set(&mut self.is_lazy, Flag::SwapGreed, true);
        set(&mut self.is_bytes, Flag::Unicode, false);
        self
    }

    /// A set with the other cases of its characters, where that is asked for.
    fn folded(self, set: &mut ClassUnicode) {
        if !self.is_insensitive {
            return;
        }
        if !self.is_bytes {
            unicode::fold(set);
        } else if let Some(mut bytes) = bytes(set) {
            bytes.case_fold_simple();
            *set = characters(&bytes);
        }
    }

    /// One item of a set, or a set in brackets.
    pub(super) fn set(self, mut set: ClassUnicode, is_negated: bool) -> Result<ClassUnicode, String> {
        self.folded(&mut set);
        self.negated(set, is_negated)
    }

    fn negated(self, mut set: ClassUnicode, is_negated: bool) -> Result<ClassUnicode, String> {
        if is_negated {
            set.negate();
        }
        if self.is_bytes && !set.is_ascii() { Err(not_utf8()) } else { Ok(set) }
    }

    /// A single character as a pattern.
    pub(super) fn literal(self, literal: &Literal) -> Result<Hir, String> {
        if self.is_bytes && literal.byte().is_some_and(|byte| !byte.is_ascii()) {
            return Err(not_utf8());
        }
        let mut set = one(literal.c);
        self.folded(&mut set);
        Ok(hir(set))
    }

    /// `\d`, `\s`, `\w`.
    pub(super) fn perl(self, kind: &ClassPerlKind, is_negated: bool) -> Result<ClassUnicode, String> {
        let set = match (kind, self.is_bytes) {
            (ClassPerlKind::Digit, true) => ascii(&ClassAsciiKind::Digit),
            (ClassPerlKind::Space, true) => ascii(&ClassAsciiKind::Space),
            (ClassPerlKind::Word, true) => ascii(&ClassAsciiKind::Word),
            (ClassPerlKind::Digit, false) => unicode::category("Nd").unwrap_or_else(ClassUnicode::empty),
            (ClassPerlKind::Space, false) => unicode::white_space(),
            (ClassPerlKind::Word, false) => unicode::word(),
        };
        self.negated(set, is_negated)
    }

    /// `&&`, `--` and `~~` between sets.
    pub(super) fn combined(
        self,
        kind: &ClassSetBinaryOpKind,
        mut left: ClassUnicode,
        mut right: ClassUnicode,
    ) -> ClassUnicode {
        self.folded(&mut left);
        self.folded(&mut right);
        match kind {
            ClassSetBinaryOpKind::Intersection => left.intersect(&right),
            ClassSetBinaryOpKind::Difference => left.difference(&right),
            ClassSetBinaryOpKind::SymmetricDifference => left.symmetric_difference(&right),
        }
        left
    }
}

pub(super) fn not_utf8() -> String {
    "`(?-u)` is for ASCII alone here, and this would match other bytes: take it off".to_owned()
}

/// A set as a pattern; a set of one is its character.
pub(super) fn hir(set: ClassUnicode) -> Hir {
    Hir::class(Class::Unicode(set))
}

/// A set of one.
pub(super) fn one(character: char) -> ClassUnicode {
    range(character, character)
}

pub(super) fn range(start: char, end: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(start, end)])
}

/// `[:alpha:]` and the like.
pub(super) fn ascii(kind: &ClassAsciiKind) -> ClassUnicode {
    let ranges: &[(char, char)] = match kind {
        ClassAsciiKind::Alnum => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        ClassAsciiKind::Alpha => &[('A', 'Z'), ('a', 'z')],
        ClassAsciiKind::Ascii => &[('\0', '\x7f')],
        ClassAsciiKind::Blank => &[('\t', '\t'), (' ', ' ')],
        ClassAsciiKind::Cntrl => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        ClassAsciiKind::Digit => &[('0', '9')],
        ClassAsciiKind::Graph => &[('!', '~')],
        ClassAsciiKind::Lower => &[('a', 'z')],
        ClassAsciiKind::Print => &[(' ', '~')],
        ClassAsciiKind::Punct => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        ClassAsciiKind::Space => &[('\t', '\r'), (' ', ' ')],
        ClassAsciiKind::Upper => &[('A', 'Z')],
        ClassAsciiKind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        ClassAsciiKind::Xdigit => &[('0', '9'), ('A', 'F'), ('a', 'f')],
    };
    ClassUnicode::new(ranges.iter().map(|&(start, end)| ClassUnicodeRange::new(start, end)))
}

/// A set of characters below 256 as bytes.
fn bytes(set: &ClassUnicode) -> Option<ClassBytes> {
    let byte = |character: char| u8::try_from(character).ok();
    let range = |range: &ClassUnicodeRange| Some(ClassBytesRange::new(byte(range.start())?, byte(range.end())?));
    set.iter().map(range).collect::<Option<Vec<_>>>().map(ClassBytes::new)
}

fn characters(set: &ClassBytes) -> ClassUnicode {
    ClassUnicode::new(set.iter().map(|range| ClassUnicodeRange::new(range.start().into(), range.end().into())))
}
