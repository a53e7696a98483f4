//! The containers that go into pods, and keeping them up to date with the files that say so.
//!
//! What is wrong with a file is said in the log; what it said before stays. The webhook starts all the same: it judges VMs
//! whoever made a mistake in a plugin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time;

use crate::hook::Log;
use crate::hook::log::Level;
use crate::injection::{self, Injection};
use crate::load;
use crate::source::Source;

use super::metrics::Metrics;

/// Injections by name.
type ByName = BTreeMap<String, Arc<Injection>>;

/// The injections that count now.
#[derive(Default)]
pub(super) struct Injections {
    current: RwLock<ByName>,
}

impl Injections {
    /// The one of this name.
    ///
    /// # Errors
    /// In words for the peer: without the names that there are, for anyone may ask. The log has them where they are read.
    pub(super) fn find(&self, name: &str) -> Result<Arc<Injection>, String> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(name).map(Arc::clone).ok_or_else(|| {
            let name: String = name.chars().take(64).collect();
            format!(
                "there is no injection `{}` yet; its ConfigMap must be mounted among --injections",
                name.escape_debug()
            )
        })
    }

    fn replace(&self, next: ByName) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// A file that was read.
struct Followed {
    source: Arc<Source>,
    /// What it says, or said when it was last right.
    injections: Vec<Arc<Injection>>,
    /// What is wrong with it now.
    problems: Vec<String>,
}

/// Follows the files of a folder.
pub(super) struct Follower {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Followed>,
    last_problems: Vec<String>,
    injections: Arc<Injections>,
    metrics: Arc<Metrics>,
    log: Arc<Log>,
}

impl Follower {
    /// Of the files in `folder`, which may still be to come.
    pub(super) fn new(folder: PathBuf, injections: Arc<Injections>, metrics: Arc<Metrics>, log: Arc<Log>) -> Self {
        Self { folder, files: BTreeMap::new(), last_problems: Vec::new(), injections, metrics, log }
    }

    /// Looks at the folder again and again.
    pub(super) async fn follow(mut self, every: Duration) {
        loop {
            time::sleep(every).await;
            self.look();
        }
    }

    /// Reads what has changed, and lets it count from now on.
    pub(super) fn look(&mut self) {
        let mut problems = Vec::new();
        let paths = load::listed(&self.folder).unwrap_or_else(|error| {
            problems.push(format!("`{}` cannot be read: {error}", self.folder.display()));
            self.files.keys().cloned().collect()
        });
        let mut has_changed = self.files.keys().any(|path| !paths.contains(path));
        self.files.retain(|path, _| paths.contains(path));
        for path in paths {
            has_changed |= self.read(&path, &mut problems);
        }
        let next = self.by_name(&mut problems);
        if has_changed {
            let names = next.keys().map(String::as_str).collect::<Vec<_>>().join(",");
            self.log.event(Level::Info, "injections read", &[("names", names.as_str().into())]);
            self.metrics.injections(true);
            self.injections.replace(next);
        }
        // Said once, not every time.
        if problems != self.last_problems {
            for problem in &problems {
                self.metrics.injections(false);
                self.log.event(Level::Error, "injection not read", &[("problem", problem.as_str().into())]);
            }
            self.last_problems = problems;
        }
    }

    /// Reads a file. Whether it says anything else than before.
    fn read(&mut self, path: &Path, problems: &mut Vec<String>) -> bool {
        let source = match load::read(path, load::LIMIT) {
            Ok(file) => file.source,
            Err(problem) => {
                problems.push(problem.to_string());
                return false;
            }
        };
        let before = self.files.get(path);
        if let Some(same) = before.filter(|before| before.source.text() == source.text()) {
            problems.extend_from_slice(&same.problems);
            return false;
        }
        let (read, wrong) = injection::compile(&source);
        let is_used = wrong.is_empty();
        let injections = match is_used {
            true => read.into_iter().map(Arc::new).collect(),
            false => before.map(|before| before.injections.clone()).unwrap_or_default(),
        };
        let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        problems.extend_from_slice(&wrong);
        self.files.insert(path.to_owned(), Followed { source, injections, problems: wrong });
        is_used
    }

    /// Of two of the same name the one of the first file counts.
    fn by_name(&self, problems: &mut Vec<String>) -> ByName {
        let mut by_name = ByName::new();
        for (path, followed) in &self.files {
            for injection in &followed.injections {
                let name = &injection.name;
                if by_name.contains_key(name) {
                    problems.push(format!("{}: another file has an injection `{name}` already", path.display()));
                    continue;
                }
                by_name.insert(name.clone(), Arc::clone(injection));
            }
        }
        by_name
    }
}
