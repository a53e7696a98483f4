//! `virt-patch validate`: everything that is wrong with rules and manifests, before a cluster sees them.

mod arguments;
mod debt;
mod files;
mod outcome;
mod paths;
mod print;
mod setup;

pub(super) use arguments::Arguments;

use std::path::Path;
use std::process::ExitCode;

use super::terminal::Terminal;
use super::test::Beside;
use crate::diagnostic::{Code, Diagnostic};
use crate::rule_test::Files;
use crate::validate::{Counts, Findings, check_under};

use debt::Debt;
use outcome::Outcome;
use paths::Paths;
use setup::Setup;

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
    let beside = |name: &str| -> Box<dyn Files> { Box::new(Beside::new(Path::new(name))) };
    let Findings { problems: mut found, counts } =
        check_under(&setup.policies, &candidates, &beside, &setup.samples, &setup.levels);
    let baselined = match &setup.baseline {
        Some(file) => {
            let debt = Debt::new(file, &candidates, paths);
            if arguments.write_baseline {
                debt.write(&mut found, terminal)?
            } else {
                debt.pass_over(&mut found, terminal)
            }
        }
        None => 0,
    };
    problems.append(&mut found);
    if problems.is_empty() && counts.are_none() {
        let problem = Diagnostic::error(Code::NoRules, "nothing here is virt-patch's, so nothing was checked");
        problems.push(problem.help("name files with rules, or folders that hold some"));
    }
    Ok(Outcome { problems, counts, baselined, strict: arguments.strict || setup.strict })
}
