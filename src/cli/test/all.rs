//! Running all cases, side by side, with results in the order in which they are written.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};

use super::find::TestFile;
use crate::rule_test::{Case, Outcome, RuleTest, Runner};

/// What a thread may recurse with: as much as a program's first thread has, for which the limits of parsers are
/// made.
const STACK: usize = 8 << 20;

/// What is said where a thread panicked.
const BROUGHT_DOWN: &str =
    "a case brought virt-patch down, which is a fault of virt-patch itself; run them one by one with `--filter`";

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    /// It fails, as its `todo` says.
    Todo,
    /// It passes, though its `todo` says that it fails.
    Done,
}

/// A case that was run.
pub(super) struct Ran<'t> {
    pub(super) file: &'t TestFile,
    pub(super) test: &'t RuleTest,
    pub(super) case: &'t Case,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

impl Ran<'_> {
    pub(super) fn verdict(&self) -> Verdict {
        match (self.outcome.mismatches.is_empty(), self.case.todo.is_some()) {
            (true, false) => Verdict::Passed,
            (false, false) => Verdict::Failed,
            (false, true) => Verdict::Todo,
            (true, true) => Verdict::Done,
        }
    }

    /// Whether the command fails for it.
    pub(super) fn is_wrong(&self) -> bool {
        matches!(self.verdict(), Verdict::Failed | Verdict::Done)
    }
}

/// As `--filter` sees a case: `TEST/CASE`.
pub(super) fn id(test: &RuleTest, case: &Case) -> String {
    format!("{}/{}", test.name, case.name)
}

/// Runs the cases whose id holds `filter`, on up to `threads` threads.
///
/// # Errors
/// Where a case brought virt-patch itself down.
pub(super) fn run<'t>(files: &'t [TestFile], filter: &str, threads: usize) -> anyhow::Result<Vec<Ran<'t>>> {
    let mut runners = Vec::new();
    let mut jobs = Vec::new();
    for (file, test) in files.iter().flat_map(|file| file.tests.iter().map(move |test| (file, test))) {
        let chosen: Vec<&Case> = test.cases.iter().filter(|case| id(test, case).contains(filter)).collect();
        // Of a test of which no case is chosen the rules need not compile.
        if !chosen.is_empty() {
            jobs.extend(chosen.into_iter().map(|case| (file, test, case, runners.len())));
            runners.push(Runner::new(test));
        }
    }
    let next = AtomicUsize::new(0);
    // Each thread takes the next case until there is none.
    let work = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let mine = numbers.map_while(|number| Some((number, jobs.get(number)?)));
        let run = |(number, &(file, test, case, runner)): (usize, &(&'t TestFile, &'t RuleTest, &'t Case, usize))| {
            let runner: &Runner<'t> = runners.get(runner)?;
            let start = Instant::now();
            let outcome = runner.run(case);
            Some((number, Ran { file, test, case, outcome, took: start.elapsed() }))
        };
        mine.filter_map(run).collect::<Vec<_>>()
    };
    let threads = threads.clamp(1, jobs.len().max(1));
    let mut results = std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let started = (0..threads).map(start).collect::<std::io::Result<Vec<_>>>().context("cannot start a thread")?;
        let mut results = Vec::new();
        for thread in started {
            results.extend(thread.join().map_err(|_| anyhow!(BROUGHT_DOWN))?);
        }
        anyhow::Ok(results)
    })?;
    results.sort_by_key(|(number, _)| *number);
    Ok(results.into_iter().map(|(_, ran)| ran).collect())
}
