//! Telling what happens: events, and the reasons for which nothing does.

use std::sync::Arc;

use crate::rule::{Condition, Expect, Expression, ForEach, Rule};
use crate::source::position_in;
use crate::xml::NodeId;
use crate::xpath::{Budget, Value};

use super::forest::Node;
use super::run::Run;
use super::secrets::MASK;
use super::trace::{Detail, EVENTS, Event, Origin, RuleTrace, What};

/// How many events of a rule are told with [`Detail::Paths`].
const PATHS: usize = 8;

/// How many parts of a condition are told.
const PARTS: usize = 8;

/// How much of a value is told, in characters.
const VALUE: usize = 60;

/// What finding out a reason may cost, beside the call's own budget: telling changes no result.
const STEPS: u64 = 100_000;
const BYTES: u64 = 1 << 20;

impl<'r> Run<'r, '_> {
    /// Notes that a rule did not run in this round.
    pub(super) fn skip(&mut self, rule: &Rule, reason: impl Fn() -> String) {
        self.entry(rule, |entry| {
            entry.skipped += 1;
            entry.reason.get_or_insert_with(&reason);
        });
        self.note(rule, What::Skipped, String::new, None, reason);
    }

    /// Notes that a rule's condition does not hold in this round.
    pub(super) fn skip_by_condition(&mut self, rule: &Rule) {
        let Some(Condition::Expression(condition)) = &rule.when else {
            return self.skip(rule, || "`when: false`".to_owned());
        };
        let values = self.values_of(condition);
        self.skip(rule, || format!("`when: {}` is false{values}", condition.xpath.text()));
    }

    /// Notes that a path selects nothing; `what` says what that means: `to remove`.
    pub(super) fn skip_by_path(&mut self, rule: &Rule, path: &Expression, what: &str) {
        // Over values that nobody gave there is nothing to find, and no path that is wrong.
        let has_values = path.variables.iter().all(|name| !self.bindings.is_empty(name));
        if rule.expect != Some(Expect::Any) && has_values {
            self.entry(rule, |entry| entry.missed += 1);
        }
        let nearest = self.nearest(path).map(|nearest| format!("; {nearest}")).unwrap_or_default();
        self.skip(rule, || format!("`{}` selects nothing{what}{nearest}", path.xpath.text()));
    }

    /// Notes what a round of a loop is for.
    pub(super) fn note_round(&mut self, rule: &Rule, for_each: &ForEach, item: &Value<Node>) {
        let (path, origin) = match item {
            Value::Nodes(nodes) => match nodes[..] {
                [Node::Xml(node)] if self.forest.xml.is_attached(node) => {
                    (self.forest.xml.node_path(node), self.origin(node))
                }
                _ => (String::new(), None),
            },
            _ => (String::new(), None),
        };
        let value =
            if path.is_empty() { format!("{} as ", self.shown(item, &for_each.items)) } else { "as ".to_owned() };
        self.note(rule, What::Round, || path, origin, || format!("{value}`${}`", for_each.var));
    }

    /// Notes an event, where events are wanted.
    pub(super) fn note(
        &mut self,
        rule: &Rule,
        what: What,
        path: impl FnOnce() -> String,
        origin: Option<Origin>,
        detail: impl FnOnce() -> String,
    ) {
        if self.explains() {
            let detail = if self.tells_all() { detail() } else { String::new() };
            // What a rule made itself needs no word.
            let origin = origin.filter(|origin| !matches!(origin, Origin::Rule(maker) if *maker == rule.label));
            let event = Event { rounds: self.rounds.clone(), what, path: path(), origin, detail };
            self.entry(rule, |entry| entry.events.push(event));
        }
    }

    /// Changes a rule's trace.
    pub(super) fn entry(&mut self, rule: &Rule, change: impl FnOnce(&mut RuleTrace)) {
        if let Some(entry) = self.trace.last_mut().and_then(|set| set.rules.get_mut(rule.id)) {
            change(entry);
        }
    }

    /// Whether the rule that runs has events to tell.
    pub(super) fn explains(&self) -> bool {
        let told = || self.trace.last().and_then(|set| set.rules.get(self.rule)).map_or(0, |rule| rule.events.len());
        match self.detail {
            Detail::Counts => false,
            Detail::Paths => told() < PATHS,
            Detail::Full => told() < EVENTS,
        }
    }

    /// Whether reasons and values are told too.
    pub(super) fn tells_all(&self) -> bool {
        self.detail == Detail::Full
    }

    /// From now on nodes are made by this rule.
    pub(super) fn begin_making(&mut self, rule: &Rule) {
        self.makers.begin(self.forest.xml.extent(), &rule.label);
    }

    /// Where a node of the domain comes from, where that is told.
    pub(super) fn origin(&self, node: NodeId) -> Option<Origin> {
        if !self.tells_all() {
            return None;
        }
        match self.forest.xml.span(node) {
            Some(span) => Some(Origin::Input(position_in(self.forest.xml.text(), span.start))),
            None => self.makers.of(node).map(|label| Origin::Rule(Arc::clone(label))),
        }
    }

    /// The values that decide a condition, as the end of a sentence; nothing where that is not told.
    pub(super) fn values_of(&mut self, condition: &Expression) -> String {
        if !self.tells_all() {
            return String::new();
        }
        let Ok(context) = self.context_of(condition) else { return String::new() };
        let budget = Budget::new(STEPS, BYTES);
        let mut values = Vec::new();
        for (text, part) in condition.xpath.operands().into_iter().take(PARTS) {
            let Ok(value) = part.evaluate(&self.forest, context, &self.bindings, &budget) else { continue };
            values.push(format!("`{text}` is {}", self.shown(&value, condition)));
        }
        if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) }
    }

    /// How far a path that selects nothing comes; nothing where that is not told.
    fn nearest(&mut self, path: &Expression) -> Option<String> {
        let steps = path.plan.as_ref().filter(|_| self.tells_all())?.steps.len();
        let context = self.context_of(path).ok()?;
        let budget = Budget::new(STEPS, BYTES);
        let xpath = &path.xpath;
        for found in (0..steps).rev() {
            let nodes = xpath.evaluate_prefix(found, &self.forest, context, &self.bindings, &budget).ok()?;
            if nodes.is_empty() {
                continue;
            }
            let next = xpath.without_last_predicates(found + 1);
            if let Some((text, predicates, loose)) = next
                && let Ok(Value::Nodes(candidates)) = loose.evaluate(&self.forest, context, &self.bindings, &budget)
                && !candidates.is_empty()
            {
                let many = counted(candidates.len());
                return Some(format!("`{text}` selects {many}, and `{predicates}` holds for none"));
            }
            let text = xpath.prefix_text(found);
            return (!text.is_empty() && text != "/").then(|| format!("`{text}` selects {}", counted(nodes.len())));
        }
        None
    }

    /// A value as a reason tells it; of a secret, or of what may hold one, nothing.
    fn shown(&self, value: &Value<Node>, from: &Expression) -> String {
        let hidden = from.secret || (self.document_holds_secret && from.xpath.uses_document());
        match value {
            Value::Nodes(nodes) if nodes.is_empty() => "nothing".to_owned(),
            Value::Nodes(nodes) if nodes.len() > 1 => counted(nodes.len()),
            Value::Text(_) | Value::Nodes(_) if hidden => MASK.to_owned(),
            Value::Nodes(nodes) => {
                let text = self.value_text(value, " ").unwrap_or_default();
                let text = if text.trim().is_empty() { "there".to_owned() } else { quoted(&text) };
                match nodes.first() {
                    Some(&Node::Xml(node)) => match self.forest.xml.span(node) {
                        Some(span) => {
                            let at = position_in(self.forest.xml.text(), span.start);
                            format!("{text} ({}:{})", at.line, at.column)
                        }
                        None => text,
                    },
                    _ => text,
                }
            }
            Value::Text(text) => quoted(text),
            Value::Number(_) | Value::Boolean(_) if hidden => MASK.to_owned(),
            Value::Number(_) | Value::Boolean(_) => self.value_text(value, " ").unwrap_or_default(),
        }
    }
}

fn counted(nodes: usize) -> String {
    if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") }
}

/// A text on one line, cut where it is long.
fn quoted(text: &str) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = folded.chars().take(VALUE).collect();
    let more = if cut.len() < folded.len() { "…" } else { "" };
    format!("'{cut}{more}'")
}
