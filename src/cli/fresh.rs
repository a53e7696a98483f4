//! Files for a user to start from: written to a folder, and nothing that is there is overwritten.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, bail};

/// Writes files (name, text) to a folder, which is made where it does not exist; says which in lines. `usage` is
/// the command with another folder, for where one of them is there already; then none is written.
pub(super) fn write(folder: &Path, files: &[(&str, &str)], usage: &str) -> anyhow::Result<String> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let path = |name: &str| folder.strip_prefix(".").unwrap_or(folder).join(name);
    let taken: Vec<_> =
        files.iter().map(|(name, _)| path(name)).filter(|path| path.symlink_metadata().is_ok()).collect();
    if let Some(first) = taken.first() {
        bail!("`{}` is there already, and nothing is overwritten; name an empty folder: `{usage}`", first.display());
    }
    let mut said = String::new();
    for (name, text) in files {
        let path = path(name);
        let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!("`{}` is there already", path.display()),
            written => written.with_context(|| format!("cannot write `{}`", path.display()))?,
        }
        said += &format!("wrote {}\n", path.display());
    }
    Ok(said)
}
