//! The test files that paths name.

use std::collections::BTreeSet;
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
pub(super) struct TestFile {
    /// As it was given or found.
    pub(super) path: PathBuf,
    /// Its tests, in the order written.
    pub(super) tests: Vec<RuleTest>,
}

/// What paths hold.
#[derive(Default)]
pub(super) struct Found {
    /// The files with tests.
    pub(super) files: Vec<TestFile>,
    /// What is wrong with them.
    pub(super) problems: Vec<Diagnostic>,
    /// Every file and folder that was looked at: of these a change may change the outcome.
    pub(super) seen: BTreeSet<PathBuf>,
}

/// The tests at `paths`, and what is wrong with them. A file must hold a test; of a folder, and the folders in it,
/// those YAML files that do are taken, by the bytes of their paths. Names that begin with `.` are passed over,
/// and links to folders are not followed.
pub(super) fn tests(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        found.seen.insert(path.clone());
        let mut files = Vec::new();
        if path.is_dir() {
            if let Err(error) = walk(path, DEPTH, &mut files, &mut found.seen) {
                let message = format!("the folder `{}` cannot be read: {error}", path.display());
                found.problems.push(Diagnostic::error(Code::Unreadable, message));
            }
        } else {
            files.push(path.clone());
        }
        let before = (found.files.len(), found.problems.len());
        for file in files {
            found.read(file, path.is_dir());
        }
        if (found.files.len(), found.problems.len()) == before {
            let message = format!("`{}` holds no test", path.display());
            let help = "a test is a YAML document of `kind: RuleTest`; `virt-patch init` writes a first one";
            found.problems.push(Diagnostic::error(Code::NoTests, message).help(help));
        }
    }
    found
}

impl Found {
    fn read(&mut self, path: PathBuf, in_folder: bool) {
        self.seen.insert(path.clone());
        let input = match input::read(&path, "a test") {
            Ok(input) => input,
            Err(mut unreadable) => return self.problems.append(&mut unreadable),
        };
        let Ok(text) = String::from_utf8(input.bytes) else {
            if !in_folder {
                let message = format!("`{}` is not UTF-8", path.display());
                self.problems.push(Diagnostic::error(Code::Unreadable, message));
            }
            return;
        };
        // In a folder much may be YAML that is none of virt-patch's, and not even YAML: a chart's templates.
        if in_folder && !text.contains("RuleTest") {
            return;
        }
        let source: Arc<Source> = Source::new(input.name, text);
        let beside = Beside::new(&path);
        let (tests, mut wrong) = rule_test::compile(&source, &beside);
        self.seen.append(&mut beside.into_read());
        let has_tests = !tests.is_empty() || !wrong.is_empty();
        self.problems.append(&mut wrong);
        if has_tests {
            self.files.push(TestFile { path, tests });
        }
    }
}

/// Recurses at most `depth` folders deep.
fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>, seen: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    seen.insert(folder.to_owned());
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
            walk(&path, depth - 1, found, seen)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") && path.is_file()
        {
            // `virt-patch test` without a path is about `.`, and its files are named without it.
            found.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
        }
    }
    Ok(())
}
