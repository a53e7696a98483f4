//! What each rule did, and why not: for someone whose VM does not start.

use std::fmt::Write as _;

use super::{Paint, visible};
use crate::engine::{EVENTS, Event, Origin, Report, RuleTrace, SetTrace, What};

/// Events of one rule that are shown; `-o json` has them all.
const SHOWN: usize = 20;

/// Every rule set, rule and node, and a line that sums them up.
pub fn explain(report: &Report, paint: Paint) -> String {
    let mut text = String::new();
    for set in &report.sets {
        explain_set(&mut text, set, report, paint);
    }
    text.push_str(&summary(report, paint));
    text.push('\n');
    text
}

/// How it went, in one line.
pub fn summary(report: &Report, paint: Paint) -> String {
    let rules = || report.sets.iter().flat_map(|set| set.rules.iter().map(move |rule| (set, rule)));
    let count = |wanted: State| rules().filter(|(set, rule)| State::of(set, rule) == wanted).count();
    let mut parts = vec![paint.green(&format!("{} changed something", count(State::Changed)))];
    for (state, words) in [
        (State::Held, "found all as wanted"),
        (State::Skipped, "skipped"),
        (State::Ignored, "failed and ignored"),
        (State::NotReached, "not reached"),
    ] {
        let many = count(state);
        if many > 0 {
            parts.push(state.paint(paint, &format!("{many} {words}")));
        }
    }
    let all = rules().count();
    let warnings = match report.warnings.len() {
        0 => String::new(),
        1 => paint.yellow("; 1 warning"),
        many => paint.yellow(&format!("; {many} warnings")),
    };
    format!("{all} {}: {}{warnings}", if all == 1 { "rule" } else { "rules" }, parts.join(", "))
}

/// How a rule ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Changed,
    /// It ran, and all was as wanted.
    Held,
    Skipped,
    Ignored,
    /// An earlier rule, or an earlier round of this one, ended the hook.
    NotReached,
}

/// The steps of a rule, and theirs.
fn steps_of<'t>(set: &'t SetTrace, rule: &'t RuleTrace) -> impl Iterator<Item = &'t RuleTrace> {
    let after = set.rules.iter().skip_while(move |known| !std::ptr::eq(*known, rule)).skip(1);
    after.take_while(move |known| known.depth > rule.depth)
}

impl State {
    pub(super) fn of(set: &SetTrace, rule: &RuleTrace) -> Self {
        if rule.ignored.is_some() {
            Self::Ignored
        } else if rule.changed > 0 || steps_of(set, rule).any(|step| step.changed > 0) {
            Self::Changed
        } else if rule.rounds > 0 {
            Self::Held
        } else if rule.skipped > 0 || set.skipped.is_some() {
            Self::Skipped
        } else {
            Self::NotReached
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Held => "unchanged",
            Self::Skipped => "skipped",
            Self::Ignored => "ignored",
            Self::NotReached => "not reached",
        }
    }

    fn paint(self, paint: Paint, text: &str) -> String {
        match self {
            Self::Changed => paint.green(text),
            Self::Held => text.to_owned(),
            Self::Skipped | Self::NotReached => paint.dim(text),
            Self::Ignored => paint.yellow(text),
        }
    }
}

fn explain_set(text: &mut String, set: &SetTrace, report: &Report, paint: Paint) {
    // Writing to a string cannot fail.
    _ = write!(text, "{}", paint.bold(&format!("rule set {}", visible(&set.name))));
    if let Some(reason) = &set.skipped {
        _ = write!(text, "  {}", paint.yellow(&format!("skipped: {}", visible(reason))));
    }
    text.push('\n');
    for rule in &set.rules {
        explain_rule(text, set, rule, report, paint);
    }
    text.push('\n');
}

fn explain_rule(text: &mut String, set: &SetTrace, rule: &RuleTrace, report: &Report, paint: Paint) {
    let state = State::of(set, rule);
    let indent = "  ".repeat(rule.depth + 1);
    let label = visible(&rule.label);
    let place = paint.dim(&rule.location.to_string());
    _ = writeln!(
        text,
        "{indent}{} {}  {place}",
        state.paint(paint, &format!("{:<11}", state.as_str())),
        paint.bold(&label)
    );
    let indent = format!("{indent}    ");
    if let Some(problem) = &rule.ignored {
        _ = writeln!(text, "{indent}{}", paint.yellow(&visible(&report.secrets.mask_within(&problem.message))));
    }
    if rule.rounds > 1 {
        let counts = match (rule.matched, rule.changed) {
            (0, 0) => String::new(),
            (matched, changed) => format!(": {matched} matched, {changed} changed"),
        };
        _ = writeln!(text, "{indent}ran in {} rounds{counts}", rule.rounds);
    }
    if rule.events.is_empty()
        && let Some(reason) = &rule.reason
    {
        _ = writeln!(text, "{indent}{}", visible(&report.secrets.mask_within(reason)));
    }
    let mut round: &[usize] = &[];
    // That it was passed over is said above.
    for event in rule.events.iter().filter(|event| event.what != What::Ignored).take(SHOWN) {
        let inside = event.what != What::Round && !round.is_empty() && event.rounds == round;
        let lead = match event.rounds.as_slice() {
            [] => String::new(),
            _ if inside => "  ".to_owned(),
            rounds => paint.dim(&format!("{}: ", numbered(rounds))),
        };
        _ = writeln!(text, "{indent}{lead}{}", explain_event(event, report, paint));
        if event.what == What::Round {
            round = &event.rounds;
        }
    }
    if let Some(more) = rule.events.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        let end = if rule.events.len() == EVENTS { "has them, and the trace ends there" } else { "has them all" };
        _ = writeln!(text, "{indent}{}", paint.dim(&format!("… and {more} more; `-o json` {end}")));
    }
}

/// `round 2`; of a loop in a loop `round 2.1`.
fn numbered(rounds: &[usize]) -> String {
    let numbers: Vec<String> = rounds.iter().map(ToString::to_string).collect();
    format!("round {}", numbers.join("."))
}

/// `set /domain/devices/disk[2]/driver/@queues (31:7): …`
fn explain_event(event: &Event, report: &Report, paint: Paint) -> String {
    let mut text = event.what.as_str().to_owned();
    if !event.path.is_empty() {
        _ = write!(text, " {}", paint.cyan(&visible(&report.secrets.mask_within(&event.path))));
    }
    match &event.origin {
        Some(Origin::Input(position)) => {
            _ = write!(text, " {}", paint.dim(&format!("({}:{})", position.line, position.column)));
        }
        Some(Origin::Rule(label)) => _ = write!(text, " {}", paint.dim(&format!("(made by {})", visible(label)))),
        None => {}
    }
    if !event.detail.is_empty() {
        let between = if event.what == What::Round { " " } else { ": " };
        _ = write!(text, "{between}{}", visible(&report.secrets.mask_within(&event.detail)));
    }
    text
}
