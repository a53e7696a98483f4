//! From text to [`Path`], by the grammar of RFC 9535 (appendix A).

use serde_json::Value;

use super::QueryError;
use super::ast::{Comparable, Comparison, Logical, Matches, Path, Pattern, Segment, Selector};
use super::regexp::compile;
use crate::diagnostic::nearest;
use crate::json::number;

/// Filters, parentheses and calls in each other; the parser recurses with them.
const MAX_NESTING: usize = 16;
/// `..` in one query: each multiplies what the ones before it select.
const MAX_DESCENTS: usize = 3;
/// How often the selectors of a query may select the same place.
const MAX_REPEATS: usize = 1000;
/// Integers are those that a double holds exactly (section 2.1).
const MAX_INTEGER: i64 = (1 << 53) - 1;

const FUNCTIONS: [&str; 5] = ["length", "count", "match", "search", "value"];

type Parsed<T> = Result<T, QueryError>;

pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    descents: usize,
}

/// What stands where a comparison or a test may begin.
enum Operand {
    Literal(Value),
    Path(Path),
    Value(Comparable),
    Test(Logical),
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0, descents: 0 }
    }

    /// `jsonpath-query = root-identifier segments`
    pub(super) fn query(mut self) -> Parsed<Path> {
        if !self.take("$") {
            return self.fail("a query begins with '$'");
        }
        let segments = self.segments()?;
        if self.at < self.text.len() {
            return self.fail("expected '.', '[' or the end of the query");
        }
        Ok(Path { absolute: true, segments })
    }

    /// `segments = *(S segment)`
    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        let mut repeats = 1_usize;
        loop {
            let before = self.at;
            self.space();
            let start = self.at;
            let descends = self.take("..");
            if descends {
                self.descents += 1;
                if self.descents > MAX_DESCENTS {
                    return self.fail_at(start, format!("the query has more than {MAX_DESCENTS} '..'"));
                }
            }
            let selectors = if self.take("[") {
                self.bracketed()?
            } else if descends || self.take(".") {
                vec![if self.take("*") { Selector::Wildcard } else { Selector::Name(self.shorthand()?) }]
            } else {
                self.at = before;
                return Ok(segments);
            };
            repeats = repeats.saturating_mul(selectors.len());
            if repeats > MAX_REPEATS {
                return self.fail_at(start, format!("the query could select a place more than {MAX_REPEATS} times"));
            }
            segments.push(Segment { descends, selectors, start });
        }
    }

    /// `member-name-shorthand = name-first *name-char`
    fn shorthand(&mut self) -> Parsed<String> {
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_' || !char.is_ascii();
        let rest = self.rest();
        let length = rest.find(|char| !is_name(char)).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or_default();
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return self.fail("expected a name, '*' or '['");
        }
        self.at += length;
        Ok(name.to_owned())
    }

    /// `bracketed-selection = "[" S selector *(S "," S selector) S "]"`
    fn bracketed(&mut self) -> Parsed<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.space();
            selectors.push(self.selector()?);
            self.space();
            if self.take("]") {
                return Ok(selectors);
            }
            if !self.take(",") {
                return self.fail("expected ',' or ']'");
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some(quote @ (b'\'' | b'"')) => self.string(quote).map(Selector::Name),
            Some(b'*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some(b'?') => {
                self.at += 1;
                self.space();
                self.nested(Self::or).map(Selector::Filter)
            }
            Some(b'0'..=b'9' | b'-' | b':') => self.index_or_slice(),
            _ => self.fail("expected a name in quotes, an index, a slice, '*' or '?'"),
        }
    }

    /// `slice-selector = [start S] ":" S [end S] [":" [S step]]`, or an index.
    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.optional_integer()?;
        let after = self.at;
        self.space();
        if !self.take(":") {
            self.at = after;
            return start.map_or_else(|| self.fail("expected an index"), |index| Ok(Selector::Index(index)));
        }
        self.space();
        let end = self.optional_integer()?;
        let after = self.at;
        self.space();
        let mut step = None;
        if self.take(":") {
            let after = self.at;
            self.space();
            step = self.optional_integer()?;
            if step.is_none() {
                self.at = after;
            }
        } else {
            self.at = after;
        }
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    /// `int = "0" / (["-"] DIGIT1 *DIGIT)`
    fn optional_integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        self.take("-");
        let digits = self.digits();
        if digits.is_empty() && self.at == start {
            return Ok(None);
        }
        let written = self.text.get(start..self.at).unwrap_or_default();
        let canonical = !digits.is_empty() && written != "-0" && (digits == "0" || !digits.starts_with('0'));
        let value = written.parse().ok().filter(|value| canonical && (-MAX_INTEGER..=MAX_INTEGER).contains(value));
        value.map_or_else(|| self.fail_at(start, "not an integer of JSONPath"), |value| Ok(Some(value)))
    }

    /// `logical-or-expr = logical-and-expr *(S "||" S logical-and-expr)`
    fn or(&mut self) -> Parsed<Logical> {
        self.joined("||", Logical::Or, |parser| parser.joined("&&", Logical::And, Self::basic))
    }

    fn joined(
        &mut self,
        operator: &str,
        join: impl Fn(Vec<Logical>) -> Logical,
        operand: impl Fn(&mut Self) -> Parsed<Logical>,
    ) -> Parsed<Logical> {
        let first = operand(self)?;
        let mut operands = vec![first];
        loop {
            let before = self.at;
            self.space();
            if !self.take(operator) {
                self.at = before;
                break;
            }
            self.space();
            operands.push(operand(self)?);
        }
        match (operands.len(), operands.pop()) {
            (1, Some(only)) => Ok(only),
            (_, last) => {
                operands.extend(last);
                Ok(join(operands))
            }
        }
    }

    /// `basic-expr = paren-expr / comparison-expr / test-expr`
    fn basic(&mut self) -> Parsed<Logical> {
        let negated = self.take("!");
        if negated {
            self.space();
        }
        let start = self.at;
        let test = if self.take("(") {
            self.space();
            let inner = self.nested(Self::or)?;
            self.space();
            if !self.take(")") {
                return self.fail("expected ')'");
            }
            inner
        } else {
            let operand = self.operand()?;
            let after = self.at;
            self.space();
            match self.comparison().filter(|_| !negated) {
                Some(comparison) => {
                    let left = self.comparable(operand, start)?;
                    self.space();
                    let start = self.at;
                    let right = self.operand()?;
                    Logical::Compare(left, comparison, self.comparable(right, start)?)
                }
                None => {
                    self.at = after;
                    match operand {
                        Operand::Path(path) => Logical::Exists(path),
                        Operand::Test(test) => test,
                        _ => return self.fail("a value alone is no condition, expected a comparison"),
                    }
                }
            }
        };
        Ok(if negated { Logical::Not(Box::new(test)) } else { test })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        const WORDS: [(&str, Comparison); 6] = [
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        WORDS.into_iter().find(|(word, _)| self.take(word)).map(|(_, comparison)| comparison)
    }

    /// `comparable = literal / singular-query / function-expr`, the function of a value.
    fn comparable(&self, operand: Operand, start: usize) -> Parsed<Comparable> {
        match operand {
            Operand::Literal(value) => Ok(Comparable::Literal(value)),
            Operand::Value(value) => Ok(value),
            Operand::Path(path) if path.is_singular() => Ok(Comparable::Path(path)),
            Operand::Path(_) => self.fail_at(start, "only a query for a single value can be compared"),
            Operand::Test(_) => self.fail_at(start, "a condition cannot be compared"),
        }
    }

    fn operand(&mut self) -> Parsed<Operand> {
        match self.peek() {
            Some(quote @ (b'\'' | b'"')) => Ok(Operand::Literal(self.string(quote)?.into())),
            Some(b'0'..=b'9' | b'-') => self.number().map(Operand::Literal),
            Some(b'$' | b'@') => self.path().map(Operand::Path),
            Some(b'a'..=b'z') => self.word(),
            _ => self.fail("expected '@', '$', a literal or a function"),
        }
    }

    /// `filter-query = rel-query / jsonpath-query`
    fn path(&mut self) -> Parsed<Path> {
        let absolute = self.peek() == Some(b'$');
        self.at += 1;
        Ok(Path { absolute, segments: self.segments()? })
    }

    /// `true`, `false`, `null`, or a call: `function-name "(" S [argument *(S "," S argument)] S ")"`
    fn word(&mut self) -> Parsed<Operand> {
        let start = self.at;
        let rest = self.rest();
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let name = rest.get(..rest.bytes().take_while(|&byte| is_name(byte)).count()).unwrap_or_default();
        self.at += name.len();
        if !self.take("(") {
            return match name {
                "true" => Ok(Operand::Literal(true.into())),
                "false" => Ok(Operand::Literal(false.into())),
                "null" => Ok(Operand::Literal(Value::Null)),
                _ => self.fail_at(start, format!("'{name}' is neither a literal nor a call")),
            };
        }
        let arguments = self.nested(Self::arguments)?;
        self.call(name, arguments, start)
    }

    fn arguments(&mut self) -> Parsed<Vec<(Operand, usize)>> {
        let mut arguments = Vec::new();
        self.space();
        while !self.take(")") {
            if !arguments.is_empty() {
                if !self.take(",") {
                    return self.fail("expected ',' or ')'");
                }
                self.space();
            }
            let start = self.at;
            arguments.push((self.operand()?, start));
            self.space();
        }
        Ok(arguments)
    }

    /// The functions of section 2.4, with the types of their parameters.
    fn call(&self, name: &str, arguments: Vec<(Operand, usize)>, start: usize) -> Parsed<Operand> {
        let count = arguments.len();
        let mut arguments = arguments.into_iter();
        let one = (arguments.next(), arguments.next(), count);
        match (name, one) {
            ("length", (Some((value, at)), _, 1)) => {
                Ok(Operand::Value(Comparable::Length(Box::new(self.comparable(value, at)?))))
            }
            ("count", (Some((Operand::Path(path), _)), _, 1)) => Ok(Operand::Value(Comparable::Count(path))),
            ("value", (Some((Operand::Path(path), _)), _, 1)) => Ok(Operand::Value(Comparable::Value(path))),
            ("count" | "value", (Some((_, at)), _, 1)) => self.fail_at(at, format!("'{name}' needs a query")),
            ("match" | "search", (Some((text, at)), Some((pattern, pattern_at)), 2)) => {
                let whole = name == "match";
                let pattern = match self.comparable(pattern, pattern_at)? {
                    Comparable::Literal(literal) => {
                        let compiled = literal.as_str().map_or(Ok(None), |pattern| compile(pattern, whole));
                        match compiled {
                            Ok(pattern) => Pattern::Fixed(pattern),
                            Err(sentence) => return self.fail_at(pattern_at, sentence),
                        }
                    }
                    computed => Pattern::Computed(computed),
                };
                let text = self.comparable(text, at)?;
                Ok(Operand::Test(Logical::Matches(Box::new(Matches { whole, text, pattern }))))
            }
            (known, _) if FUNCTIONS.contains(&known) => {
                let needs = if matches!(known, "match" | "search") { "two arguments" } else { "one argument" };
                self.fail_at(start, format!("'{known}' has {needs}, not {count}"))
            }
            _ => {
                let near = nearest(name, FUNCTIONS).map(|near| format!("; did you mean '{near}'?"));
                self.fail_at(start, format!("JSONPath has no function '{name}'{}", near.unwrap_or_default()))
            }
        }
    }

    /// `number = (int / "-0") [frac] [exp]`, which is JSON's.
    fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        self.take("-");
        self.digits();
        if self.take(".") {
            self.digits();
        }
        if self.take("e") || self.take("E") {
            let _ = self.take("+") || self.take("-");
            self.digits();
        }
        let number = number::parse(self.text.get(start..self.at).unwrap_or_default());
        number.map_or_else(|| self.fail_at(start, "not a number"), |number| Ok(Value::Number(number)))
    }

    /// `string-literal`: JSON's, but that single quotes do as well.
    fn string(&mut self, quote: u8) -> Parsed<String> {
        let start = self.at;
        let quote = char::from(quote);
        let mut json = String::from("\"");
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            match char {
                char if char == quote => {
                    json.push('"');
                    self.at += at + 1;
                    let text = serde_json::from_str(&json).ok();
                    return text.map_or_else(|| self.fail_at(start, "a wrong character or escape in a string"), Ok);
                }
                '\\' => match chars.next() {
                    Some((_, '\'')) if quote == '\'' => json.push('\''),
                    Some((_, '"')) if quote == '\'' => return self.fail_at(start + at, "this quote needs no '\\'"),
                    Some((_, escaped)) => json.extend(['\\', escaped]),
                    None => break,
                },
                '"' => json.push_str("\\\""),
                char => json.push(char),
            }
        }
        self.fail_at(start, "the string is not closed")
    }

    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_NESTING {
            return self.fail(format!("the query is nested deeper than {MAX_NESTING}"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn digits(&mut self) -> &'t str {
        let rest = self.rest();
        let digits = rest.get(..rest.bytes().take_while(u8::is_ascii_digit).count()).unwrap_or_default();
        self.at += digits.len();
        digits
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        self.fail_at(self.at, message)
    }

    fn fail_at<T>(&self, offset: usize, message: impl Into<String>) -> Parsed<T> {
        Err(QueryError { offset, message: message.into() })
    }
}
