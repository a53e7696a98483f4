//! `virt-patch infer`: rules that do what a script did.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::input;
use super::terminal::Terminal;
use super::vmi;
use crate::diagnostic::Diagnostic;
use crate::infer::{self, Options, Proposal};

/// Proposes the rules that turn one document into another
///
/// BEFORE is what a script got, AFTER what it made of it. The rules are printed; what to know of them goes to
/// standard error. They were applied to BEFORE, once and twice, and gave AFTER, white space and comments aside.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch infer before.xml after.xml > rules.yaml
  virt-patch infer before.xml after.xml --vmi vmi.json --any-order
  virt-patch infer --cloud-init before.json after.json")]
pub(super) struct Arguments {
    /// The libvirt domain XML that the script got; - is standard input
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// What the script made of it
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// Both are cloud-init data: KubeVirt's cloudInitData JSON, or user data alone
    #[arg(long)]
    cloud_init: bool,
    /// The VMI, its JSON or a manifest; values that it has become params
    #[arg(long, value_name = "FILE")]
    vmi: Option<PathBuf>,
    /// Elements of different names may come in any order, as libvirt reads them
    #[arg(long, conflicts_with = "cloud_init")]
    any_order: bool,
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    match arguments.propose() {
        Ok(Proposal { rules, notes, .. }) => {
            if rules.is_empty() {
                terminal.note("both say the same: there is nothing for rules to do");
            }
            terminal.print(rules)?;
            notes.iter().for_each(|note| terminal.note(note));
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => Ok(terminal.refuse(&problems)),
    }
}

impl Arguments {
    fn propose(&self) -> Result<Proposal, Vec<Diagnostic>> {
        let paths = [("BEFORE", Some(&self.before)), ("AFTER", Some(&self.after)), ("`--vmi`", self.vmi.as_ref())];
        input::check_stdin(paths.into_iter().filter_map(|(name, path)| Some((name, path?.as_path()))))?;
        let what = if self.cloud_init { "cloud-init data" } else { "a libvirt domain" };
        let (before, after) = (input::read(&self.before, what), input::read(&self.after, what));
        let vmi = self.vmi.as_deref().map(vmi::read).transpose();
        match (before, after, vmi) {
            (Ok(before), Ok(after), Ok(vmi)) => {
                let vmi = vmi.map(|vmi| vmi.json).unwrap_or_default();
                let options = Options { vmi: &vmi, any_order: self.any_order };
                let propose = if self.cloud_init { infer::cloud_init } else { infer::domain };
                propose(&before.source(), &after.source(), &options)
            }
            (before, after, vmi) => {
                Err([before.err(), after.err(), vmi.err()].into_iter().flatten().flatten().collect())
            }
        }
    }
}
