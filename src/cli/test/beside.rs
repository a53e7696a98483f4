//! The files beside a test.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::input;
use crate::diagnostic::Diagnostic;
use crate::load;
use crate::rule::RuleFile;
use crate::rule_test::Files;
use crate::source::Source;

/// Reads paths relative to a folder.
pub(in crate::cli) struct Beside {
    folder: PathBuf,
    /// What was asked for, whether it is there or not.
    read: RefCell<BTreeSet<PathBuf>>,
}

impl Beside {
    /// What stands beside the file `test`.
    pub(in crate::cli) fn new(test: &Path) -> Self {
        Self { folder: test.parent().map(Path::to_owned).unwrap_or_default(), read: RefCell::default() }
    }

    /// Every path that was read, or looked for.
    pub(super) fn into_read(self) -> BTreeSet<PathBuf> {
        self.read.into_inner()
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = self.folder.join(path.strip_prefix("./").unwrap_or(path));
        self.read.borrow_mut().insert(path.clone());
        path
    }
}

impl Files for Beside {
    fn rules(&self, path: &str) -> Result<Vec<RuleFile>, Vec<Diagnostic>> {
        let (files, problems) = load::rule_files(&[self.path(path)]);
        // Of a folder its files too.
        self.read.borrow_mut().extend(files.iter().map(|file| PathBuf::from(file.source.name())));
        if problems.is_empty() { Ok(files) } else { Err(problems) }
    }

    fn text(&self, path: &str) -> Result<Option<Arc<Source>>, String> {
        let path = self.path(path);
        match fs::metadata(&path) {
            Ok(about) if about.is_file() => {}
            Ok(_) => return Err("it is no regular file".to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        }
        let first =
            |problems: Vec<Diagnostic>| problems.into_iter().next().map_or(String::new(), |first| first.message);
        let input = input::read(&path, "a file of the test").map_err(first)?;
        let text = String::from_utf8(input.bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        Ok(Some(Source::new(input.name, text)))
    }
}
