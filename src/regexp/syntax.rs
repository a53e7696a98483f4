//! A pattern's text, read by the crate that reads it for `regex`.

use regex_syntax::ast::Ast;
use regex_syntax::ast::parse::ParserBuilder;

/// How deep groups may stand in each other: dropping a compiled pattern takes stack for each.
const NESTING: u32 = 250;

/// Reads a pattern.
pub(super) fn parse(pattern: &str, ignore_white_space: bool) -> Result<Ast, String> {
    let mut parser = ParserBuilder::new().nest_limit(NESTING).ignore_whitespace(ignore_white_space).build();
    parser.parse(pattern).map_err(|error| error.kind().to_string())
}
