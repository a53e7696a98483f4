//! `virt-patch validate`: everything that is wrong with rules and manifests, before a cluster sees them.

mod files;
mod paths;
mod print;
mod setup;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::WRONG;
use super::terminal::{Terminal, exit_code};
use crate::diagnostic::{Code, Diagnostic};
use crate::validate::{Baseline, Counts, Findings, check};

use paths::Paths;
use setup::Setup;

/// Checks rules, ConfigMaps that hold them, and manifests of VMs with rules or hook sidecars
///
/// Folders are looked into with all that is below them. What is found goes to standard output; the exit code is the
/// same in every format.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch validate rules.yaml vm.yaml
  virt-patch validate . --format github --strict
  kubectl get vm -A -o json | virt-patch validate -")]
pub(super) struct Arguments {
    /// Files and folders (*.yaml, *.yml, *.json); - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
    /// Fail for warnings too
    #[arg(long)]
    strict: bool,
    /// Pass over the warnings that this file lists
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// List the warnings there are in the baseline, to pass over them from now on
    #[arg(long)]
    write_baseline: bool,
    /// The configuration, instead of the `.virt-patch.yaml` found from the first PATH upwards to the repository's root
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Source lines with what is wrong in them
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub's workflow commands: annotations of a change
    Github,
}

/// What a run came to.
struct Outcome {
    problems: Vec<Diagnostic>,
    counts: Counts,
    /// Warnings that the baseline knew.
    baselined: usize,
    strict: bool,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let paths = Paths::here()?;
    let outcome = match Setup::read(arguments, &paths) {
        Ok(setup) => arguments.check(&setup, &paths, terminal)?,
        Err(problems) => Outcome { problems, counts: Counts::default(), baselined: 0, strict: arguments.strict },
    };
    terminal.print(print::outcome(&outcome, arguments.format, &paths, terminal.out))?;
    Ok(outcome.exit_code())
}

impl Arguments {
    fn check(&self, setup: &Setup, paths: &Paths, terminal: Terminal) -> anyhow::Result<Outcome> {
        let (candidates, mut problems) = files::candidates(&self.paths);
        let Findings { problems: mut found, counts } = check(&candidates, &setup.levels);
        let mut baselined = 0;
        if let Some(file) = &setup.baseline {
            let name = |source: &str| paths.below(&file.folder, source);
            if self.write_baseline {
                let baseline = Baseline::of(&found, name);
                file.write(&baseline)?;
                terminal.note(&format!("{} lists {} warnings now", file.path.display(), baseline.len()));
                found.retain(|problem| problem.severity == crate::diagnostic::Severity::Error);
                baselined = baseline.len();
            } else {
                let absorbed = file.known.absorb(&mut found, name);
                baselined = absorbed.known;
                if absorbed.gone > 0 {
                    let message = format!(
                        "{} warnings of {} are there no more: `--write-baseline` takes them off the list",
                        absorbed.gone,
                        file.path.display()
                    );
                    terminal.note(&message);
                }
            }
        }
        problems.append(&mut found);
        if problems.is_empty() && counts.rule_sets + counts.rule_tests + counts.machines == 0 {
            let problem = Diagnostic::error(Code::NoRules, "nothing here is virt-patch's, so nothing was checked");
            problems.push(problem.help("name files with rules, or folders that hold some"));
        }
        Ok(Outcome { problems, counts, baselined, strict: self.strict || setup.strict })
    }
}

impl Outcome {
    /// 0 where nothing is wrong, or only warnings that do not count; else as for every command.
    fn exit_code(&self) -> ExitCode {
        let findings = Findings { problems: self.problems.clone(), counts: self.counts };
        if findings.has_errors() {
            exit_code(&self.problems)
        } else if self.strict && !self.problems.is_empty() {
            ExitCode::from(WRONG)
        } else {
            ExitCode::SUCCESS
        }
    }
}
