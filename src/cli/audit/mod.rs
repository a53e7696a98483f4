//! `virt-patch audit`: what the VMs of a cluster run beside virt-launcher, and what policies would refuse of it.

mod print;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::exit::WRONG;
use super::input::{self, is_stdin};
use super::terminal::Terminal;
use crate::admission::AllowList;
use crate::audit::{Audit, Machine, objects};
use crate::diagnostic::{Code, Diagnostic};
use crate::load;

/// Lists the sidecars and rules of a cluster's VMs, and what a policy would refuse of them
///
/// Reads what kubectl prints, as it comes: of a list one object at a time. ConfigMaps are looked up where VMs mount them,
/// so ask for them too. What a policy says is found by trying the rules on built-in domains, with each VM's own annotations.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kubectl get vm,vmi,configmap -A -o json | virt-patch audit --policy builtin:baseline -
  virt-patch audit --policy policy.yaml --format sarif vms.json manifests.yaml")]
pub(super) struct Arguments {
    /// Files of Kubernetes objects, JSON or YAML; - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// What rules are held to: a RulePolicy file, a folder of them, or builtin:restricted; repeatable
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// The images that may run beside a VM, as `virt-patch webhook` reads the list; refused is what it would refuse
    #[arg(long, value_name = "FILE")]
    allow_list: Option<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value = "table", value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a VM, then what is refused
    Table,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let policies = match load::policies(&arguments.policies) {
        Ok(policies) => policies,
        Err(problems) => return Ok(terminal.refuse(&problems)),
    };
    let allow_list = match arguments.allow_list.as_deref().map(allow_list).transpose() {
        Ok(allow_list) => allow_list,
        Err(problems) => return Ok(terminal.refuse(&problems)),
    };
    let mut audit = Audit::new(&policies, allow_list);
    for path in &arguments.paths {
        let read = if is_stdin(path) {
            objects("<stdin>", std::io::stdin().lock(), |object| audit.add(object))
        } else {
            let name = path.display().to_string();
            match File::open(path) {
                Ok(file) => objects(&name, file, |object| audit.add(object)),
                Err(error) => {
                    let message = format!("`{name}` cannot be read: {error}");
                    Err(vec![Diagnostic::error(Code::Unreadable, message)])
                }
            }
        };
        if let Err(problems) = read {
            return Ok(terminal.refuse(&problems));
        }
    }
    let counts = audit.counts();
    let machines = audit.finish();
    terminal.print(match arguments.format {
        Format::Table => print::table(&machines, counts, terminal.out),
        Format::Json => print::json(&machines, counts),
        Format::Sarif => print::sarif(&machines),
    })?;
    let is_refused = machines.iter().any(Machine::is_refused);
    Ok(if is_refused { ExitCode::from(WRONG) } else { ExitCode::SUCCESS })
}

fn allow_list(path: &Path) -> Result<AllowList, Vec<Diagnostic>> {
    AllowList::parse(&input::read(path, "an allow list")?.source())
}
