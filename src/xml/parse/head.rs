//! What stands before the first node: the encoding, the byte order mark, the XML declaration.

use crate::diagnostic::Code;
use crate::xml::ParseError;
use crate::xml::escape::is_space;

const BOM: char = '\u{feff}';

/// The text of the bytes.
pub(in crate::xml) fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    let utf16 = matches!(bytes, [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, b'<', ..] | [b'<', 0, ..]);
    if utf16 {
        return Err(encoding(0, "the text is UTF-16, not UTF-8"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        let head = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
        match declared_encoding(&head) {
            Some(name) if !is_utf8(name) => {
                encoding(at, format!("the text is declared as {}, not UTF-8", name.escape_debug()))
            }
            _ => encoding(at, format!("the byte 0x{byte:02x} is not UTF-8")),
        }
    })
}

fn encoding(offset: usize, message: impl Into<String>) -> ParseError {
    ParseError::new(Code::XmlEncoding, offset, message).help("save the document as UTF-8")
}

/// Checks what stands before the prolog's first node, and gives its length: the byte order mark
/// and the XML declaration.
pub(super) fn head(text: &str) -> Result<usize, ParseError> {
    let start = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let rest = &text[start..];
    if rest.starts_with(BOM) {
        return Err(ParseError::new(Code::XmlSyntax, start, "a second byte order mark"));
    }
    match rest.strip_prefix("<?xml") {
        Some(declaration) if declaration.starts_with(|c: char| c.is_ascii_whitespace()) => {
            Declaration { text, at: start + 5 }.read()
        }
        _ => Ok(start),
    }
}

/// The encoding's name, as far as one can tell without parsing.
fn declared_encoding(text: &str) -> Option<&str> {
    let head = text.strip_prefix("<?xml")?.split("?>").next()?;
    let value = head.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

fn is_utf8(encoding: &str) -> bool {
    ["UTF-8", "UTF8", "US-ASCII", "ASCII"].iter().any(|known| encoding.eq_ignore_ascii_case(known))
}

/// `XMLDecl ::= '<?xml' VersionInfo EncodingDecl? SDDecl? S? '?>'`
struct Declaration<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Declaration<'t> {
    fn read(mut self) -> Result<usize, ParseError> {
        let Some(version) = self.item("version")? else {
            return Err(self.wrong("the XML declaration must begin with a version"));
        };
        let digits = version.strip_prefix("1.").unwrap_or_default();
        if version == "1.1" || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong(format!("XML {} is not supported, only 1.0", version.escape_debug())));
        }
        if let Some(name) = self.item("encoding")?
            && !is_utf8(name)
        {
            let message = format!("the encoding {} is not supported, only UTF-8", name.escape_debug());
            return Err(encoding(self.at, message));
        }
        if let Some(standalone) = self.item("standalone")?
            && !matches!(standalone, "yes" | "no")
        {
            return Err(self.wrong("standalone must be 'yes' or 'no'"));
        }
        self.spaces();
        if self.text[self.at..].starts_with("?>") { Ok(self.at + 2) } else { Err(self.wrong("expected '?>'")) }
    }

    /// `S name Eq ("'" value "'" | '"' value '"')`, where it stands here.
    fn item(&mut self, name: &str) -> Result<Option<&'t str>, ParseError> {
        let before = self.at;
        if !self.spaces() || !self.text[self.at..].starts_with(name) {
            self.at = before;
            return Ok(None);
        }
        self.at += name.len();
        self.spaces();
        if !self.text[self.at..].starts_with('=') {
            return Err(self.wrong("expected '='"));
        }
        self.at += 1;
        self.spaces();
        let rest = &self.text[self.at..];
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let value = quote.and_then(|quote| rest[1..].split_once(quote)).map(|(value, _)| value);
        let value = value.ok_or_else(|| self.wrong("expected a quoted value"))?;
        self.at += value.len() + 2;
        Ok(Some(value))
    }

    fn spaces(&mut self) -> bool {
        let before = self.at;
        while self.text.as_bytes().get(self.at).copied().is_some_and(is_space) {
            self.at += 1;
        }
        self.at > before
    }

    fn wrong(&self, message: impl Into<String>) -> ParseError {
        ParseError::new(Code::XmlSyntax, self.at, message)
    }
}
