//! `spec.files`: files that a sidecar brings into the VM's compute container, for `file-path()` to name.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diagnostic::Code;
use crate::source::Location;
use crate::xpath;
use crate::yaml::Node;

use super::fields::{Fields, Reader};
use super::param_source::forbidden_path;
use super::{Trust, language};

/// The most files of a sidecar.
pub const FILES_LIMIT: usize = 32;

/// The longest name, in bytes.
const NAME_LIMIT: usize = 64;

/// Where none is given: anyone may read it, as QEMU's user must.
const DEFAULT_MODE: u32 = 0o444;

/// What QEMU's user needs, whoever the sidecar runs as.
const READABLE: u32 = 0o444;

/// All that a file may allow: nobody but its owner writes it, and no program of it runs as somebody else.
const MODE_LIMIT: u32 = 0o755;

/// A file for the compute container.
#[derive(Debug, Clone)]
pub struct ContainerFile {
    /// Its name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    pub name: String,
    /// The variable that `file-path(name)` reads, as [`xpath::file_variable`] calls it.
    pub variable: String,
    /// Where it is declared.
    pub location: Location,
    /// What is in it.
    pub content: FileContent,
    /// The permissions (chmod(2)), from `0o444` to `0o755`.
    pub mode: u32,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// What this file of the sidecar's own container holds.
    File(String),
}

/// Reads the list. Rules from an annotation have none: the sidecar writes before it knows the VM.
pub(super) fn read(reader: &mut Reader, key: &Node, node: &Node, trust: Trust) -> Vec<ContainerFile> {
    if trust == Trust::Annotation {
        reader.error(Code::ParamForbidden, "rules from an annotation may not use `files`", &key.span).help =
            Some("mount the rules from a ConfigMap".into());
        return Vec::new();
    }
    let items = reader.items(node, "`files`").unwrap_or_default();
    if items.len() > FILES_LIMIT {
        let message = format!("{} files, and a sidecar writes at most {FILES_LIMIT}", items.len());
        reader.error(Code::ContainerFile, message, &key.span).help = Some("mount a volume with them".into());
        return Vec::new();
    }
    let mut files: Vec<ContainerFile> = Vec::new();
    for item in items {
        let Some(file) = one(reader, item) else { continue };
        if files.iter().any(|known| known.name == file.name) {
            let message = format!("there are two files `{}`", file.name);
            reader.error(Code::ContainerFile, message, &item.span).help = Some("give one another name".into());
        }
        files.push(file);
    }
    files
}

fn one(reader: &mut Reader, item: &Node) -> Option<ContainerFile> {
    let mut fields = reader.mapping(item, &language::CONTAINER_FILE)?;
    let name = fields.take("name").and_then(|node| file_name(reader, node));
    let mode = fields.take("mode").map_or(Some(DEFAULT_MODE), |node| mode(reader, node));
    let content = content(reader, item, &mut fields);
    fields.finish(reader);
    let name = name?.to_owned();
    // What is wrong with its content or mode is said; that `file-path()` names it is not wrong as well.
    let content = content.unwrap_or_else(|| FileContent::Bytes(Arc::default()));
    let mode = mode.unwrap_or(DEFAULT_MODE);
    let variable = xpath::file_variable(&name);
    Some(ContainerFile { variable, name, location: reader.at(&item.span), content, mode })
}

fn content(reader: &mut Reader, item: &Node, fields: &mut Fields<'_>) -> Option<FileContent> {
    let given: Vec<_> = language::CONTENTS.iter().filter_map(|&name| Some((name, fields.take_entry(name)?))).collect();
    let help = format!("give one of {}", language::CONTENTS.join(", "));
    match given.as_slice() {
        [] => {
            let start = item.span.start;
            reader.error(Code::ContainerFile, "nothing says what is in the file", &(start..start)).help = Some(help);
            None
        }
        [("base64", (_, node))] => bytes(reader, node).map(|bytes| FileContent::Bytes(bytes.into())),
        [("text", (_, node))] => {
            reader.text(node, "a file's `text`").map(|text| FileContent::Bytes(text.as_bytes().into()))
        }
        [(_, (_, node))] => path(reader, node).map(FileContent::File),
        [(first, _), (second, (key, _)), ..] => {
            let message = format!("a file's content comes from one place, this has `{first}` and `{second}`");
            reader.error(Code::ContainerFile, message, &key.span).help = Some(help);
            None
        }
    }
}

fn file_name<'n>(reader: &mut Reader, node: &'n Node) -> Option<&'n str> {
    let name = reader.text(node, "a file's `name`")?;
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if begins && fits && name.len() <= NAME_LIMIT {
        return Some(name);
    }
    reader.error(Code::ContainerFile, format!("a file cannot be called `{name}`"), &node.span).help =
        Some("a letter or digit, then letters, digits, `.`, `_` and `-`, at most 64 in all".into());
    None
}

fn bytes(reader: &mut Reader, node: &Node) -> Option<Vec<u8>> {
    let text: String = reader.text(node, "a file's `base64`")?.split_ascii_whitespace().collect();
    match STANDARD.decode(text) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let message = format!("this is no base64 (RFC 4648, section 4): {error}");
            reader.error(Code::ContainerFile, message, &node.span).help =
                Some("`base64 -w0 FILE` prints it; what is text may stand under `text` as it is".into());
            None
        }
    }
}

fn path(reader: &mut Reader, node: &Node) -> Option<String> {
    let path = reader.text(node, "a file's `file`")?;
    if let Some(why) = forbidden_path(path) {
        reader.error(Code::ContainerFile, format!("`file` cannot be `{path}`: {why}"), &node.span);
        return None;
    }
    Some(path.to_owned())
}

fn mode(reader: &mut Reader, node: &Node) -> Option<u32> {
    let text = reader.text(node, "a file's `mode`")?;
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let is_octal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let mode = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal);
    let mode = mode.filter(|mode| mode & !MODE_LIMIT == 0 && mode & READABLE == READABLE);
    if mode.is_none() {
        let message = format!("a file cannot have the mode `{text}`: QEMU's user must read it, and nobody else write");
        reader.error(Code::ContainerFile, message, &node.span).help =
            Some("\"0444\" for what is read, \"0555\" for a program".into());
    }
    mode
}
