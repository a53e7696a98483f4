//! From what a pattern says to what the matcher runs, without recursion.

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassSetBinaryOp, ClassSetItem, GroupKind, RepetitionKind, RepetitionRange, Visitor,
};
use regex_syntax::hir::{Capture, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition};

use super::class::{self, Scope};
use super::unicode;

/// Translates a pattern; with `whole` it has to match from the text's start to its end. `None` where its sets of
/// characters have more than so many ranges.
///
/// # Errors
/// What is wrong with the pattern.
pub(super) fn translate(pattern: &Ast, scope: Scope, whole: bool, ranges: usize) -> Result<Option<Hir>, String> {
    let translator = Translator { scope, outer: Vec::new(), done: Vec::new(), sets: Vec::new(), left: ranges };
    let hir = match ast::visit(pattern, translator) {
        Ok(hir) => hir,
        Err(Stop::TooLarge) => return Ok(None),
        Err(Stop::Wrong(message)) => return Err(message),
    };
    Ok(Some(if whole { Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]) } else { hir }))
}

enum Stop {
    Wrong(String),
    /// Nothing is built any more that could not be kept.
    TooLarge,
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Self::Wrong(message)
    }
}

struct Translator {
    scope: Scope,
    /// The flags around the groups that are open.
    outer: Vec<Scope>,
    /// What is translated and waits for what is around it.
    done: Vec<Piece>,
    /// The sets that are open, the innermost last; put in order once, when they are closed.
    sets: Vec<Vec<ClassUnicodeRange>>,
    /// How many ranges its sets may have yet.
    left: usize,
}

enum Piece {
    Hir(Hir),
    /// Where a concatenation or an alternation begins.
    Begin,
}

impl Translator {
    fn push(&mut self, hir: Hir) {
        self.done.push(Piece::Hir(hir));
    }

    fn pop(&mut self) -> Hir {
        match self.done.pop() {
            Some(Piece::Hir(hir)) => hir,
            Some(Piece::Begin) | None => Hir::empty(),
        }
    }

    /// All since the last begin.
    fn pieces(&mut self) -> Vec<Hir> {
        let mut pieces = Vec::new();
        while let Some(Piece::Hir(hir)) = self.done.pop() {
            pieces.push(hir);
        }
        pieces.reverse();
        pieces
    }

    fn dot(&self) -> Result<Hir, String> {
        if self.scope.is_bytes {
            return Err(class::not_utf8());
        }
        Ok(Hir::dot(match (self.scope.dot_is_all, self.scope.ends_at_crlf) {
            (true, _) => Dot::AnyChar,
            (false, true) => Dot::AnyCharExceptCRLF,
            (false, false) => Dot::AnyCharExceptLF,
        }))
    }

    fn look(&self, kind: &AssertionKind) -> Look {
        let Scope { is_multi_line, ends_at_crlf, is_bytes, .. } = self.scope;
        let word = |unicode, ascii| if is_bytes { ascii } else { unicode };
        match (kind, is_multi_line, ends_at_crlf) {
            (AssertionKind::StartText, ..) | (AssertionKind::StartLine, false, _) => Look::Start,
            (AssertionKind::EndText, ..) | (AssertionKind::EndLine, false, _) => Look::End,
            (AssertionKind::StartLine, true, false) => Look::StartLF,
            (AssertionKind::StartLine, true, true) => Look::StartCRLF,
            (AssertionKind::EndLine, true, false) => Look::EndLF,
            (AssertionKind::EndLine, true, true) => Look::EndCRLF,
            (AssertionKind::WordBoundary, ..) => word(Look::WordUnicode, Look::WordAscii),
            (AssertionKind::NotWordBoundary, ..) => word(Look::WordUnicodeNegate, Look::WordAsciiNegate),
            (AssertionKind::WordBoundaryStart | AssertionKind::WordBoundaryStartAngle, ..) => {
                word(Look::WordStartUnicode, Look::WordStartAscii)
            }
            (AssertionKind::WordBoundaryEnd | AssertionKind::WordBoundaryEndAngle, ..) => {
                word(Look::WordEndUnicode, Look::WordEndAscii)
            }
            (AssertionKind::WordBoundaryStartHalf, ..) => word(Look::WordStartHalfUnicode, Look::WordStartHalfAscii),
            (AssertionKind::WordBoundaryEndHalf, ..) => word(Look::WordEndHalfUnicode, Look::WordEndHalfAscii),
        }
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Hir {
        let (min, max) = match repetition.op.kind {
            RepetitionKind::ZeroOrOne => (0, Some(1)),
            RepetitionKind::ZeroOrMore => (0, None),
            RepetitionKind::OneOrMore => (1, None),
            RepetitionKind::Range(RepetitionRange::Exactly(count)) => (count, Some(count)),
            RepetitionKind::Range(RepetitionRange::AtLeast(least)) => (least, None),
            RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => (least, Some(most)),
        };
        let greedy = repetition.greedy != self.scope.is_lazy;
        Hir::repetition(Repetition { min, max, greedy, sub: Box::new(self.pop()) })
    }

    /// What `\p{…}` stands for.
    fn category(&self, class: &ast::ClassUnicode) -> Result<ClassUnicode, String> {
        if self.scope.is_bytes {
            return Err("`\\p` needs Unicode, and `-u` is without".to_owned());
        }
        self.scope.set(unicode::property(&class.kind)?, class.is_negated())
    }

    /// Adds to the innermost set.
    fn add(&mut self, set: &ClassUnicode) -> Result<(), Stop> {
        self.count(set)?;
        if let Some(open) = self.sets.last_mut() {
            open.extend(set.iter());
        }
        Ok(())
    }

    /// Counts what looking for other cases costs: a look at each character, of which that many have some.
    fn count_cases(&mut self, set: &ClassUnicode) -> Result<(), Stop> {
        if self.scope.is_insensitive {
            let characters = set.iter().map(|range| range.len()).sum::<usize>().min(unicode::CASED);
            self.left = self.left.checked_sub(characters).ok_or(Stop::TooLarge)?;
        }
        Ok(())
    }

    fn count(&mut self, set: &ClassUnicode) -> Result<(), Stop> {
        self.left = self.left.checked_sub(set.ranges().len()).ok_or(Stop::TooLarge)?;
        Ok(())
    }

    /// A set as a pattern.
    fn set(&mut self, set: ClassUnicode) -> Result<Hir, Stop> {
        self.count(&set)?;
        Ok(class::hir(set))
    }

    fn close(&mut self) -> ClassUnicode {
        ClassUnicode::new(self.sets.pop().unwrap_or_default())
    }

    /// A character in brackets.
    fn member(&self, literal: &ast::Literal) -> Result<char, String> {
        if self.scope.is_bytes && !literal.c.is_ascii() {
            return Err(class::not_utf8());
        }
        Ok(literal.c)
    }
}

impl Visitor for Translator {
    type Output = Hir;
    type Err = Stop;

