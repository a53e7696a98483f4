//! Running again whenever a file changes. Files are looked at again and again: that works on every file system,
//! also on those of other machines, and a look at some dozen files costs less than a wake-up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

/// How long between two looks.
const PERIOD: Duration = Duration::from_millis(250);

/// When files were changed, and how long they are; nothing for one that is not there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look(BTreeMap<PathBuf, Option<(SystemTime, u64)>>);

impl Look {
    /// Looks at files and folders. Take it before they are read, so that no change in between goes unseen.
    pub(super) fn at(paths: &BTreeSet<PathBuf>) -> Self {
        let state = |path: &PathBuf| {
            let about = fs::metadata(if path.as_os_str().is_empty() { ".".as_ref() } else { path.as_path() }).ok()?;
            Some((about.modified().ok()?, about.len()))
        };
        Self(paths.iter().map(|path| (path.clone(), state(path))).collect())
    }

    /// Waits until one of them is not as it was.
    pub(super) fn wait(&self) {
        let paths = self.0.keys().cloned().collect();
        while Look::at(&paths) == *self {
            thread::sleep(PERIOD);
        }
    }
}
