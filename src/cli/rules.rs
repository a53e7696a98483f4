//! The rules that commands take: files, packs, values for packs' params, a VM's annotation.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::diagnostic::{Code, Diagnostic};
use crate::policy::Policies;
use crate::rule::{RuleFile, RuleSet};
use crate::{load, rule};

#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// Rule files, folders of them, ConfigMaps or VM manifests with rules; - is standard input
    #[arg(value_name = "RULES")]
    pub(super) rules: Vec<PathBuf>,
    /// Built-in rules; repeatable (`virt-patch packs` lists them)
    #[arg(long = "pack", value_name = "NAME")]
    pub(super) packs: Vec<String>,
    /// A value for a pack's param; repeatable
    #[arg(long = "param", value_name = "PACK.NAME=VALUE")]
    pub(super) params: Vec<String>,
    /// What the rules are held to: a RulePolicy file, a folder of them, or builtin:restricted; repeatable
    #[arg(long = "policy", value_name = "POLICY")]
    pub(super) policies: Vec<PathBuf>,
}

/// Compiled rules, and values for packs' params by pack and name.
pub(super) struct Rules {
    /// What the sets were compiled from, but for packs.
    pub(super) files: Vec<RuleFile>,
    pub(super) sets: Vec<RuleSet>,
    pub(super) given: BTreeMap<(String, String), String>,
    /// What they are held to.
    pub(super) policies: Policies,
}

impl RuleArguments {
    /// Reads and compiles packs, then files, then `annotation`: the order in which the sidecar runs them. `example` is
    /// how the command is given rules, for whoever gave none.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub(super) fn compile(&self, annotation: Option<RuleFile>, example: &str) -> Result<Rules, Vec<Diagnostic>> {
        let mut files = Vec::new();
        let mut problems = Vec::new();
        for name in &self.packs {
            match rule::pack_file(name) {
                Ok(file) => files.push(file),
                Err(problem) => problems.push(problem),
            }
        }
        let (mut loaded, mut unreadable) = load::rule_files(&self.rules);
        files.append(&mut loaded);
        problems.append(&mut unreadable);
        files.extend(annotation);
        if files.is_empty() && problems.is_empty() {
            let nothing = Diagnostic::error(Code::InvalidArgument, "there are no rules to apply");
            problems.push(nothing.help(format!("name a rule file (`{example}`) or a pack (`--pack NAME`)")));
        }
        let sets = rule::compile(&files).unwrap_or_else(|mut wrong| {
            problems.append(&mut wrong);
            Vec::new()
        });
        let params: Vec<_> = self.params.iter().filter_map(|text| param(text, &mut problems)).collect();
        // Where the rules are wrong no set was compiled, and its params are not known.
        if problems.is_empty() {
            problems.append(&mut rule::unknown_params(&sets, &params));
        }
        let mut given = BTreeMap::new();
        for (pack, name, value) in params {
            let name = (pack, name);
            if given.get(&name).is_some_and(|known| *known != value) {
                let message = format!("`--param {}.{}` is given twice, with different values", name.0, name.1);
                problems.push(Diagnostic::error(Code::InvalidArgument, message).help("keep one of them"));
            }
            given.insert(name, value);
        }
        let policies = load::policies(&self.policies).unwrap_or_else(|mut wrong| {
            problems.append(&mut wrong);
            Policies::default()
        });
        problems.extend(policies.judge_sets(&sets));
        files.retain(|file| file.pack.is_none());
        if problems.is_empty() { Ok(Rules { files, sets, given, policies }) } else { Err(problems) }
    }
}

/// Pack, name and value of `PACK.NAME=VALUE`. The value may be secret, so a wrong argument is not shown.
fn param(text: &str, problems: &mut Vec<Diagnostic>) -> Option<(String, String, String)> {
    let parts = text.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
    if parts.is_none() {
        let wrong = Diagnostic::error(Code::InvalidArgument, "`--param` wants PACK.NAME=VALUE");
        problems.push(wrong.help("as in `--param smbios.manufacturer=ACME`"));
    }
    parts.map(|((pack, name), value)| (pack.to_owned(), name.to_owned(), value.to_owned()))
}