    fn finish(mut self) -> Result<Hir, Stop> {
        Ok(self.pop())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Stop> {
        match ast {
            Ast::ClassBracketed(_) => self.sets.push(Vec::new()),
            Ast::Concat(_) | Ast::Alternation(_) => self.done.push(Piece::Begin),
            Ast::Group(group) => {
                self.outer.push(self.scope);
                if let GroupKind::NonCapturing(flags) = &group.kind {
                    self.scope = self.scope.with(flags);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), Stop> {
        let hir = match ast {
            Ast::Empty(_) => Hir::empty(),
            Ast::Flags(set) => {
                // They hold to the end of the group, in the alternatives that follow too.
                self.scope = self.scope.with(&set.flags);
                Hir::empty()
            }
            Ast::Literal(literal) => self.scope.literal(literal)?,
            Ast::Dot(_) => self.dot()?,
            Ast::Assertion(assertion) => Hir::look(self.look(&assertion.kind)),
            Ast::ClassUnicode(class) => self.set(self.category(class)?)?,
            Ast::ClassPerl(class) => self.set(self.scope.perl(&class.kind, class.negated)?)?,
            Ast::ClassBracketed(class) => {
                let set = self.close();
                self.count_cases(&set)?;
                self.set(self.scope.set(set, class.negated)?)?
            }
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Group(group) => {
                let sub = self.pop();
                if let Some(outer) = self.outer.pop() {
                    self.scope = outer;
                }
                match &group.kind {
                    GroupKind::NonCapturing(_) => sub,
                    GroupKind::CaptureIndex(index) => {
                        Hir::capture(Capture { index: *index, name: None, sub: Box::new(sub) })
                    }
                    GroupKind::CaptureName { name, .. } => Hir::capture(Capture {
                        index: name.index,
                        name: Some(name.name.as_str().into()),
                        sub: Box::new(sub),
                    }),
                }
            }
            Ast::Alternation(_) => Hir::alternation(self.pieces()),
            Ast::Concat(_) => Hir::concat(self.pieces()),
        };
        self.push(hir);
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Stop> {
        if let ClassSetItem::Bracketed(_) = item {
            self.sets.push(Vec::new());
        }
        Ok(())
    }

    fn visit_class_set_item_post(&mut self, item: &ClassSetItem) -> Result<(), Stop> {
        let set = match item {
            // Of a union each item is added by itself.
            ClassSetItem::Empty(_) | ClassSetItem::Union(_) => return Ok(()),
            ClassSetItem::Literal(literal) => class::one(self.member(literal)?),
            ClassSetItem::Range(range) => class::range(self.member(&range.start)?, self.member(&range.end)?),
            ClassSetItem::Ascii(class) => self.scope.set(class::ascii(&class.kind), class.negated)?,
            ClassSetItem::Unicode(class) => self.category(class)?,
            ClassSetItem::Perl(class) => self.scope.perl(&class.kind, class.negated)?,
            ClassSetItem::Bracketed(class) => {
                let set = self.close();
                self.count_cases(&set)?;
                self.scope.set(set, class.negated)?
            }
        };
        self.add(&set)
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ClassSetBinaryOp) -> Result<(), Stop> {
        self.sets.push(Vec::new());
        Ok(())
    }

    fn visit_class_set_binary_op_in(&mut self, _: &ClassSetBinaryOp) -> Result<(), Stop> {
        self.sets.push(Vec::new());
        Ok(())
    }

    fn visit_class_set_binary_op_post(&mut self, operation: &ClassSetBinaryOp) -> Result<(), Stop> {
        let (right, left) = (self.close(), self.close());
        self.count_cases(&left)?;
        self.count_cases(&right)?;
        let set = self.scope.combined(&operation.kind, left, right);
        self.add(&set)
    }
}
