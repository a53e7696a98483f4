//! Rule files as the data of a ConfigMap.

use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::RuleFile;

/// The most bytes of a ConfigMap's data (`MaxSecretSize` of Kubernetes).
const MAX_DATA: usize = 1 << 20;

/// Texts by key. The sidecar reads a folder by the bytes of names, so where there are several files a number in
/// front keeps the order in which they were given.
///
/// # Errors
/// `unsupported-combination` where they are more than a ConfigMap can hold.
pub(super) fn data(files: &[RuleFile]) -> Result<Map<String, Value>, Diagnostic> {
    let bytes: usize = files.iter().map(|file| file.source.text().len()).sum();
    if bytes > MAX_DATA {
        let message = format!("the rule files have {bytes} bytes, and a ConfigMap holds {MAX_DATA}");
        return Err(Diagnostic::error(Code::UnsupportedCombination, message).help("make them fewer, or a pack of them"));
    }
    let digits = files.len().to_string().len();
    let entry = |(at, file): (usize, &RuleFile)| {
        let name = key(file.source.name());
        let name = if files.len() > 1 { format!("{at:0digits$}-{name}") } else { name };
        (name, Value::String(file.source.text().to_owned()))
    };
    Ok(files.iter().enumerate().map(entry).collect())
}

/// A file's name as a key: letters, digits, `-`, `_` and `.`, at most 253 with a number in front, and a suffix that
/// the sidecar takes for rules.
fn key(path: &str) -> String {
    const MAX_STEM: usize = 200;
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, suffix) = match name.rsplit_once('.') {
        Some((stem, suffix @ ("yaml" | "yml" | "json"))) => (stem, suffix),
        _ => (name, "yaml"),
    };
    let allowed = |char: char| if char.is_ascii_alphanumeric() || "-_".contains(char) { char } else { '-' };
    let stem: String = stem.chars().map(allowed).take(MAX_STEM).collect();
    // `<stdin>` leaves hyphens at its ends, which are allowed, but tell nobody anything.
    let stem = stem.trim_matches('-');
    format!("{}.{suffix}", if stem.is_empty() { "rules" } else { stem })
}
