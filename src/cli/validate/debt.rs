//! The baseline in a run: known warnings are passed over, or listed anew.

use std::collections::BTreeSet;

use super::paths::Paths;
use super::print::number;
use super::setup::BaselineFile;
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::validate::{Baseline, Candidate};

/// A baseline, and which of its files this run looks at: of the others nothing can be said.
pub(super) struct Debt<'r> {
    file: &'r BaselineFile,
    paths: &'r Paths,
    checked: BTreeSet<String>,
}

impl<'r> Debt<'r> {
    pub(super) fn new(file: &'r BaselineFile, candidates: &[Candidate], paths: &'r Paths) -> Self {
        let name = |candidate: &Candidate| paths.below(&file.folder, candidate.file.source.name());
        Self { file, paths, checked: candidates.iter().map(name).collect() }
    }

    /// A file's name as the baseline has it.
    fn name(&self, source: &str) -> String {
        self.paths.below(&self.file.folder, source)
    }

    /// Whether the run knows all about a file: it was looked at, or is not there any more.
    fn is_checked(&self, name: &str) -> bool {
        self.checked.contains(name) || !self.file.folder.join(name).exists()
    }

    /// Takes the warnings that the baseline lists out of what was found, and says how many those are.
    pub(super) fn pass_over(&self, found: &mut Vec<Diagnostic>, terminal: Terminal) -> usize {
        let absorbed = self.file.known.absorb(found, |source| self.name(source), |name| self.is_checked(name));
        if absorbed.gone > 0 {
            let (list, gone) = (self.file.path.display(), number(absorbed.gone, "warning"));
            terminal.note(&format!("{list} lists {gone} that came to an end: `--write-baseline` takes them off it"));
        }
        absorbed.known
    }

    /// Lists the warnings in the baseline, and takes them out of what was found.
    pub(super) fn write(&self, found: &mut Vec<Diagnostic>, terminal: Terminal) -> anyhow::Result<usize> {
        let mut baseline = Baseline::of(found, |source| self.name(source));
        baseline.keep(&self.file.known, |name| !self.is_checked(name));
        self.file.write(&baseline)?;
        let (list, count) = (self.file.path.display(), number(baseline.len(), "warning"));
        terminal.note(&format!("{list} lists {count} now"));
        Ok(baseline.absorb(found, |source| self.name(source), |name| self.is_checked(name)).known)
    }
}
