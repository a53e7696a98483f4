//! One call: rules run one after the other, each sees what the earlier ones did.

use serde_json::Value as Json;

use crate::cloud_init::DocumentKind;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::rule::{Condition, Expect, Expression, Hook, Rule, RuleSet, Verb};
use crate::source::Location;
use crate::xpath::{Budget, EvalError, Tree, Value};

use super::bindings::Bindings;
use super::cloud_init::Cloud;
use super::domain::Runs;
use super::forest::{Forest, Node};
use super::makers::Makers;
use super::secrets::Secrets;
use super::trace::{Detail, SetTrace, What};
use super::{Failure, Limits, Report};

/// A problem, boxed because it is large and rare.
pub(super) type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// Everything that a call works on.
pub(super) struct Run<'r, 'i> {
    pub(super) forest: Forest<'i>,
    pub(super) bindings: Bindings<'r>,
    pub(super) budget: Budget,
    /// What the budget began with.
    steps: u64,
    /// How many nodes may still be created.
    pub(super) nodes_left: usize,
    pub(super) runs: Runs,
    pub(super) cloud: Option<Cloud>,
    pub(super) secrets: Secrets,
    /// Whether a secret was written into the document.
    pub(super) document_holds_secret: bool,
    /// The cloud-init document of the rule that runs.
    pub(super) document: Option<DocumentKind>,
    /// The root of the domain; a node of no document where cloud-init data is edited.
    pub(super) context: Node,
    pub(super) trace: Vec<SetTrace>,
    warnings: Vec<Diagnostic>,
    pub(super) detail: Detail,
    /// Who made which node.
    pub(super) makers: Makers,
    /// The rule that runs.
    pub(super) rule: usize,
    /// The rounds of the loops that run, the outermost first, each from 1.
    pub(super) rounds: Vec<usize>,
}

impl<'r, 'i> Run<'r, 'i> {
    pub(super) fn new(forest: Forest<'i>, cloud: Option<Cloud>, limits: &Limits, detail: Detail) -> Self {
        let context = match cloud {
            None => Node::Xml(forest.xml.root()),
            Some(_) => forest.new_text("".into()),
        };
        Self {
            forest,
            bindings: Bindings::default(),
            budget: Budget::new(limits.steps, limits.bytes),
            steps: limits.steps,
            nodes_left: limits.nodes,
            runs: Runs::default(),
            cloud,
            secrets: Secrets::default(),
            document_holds_secret: false,
            document: None,
            context,
            trace: Vec::new(),
            warnings: Vec::new(),
            detail,
            makers: Makers::default(),
            rule: 0,
            rounds: Vec::new(),
        }
    }

    /// Runs the rules of one set for one hook.
    pub(super) fn set(&mut self, set: &'r RuleSet, hook: Hook) -> Result<()> {
        for rule in set.rules(hook) {
            self.rule(rule)?;
            self.settle_runs(rule)?;
        }
        Ok(())
    }

    /// Begins a set's trace; its rules report to it from now on.
    pub(super) fn begin_set(&mut self, set: &RuleSet, hook: Hook, skipped: Option<String>) {
        let mut trace = SetTrace::new(set, hook);
        trace.skipped = skipped;
        self.trace.push(trace);
    }

    /// One rule, with all its rounds.
    fn rule(&mut self, rule: &'r Rule) -> Result<()> {
        let (outer_document, outer_rounds, outer_rule) = (self.document, self.rounds.len(), self.rule);
        self.rule = rule.id;
        let depth = self.bindings.depth();
        self.document = rule.document;
        let before =
            rule.ignore_errors.then(|| (self.forest.xml.mark(), self.cloud.clone(), self.runs.mark(), self.changes()));
        let result = self.rounds(rule);
        self.bindings.release(depth);
        self.rounds.truncate(outer_rounds);
        (self.document, self.rule) = (outer_document, outer_rule);
        let problem = match result {
            Ok(()) => return Ok(()),
            Err(problem) => problem,
        };
        let problem = self.masked(problem);
        let problem = if problem.rule.is_none() { Box::new(problem.rule(&*rule.label)) } else { problem };
        let always = matches!(problem.code, Code::Limit | Code::RuleFailed | Code::SecretShown | Code::Internal);
        match before {
            Some((mark, cloud, runs, changes)) if !always => {
                self.forest.xml.undo_to(mark);
                self.cloud = cloud;
                self.runs.undo_to(runs);
                self.set_changes(&changes);
                self.note(rule, What::Ignored, String::new, None, || problem.to_string());
                let warning = Diagnostic {
                    code: Code::Ignored,
                    severity: Severity::Warning,
                    message: format!("passed over: [{}] {}", problem.code, problem.message),
                    ..*problem
                };
                self.entry(rule, |entry| entry.ignored = Some(warning.clone()));
                self.warnings.push(warning);
                Ok(())
            }
            _ => Err(problem),
        }
    }

