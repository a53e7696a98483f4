//! The files that a run checks: those named, and those in folders with all that is below.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::load;
use crate::rule::RuleFile;
use crate::validate::{Candidate, LIMIT};

/// Folders within each other; more is a loop that no link explains.
const DEPTH: usize = 64;

/// Reads the files of `paths`, each once, in this order; in a folder by the bytes of their names. Names that
/// begin with `.` are passed over, links to files followed and links to folders not.
///
/// # Errors
/// Beside the files: what cannot be read, and folders without such files.
pub(super) fn candidates(paths: &[PathBuf]) -> (Vec<Candidate>, Vec<Diagnostic>) {
    let mut reading = Reading::default();
    for path in paths {
        if path.as_os_str() == "-" {
            if reading.stdin {
                continue;
            }
            reading.stdin = true;
            reading.keep(load::stdin(LIMIT), true);
        } else if path.is_dir() {
            let before = reading.met;
            reading.folder(path, 0);
            if reading.met == before {
                let message =
                    format!("the folder `{}` holds no rule file (`*.yaml`, `*.yml` or `*.json`)", path.display());
                reading.problems.push(Diagnostic::error(Code::NoRules, message));
            }
        } else {
            reading.file(path, true);
        }
    }
    (reading.candidates, reading.problems)
}

#[derive(Default)]
struct Reading {
    candidates: Vec<Candidate>,
    problems: Vec<Diagnostic>,
    /// Files, by what they really are.
    seen: BTreeSet<PathBuf>,
    /// How many files were met, those included that were seen before.
    met: usize,
    stdin: bool,
}

impl Reading {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = match list(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the folder `{}` cannot be read: {error}", folder.display());
                self.problems.push(Diagnostic::error(Code::Unreadable, message).help("check that it may be read"));
                return;
            }
        };
        for path in entries {
            // `.` adds nothing to a name.
            let path = path.strip_prefix(".").map_or(path.clone(), Path::to_path_buf);
            let is_link = path.is_symlink();
            if path.is_dir() {
                if !is_link && depth < DEPTH {
                    self.folder(&path, depth + 1);
                }
            } else if is_manifest(&path) && path.is_file() {
                self.file(&path, false);
            }
        }
    }

    fn file(&mut self, path: &Path, is_named: bool) {
        self.met += 1;
        if fs::canonicalize(path).is_ok_and(|real| !self.seen.insert(real)) {
            return;
        }
        self.keep(load::read(path, LIMIT), is_named);
    }

    fn keep(&mut self, read: Result<RuleFile, Diagnostic>, is_named: bool) {
        match read {
            Ok(file) => self.candidates.push(Candidate { file, is_named }),
            Err(problem) => self.problems.push(problem),
        }
    }
}

/// What a folder holds, less what is hidden, by the bytes of the names.
fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")) {
            paths.push(path);
        }
    }
    paths.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    Ok(paths)
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}
