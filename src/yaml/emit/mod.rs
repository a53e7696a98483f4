//! JSON values as YAML that YAML 1.1 and 1.2 read alike.
//!
//! Block style, in the looks that [`Style`] says. A string is quoted exactly where its plain form would be
//! read as something else, or would not be read at all, unless its neighbours are all quoted; texts of several
//! lines are literal blocks, never folded. Numbers and the order of keys stay.

mod depth;
pub(super) mod flow;
pub(super) mod scalar;
pub mod style;

pub use depth::TooDeep;

use serde_json::{Map, Value};

use flow::Notation;
use scalar::{Context, is_printable, scalar, string};
use style::{Quotes, Style};

/// A key on the same line as its `:` may have 1024 characters (YAML 1.2.2, section 7.4.2).
const MAX_SIMPLE_KEY: usize = 1000;
/// An item that would be longer in flow style is written as a block.
const MAX_FLOW_ITEM: usize = 160;

/// A whole document in the default looks, with a newline at its end.
///
/// # Errors
/// [`TooDeep`] for lists and objects nested deeper than 64.
pub fn block(value: &Value) -> Result<String, TooDeep> {
    document(value, Style::default())
}

/// A whole document, with a newline at its end.
///
/// # Errors
/// [`TooDeep`] for lists and objects nested deeper than 64.
pub(super) fn document(value: &Value, style: Style) -> Result<String, TooDeep> {
    depth::check(value, 1)?;
    let mut out = Emitter::new(style);
    match value {
        Value::Object(members) if !members.is_empty() => out.members(members, 0, 1)?,
        Value::Array(items) if !items.is_empty() => out.items(items, 0, 1)?,
        scalar => out.scalar(scalar, 0, style.step),
    }
    Ok(out.text)
}

/// `key: value` lines for members at column `indent`, each line indented but for the first.
///
/// # Errors
/// [`TooDeep`] where the members are nested too deep at `depth`.
pub(super) fn members(members: &Map<String, Value>, indent: usize, depth: usize, style: Style) -> Written {
    let mut out = Emitter::new(style);
    out.members(members, indent, depth)?;
    Ok(out.text)
}

/// `- item` lines at column `indent`, each line indented but for the first.
///
/// # Errors
/// [`TooDeep`] where the items are nested too deep at `depth`.
pub(super) fn items<'v>(
    items: impl IntoIterator<Item = &'v Value>,
    indent: usize,
    depth: usize,
    style: Style,
) -> Written {
    let mut out = Emitter::new(style);
    out.items(items, indent, depth)?;
    Ok(out.text)
}

/// What follows `key:` at column `indent`: from the space or line break on, with the newline at the end.
///
/// # Errors
/// [`TooDeep`] where the value is nested too deep at `depth`.
pub(super) fn after_key(value: &Value, indent: usize, depth: usize, style: Style) -> Written {
    let mut out = Emitter::new(style);
    out.after_key(value, indent, depth)?;
    Ok(out.text)
}

type Written = Result<String, TooDeep>;

struct Emitter {
    text: String,
    style: Style,
}

impl Emitter {
    fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    /// Members at column `indent`; the first stands where the text is, the others on lines of their own.
    fn members(&mut self, members: &Map<String, Value>, indent: usize, depth: usize) -> Result<(), TooDeep> {
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                self.spaces(indent);
            }
            let key = string(key, Quotes { always: false, ..self.style.quotes }, Context::Block);
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
        depth::check(value, depth + 1)?;
        match value {
            Value::Object(members) if !members.is_empty() => {
                self.text.push('\n');
                self.spaces(indent + self.style.step);
                self.members(members, indent + self.style.step, depth + 1)
            }
            Value::Array(items) if !items.is_empty() => {
                self.text.push('\n');
                self.spaces(indent + self.style.list);
                self.items(items, indent + self.style.list, depth + 1)
            }
            scalar => {
                self.text.push(' ');
                self.scalar(scalar, indent + self.style.step, self.style.step);
                Ok(())
            }
        }
    }

    /// Items at column `indent`; a list or mapping begins on the line of its dash.
    fn items<'v>(
        &mut self,
        items: impl IntoIterator<Item = &'v Value>,
        indent: usize,
        depth: usize,
    ) -> Result<(), TooDeep> {
        let inside = indent + self.style.dash;
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.spaces(indent);
            }
            self.text.push('-');
            if let Some(line) = self.in_flow(item, depth) {
                self.spaces(self.style.dash - 1);
                self.line(&line);
                continue;
            }
            self.spaces(self.style.dash - 1);
            depth::check(item, depth + 1)?;
            match item {
                Value::Object(members) if !members.is_empty() => self.members(members, inside, depth + 1)?,
                Value::Array(items) if !items.is_empty() => self.items(items, inside, depth + 1)?,
                scalar => self.scalar(scalar, inside, self.style.dash),
            }
        }
        Ok(())
    }

    /// An item on one line, where its neighbours are and that is readable.
    fn in_flow(&self, item: &Value, depth: usize) -> Option<String> {
        let wanted = match item {
            Value::Array(items) => self.style.flow.lists && !items.is_empty(),
            Value::Object(members) => self.style.flow.mappings && !members.is_empty(),
            _ => false,
        };
        let values = self.style.quotes;
        let notation = Notation::Yaml { keys: Quotes { always: false, ..values }, values };
        let line = wanted.then(|| notation.value(item, depth + 1))?.ok()?;
        (line.len() <= MAX_FLOW_ITEM && !line.contains("\\n")).then_some(line)
    }

    /// A scalar or an empty collection, and the newline; `indent` is where a literal's lines begin, `inside` how
    /// far that is right of what holds it.
    fn scalar(&mut self, value: &Value, indent: usize, inside: usize) {
        match value {
            Value::String(text) if is_literal(text) => self.literal(text, indent.max(2), inside),
            value => self.line(&scalar(value, self.style.quotes, Context::Block)),
        }
    }

    fn literal(&mut self, text: &str, indent: usize, inside: usize) {
        self.text.push('|');
        // Where the first line does not show the indentation, a digit says it.
        if text.starts_with([' ', '\n', '\t']) {
            self.text.push_str(&inside.to_string());
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

/// Lines that a literal block gives back as they are. A line of nothing but white space is quoted:
/// readers and editors do not agree on it.
pub(super) fn is_literal(text: &str) -> bool {
    text.contains('\n')
        && text.chars().all(|char| char == '\n' || (is_printable(char) && char != '\u{feff}'))
        && !text.trim_matches('\n').is_empty()
        && text.split('\n').all(|line| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty())
}
