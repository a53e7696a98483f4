//! The test files that paths name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::beside::Beside;
use crate::cli::input;
use crate::diagnostic::{Code, Diagnostic};
use crate::rule_test::{self, RuleTest};
use crate::source::Source;

/// Folders deeper than this are not looked into: no project is, a loop of mounts may be.
const DEPTH: usize = 32;

/// A test file.
pub(in crate::cli) struct TestFile {
    /// As it was given or found.
    pub(in crate::cli) path: PathBuf,
    /// Its tests, in the order written.
    pub(in crate::cli) tests: Vec<RuleTest>,
}

/// The tests at `paths`, and what is wrong with them. A file must hold a test; of a folder, and the folders in it,
/// those YAML files that do are taken, by the bytes of their paths. Names that begin with `.` are passed over,
/// and links to folders are not followed.
pub(in crate::cli) fn tests(paths: &[PathBuf]) -> (Vec<TestFile>, Vec<Diagnostic>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        let mut found = Vec::new();
        if path.is_dir() {
            if let Err(error) = walk(path, DEPTH, &mut found) {
                let message = format!("the folder `{}` cannot be read: {error}", path.display());
                problems.push(Diagnostic::error(Code::Unreadable, message));
            }
        } else {
            found.push(path.clone());
        }
        let before = (files.len(), problems.len());
        for file in found {
            read(file, path.is_dir(), &mut files, &mut problems);
        }
        if (files.len(), problems.len()) == before {
            let message = format!("`{}` holds no test", path.display());
            let help = "a test is a YAML document of `kind: RuleTest`; `virt-patch init` writes a first one";
            problems.push(Diagnostic::error(Code::NoTests, message).help(help));
        }
    }
    (files, problems)
}

fn read(path: PathBuf, in_folder: bool, files: &mut Vec<TestFile>, problems: &mut Vec<Diagnostic>) {
    let input = match input::read(&path, "a test") {
        Ok(input) => input,
        Err(mut unreadable) => return problems.append(&mut unreadable),
    };
    let Ok(text) = String::from_utf8(input.bytes) else {
        if !in_folder {
            let message = format!("`{}` is not UTF-8", path.display());
            problems.push(Diagnostic::error(Code::Unreadable, message));
        }
        return;
    };
    // In a folder much may be YAML that is none of virt-patch's, and not even YAML: a chart's templates.
    if in_folder && !text.contains("RuleTest") {
        return;
    }
    let source: Arc<Source> = Source::new(input.name, text);
    let (tests, mut wrong) = rule_test::compile(&source, &Beside::new(&path));
    let has_tests = !tests.is_empty() || !wrong.is_empty();
    problems.append(&mut wrong);
    if has_tests {
        files.push(TestFile { path, tests });
    }
}

/// Recurses at most `depth` folders deep.
fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push((entry.path(), entry.file_type()?.is_dir()));
        }
    }
    entries.sort_by(|(a, _), (b, _)| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    for (path, is_folder) in entries {
        if is_folder && depth > 0 {
            walk(&path, depth - 1, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") && path.is_file()
        {
            // `virt-patch test` without a path is about `.`, and its files are named without it.
            found.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
        }
    }
    Ok(())
}
