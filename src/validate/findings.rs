//! What a check is given, and what it comes to.

use crate::diagnostic::{Diagnostic, Severity};
use crate::rule::RuleFile;

/// A file to check.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its text, and whose rules are in it.
    pub file: RuleFile,
    /// Whether the user named this very file: one that was only met in a folder may hold nothing of virt-patch's.
    pub is_named: bool,
}

/// What a check came to.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Everything that is wrong: file by file as given, in the order of their places, none twice.
    pub problems: Vec<Diagnostic>,
    /// What was looked at.
    pub counts: Counts,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files, those included that hold nothing of virt-patch's.
    pub files: usize,
    /// Rule sets that are right, wherever they stand.
    pub rule_sets: usize,
    /// `RuleTest` documents.
    pub rule_tests: usize,
    /// `RulePolicy` documents that are right.
    pub policies: usize,
    /// `SidecarInjection` documents that are right, wherever they stand.
    pub injections: usize,
    /// VMs, VMIs and what makes them.
    pub machines: usize,
    /// Documents and files that are none of virt-patch's.
    pub passed_over: usize,
    /// Warnings that a comment silences.
    pub silenced: usize,
}

impl Counts {
    /// Counts what another part of the files came to.
    pub(super) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.rule_sets += other.rule_sets;
        self.rule_tests += other.rule_tests;
        self.policies += other.policies;
        self.injections += other.injections;
        self.machines += other.machines;
        self.passed_over += other.passed_over;
        self.silenced += other.silenced;
    }

    /// Whether nothing of virt-patch's was there.
    pub fn are_none(&self) -> bool {
        self.rule_sets + self.rule_tests + self.policies + self.injections + self.machines == 0
    }
}

impl Findings {
    /// Whether something is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}
