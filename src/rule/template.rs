//! Values with holes: `${name}`, `${EXPR}`, `${?EXPR}`, and `$${` for a literal `${`.

use crate::source::Span;

use super::Expression;

/// A text with holes.
#[derive(Debug, Clone)]
pub struct Template {
    /// What it is made of, in order.
    pub parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// A value to fill in.
    Hole(Hole),
}

/// A value to fill in.
#[derive(Debug, Clone)]
pub struct Hole {
    /// What gives the value.
    pub expression: Expression,
    /// `${?…}`: it may be empty, and then the whole value is left out.
    pub optional: bool,
    /// The param, where the hole is exactly one param's name: absent, it skips the rule.
    pub param: Option<String>,
}

impl Template {
    /// A text without holes.
    pub fn constant(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// The text, where there are no holes.
    pub fn as_constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The only hole of a template that is nothing else.
    pub fn as_hole(&self) -> Option<&Hole> {
        match self.parts.as_slice() {
            [Part::Hole(hole)] => Some(hole),
            _ => None,
        }
    }

    /// Its holes.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        })
    }

    /// Whether what it gives comes from a secret.
    pub fn is_secret(&self) -> bool {
        self.holes().any(|hole| hole.expression.secret)
    }
}

/// A piece of a template's source, before its expressions are compiled.
pub(super) enum Piece {
    Text(String),
    Hole { expression: Span, optional: bool },
}

/// What is wrong with a template.
pub(super) struct TemplateError {
    pub(super) span: Span,
    pub(super) message: &'static str,
}

/// Finds the holes. A hole ends at the first `}` outside an XPath string; `$${` is a literal `${`.
pub(super) fn split(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$').map(|found| at + found) {
        literal.push_str(&text[at..dollar]);
        let rest = &text[dollar..];
        if rest.starts_with("$${") {
            literal.push_str("${");
            at = dollar + 3;
        } else if let Some(hole) = rest.strip_prefix("${") {
            let optional = hole.starts_with('?');
            let start = dollar + 2 + usize::from(optional);
            let Some(length) = hole_length(&text[start..]) else {
                return Err(TemplateError { span: dollar..text.len(), message: "this `${` has no closing `}`" });
            };
            if text[start..start + length].trim().is_empty() {
                return Err(TemplateError { span: dollar..start + length + 1, message: "this hole is empty" });
            }
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Hole { expression: start..start + length, optional });
            at = start + length + 1;
        } else {
            literal.push('$');
            at = dollar + 1;
        }
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    Ok(pieces)
}

/// Bytes up to the first `}` that is in no XPath string.
fn hole_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'}') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}
