//! The rules that a sidecar starts with: read at once, compiled when they are first needed.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::diagnostic::Diagnostic;
use crate::hook::SidecarOptions;
use crate::load;
use crate::policy::Policies;
use crate::rule::{self, Hook, RuleFile, RuleSet};

/// The mount that is a folder and may be empty.
const FOLDER: &str = "rules";

/// The packs of a sidecar that is given no rules at all: what KubeVirt's own example hook does, so that
/// its manifest works with nothing but the image changed. Without its annotation it does nothing.
const DEFAULT_PACKS: [&str; 1] = ["smbios"];

/// What the arguments and mounts hold.
pub(super) struct Rules {
    files: Vec<RuleFile>,
    params: Vec<(String, String, String)>,
    /// What was wrong before anything was compiled.
    unreadable: Vec<Diagnostic>,
    /// Whether nothing was given, so that the default packs stand in.
    pub(super) are_default: bool,
    /// What they are held to, with the VMI's own.
    pub(super) policies: Policies,
    compiled: OnceLock<Compiled>,
}

/// Compiled rules, or what is wrong with them.
pub(super) struct Compiled {
    pub(super) sets: Vec<RuleSet>,
    pub(super) problems: Vec<Diagnostic>,
}

impl Rules {
    /// Reads packs, `--rules`, then those of `mounts` that are there.
    pub(super) fn read(options: &SidecarOptions, mounts: &[PathBuf]) -> Self {
        let mut unreadable = options.problems.clone();
        let mut files = Vec::new();
        // A folder of rules may be empty. Where a hook's file should be, an empty folder is what is
        // mounted for a key that the ConfigMap does not have: an error, not silence.
        let mounted = mounts.iter().filter(|path| path.exists() && !(path.ends_with(FOLDER) && is_empty_folder(path)));
        let paths: Vec<PathBuf> = options.rules.iter().chain(mounted).cloned().collect();
        let are_default = options.packs.is_empty() && paths.is_empty();
        let default = if are_default { DEFAULT_PACKS.as_slice() } else { &[] };
        for name in options.packs.iter().map(String::as_str).chain(default.iter().copied()) {
            match rule::pack_file(name) {
                Ok(file) => files.push(file),
                Err(problem) => unreadable.push(problem),
            }
        }
        let (mut loaded, mut problems) = load::rule_files(&paths);
        files.append(&mut loaded);
        unreadable.append(&mut problems);
        let policies = load::policies(&options.policies).unwrap_or_else(|mut wrong| {
            unreadable.append(&mut wrong);
            Policies::default()
        });
        let params = options.params.clone();
        Self { files, params, unreadable, are_default, policies, compiled: OnceLock::new() }
    }

    /// How many files there are.
    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    /// The compiled rules.
    pub(super) fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let mut problems = self.unreadable.clone();
            let sets = rule::compile(&self.files).unwrap_or_else(|mut wrong| {
                problems.append(&mut wrong);
                Vec::new()
            });
            problems.extend(rule::unknown_params(&sets, &self.params));
            problems.extend(self.policies.judge_sets(&sets));
            Compiled { sets, problems }
        })
    }

    /// Whether there are rules for cloud-init data. Only files that name the hook are compiled to tell.
    pub(super) fn are_for_cloud_init(&self) -> bool {
        let hook = Hook::PreCloudInitIso;
        self.may_have(hook.field()) && self.compiled().sets.iter().any(|set| !set.rules(hook).is_empty())
    }

    /// The rule sets, where any may bring files; else nothing is compiled, so that the start is not delayed. Rules that are
    /// wrong, or that a policy refuses, bring none.
    pub(super) fn with_files(&self) -> &[RuleSet] {
        if self.may_have("files") && self.compiled().problems.is_empty() { &self.compiled().sets } else { &[] }
    }

    /// Whether a file may have this field, as far as its text tells: a quoted key may hide it behind escapes.
    fn may_have(&self, field: &str) -> bool {
        self.files.iter().any(|file| file.source.text().contains(field) || file.source.text().contains('\\'))
    }
}

/// A mount without rules in it is no mistake of the user's.
fn is_empty_folder(path: &Path) -> bool {
    path.is_dir() && std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}
