//! What files are called: as the user gave them on a screen, from the repository's root where other programs read.

use std::path::{Component, Path, PathBuf};

use anyhow::Context;

/// Where the command runs.
pub(super) struct Paths {
    here: PathBuf,
    /// The folder with `.git`, if there is one above.
    root: Option<PathBuf>,
}

impl Paths {
    pub(super) fn here() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("the working directory cannot be told")?;
        Ok(Self { root: repository(&here), here })
    }

    /// A file's name from the repository's root on, where it lies below that; outside a repository from here on.
    pub(super) fn in_repository(&self, name: &str) -> String {
        self.below(self.root.as_deref().unwrap_or(&self.here), name)
    }

    /// A file's name from `folder` on, with `/` between folders; as it is where the file lies elsewhere.
    pub(super) fn below(&self, folder: &Path, name: &str) -> String {
        let absolute = self.absolute(Path::new(name));
        match absolute.strip_prefix(self.absolute(folder)) {
            Ok(inside) => inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"),
            Err(_) => name.to_owned(),
        }
    }

    /// A path from here on, where it lies below.
    pub(super) fn named_here(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.here).map_or_else(|_| path.to_path_buf(), Path::to_path_buf)
    }

    /// A path from the file system's root on, `.` and `..` resolved by their words.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        let mut absolute = PathBuf::new();
        for part in self.here.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => _ = absolute.pop(),
                part => absolute.push(part),
            }
        }
        absolute
    }
}

/// The nearest folder, this one or above, that holds `.git`: a folder, or a file in a work tree.
pub(super) fn repository(from: &Path) -> Option<PathBuf> {
    from.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_path_buf)
}
