//! Running all cases, side by side, with results in the order in which they are written.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;

use super::find::TestFile;
use crate::rule_test::{Case, Outcome, RuleTest, Runner};

/// What a thread may recurse with: as much as a program's first thread has, for which the limits of parsers are
/// made.
const STACK: usize = 8 << 20;

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
    let tests: Vec<(&TestFile, &RuleTest)> =
        files.iter().flat_map(|file| file.tests.iter().map(move |test| (file, test))).collect();
    let mut jobs = Vec::new();
    for (at, (_, test)) in tests.iter().enumerate() {
        jobs.extend(test.cases.iter().filter(|case| id(test, case).contains(filter)).map(|case| (at, case)));
    }
    // A test of which no case is chosen need not compile.
    let runners: Vec<Option<Runner<'t>>> = tests
        .iter()
        .enumerate()
        .map(|(at, (_, test))| jobs.iter().any(|(of, _)| *of == at).then(|| Runner::new(test)))
        .collect();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some((number, &(at, case))) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|number| Some((number, jobs.get(number)?)))
        {
            let Some(runner) = &runners[at] else { continue };
            let start = Instant::now();
            let outcome = runner.run(case);
            let (file, test) = tests[at];
            let ran = Ran { file, test, case, outcome, took: start.elapsed() };
            if let Ok(mut results) = results.lock() {
                results.push((number, ran));
            }
        }
    };
    let is_whole = std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let threads: Vec<_> = (0..threads.clamp(1, jobs.len().max(1))).filter_map(|at| start(at).ok()).collect();
        threads.into_iter().map(|thread| thread.join()).all(|joined| joined.is_ok())
    });
    let mut results = results.into_inner().unwrap_or_default();
    if !is_whole || results.len() != jobs.len() {
        bail!(
            "a case brought virt-patch down, which is a fault of virt-patch itself; run them one by one with `--filter`"
        );
    }
    results.sort_by_key(|(number, _)| *number);
    Ok(results.into_iter().map(|(_, ran)| ran).collect())
}
