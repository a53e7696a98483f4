//! Checking files before a cluster sees them: rules, what holds rules, and what starts sidecars.
//!
//! [`check`] says everything that is wrong with some files: what [`crate::rule`] refuses, what is wrong with a
//! VM's `hookSidecars` and with rule tests, and warnings, less those that a comment silences where they stand. It reads
//! texts and no file system (what tests name comes through [`Beside`]), so the same check serves a command, a CI job and an admission webhook: a VM as JSON is a file too.

mod baseline;
mod contents;
mod embedded;
mod findings;
mod injections;
mod policies;
mod settings;
mod sidecars;
mod silence;
mod tests;

pub use baseline::{Absorbed, Baseline};
pub use contents::LIMIT;
pub use findings::{Candidate, Counts, Findings};
pub use settings::{Level, Levels, Settings};
pub use tests::Beside;

use std::num::NonZero;
use std::thread;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::lint::Samples;
use crate::policy::Policies;
use crate::source::Location;

use contents::{Contents, HeldTo};
use sidecars::ConfigMap;

/// Threads pay only where there are many files.
const FILES_PER_THREAD: usize = 16;

/// What a thread may recurse with: as much as a program's first thread has.
const STACK: usize = 8 << 20;

/// Checks every file; `beside` finds what rule tests name, rules are tried on `samples`. The answer does not depend
/// on how many threads there are.
pub fn check(candidates: &[Candidate], beside: &Beside<'_>, samples: &Samples, levels: &Levels) -> Findings {
    check_under(&Policies::default(), candidates, beside, samples, levels)
}

/// As [`check`]; what the policies refuse is an error too.
pub fn check_under(
    policies: &Policies,
    candidates: &[Candidate],
    beside: &Beside<'_>,
    samples: &Samples,
    levels: &Levels,
) -> Findings {
    let read = in_parallel(candidates, beside, HeldTo { samples, policies });
    let config_maps: Vec<&ConfigMap> = read.iter().flat_map(|contents| &contents.config_maps).collect();
    let keys = |contents: &Contents| contents.mounted.iter().filter_map(|key| key.check(&config_maps)).collect();
    let of_mounts: Vec<Vec<Diagnostic>> = read.iter().map(keys).collect();
    let mut findings = Findings::default();
    for ((candidate, mut contents), mut problems) in candidates.iter().zip(read).zip(of_mounts) {
        contents.problems.append(&mut problems);
        let one = finish(candidate, contents, levels);
        findings.problems.extend(one.problems);
        findings.counts.add(one.counts);
    }
    findings
}

/// What the files hold, in their order.
fn in_parallel(candidates: &[Candidate], beside: &Beside<'_>, held_to: HeldTo<'_>) -> Vec<Contents> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(candidates.len().div_ceil(FILES_PER_THREAD));
    if threads < 2 {
        return candidates.iter().map(|candidate| contents::read(candidate, beside, held_to)).collect();
    }
    let parts = candidates.chunks(candidates.len().div_ceil(threads));
    thread::scope(|scope| {
        let work = |part: &[Candidate]| part.iter().map(|one| contents::read(one, beside, held_to)).collect::<Vec<_>>();
        let started: Vec<_> = parts
            .map(|part| (part, thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || work(part))))
            .collect();
        let finished = started.into_iter().map(|(part, handle)| match handle {
            // One for each file, so that the others keep their places.
            Ok(handle) => handle.join().unwrap_or_else(|_| part.iter().map(broken).collect()),
            // Where the system gives no thread the work is done here.
            Err(_) => work(part),
        });
        finished.flatten().collect()
    })
}

fn broken(candidate: &Candidate) -> Contents {
    let message = "this file, or one near it, could not be checked: a fault of virt-patch";
    let problem = Diagnostic::error(Code::Internal, message).at(Location::new(&candidate.file.source, 0..0));
    Contents { problems: vec![problem.help("please report it, with the files")], ..Contents::default() }
}

/// What is said of one file, less what its comments silence.
fn finish(candidate: &Candidate, contents: Contents, levels: &Levels) -> Findings {
    let Contents { mut problems, documents, mut counts, .. } = contents;
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
