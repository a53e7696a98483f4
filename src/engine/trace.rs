//! What each rule did, and why not.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::rule::{Hook, Rule, RuleSet, Verb};
use crate::source::{Location, Position};

/// How many events of one rule are told at most.
pub const EVENTS: usize = 1000;

/// How much is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Counts per rule.
    Counts,
    /// The paths of the first few nodes too, without values, as the sidecar logs them.
    Paths,
    /// Every node and every reason, as `--explain` prints them.
    Full,
}

/// What one rule set did.
#[derive(Debug, Clone)]
pub struct SetTrace {
    /// The rule set's name.
    pub name: String,
    /// Why none of its rules ran.
    pub skipped: Option<String>,
    /// Its rules, steps after the rule that holds them.
    pub rules: Vec<RuleTrace>,
}

/// What one rule did.
#[derive(Debug, Clone)]
pub struct RuleTrace {
    /// As [`Rule::label`].
    pub label: Arc<str>,
    /// Where it is written.
    pub location: Location,
    /// How many rules it is a step of.
    pub depth: usize,
    /// How often its verb ran or was skipped.
    pub rounds: usize,
    /// How many nodes its verb found, in all rounds.
    pub matched: usize,
    /// How many nodes or values it changed.
    pub changed: usize,
    /// Rounds in which it was skipped.
    pub skipped: usize,
    /// Rounds in which its path or loop selected nothing, though `expect` does not say that this may be.
    pub missed: usize,
    /// The first reason for skipping.
    pub reason: Option<String>,
    /// What happened, node by node; at most [`EVENTS`], and none with [`Detail::Counts`].
    pub events: Vec<Event>,
    /// The problem that `onError: Ignore` passed over.
    pub ignored: Option<Diagnostic>,
}

/// Something that a rule did.
#[derive(Debug, Clone)]
pub struct Event {
    /// The round of each loop around it, the outermost first, from 1; empty outside of loops.
    pub rounds: Vec<usize>,
    /// What.
    pub what: What,
    /// An XPath or JSON Pointer that selects the node.
    pub path: String,
    /// Where the node comes from; not of one that this rule made.
    pub origin: Option<Origin>,
    /// Old and new value, the reason, and the like.
    pub detail: String,
}

/// Where a node comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From the input, at this place.
    Input(Position),
    /// From the rule of this label.
    Rule(Arc<str>),
}

/// What happened to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A round of the rule's loop began, for this node or value.
    Round,
    /// A value was set.
    Set,
    /// Something was created on the way to the target.
    Created,
    /// Nodes were added.
    Inserted,
    /// It was merged with the fragment.
    Merged,
    /// It was replaced.
    Replaced,
    /// It was removed.
    Removed,
    /// It was as wanted already.
    Unchanged,
    /// The run stood there before, so that it was taken out again.
    TakenBack,
    /// The rule did not run.
    Skipped,
    /// The rule warned.
    Warned,
    /// A problem was passed over.
    Ignored,
}

impl What {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            What::Round => "runs for",
            What::Set => "set",
            What::Created => "created",
            What::Inserted => "inserted",
            What::Merged => "merged",
            What::Replaced => "replaced",
            What::Removed => "removed",
            What::Unchanged => "unchanged",
            What::TakenBack => "there already",
            What::Skipped => "skipped",
            What::Warned => "warned",
            What::Ignored => "ignored",
        }
    }
}

impl RuleTrace {
    /// Whether it looked for something to change and found nothing in any round.
    pub fn matched_nothing(&self) -> bool {
        self.missed > 0 && !self.found_something() && self.ignored.is_none()
    }

    /// Whether there was something to work on in any round; of a rule with steps its loop says so.
    pub fn found_something(&self) -> bool {
        self.matched > 0 || self.changed > 0 || self.rounds > self.skipped
    }
}

impl SetTrace {
    pub(super) fn new(set: &RuleSet, hook: Hook) -> Self {
        let rules = set.rules(hook);
        let mut trace = Self { name: set.name.clone(), skipped: None, rules: Vec::with_capacity(rules.len()) };
        rules.iter().for_each(|rule| trace.add(rule, 0));
        trace
    }

    /// In the order of [`Rule::id`]: a rule, then its steps.
    fn add(&mut self, rule: &Rule, depth: usize) {
        self.rules.push(RuleTrace {
            label: Arc::clone(&rule.label),
            location: rule.location.clone(),
            depth,
            rounds: 0,
            matched: 0,
            changed: 0,
            skipped: 0,
            missed: 0,
            reason: None,
            events: Vec::new(),
            ignored: None,
        });
        if let Verb::Steps(steps) = &rule.verb {
            steps.iter().for_each(|step| self.add(step, depth + 1));
        }
    }
}
