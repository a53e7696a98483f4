//! Regular expressions: the syntax and meaning of the crate `regex`, on its own parser and matcher, with a table of
//! Unicode of our own between them.
//!
//! That crate's tables are lists of lists, a hundred kilobytes of pointers that a program which may lie anywhere in
//! memory writes at its start, in every VM's pod. Ours are numbers (`unicode`), and the same in every program: of the
//! properties in `\p{…}` there are the general categories. Every pattern runs in linear time.

mod class;
mod syntax;
mod translate;
mod unicode;

use std::fmt;

use regex_automata::meta;
use regex_automata::util::captures::Captures;

use class::Scope;

/// A compiled pattern.
#[derive(Clone)]
pub struct Regexp(meta::Regex);

/// How to read a pattern.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// `i`: letters match their other case too.
    pub case_insensitive: bool,
    /// `m`: `^` and `$` match at line ends.
    pub multi_line: bool,
    /// `s`: `.` matches a line feed too.
    pub dot_matches_new_line: bool,
    /// `x`: white space and comments in the pattern are none of it.
    pub ignore_white_space: bool,
    /// Carriage returns end lines too.
    pub crlf: bool,
    /// The whole text has to match, and not some part of it.
    pub whole: bool,
    /// What a compiled pattern may take, in bytes.
    pub size_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            case_insensitive: false,
            multi_line: false,
            dot_matches_new_line: false,
            ignore_white_space: false,
            crlf: false,
            whole: false,
            size_limit: 1 << 20,
        }
    }
}

impl Regexp {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub fn compile(pattern: &str, options: &Options) -> Result<Self, String> {
        let ast = syntax::parse(pattern, options.ignore_white_space)?;
        let scope = Scope {
            is_insensitive: options.case_insensitive,
            is_multi_line: options.multi_line,
            dot_is_all: options.dot_matches_new_line,
            ends_at_crlf: options.crlf,
            is_lazy: false,
            is_bytes: false,
        };
        let hir = translate::translate(&ast, scope, options.whole)?;
        let config =
            meta::Config::new().nfa_size_limit(Some(options.size_limit)).hybrid_cache_capacity(options.size_limit);
        let regex = meta::Builder::new().configure(config).build_from_hir(&hir);
        regex.map(Self).map_err(|error| match error.size_limit() {
            Some(limit) => format!("the regular expression needs more than {limit} bytes"),
            None => error.to_string(),
        })
    }

    /// Whether a part of the text matches; the whole of it where that was asked for.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// How many groups a match has, the whole of it counted.
    pub fn groups(&self) -> usize {
        self.0.captures_len()
    }

    /// The matches in a text from left to right, none in another.
    pub fn matches<'r, 't: 'r>(&'r self, text: &'t str) -> impl Iterator<Item = Match<'t>> + 'r {
        self.0.captures_iter(text).map(move |groups| Match { text, groups })
    }

    /// What stands between the matches.
    pub fn split<'r, 't: 'r>(&'r self, text: &'t str) -> impl Iterator<Item = &'t str> + 'r {
        self.0.split(text).map(|span| text.get(span.range()).unwrap_or(""))
    }
}

impl fmt::Debug for Regexp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Regexp(…)")
    }
}

/// One match in a text.
#[derive(Debug, Clone)]
pub struct Match<'t> {
    text: &'t str,
    groups: Captures,
}

impl<'t> Match<'t> {
    /// Where the whole match stands, in bytes.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.groups.get_match().map_or(0..0, |found| found.range())
    }

    /// What a group matched; none where it took no part.
    pub fn group(&self, number: usize) -> Option<&'t str> {
        self.text.get(self.groups.get_group(number)?.range())
    }
}
