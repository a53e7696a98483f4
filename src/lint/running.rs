//! Rules that can never run, whatever comes.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Condition, Param, ParamSource, ParamValue, Rule, Verb};
use crate::xpath::{Form, Outline, Question};

use super::survey::Survey;

/// All of a rule set's.
pub(super) fn check(survey: &Survey<'_>, problems: &mut Vec<Diagnostic>) {
    let set = survey.set;
    let running =
        Running { survey, values: set.params.iter().filter_map(|p| Some((p.name.as_str(), values(p)?))).collect() };
    if let Some(when) = &set.when
        && let Some(why) = running.never(&when.xpath.outline())
    {
        let message = format!("no rule of this set ever runs: {why}");
        problems.push(Diagnostic::warning(Code::NeverRuns, message).at(when.location.clone()).help(HELP));
    }
    running.rules(&set.on_define_domain, problems);
    running.rules(&set.pre_cloud_init_iso, problems);
}

const HELP: &str = "take the rule out, or correct the condition";

/// The texts that a param can have, where they are listed. The empty list: it never has a value.
fn values(param: &Param) -> Option<Vec<String>> {
    let listed: Vec<&ParamValue> = match &param.source {
        ParamSource::Value(value) => value.iter().chain(&param.default).collect(),
        _ if param.check.allowed.is_empty() => return None,
        _ => param.check.allowed.iter().chain(&param.default).collect(),
    };
    let text = |value: &ParamValue| match value {
        ParamValue::Text(text) => Some(text.clone()),
        ParamValue::Number(number) => Some(number.to_string()),
        ParamValue::Boolean(_) | ParamValue::Json(_) => None,
    };
    listed.into_iter().map(text).collect()
}

struct Running<'a> {
    survey: &'a Survey<'a>,
    values: BTreeMap<&'a str, Vec<String>>,
}

impl Running<'_> {
    /// Steps nest as deep as compiling allows.
    fn rules(&self, rules: &[Rule], problems: &mut Vec<Diagnostic>) {
        let mut ended: Option<&Rule> = None;
        for rule in rules {
            let warning = |why: String| {
                let message = format!("this rule never runs: {why}");
                Diagnostic::warning(Code::NeverRuns, message).rule(&*rule.label)
            };
            if let Some(fail) = ended {
                let start = rule.location.span.start;
                let place = crate::source::Location::new(&rule.location.source, start..start);
                let warning = warning("a `fail` without condition stands before it".to_owned()).at(place);
                let help = "give the `fail` a `when`, or take out what stands after it";
                problems.push(warning.related(fail.location.clone(), "the `fail` stands").help(help));
                return;
            }
            problems.extend(self.rule(rule, warning));
            let always = rule.when.is_none() && rule.for_each.is_none();
            if always && matches!(rule.verb, Verb::Fail { .. }) {
                ended = Some(rule);
            }
            if let Verb::Steps(steps) = &rule.verb {
                self.rules(steps, problems);
            }
        }
    }

    fn rule(&self, rule: &Rule, warning: impl Fn(String) -> Diagnostic) -> Option<Diagnostic> {
        match &rule.when {
            Some(Condition::Constant(false)) => {
                let when = self.survey.written.at(&rule.location).and_then(|node| node.get("when"));
                let place = when.map_or_else(|| rule.location.clone(), |node| self.survey.written.place(node));
                return Some(warning("`when: false`".to_owned()).at(place).help("take the rule out"));
            }
            Some(Condition::Expression(condition)) => {
                if let Some(why) = self.never(&condition.xpath.outline()) {
                    return Some(warning(why).at(condition.location.clone()).help(HELP));
                }
            }
            _ => {}
        }
        if let Some(for_each) = &rule.for_each
            && matches!(&for_each.items.xpath.outline().form, Form::Either(parts) if parts.is_empty())
        {
            let place = for_each.items.location.clone();
            return Some(warning("it loops over nothing".to_owned()).at(place).help(HELP));
        }
        let absent = rule.needs.iter().find(|name| self.values.get(name.as_str()).is_some_and(Vec::is_empty))?;
        let why = format!("the param `{absent}` never has a value");
        Some(warning(why).at(rule.location.clone()).help("give the param a value, a source or a default"))
    }

    /// Why a condition is never true, if that is sure. Depth is bounded when it is read.
    fn never(&self, outline: &Outline) -> Option<String> {
        match &outline.form {
            Form::And(parts) => parts.iter().find_map(|part| self.never(part)),
            Form::Call("false", ..) => Some("the condition is `false()`".to_owned()),
            Form::Call("not", _, parts) => match &parts.first()?.form {
                Form::Call("true", ..) => Some("the condition is `not(true())`".to_owned()),
                _ => None,
            },
            Form::Variable(name) => {
                let values = self.values.get(name.as_str())?;
                values.is_empty().then(|| format!("the param `{name}` never has a value"))
            }
            Form::Comparison { question: Question::Equal, operands } => {
                let [left, right] = operands.as_slice() else { return None };
                match (&left.form, &right.form) {
                    (Form::Literal(a), Form::Literal(b)) if !same(a, b) => Some(format!("`{a}` is not `{b}`")),
                    (Form::Variable(name), Form::Literal(text)) | (Form::Literal(text), Form::Variable(name)) => {
                        let values = self.values.get(name.as_str())?;
                        let can = values.iter().any(|value| same(value, text));
                        let listed = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
                        (!can && !values.is_empty())
                            .then(|| format!("the param `{name}` is never `{text}`, but {listed}"))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether two texts may be equal in XPath: as texts, or as numbers.
fn same(a: &str, b: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    a == b || matches!((number(a), number(b)), (Some(a), Some(b)) if a == b)
}
