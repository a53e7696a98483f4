//! A rule set's rules for the domain, gone through once: every expression with what it may select,
//! every fragment with where it comes to stand.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Condition, Expression, Fragment, ParamSource, Place, Rule, RuleSet, Verb};
use crate::source::{Location, Span};

use super::reach::{Followed, Reach};
use super::spots::Spots;
use super::written::Written;

/// How many places all expressions of a rule set, or one path of a policy, may visit: a hundred rules need a tenth of it, and hostile
/// ones end in well under a second.
pub(super) const VISITS: usize = 500_000;

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `expr`, `let`, `when`, a hole.
    Reads,
    /// `forEach.in`
    Loops,
    /// The path of `set`, `merge`, `insert into`, which may create what it names.
    Creates,
    /// The path of `remove`, `replace`, `insert before` and `after`.
    Targets,
}

/// An expression.
pub(super) struct Look<'r> {
    pub(super) expression: &'r Expression,
    pub(super) role: Role,
    /// The rule that it stands in; none for a param.
    pub(super) rule: Option<&'r Rule>,
    /// What it may select.
    pub(super) selects: Spots,
    pub(super) followed: Followed,
}

/// A fragment.
pub(super) struct Placed<'r> {
    pub(super) fragment: &'r Fragment,
    pub(super) rule: &'r Rule,
    /// The elements that its nodes become children of.
    pub(super) parents: Spots,
    /// Whether the verb is `insert`.
    pub(super) inserted: bool,
}

/// A value of `set`.
pub(super) struct Assigned<'r> {
    pub(super) rule: &'r Rule,
    pub(super) target: Spots,
    pub(super) path: &'r Expression,
    /// The text, where it has no holes.
    pub(super) constant: Option<&'r str>,
}

/// Everything that the lints of a rule set look at.
pub(super) struct Survey<'r> {
    pub(super) set: &'r RuleSet,
    pub(super) written: Written,
    pub(super) looks: Vec<Look<'r>>,
    pub(super) fragments: Vec<Placed<'r>>,
    pub(super) assigned: Vec<Assigned<'r>>,
}

impl Look<'_> {
    /// The place of bytes of the expression.
    pub(super) fn place(&self, span: &Span) -> Location {
        let start = self.expression.location.span.start;
        Location::new(&self.expression.location.source, start + span.start..start + span.end)
    }

    /// A warning about bytes of the expression.
    pub(super) fn warning(&self, code: Code, message: impl Into<String>, span: &Span) -> Diagnostic {
        let warning = Diagnostic::warning(code, message).at(self.place(span));
        match self.rule {
            Some(rule) => warning.rule(&*rule.label),
            None => warning,
        }
    }
}

impl<'r> Survey<'r> {
    /// Goes through a rule set. `None` where its text cannot be read again.
    pub(super) fn of(set: &'r RuleSet) -> Option<Self> {
        let written = Written::read(set)?;
        let survey = Self { set, written, looks: Vec::new(), fragments: Vec::new(), assigned: Vec::new() };
        let mut walk = Walk { survey, visits: VISITS };
        let mut variables = BTreeMap::new();
        for param in &set.params {
            if let ParamSource::Expression(expression) = &param.source {
                let spots = walk.look(expression, Role::Reads, None, &variables);
                variables.insert(param.name.clone(), spots);
            }
        }
        walk.rules(&set.on_define_domain, &variables);
        Some(walk.survey)
    }
}

struct Walk<'r> {
    survey: Survey<'r>,
    visits: usize,
}

impl<'r> Walk<'r> {
    fn look(
        &mut self,
        expression: &'r Expression,
        role: Role,
        rule: Option<&'r Rule>,
        variables: &BTreeMap<String, Spots>,
    ) -> Spots {
        let (selects, followed) = Reach::follow(&expression.xpath.outline(), variables, &mut self.visits);
        self.survey.looks.push(Look { expression, role, rule, selects: selects.clone(), followed });
        selects
    }

    /// Steps nest as deep as compiling allows.
    fn rules(&mut self, rules: &'r [Rule], outer: &BTreeMap<String, Spots>) {
        for rule in rules {
            let mut variables = outer.clone();
            if let Some(for_each) = &rule.for_each {
                let items = self.look(&for_each.items, Role::Loops, Some(rule), &variables);
                variables.insert(for_each.var.clone(), items);
            }
            for (name, expression) in &rule.lets {
                let value = self.look(expression, Role::Reads, Some(rule), &variables);
                variables.insert(name.clone(), value);
            }
            if let Some(Condition::Expression(condition)) = &rule.when {
                self.look(condition, Role::Reads, Some(rule), &variables);
            }
            self.verb(rule, &variables);
        }
    }

    fn verb(&mut self, rule: &'r Rule, variables: &BTreeMap<String, Spots>) {
        match &rule.verb {
            Verb::Set(entries) => {
                for (path, value) in entries {
                    let target = self.look(path, Role::Creates, Some(rule), variables);
                    value.holes().for_each(|hole| {
                        self.look(&hole.expression, Role::Reads, Some(rule), variables);
                    });
                    self.survey.assigned.push(Assigned { rule, target, path, constant: value.as_constant() });
                }
            }
            Verb::Merge { path, fragment, .. } => {
                let selected = self.look(path, Role::Creates, Some(rule), variables);
                self.fragment(rule, fragment, parents(&selected), variables);
            }
            Verb::Insert { place: Place::Into, path, fragment } => {
                let selected = self.look(path, Role::Creates, Some(rule), variables);
                self.fragment(rule, fragment, selected, variables);
            }
            Verb::Insert { path, fragment, .. } | Verb::Replace { path, fragment, .. } => {
                let selected = self.look(path, Role::Targets, Some(rule), variables);
                self.fragment(rule, fragment, parents(&selected), variables);
            }
            Verb::Remove(path) => {
                self.look(path, Role::Targets, Some(rule), variables);
            }
            Verb::Steps(steps) => self.rules(steps, variables),
            Verb::Fail { message, .. } | Verb::Warn { message, .. } => message.holes().for_each(|hole| {
                self.look(&hole.expression, Role::Reads, Some(rule), variables);
            }),
            // Verbs of cloud-init data.
            Verb::MergeJson { .. } | Verb::Patch(_) | Verb::AddPart { .. } => {}
        }
    }

    fn fragment(
        &mut self,
        rule: &'r Rule,
        fragment: &'r Fragment,
        parents: Spots,
        variables: &BTreeMap<String, Spots>,
    ) {
        let mut holes = Vec::new();
        fragment.visit_holes(&mut |hole| holes.push(&hole.expression));
        for hole in holes {
            self.look(hole, Role::Reads, Some(rule), variables);
        }
        let inserted = matches!(rule.verb, Verb::Insert { .. });
        self.survey.fragments.push(Placed { fragment, rule, parents, inserted });
    }
}

/// The elements that hold these.
fn parents(spots: &Spots) -> Spots {
    let mut parents = Spots { open: spots.open, ..Spots::default() };
    for element in spots.elements() {
        match &element.parent {
            Some(parent) => parents.add_element(std::sync::Arc::clone(parent)),
            // The root element's parent is the document, of which the vocabulary knows no other child.
            None => parents.open = true,
        }
    }
    parents.open |= parents.known.is_empty();
    parents
}

impl Placed<'_> {
    /// A warning about the fragment.
    pub(super) fn warning(&self, code: Code, message: impl Into<String>, place: Location) -> Diagnostic {
        Diagnostic::warning(code, message).at(place).rule(&*self.rule.label)
    }
}
