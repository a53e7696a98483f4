//! Tokens (XPath 1.0, section 3.7).
//!
//! Whether a name is an operator or a keyword is left to the parser, which knows whether it waits
//! for an operand; that is what the disambiguation rules of section 3.7 come down to, and it lets
//! elements be called `for`, `if` or `div`.

use std::ops::Range;

use super::error::Error;
use crate::diagnostic::Code;

/// What a token is; its text is its span's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// A string; the span includes the quotes.
    Literal,
    /// An NCName.
    Name,
    /// `prefix:local`
    PrefixedName,
    /// `prefix:*`
    PrefixedStar,
    /// `$name`
    Variable,
    Symbol(Symbol),
    End,
}

macro_rules! symbols {
    ($($name:ident $text:literal)*) => {
        /// A token that is always written alike.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Symbol { $($name,)* }

        impl Symbol {
            /// Longer ones before their beginnings.
            const ALL: &[Self] = &[$(Self::$name,)*];

            pub(super) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

symbols! {
    ColonColon "::"
    DoubleSlash "//"
    DoubleDot ".."
    NotEqual "!="
    LessOrEqual "<="
    GreaterOrEqual ">="
    OpenParenthesis "("
    CloseParenthesis ")"
    OpenBracket "["
    CloseBracket "]"
    At "@"
    Comma ","
    Dot "."
    Slash "/"
    Bar "|"
    Plus "+"
    Minus "-"
    Equal "="
    Less "<"
    Greater ">"
    Star "*"
}

/// Splits an expression. The last token is always [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Error> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        at += spaces;
        let (token, length) = next(text, at)?;
        tokens.push((token, at..at + length));
        at += length;
        if token == Token::End {
            return Ok(tokens);
        }
    }
}

/// The token at `at` and its length.
fn next(text: &str, at: usize) -> Result<(Token, usize), Error> {
    let rest = text.get(at..).unwrap_or("");
    let Some(first) = rest.chars().next() else { return Ok((Token::End, 0)) };
    match first {
        '\'' | '"' => match rest.get(1..).and_then(|after| after.find(first)) {
            Some(length) => Ok((Token::Literal, length + 2)),
            None => {
                Err(Error::new(Code::XpathSyntax, at..text.len(), format!("a string is not closed: no second {first}")))
            }
        },
        '0'..='9' => Ok(number(rest)),
        '.' if rest[1..].starts_with(|digit: char| digit.is_ascii_digit()) => Ok(number(rest)),
        '$' => match rest.get(1..).map(name_length) {
            Some(length @ 1..) => Ok((Token::Variable, length + 1)),
            _ => Err(Error::new(Code::XpathSyntax, at..at + 1, "`$` is not followed by a variable's name")),
        },
        _ if is_name_start(first) => Ok(name(rest)),
        _ => match Symbol::ALL.iter().find(|symbol| rest.starts_with(symbol.text())) {
            Some(&symbol) => Ok((Token::Symbol(symbol), symbol.text().len())),
            None => Err(unexpected(first, at)),
        },
    }
}

fn unexpected(character: char, at: usize) -> Error {
    let span = at..at + character.len_utf8();
    let shown = character.escape_debug();
    let error = Error::new(Code::XpathSyntax, span, format!("`{shown}` has no meaning in XPath"));
    match character {
        '&' => error.help("write `and`"),
        '!' => error.help("write `!=` or `not(…)`"),
        '{' | '}' => error.help("an expression here stands without `${` and `}`"),
        '%' => error.help("write `mod`"),
        '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => error.help("use straight quotes"),
        _ => error,
    }
}

/// `Number ::= Digits ('.' Digits?)? | '.' Digits`
fn number(rest: &str) -> (Token, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let length = match rest.get(whole..) {
        Some(fraction) if fraction.starts_with('.') => whole + 1 + digits(&fraction[1..]),
        _ => whole,
    };
    (Token::Number(rest[..length].parse().unwrap_or(f64::NAN)), length)
}

/// `QName | NCName ':' '*' | NCName`
fn name(rest: &str) -> (Token, usize) {
    let length = name_length(rest);
    let Some(after) = rest[length..].strip_prefix(':') else { return (Token::Name, length) };
    match after.chars().next() {
        Some('*') => (Token::PrefixedStar, length + 2),
        Some(first) if is_name_start(first) => (Token::PrefixedName, length + 1 + name_length(after)),
        _ => (Token::Name, length),
    }
}

/// The length of the NCName that the text begins with.
fn name_length(text: &str) -> usize {
    if !text.starts_with(is_name_start) {
        return 0;
    }
    text.find(|character| !is_name_part(character)).unwrap_or(text.len())
}

/// `NCNameStartChar` of Namespaces in XML 1.0.
fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// `NCNameChar`.
fn is_name_part(character: char) -> bool {
    is_name_start(character)
        || matches!(character, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
