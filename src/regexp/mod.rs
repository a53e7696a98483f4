//! Regular expressions: the syntax and meaning of the crate `regex`, on its own parser and matcher, with a table of
//! Unicode of our own between them.
//!
//! That crate's tables are lists of lists, a hundred kilobytes of pointers that a program which may lie anywhere in
//! memory writes at its start, in every VM's pod. Ours are numbers (`unicode`), and the same in every program: of the
//! properties in `\p{…}` there are the general categories. Every pattern runs in linear time.

mod allowance;
mod class;
mod syntax;
mod translate;
mod unicode;

use std::fmt;

use regex_automata::meta;
use regex_automata::util::captures::Captures;

pub use allowance::within;
use class::Scope;

/// The least that a compiled pattern takes for each of its characters, in bytes.
const STATE: usize = 16;
/// The least that it takes for each range of characters in its sets.
const RANGE: usize = 8;

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
        let limit = options.size_limit;
        let too_large = || format!("the regular expression needs more than {limit} bytes");
        // What is this long compiles to more than the limit, or says the same thing many times.
        if pattern.len() > limit / STATE {
            return Err(too_large());
        }
        let ast = syntax::parse(pattern, options.ignore_white_space)?;
        let scope = Scope {
            is_insensitive: options.case_insensitive,
            is_multi_line: options.multi_line,
            dot_is_all: options.dot_matches_new_line,
            ends_at_crlf: options.crlf,
            is_lazy: false,
            is_bytes: false,
        };
        let hir = translate::translate(&ast, scope, options.whole, limit / RANGE)?.ok_or_else(too_large)?;
        // What else there is depends on what other crates of a program ask of the matcher, and takes more memory: what
        // compiles on a desk compiles in a pod.
        let config = meta::Config::new()
            .nfa_size_limit(Some(limit))
            .hybrid(false)
            .dfa(false)
            .onepass(false)
            .backtrack(false)
            .auto_prefilter(false);
        let regex = meta::Builder::new()
            .configure(config)
            .build_from_hir(&hir)
            .map_err(|error| if error.size_limit().is_some() { too_large() } else { error.to_string() })?;
        if allowance::take(regex.memory_usage()) {
            Ok(Self(regex))
        } else {
            Err("the regular expressions here need too much memory together: fewer, or simpler ones".to_owned())
        }
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
