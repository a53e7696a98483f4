//! A valid query, looked at segment by segment.
//!
//! The parser's crate keeps its syntax tree to itself; what is asked here can be read off the text.

/// What the segments of a query say about it.
pub(super) struct Segments {
    /// Every segment is one name or one index.
    pub(super) singular: bool,
    /// Where the last segment is a name: the byte that it begins at, and the name.
    pub(super) last_name: Option<(usize, String)>,
}

impl Segments {
    /// Walks over `segments` (RFC 9535, section 2.1) of a query that has been parsed already.
    pub(super) fn of(query: &str) -> Self {
        let mut seen = Self { singular: true, last_name: None };
        let mut at = 1;
        loop {
            at += query.get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len());
            let Some(rest) = query.get(at..).filter(|rest| !rest.is_empty()) else { return seen };
            let (length, step) = segment(rest);
            seen.singular &= step != Step::Other;
            seen.last_name = match step {
                Step::Name(name) => Some((at, name)),
                _ => None,
            };
            at += length;
        }
    }
}

#[derive(PartialEq)]
enum Step {
    Name(String),
    Index,
    Other,
}

/// The length of the segment at the start of `rest`, and what it is.
fn segment(rest: &str) -> (usize, Step) {
    if let Some(inner) = rest.strip_prefix('[') {
        let length = bracketed(inner);
        let selector = inner.get(..length).unwrap_or_default().trim();
        return (length + 2, selected(selector));
    }
    let (dots, name) = match rest.strip_prefix("..") {
        Some(name) => (2, name),
        None => (1, rest.get(1..).unwrap_or_default()),
    };
    if let Some(inner) = name.strip_prefix('[') {
        return (dots + bracketed(inner) + 2, Step::Other);
    }
    let length = name.find(|char: char| char == '.' || char == '[' || char.is_ascii_whitespace()).unwrap_or(name.len());
    let word = name.get(..length).unwrap_or_default();
    (dots + length, if dots == 2 || word == "*" { Step::Other } else { Step::Name(word.to_owned()) })
}

/// How many bytes stand before the bracket that closes.
fn bracketed(inner: &str) -> usize {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, byte) in inner.bytes().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(end), byte) if byte == end => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[') => depth += 1,
            (None, b']') if depth == 0 => return at,
            (None, b']') => depth -= 1,
            (None, _) => {}
        }
    }
    inner.len()
}

fn selected(selector: &str) -> Step {
    if selector.strip_prefix('-').unwrap_or(selector).bytes().all(|byte| byte.is_ascii_digit()) {
        return Step::Index;
    }
    match selector.chars().next() {
        Some(quote @ ('\'' | '"')) => string(selector, quote).map_or(Step::Other, Step::Name),
        _ => Step::Other,
    }
}

/// The one string literal that `selector` is; `None` where it is a list of several.
fn string(selector: &str, quote: char) -> Option<String> {
    let mut json = String::from("\"");
    let mut chars = selector.get(1..)?.chars();
    loop {
        match chars.next()? {
            char if char == quote => break,
            '\\' => match chars.next()? {
                '\'' => json.push('\''),
                escaped => json.extend(['\\', escaped]),
            },
            '"' => json.push_str("\\\""),
            char => json.push(char),
        }
    }
    json.push('"');
    if chars.next().is_some() { None } else { serde_json::from_str(&json).ok() }
}