    /// How much each rule of the set has changed, and told, so far.
    fn changes(&self) -> Vec<(usize, usize)> {
        let rules = self.trace.last().map(|set| set.rules.as_slice()).unwrap_or_default();
        rules.iter().map(|rule| (rule.changed, rule.events.len())).collect()
    }

    /// Takes back what was told since: it has been undone.
    fn set_changes(&mut self, changes: &[(usize, usize)]) {
        let rules = self.trace.last_mut().map(|set| set.rules.as_mut_slice()).unwrap_or_default();
        for (rule, &(changed, events)) in rules.iter_mut().zip(changes) {
            rule.changed = changed;
            rule.events.truncate(events);
        }
    }

    fn rounds(&mut self, rule: &'r Rule) -> Result<()> {
        let Some(for_each) = &rule.for_each else {
            return self.round(rule);
        };
        let items = match self.evaluate(&for_each.items)? {
            Value::Nodes(nodes) => nodes.iter().map(|&node| Value::Nodes([node].into())).collect(),
            single => vec![single],
        };
        if let Some(expect) = rule.expect {
            self.expect(expect, items.len(), &for_each.items)?;
        }
        if items.is_empty() {
            self.skip_by_path(rule, &for_each.items, " to loop over");
        }
        let outer = self.rounds.len();
        for (index, item) in items.into_iter().enumerate() {
            self.rounds.truncate(outer);
            self.rounds.push(index + 1);
            if self.explains() && self.tells_all() {
                self.note_round(rule, for_each, &item);
            }
            if let Value::Nodes(nodes) = &item
                && let [Node::Xml(node)] = nodes[..]
                && !self.forest.xml.is_attached(node)
            {
                self.skip(rule, || "the node of this round has been removed meanwhile".to_owned());
                continue;
            }
            let depth = self.bindings.depth();
            self.bindings.bind(&for_each.var, item);
            if let Some(name) = &for_each.index {
                self.bindings.bind(name, Value::Number((index + 1) as f64));
            }
            let result = self.round(rule);
            self.bindings.release(depth);
            result?;
        }
        Ok(())
    }

    fn round(&mut self, rule: &'r Rule) -> Result<()> {
        self.budget.spend(1).map_err(|error| at_rule(rule, error))?;
        for (name, expression) in &rule.lets {
            let value = self.evaluate(expression)?;
            self.bindings.bind(name, value);
        }
        let runs = match &rule.when {
            None | Some(Condition::Constant(true)) => true,
            Some(Condition::Constant(false)) => false,
            Some(Condition::Expression(condition)) => self.truth(condition)?,
        };
        if !runs {
            self.skip_by_condition(rule);
            return Ok(());
        }
        if let Some(absent) = rule.needs.iter().find(|param| self.bindings.is_absent(param)) {
            self.skip(rule, || format!("the param `{absent}` is absent"));
            return Ok(());
        }
        self.entry(rule, |entry| entry.rounds += 1);
        self.begin_making(rule);
        match &rule.verb {
            Verb::Steps(steps) => steps.iter().try_for_each(|step| self.rule(step)),
            Verb::Fail { message, location } => {
                let message = self.message(message)?;
                Err(Box::new(Diagnostic::error(Code::RuleFailed, message).at(location.clone())))
            }
            Verb::Warn { message, location } => {
                let message = self.message(message)?;
                self.note(rule, What::Warned, String::new, None, || message.clone());
                let warning = Diagnostic::warning(Code::RuleWarned, message).at(location.clone());
                self.warnings.push(warning.rule(&*rule.label));
                Ok(())
            }
            Verb::Set(entries) => self.set_values(rule, entries),
            Verb::Merge { path, fragment, keys } => self.merge(rule, path, fragment, keys),
            Verb::Insert { place, path, fragment } => self.insert(rule, *place, path, fragment),
            Verb::Replace { path, fragment, keep } => self.replace(rule, path, fragment, keep),
            Verb::Remove(path) => self.remove(rule, path),
            Verb::MergeJson { patch, lists, keys } => self.merge_json(rule, patch, *lists, keys),
            Verb::Patch(steps) => self.patch(rule, steps),
            Verb::AddPart { content_type, content } => self.add_part(rule, content_type, content),
        }
    }

