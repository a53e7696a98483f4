//! The pages of `docs/diagnostics.md`, a code each.

use crate::diagnostic::Code;

const PAGES: &str = include_str!("../../docs/diagnostics.md");

/// What the documentation says of a code, in Markdown without its heading: what it means, an example, the cure.
/// Empty only where the documentation has no section, which a test forbids.
pub fn page(code: Code) -> &'static str {
    let sections = PAGES.split("\n## ").skip(1);
    let mut bodies = sections.filter_map(|section| section.split_once('\n'));
    let body = bodies.find(|(title, _)| title.trim() == code.as_str()).map_or("", |(_, body)| body);
    // A chapter's heading belongs to the section after it.
    body.split("\n# ").next().unwrap_or_default().trim()
}

/// The first sentence of a code's page.
pub fn meaning(code: Code) -> String {
    let paragraph = page(code).split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let sentence = paragraph.split_once(". ").map_or(paragraph.as_str(), |(sentence, _)| sentence);
    sentence.trim_end_matches(['.', ':']).to_owned()
}
