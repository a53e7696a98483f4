//! `virt-patch validate`: everything that is wrong with rules and manifests, before a cluster sees them.

mod arguments;
mod files;
mod outcome;
mod paths;
mod print;
mod setup;

pub(super) use arguments::Arguments;

use std::process::ExitCode;

use super::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic};
use crate::validate::{Baseline, Counts, Findings, check};

use outcome::Outcome;
use paths::Paths;
use setup::{BaselineFile, Setup};

/// Checks the files, and says it in the format that was asked for.
pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let paths = Paths::here()?;
    let outcome = match Setup::read(arguments, &paths) {
        Ok(setup) => checked(arguments, &setup, &paths, terminal)?,
        Err(problems) => Outcome { problems, counts: Counts::default(), baselined: 0, strict: arguments.strict },
    };
    terminal.print(print::outcome(&outcome, arguments.format, &paths, terminal.out))?;
    Ok(outcome.exit_code())
}

fn checked(arguments: &Arguments, setup: &Setup, paths: &Paths, terminal: Terminal) -> anyhow::Result<Outcome> {
    let (candidates, mut problems) = files::candidates(&arguments.paths);
    let Findings { problems: mut found, counts } = check(&candidates, &setup.levels);
    let baselined = match &setup.baseline {
        Some(file) if arguments.write_baseline => written(file, &mut found, paths, terminal)?,
        Some(file) => passed_over(file, &mut found, paths, terminal),
        None => 0,
    };
    problems.append(&mut found);
    if problems.is_empty() && counts.rule_sets + counts.rule_tests + counts.machines == 0 {
        let problem = Diagnostic::error(Code::NoRules, "nothing here is virt-patch's, so nothing was checked");
        problems.push(problem.help("name files with rules, or folders that hold some"));
    }
    Ok(Outcome { problems, counts, baselined, strict: arguments.strict || setup.strict })
}

/// Lists the warnings in the baseline, and takes them out of what was found.
fn written(
    file: &BaselineFile,
    found: &mut Vec<Diagnostic>,
    paths: &Paths,
    terminal: Terminal,
) -> anyhow::Result<usize> {
    let name = |source: &str| paths.below(&file.folder, source);
    let baseline = Baseline::of(found, name);
    file.write(&baseline)?;
    terminal.note(&format!("{} lists {} now", file.path.display(), print::number(baseline.len(), "warning")));
    Ok(baseline.absorb(found, name).known)
}

/// Takes the warnings that the baseline lists out of what was found.
fn passed_over(file: &BaselineFile, found: &mut Vec<Diagnostic>, paths: &Paths, terminal: Terminal) -> usize {
    let absorbed = file.known.absorb(found, |source: &str| paths.below(&file.folder, source));
    if absorbed.gone > 0 {
        let (list, gone) = (file.path.display(), print::number(absorbed.gone, "warning"));
        terminal.note(&format!("{list} lists {gone} that came to an end: `--write-baseline` takes them off it"));
    }
    absorbed.known
}
