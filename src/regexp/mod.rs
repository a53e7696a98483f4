//! Regular expressions: the syntax and meaning of the crate `regex`, on its own parser and matcher, with a table of
//! Unicode of our own between them.
//!
//! That crate's tables are lists of lists, a hundred kilobytes of pointers that a program which may lie anywhere in
//! memory writes at its start, in every VM's pod. Ours are numbers (`unicode`), and the same in every program: of the
//! properties in `\p{…}` there are the general categories. A search takes time in proportion to the text and to
//! the pattern, which [`Regexp::work`] tells: who looks for many matches pays for many searches.

mod allowance;
mod class;
mod syntax;
mod translate;
mod unicode;

use std::fmt;
use std::ops::Range;

use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};
use regex_automata::util::captures::Captures;

pub use allowance::within;
use class::Scope;

/// The most bytes of a pattern: what is built of each on the way takes some hundred.
const LENGTH: usize = 8 << 10;
/// What one compiled pattern may take, in bytes.
const SIZE: usize = 1 << 20;
/// What one search may take, in bytes: places for each group's ends at each state.
const SEARCH: usize = 4 << 20;
/// The least that a compiled pattern takes for each range of characters in its sets, in bytes.
const RANGE: usize = 8;

/// A compiled pattern.
#[derive(Clone)]
pub struct Regexp(PikeVM);

/// How to read a pattern.
#[derive(Debug, Clone, Copy, Default)]
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
    /// What is to be known of a match.
    pub wanted: Wanted,
}

/// What is to be known of a match: the less, the less a search takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Whether there is one.
    #[default]
    Nothing,
    /// Where it is.
    Place,
    /// Where its groups are too.
    Groups,
}

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A sentence about what is wrong with it.
    Syntax(String),
    /// A sentence about what it, or all patterns together, would take.
    Limit(String),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Syntax(sentence) | Self::Limit(sentence)) = self;
        formatter.write_str(sentence)
    }
}

impl std::error::Error for Error {}

impl Regexp {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Where it is none, or needs too much.
    pub fn compile(pattern: &str, options: &Options) -> Result<Self, Error> {
        if allowance::is_used_up() {
            return Err(allowance::too_much());
        }
        let compiled = Self::compile_one(pattern, options)?;
        if !allowance::take(compiled.0.get_nfa().memory_usage()) {
            return Err(allowance::too_much());
        }
        Ok(compiled)
    }

    fn compile_one(pattern: &str, options: &Options) -> Result<Self, Error> {
        if pattern.len() > LENGTH {
            return Err(Error::Limit(format!("the regular expression is longer than {LENGTH} bytes")));
        }
        // The work was done all the same.
        let too_large = || {
            allowance::take(SIZE);
            Error::Limit(format!("the regular expression needs more than {SIZE} bytes"))
        };
        let ast = syntax::parse(pattern, options.ignore_white_space).map_err(Error::Syntax)?;
        let scope = Scope {
            is_insensitive: options.case_insensitive,
            is_multi_line: options.multi_line,
            dot_is_all: options.dot_matches_new_line,
            ends_at_crlf: options.crlf,
            is_lazy: false,
            is_bytes: false,
        };
        let hir = translate::translate(&ast, scope, options.whole, SIZE / RANGE).map_err(Error::Syntax)?;
        let captures = match options.wanted {
            Wanted::Nothing => WhichCaptures::None,
            Wanted::Place => WhichCaptures::Implicit,
            Wanted::Groups => WhichCaptures::All,
        };
        let nfa = Compiler::new()
            .configure(Config::new().nfa_size_limit(Some(SIZE)).which_captures(captures))
            .build_from_hir(&hir.ok_or_else(too_large)?)
            .map_err(|error| match error.size_limit() {
                Some(_) => too_large(),
                None => Error::Syntax(error.to_string()),
            })?;
        // Twice for each state: itself in two lists, and a place for each end of each group.
        let per_state = 2 * (16 + 8 * nfa.group_info().slot_len());
        if nfa.states().len().saturating_mul(per_state) > SEARCH {
            let sentence =
                format!("a search with this regular expression needs more than {SEARCH} bytes: it has too many groups");
            return Err(Error::Limit(sentence));
        }
        PikeVM::new_from_nfa(nfa).map(Self).map_err(|error| Error::Syntax(error.to_string()))
    }

    /// What a search through so many bytes costs at most, in steps: it looks at each byte in each state of the pattern,
    /// and does some 32 of that in the time of a step.
    pub fn work(&self, bytes: usize) -> usize {
        1 + bytes.saturating_mul(self.0.get_nfa().states().len()) / 32
    }

    /// Whether a part of the text matches; the whole of it where that was asked for.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(&mut self.0.create_cache(), text)
    }

    /// How many groups a match has, the whole of it counted.
    pub fn groups(&self) -> usize {
        self.0.get_nfa().group_info().group_len(regex_automata::PatternID::ZERO)
    }

    /// Calls `each` with the matches in a text from left to right, none in another, until it fails.
    ///
    /// # Errors
    /// That of `each`.
    pub fn each_match<'t, E>(&self, text: &'t str, mut each: impl FnMut(&Match<'t>) -> Result<(), E>) -> Result<(), E> {
        let mut cache = self.0.create_cache();
        self.0.captures_iter(&mut cache, text).try_for_each(|groups| each(&Match { text, groups }))
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
    pub fn range(&self) -> Range<usize> {
        self.groups.get_match().map_or(0..0, |found| found.range())
    }

    /// What a group matched; none where it took no part.
    pub fn group(&self, number: usize) -> Option<&'t str> {
        self.text.get(self.groups.get_group(number)?.range())
    }
}
