//! The arguments of `virt-patch validate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Checks rules, ConfigMaps that hold them, and manifests of VMs with rules or hook sidecars
///
/// Folders are looked into with all that is below them. What is found goes to standard output; the exit code is the
/// same in every format.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch validate rules.yaml vm.yaml
  virt-patch validate . --format github --strict
  virt-patch validate rules.yaml --policy builtin:restricted
  kubectl get vm -A -o json | virt-patch validate -")]
pub(in crate::cli) struct Arguments {
    /// Files and folders (*.yaml, *.yml, *.json); - is standard input
    #[arg(value_name = "PATH", required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(super) format: Format,
    /// A domain of the VMs that the rules are for, to try them on beside the built-in ones; repeatable
    #[arg(long = "sample", value_name = "DOMAIN")]
    pub(super) samples: Vec<PathBuf>,
    /// What the rules are held to: a RulePolicy file, a folder of them, or builtin:restricted; repeatable
    #[arg(long = "policy", value_name = "POLICY")]
    pub(super) policies: Vec<PathBuf>,
    /// Fail for warnings too
    #[arg(long)]
    pub(super) strict: bool,
    /// Pass over the warnings that this file lists
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// List the warnings there are in the baseline, to pass over them from now on
    #[arg(long)]
    pub(super) write_baseline: bool,
    /// The configuration, instead of the `.virt-patch.yaml` found from the first PATH upwards to the repository's root
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Source lines with what is wrong in them
    Text,
    /// For programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub's workflow commands: annotations of a change
    Github,
}
