//! Files and standard input.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Source;

/// The most that is read of one input, in bytes: far beyond any domain.
const LIMIT: u64 = 64 << 20;

/// What a file holds.
pub(super) struct Input {
    /// Its path as given, or `<stdin>`.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Input {
    /// Its text for reports; what is no UTF-8 is replaced.
    pub(super) fn source(&self) -> Arc<Source> {
        Source::new(self.name.as_str(), String::from_utf8_lossy(&self.bytes))
    }
}

/// Standard input can be read once: says which arguments ask for it, where several do.
///
/// # Errors
/// `invalid-argument`, for more than one.
pub(super) fn check_stdin<'a>(
    paths: impl IntoIterator<Item = (&'static str, &'a Path)>,
) -> Result<(), Vec<Diagnostic>> {
    let asking: Vec<&str> = paths.into_iter().filter(|(_, path)| is_stdin(path)).map(|(name, _)| name).collect();
    if asking.len() < 2 {
        return Ok(());
    }
    let message =
        format!("`-` stands for standard input, which can be read once, but {} ask for it", asking.join(" and "));
    Err(vec![Diagnostic::error(Code::InvalidArgument, message).help("give all but one of them as files")])
}

/// Whether the path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a file, or standard input for `-`; `what` says what it should be: `a domain`.
///
/// # Errors
/// `unreadable`.
pub(super) fn read(path: &Path, what: &str) -> Result<Input, Vec<Diagnostic>> {
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes)
    } else if path.is_dir() {
        let message = format!("`{}` is a folder, and {what} is one file", path.display());
        return Err(vec![Diagnostic::error(Code::Unreadable, message).help("name the file in it")]);
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
    };
    let name = if is_stdin(path) { "<stdin>".to_owned() } else { path.display().to_string() };
    let unreadable = |message: String, help: &str| vec![Diagnostic::error(Code::Unreadable, message).help(help)];
    match read {
        Err(error) => Err(unreadable(
            format!("`{name}`, {what}, cannot be read: {error}"),
            "check the path, and that the file may be read; `-` is standard input",
        )),
        Ok(_) if bytes.len() as u64 > LIMIT => {
            Err(unreadable(format!("`{name}` has more than {} MiB", LIMIT >> 20), &format!("is it {what}?")))
        }
        Ok(_) => Ok(Input { name, bytes }),
    }
}

/// A JSON value, or where and why the text is none.
///
/// # Errors
/// `code`, at its place.
pub(super) fn json(input: &Input, code: Code, what: &str) -> Result<serde_json::Value, Vec<Diagnostic>> {
    serde_json::from_slice(&input.bytes)
        .map_err(|error| vec![Diagnostic::not_json(code, what, &input.source(), &error)])
}
