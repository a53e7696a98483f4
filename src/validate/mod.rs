//! Checking files before a cluster sees them: rules, what holds rules, and what starts sidecars.
//!
//! [`check`] says everything that is wrong with some files: what [`crate::rule`] refuses, what is wrong with a
//! VM's `hookSidecars`, and warnings, less those that a comment silences where they stand. It reads texts and no
//! file system, so the same check serves a command, a CI job and an admission webhook: a VM as JSON is a file too.

mod baseline;
mod contents;
mod findings;
mod settings;
mod silence;

pub use baseline::{Absorbed, Baseline};
pub use contents::LIMIT;
pub use findings::{Candidate, Counts, Findings};
pub use settings::{Level, Levels, Settings};

use std::num::NonZero;
use std::thread;

use crate::diagnostic::{Code, Diagnostic, Severity};

use contents::Contents;

/// Threads pay only where there are many files.
const FILES_PER_THREAD: usize = 16;

/// What a thread may recurse with: as much as a program's first thread has.
const STACK: usize = 8 << 20;

/// Checks every file. The answer does not depend on how many threads there are.
pub fn check(candidates: &[Candidate], levels: &Levels) -> Findings {
    let mut findings = Findings::default();
    for one in in_parallel(candidates, levels) {
        findings.problems.extend(one.problems);
        findings.counts.add(one.counts);
    }
    findings
}

fn in_parallel(candidates: &[Candidate], levels: &Levels) -> Vec<Findings> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(candidates.len().div_ceil(FILES_PER_THREAD));
    if threads < 2 {
        return candidates.iter().map(|candidate| check_one(candidate, levels)).collect();
    }
    let parts = candidates.chunks(candidates.len().div_ceil(threads));
    thread::scope(|scope| {
        let work = |part: &[Candidate]| part.iter().map(|one| check_one(one, levels)).collect::<Vec<_>>();
        let started: Vec<_> = parts
            .map(|part| (part, thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || work(part))))
            .collect();
        let finished = started.into_iter().map(|(part, handle)| match handle {
            Ok(handle) => handle.join().unwrap_or_else(|_| vec![broken()]),
            // Where the system gives no thread the work is done here.
            Err(_) => work(part),
        });
        finished.flatten().collect()
    })
}

fn broken() -> Findings {
    let problem = Diagnostic::error(Code::Internal, "a part of the files could not be checked: a fault of virt-patch");
    Findings { problems: vec![problem.help("please report it, with the files")], counts: Counts::default() }
}

/// Checks one file.
fn check_one(candidate: &Candidate, levels: &Levels) -> Findings {
    let Contents { mut problems, documents, mut counts } = contents::read(candidate);
    counts.files = 1;
    let before = problems.len();
    let mut silences = silence::find(&candidate.file.source, &documents);
    problems.retain(|problem| !silences.cover(problem));
    counts.silenced = before - problems.len();
    let is_complete = problems.iter().all(|problem| problem.severity == Severity::Warning);
    problems.extend(silences.complaints(is_complete, levels));
    levels.apply(&mut problems);
    sort(&mut problems);
    Findings { problems, counts }
}

/// By place, code and words; what is said twice of one place is said once.
fn sort(problems: &mut Vec<Diagnostic>) {
    let place = |problem: &Diagnostic| {
        let at = problem.at.as_ref().map(|at| at.outermost().span);
        (at.as_ref().map(|span| span.start), at.map(|span| span.end))
    };
    problems.sort_by(|a, b| {
        place(a).cmp(&place(b)).then_with(|| a.code.cmp(&b.code)).then_with(|| a.message.cmp(&b.message))
    });
    problems.dedup_by(|a, b| place(a) == place(b) && a.code == b.code && a.message == b.message);
}
