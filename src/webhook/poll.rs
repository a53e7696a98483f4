//! Files that are read again when they change.
//!
//! Kubernetes updates a mounted ConfigMap or Secret by moving one link, `..data`, to a new folder, and keeps none of the times that
//! tell of a change. The files are small, so their bytes are compared.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The most bytes of such a file.
const LIMIT: u64 = 1 << 20;

/// Some files that belong together, with what they held last.
pub(super) struct Files {
    paths: Vec<PathBuf>,
    last: Option<Vec<Vec<u8>>>,
}

impl Files {
    pub(super) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { paths: paths.into_iter().collect(), last: None }
    }

    /// What the files hold, in their order, unless that is what they held before.
    ///
    /// # Errors
    /// In words, where one cannot be read; what they held before is kept.
    pub(super) fn changed(&mut self) -> Result<Option<&[Vec<u8>]>, String> {
        let read = |path: &PathBuf| read(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()));
        let now = self.paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if self.last.as_ref() == Some(&now) {
            return Ok(None);
        }
        Ok(Some(self.last.insert(now)))
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::other(format!("it has more than {LIMIT} bytes")));
    }
    Ok(bytes)
}