    /// Whether a path or loop selected as many as `expect` says.
    pub(super) fn expect(&self, expect: Expect, count: usize, path: &Expression) -> Result<()> {
        let (fits, wanted) = match expect {
            Expect::One => (count == 1, "exactly one"),
            Expect::Some => (count > 0, "at least one"),
            Expect::Any => (true, ""),
        };
        if fits {
            return Ok(());
        }
        let message = format!("`{}` selects {count} nodes, `expect` wants {wanted}", path.xpath.text());
        Err(Box::new(Diagnostic::error(Code::ExpectFailed, message).at(path.location.clone())))
    }

    /// The value of an expression.
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Result<Value<Node>> {
        let context = self.context_of(expression)?;
        let result = expression.xpath.evaluate(&self.forest, context, &self.bindings, &self.budget);
        result.map_err(|error| at_expression(expression, error))
    }

    /// Whether a condition holds.
    pub(super) fn truth(&mut self, condition: &Expression) -> Result<bool> {
        let context = self.context_of(condition)?;
        let result = condition.xpath.evaluate_condition(&self.forest, context, &self.bindings, &self.budget);
        result.map_err(|error| at_expression(condition, error))
    }

    /// The nodes of a path's start and first `steps` steps.
    pub(super) fn prefix(&mut self, path: &Expression, steps: usize) -> Result<Vec<Node>> {
        let context = self.context_of(path)?;
        let result = path.xpath.evaluate_prefix(steps, &self.forest, context, &self.bindings, &self.budget);
        result.map_err(|error| at_expression(path, error))
    }

    /// The root that an expression's absolute paths start at. A cloud-init document is parsed when
    /// an expression first reads it.
    pub(super) fn context_of(&mut self, expression: &Expression) -> Result<Node> {
        match (&mut self.cloud, self.document) {
            (Some(cloud), Some(document)) if expression.xpath.uses_document() => {
                let root = cloud.root(document, &mut self.forest, &self.budget);
                root.map_err(|problem| Box::new(problem.or_at(&expression.location)))
            }
            _ => Ok(self.context),
        }
    }

    /// Keeps a secret's texts from being shown.
    pub(super) fn note_secret(&mut self, value: &Json) {
        let mut stack = vec![value];
        while let Some(value) = stack.pop() {
            match value {
                Json::String(text) => self.secrets.add(text),
                Json::Number(number) => self.secrets.add(&number.to_string()),
                Json::Array(items) => stack.extend(items),
                Json::Object(members) => stack.extend(members.values()),
                Json::Null | Json::Bool(_) => {}
            }
        }
    }

    /// A problem as it may be shown: what it says of values is masked where they are secret.
    fn masked(&self, mut problem: Box<Diagnostic>) -> Box<Diagnostic> {
        problem.message = self.secrets.mask_within(&problem.message).into_owned();
        problem
    }

    /// Notes a warning, as it may be shown.
    pub(super) fn warn(&mut self, warning: Diagnostic) {
        let warning = self.masked(Box::new(warning));
        self.warnings.push(*warning);
    }

    /// Ends the call with a problem.
    pub(super) fn fail(self, problem: Box<Diagnostic>) -> Failure {
        let problem = self.masked(problem);
        Failure { problem, report: self.report().2 }
    }

    /// What was done, when all is done.
    pub(super) fn report(self) -> (Forest<'i>, Option<Cloud>, Report) {
        let steps = self.steps - self.budget.steps_left();
        let report = Report { sets: self.trace, warnings: self.warnings, secrets: self.secrets, steps };
        (self.forest, self.cloud, report)
    }
}

/// A problem of an expression at its place in the file.
pub(super) fn at_expression(expression: &Expression, error: EvalError) -> Box<Diagnostic> {
    let whole = &expression.location;
    let start = (whole.span.start + error.span.start).min(whole.span.end);
    let end = (whole.span.start + error.span.end).clamp(start, whole.span.end);
    let place = if error.span.is_empty() { whole.clone() } else { Location::new(&whole.source, start..end) };
    // What a function says of a value must not tell a secret.
    let shows = expression.secret && error.code != Code::Limit;
    let message = match shows {
        true => format!("`{}` cannot be computed from this secret", expression.xpath.text()),
        false => error.message,
    };
    Box::new(Diagnostic::error(error.code, message).at(place))
}

/// A limit that a rule ran into.
pub(super) fn at_rule(rule: &Rule, error: EvalError) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(error.code, error.message).at(rule.location.clone()))
}
