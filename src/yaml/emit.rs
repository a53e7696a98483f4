//! JSON values as YAML that YAML 1.1 and 1.2 read alike.
//!
//! Block style, two spaces, lists indented under their key, as cloud-init's examples are. A string is
//! quoted exactly where its plain form would be read as something else, or would not be read at all;
//! texts of several lines are literal blocks, never folded. Numbers and the order of keys stay.

use serde_json::Value;

use super::schema::is_special;

/// Deeper values are not written; the reader would not read them.
const MAX_DEPTH: usize = 64;
/// A key on the same line as its `:` may have 1024 characters (YAML 1.2.2, section 7.4.2).
const MAX_SIMPLE_KEY: usize = 1000;

/// The value is nested deeper than what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep;

impl std::fmt::Display for TooDeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "nested deeper than {MAX_DEPTH}")
    }
}

impl std::error::Error for TooDeep {}

/// A whole document, with a newline at its end.
///
/// # Errors
/// [`TooDeep`] for lists and objects nested deeper than 64.
pub fn block(value: &Value) -> Result<String, TooDeep> {
    let mut out = Emitter::default();
    match value {
        Value::Object(members) if !members.is_empty() => out.members(members, 0, 1)?,
        Value::Array(items) if !items.is_empty() => out.items(items, 0, 1)?,
        scalar => out.scalar(scalar, 0),
    }
    Ok(out.text)
}

/// `key: value` lines for members at column `indent`, each line indented but for the first.
///
/// # Errors
/// [`TooDeep`] where the members are nested too deep at `depth`.
pub(super) fn members(
    members: &serde_json::Map<String, Value>,
    indent: usize,
    depth: usize,
) -> Result<String, TooDeep> {
    let mut out = Emitter::default();
    out.members(members, indent, depth)?;
    Ok(out.text)
}

/// `- item` lines at column `indent`, each line indented but for the first.
///
/// # Errors
/// [`TooDeep`] where the items are nested too deep at `depth`.
pub(super) fn items(items: &[Value], indent: usize, depth: usize) -> Result<String, TooDeep> {
    let mut out = Emitter::default();
    out.items(items, indent, depth)?;
    Ok(out.text)
}

/// What follows `key:` at column `indent`: from the space or line break on, with the newline at the end.
///
/// # Errors
/// [`TooDeep`] where the value is nested too deep at `depth`.
pub(super) fn after_key(value: &Value, indent: usize, depth: usize) -> Result<String, TooDeep> {
    let mut out = Emitter::default();
    out.after_key(value, indent, depth)?;
    Ok(out.text)
}

#[derive(Default)]
struct Emitter {
    text: String,
}

impl Emitter {
    /// Members at column `indent`; the first stands where the text is, the others on lines of their own.
    fn members(
        &mut self,
        members: &serde_json::Map<String, Value>,
        indent: usize,
        depth: usize,
    ) -> Result<(), TooDeep> {
        if depth > MAX_DEPTH {
            return Err(TooDeep);
        }
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                self.spaces(indent);
            }
            let key = flow_scalar(key);
            if key.len() > MAX_SIMPLE_KEY {
                self.text.push_str("? ");
                self.text.push_str(&key);
                self.text.push('\n');
                self.spaces(indent);
            } else {
                self.text.push_str(&key);
            }
            self.text.push(':');
            self.after_key(value, indent, depth)?;
        }
        Ok(())
    }

    fn after_key(&mut self, value: &Value, indent: usize, depth: usize) -> Result<(), TooDeep> {
        match value {
            Value::Object(members) if !members.is_empty() => {
                self.text.push('\n');
                self.spaces(indent + 2);
                self.members(members, indent + 2, depth + 1)
            }
            Value::Array(items) if !items.is_empty() => {
                self.text.push('\n');
                self.spaces(indent + 2);
                self.items(items, indent + 2, depth + 1)
            }
            scalar => {
                self.text.push(' ');
                self.scalar(scalar, indent + 2);
                Ok(())
            }
        }
    }

    /// Items at column `indent`; a list or mapping begins on the line of its dash.
    fn items(&mut self, items: &[Value], indent: usize, depth: usize) -> Result<(), TooDeep> {
        if depth > MAX_DEPTH {
            return Err(TooDeep);
        }
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.spaces(indent);
            }
            self.text.push_str("- ");
            match item {
                Value::Object(members) if !members.is_empty() => self.members(members, indent + 2, depth + 1)?,
                Value::Array(items) if !items.is_empty() => self.items(items, indent + 2, depth + 1)?,
                scalar => self.scalar(scalar, indent + 2),
            }
        }
        Ok(())
    }

    /// A scalar or an empty collection, and the newline; `indent` is where a literal's lines begin.
    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::String(text) if is_literal(text) => self.literal(text, indent.max(2)),
            Value::String(text) => self.line(&flow_scalar(text)),
            Value::Number(number) if is_special_alike(number.as_str()) => self.line(number.as_str()),
            Value::Number(number) => self.line(&both_read(number.as_str())),
            other => self.line(&other.to_string()),
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.text.push('|');
        // Where the first line does not show the indentation, a digit says it.
        if text.starts_with([' ', '\n', '\t']) {
            self.text.push('2');
        }
        let body = text.strip_suffix('\n');
        match body {
            None => self.text.push('-'),
            Some(body) if body.ends_with('\n') => self.text.push('+'),
            Some(_) => {}
        }
        self.text.push('\n');
        for line in body.unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.spaces(indent);
            }
            self.line(line);
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn spaces(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }
}

/// Whether both versions read a JSON number as that number.
fn is_special_alike(number: &str) -> bool {
    !super::schema::is_ambiguous(number)
}

/// `1e3` is a text to YAML 1.1, and `1.0e+3` a number to both.
fn both_read(number: &str) -> String {
    let Some((mantissa, power)) = number.split_once(['e', 'E']) else { return number.to_owned() };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if power.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{power}")
}

/// Lines that a literal block gives back as they are. A line of nothing but white space is quoted:
/// readers and editors do not agree on it.
fn is_literal(text: &str) -> bool {
    text.contains('\n')
        && text.chars().all(|char| char == '\n' || (is_printable(char) && char != '\u{feff}'))
        && !text.trim_matches('\n').is_empty()
        && text.split('\n').all(|line| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty())
}

/// A string on one line: plain where that is the same, else in single quotes, else with escapes.
fn flow_scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.chars().all(|char| is_printable(char) && char != '\t') {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if is_printable(char) => out.push(char),
            char if u32::from(char) <= 0xff => out.push_str(&format!("\\x{:02x}", u32::from(char))),
            char if u32::from(char) <= 0xffff => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push_str(&format!("\\U{:08x}", u32::from(char))),
        }
    }
    out.push('"');
    out
}

/// `ns-plain` in block context (YAML 1.2.2, section 7.3.3), and nothing that a schema knows.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    let second = chars.next();
    let starts = match first {
        '-' | '?' | ':' => second.is_some_and(|char| char != ' '),
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
        _ => true,
    };
    starts
        && !text.starts_with(' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && text.chars().all(|char| is_printable(char) && char != '\t' && char != '\u{feff}')
        && !is_special(text)
}

/// What YAML 1.1 prints (and 1.2 allows), line breaks aside: the older version knows three more of them.
fn is_printable(char: char) -> bool {
    matches!(char, '\t' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
        && !matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}')
}
