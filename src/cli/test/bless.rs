//! Accepting what was found as what is expected from now on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::all::{Ran, id};
use super::text::{accepted, difference};
use crate::cli::terminal::Terminal;
use crate::report::visible;

/// Writes what was found in place of what was expected, where a file holds that; with `ask` one by one. Cases
/// that are `todo` are left alone.
///
/// # Errors
/// Where a file cannot be written, or lies outside of its test's folder.
pub(super) fn bless(ran: &[Ran<'_>], ask: bool, terminal: Terminal) -> anyhow::Result<()> {
    let mut wanted = BTreeMap::new();
    for one in ran.iter().filter(|one| one.case.todo.is_none()) {
        for mismatch in &one.outcome.mismatches {
            let Some((golden, found)) = accepted(mismatch) else { continue };
            let folder = one.file.path.parent().map(Path::to_owned).unwrap_or_default();
            let path = folder.join(golden);
            let before = wanted.insert(path.clone(), (folder, found));
            if before.is_some_and(|(_, other)| other != found) {
                bail!("two cases expect different results in `{}`; give each a file of its own", path.display());
            }
            if ask && !agreed(&id(one.test, one.case), &difference(mismatch, terminal.err), terminal)? {
                wanted.remove(&path);
            }
        }
    }
    for (path, (folder, text)) in wanted {
        write(&folder, &path, text)?;
        terminal.note(&format!("wrote `{}`", path.display()));
    }
    Ok(())
}

/// Asks on standard error; `y` is yes, the end of the input no.
fn agreed(id: &str, difference: &str, terminal: Terminal) -> anyhow::Result<bool> {
    terminal.say(&format!("{}\n{difference}accept? [y/N]", terminal.err.bold(&visible(id))));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).context("cannot read the answer from standard input")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Writes beside the file and renames, so that no reader and no full disk sees half of it. A link at `path` is
/// replaced, never followed; links on the way may not lead out of the test's folder.
fn write(folder: &Path, path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("cannot write `{}`", path.display());
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        bail!("`{}` is no file", path.display())
    };
    let home = real(folder).with_context(failed)?;
    let existing = parent.ancestors().find(|folder| is_here(folder)).unwrap_or(folder);
    let inside = |of: &Path| anyhow::Ok(real(of).with_context(failed)?.starts_with(&home));
    if !inside(existing)? {
        bail!("`{}` leads out of the test's folder, and is not written", path.display());
    }
    if !parent.as_os_str().is_empty() {
        fs::create_dir_all(parent).with_context(failed)?;
    }
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let beside: PathBuf = parent.join(hidden);
    let written = File::create_new(&beside).and_then(|mut file| file.write_all(text.as_bytes()));
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // It may not even be there; the first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    done.with_context(failed)
}

fn is_here(folder: &Path) -> bool {
    folder.as_os_str().is_empty() || folder.exists()
}

fn real(folder: &Path) -> std::io::Result<PathBuf> {
    fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}
