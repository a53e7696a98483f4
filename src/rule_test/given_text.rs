//! Reading the texts that a test names or holds.

use std::sync::Arc;

use crate::diagnostic::Code;
use crate::rule::fields::Reader;
use crate::source::Source;
use crate::yaml::Node;

use super::language;
use super::{Files, Text};

/// `{file: PATH}` or `{inline: TEXT}`; an inline one is called `name`.
pub(super) fn text(
    reader: &mut Reader,
    node: &Node,
    [name, what]: [&'static str; 2],
    files: &dyn Files,
) -> Option<Text> {
    match file_or_inline(reader, node, what)? {
        FileOrInline::File(node, path) => {
            let source = file(reader, node, &path, files)?;
            Some(Text { name: path, source })
        }
        FileOrInline::Inline(node) => {
            reader.text(node, what)?;
            Some(Text { name: name.to_owned(), source: reader.inner(node) })
        }
    }
}

/// Where a text comes from.
pub(super) enum FileOrInline<'n> {
    /// A path, and where it is written.
    File(&'n Node, String),
    /// What is written in the test itself.
    Inline(&'n Node),
}

/// `{file: PATH}` or `{inline: …}`
pub(super) fn file_or_inline<'n>(reader: &mut Reader, node: &'n Node, what: &'static str) -> Option<FileOrInline<'n>> {
    if node.entries().is_none() {
        reader.wrong_type(node, what, "`{ file: PATH }` or `{ inline: … }`");
        return None;
    }
    let mut fields = reader.mapping_called(node, &language::TEXT, what)?;
    let (file, inline) = (fields.take("file"), fields.take("inline"));
    let is_near = fields.has_near(language::TEXT.one_of);
    fields.finish(reader);
    match (file, inline) {
        (Some(node), None) => Some(FileOrInline::File(node, reader.text(node, "`file`")?.to_owned())),
        (None, Some(node)) => Some(FileOrInline::Inline(node)),
        (None, None) if is_near => None,
        _ => {
            reader.error(Code::ConflictingFields, format!("{what} has one of `file` and `inline`"), &node.span);
            None
        }
    }
}

/// The text at `path`, which is written at `node`.
pub(super) fn file(reader: &mut Reader, node: &Node, path: &str, files: &dyn Files) -> Option<Arc<Source>> {
    let why = match files.text(path) {
        Ok(Some(source)) => return Some(source),
        Ok(None) => "there is no such file".to_owned(),
        Err(why) => why,
    };
    let problem = reader.error(Code::Unreadable, format!("`{path}` cannot be read: {why}"), &node.span);
    problem.help = Some("paths are relative to the test's folder".into());
    None
}
