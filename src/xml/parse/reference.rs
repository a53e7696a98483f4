//! References: to a character by its number, or to one of the five entities that need no declaration.

use memchr::memchr_iter;

use crate::diagnostic::Code;
use crate::xml::ParseError;
use crate::xml::escape::{is_char, is_name_char, is_name_start};

/// Checks the references in `text[start..end]`.
///
/// `Reference ::= EntityRef | CharRef` (XML 1.0, section 4.1), the entities being those of section 4.6.
pub(super) fn check(text: &str, start: usize, end: usize) -> Result<(), Box<ParseError>> {
    let markup = text.get(start..end).unwrap_or_default();
    for found in memchr_iter(b'&', markup.as_bytes()) {
        let rest = &markup[found + 1..];
        let checked = match rest.strip_prefix('#') {
            Some(number) => by_number(number),
            None => by_name(rest),
        };
        if let Err((message, help)) = checked {
            return Err(Box::new(ParseError::new(Code::XmlSyntax, start + found, message).help(help)));
        }
    }
    Ok(())
}

/// What is wrong, and what to do.
type Wrong = (String, &'static str);

const ESCAPE: &str = "write `&amp;` for an ampersand";

/// `CharRef ::= '&#' [0-9]+ ';' | '&#x' [0-9a-fA-F]+ ';'`
fn by_number(number: &str) -> Result<(), Wrong> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hexadecimal) => (hexadecimal, 16),
        None => (number, 10),
    };
    let length = digits.chars().take_while(|digit| digit.is_digit(radix)).count();
    if length == 0 {
        return Err(("`&#` must be followed by the number of a character".to_owned(), ESCAPE));
    }
    if !digits[length..].starts_with(';') {
        return Err(("a reference to a character must end with `;`".to_owned(), ESCAPE));
    }
    let character = u32::from_str_radix(&digits[..length], radix).ok().and_then(char::from_u32);
    if character.is_some_and(is_char) {
        return Ok(());
    }
    let hex = if radix == 16 { "x" } else { "" };
    let message = format!("`&#{hex}{};` stands for no character that XML can hold", shortened(&digits[..length]));
    Err((message, "take it out: XML has no way to write it"))
}

/// `EntityRef ::= '&' Name ';'`
fn by_name(rest: &str) -> Result<(), Wrong> {
    let mut characters = rest.char_indices();
    if !characters.next().is_some_and(|(_, character)| is_name_start(character)) {
        return Err(("`&` begins no reference here".to_owned(), ESCAPE));
    }
    let length = characters.find(|&(_, character)| !is_name_char(character)).map_or(rest.len(), |(at, _)| at);
    let name = &rest[..length];
    if !rest[length..].starts_with(';') {
        return Err((format!("`&{}` begins no reference: it does not end with `;`", shortened(name)), ESCAPE));
    }
    if matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
        return Ok(());
    }
    let message = format!("the entity `{}` is not declared", shortened(name));
    Err((message, "only amp, lt, gt, quot and apos are entities here"))
}

/// No more of it than a message should hold.
fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
