//! What is declared and used by nothing: often a misspelt name, or a check that its author believes to
//! be made.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Hook, ParamSource, Rule, RuleSet, Verb};

use super::survey::Survey;

/// All of a rule set's.
pub(super) fn check(survey: &Survey<'_>, problems: &mut Vec<Diagnostic>) {
    let set = survey.set;
    let rules = [Hook::OnDefineDomain, Hook::PreCloudInitIso].map(|hook| set.rules(hook));
    // A set without rules is not finished.
    if rules.iter().all(|rules| rules.is_empty()) {
        return;
    }
    let mut used: BTreeSet<usize> = set.reached_params(Hook::OnDefineDomain);
    used.extend(set.reached_params(Hook::PreCloudInitIso));
    for (_, param) in set.params.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
        let message = format!("no rule uses the param `{}`", param.name);
        let help = match param.required || !param.check.is_empty() {
            true => {
                "a param that no rule reaches is not read, so that it is not checked either: use it, or take it out"
            }
            false => "use it, or take it out",
        };
        problems.push(Diagnostic::warning(Code::UnusedParam, message).at(param.location.clone()).help(help));
    }
    files(set, &used, problems);
    rules.into_iter().for_each(|rules| variables(survey, rules, problems));
}

/// Files whose path nothing asks for, of all that the rules and the params that they reach read.
fn files(set: &RuleSet, params: &BTreeSet<usize>, problems: &mut Vec<Diagnostic>) {
    let rules = set.on_define_domain.iter().chain(&set.pre_cloud_init_iso).flat_map(|rule| &rule.variables);
    let params = params.iter().filter_map(|&index| set.params.get(index));
    let expressions = params.filter_map(|param| match &param.source {
        ParamSource::Expression(expression) => Some(expression),
        _ => None,
    });
    let expressions = expressions.chain(&set.when).flat_map(|expression| expression.variables.iter());
    let named: BTreeSet<&String> = rules.chain(expressions).collect();
    for file in set.files.iter().filter(|file| !named.contains(&file.variable)) {
        let name = &file.name;
        let message = format!("no rule asks for the path of the file `{name}`");
        let help = format!("write `${{file-path('{name}')}}` where its path is meant, or take it out");
        problems.push(Diagnostic::warning(Code::UnusedFile, message).at(file.location.clone()).help(help));
    }
}

/// Steps nest as deep as compiling allows.
fn variables(survey: &Survey<'_>, rules: &[Rule], problems: &mut Vec<Diagnostic>) {
    for rule in rules {
        let unused = |what: &str, name: &str| {
            let message = format!("nothing uses {what} `{name}`");
            Diagnostic::warning(Code::UnusedVariable, message).rule(&*rule.label).help("use it, or take it out")
        };
        for (name, expression) in rule.lets.iter().filter(|(name, _)| !rule.variables.contains(name)) {
            problems.push(unused("the variable", name).at(expression.location.clone()));
        }
        if let Some(index) = rule.for_each.as_ref().and_then(|for_each| for_each.index.as_ref())
            && !rule.variables.contains(index)
            && let Some(node) = survey.written.at(&rule.location).and_then(|node| node.get("forEach")?.get("index"))
        {
            problems.push(unused("the index", index).at(survey.written.place(node)));
        }
        if let Verb::Steps(steps) = &rule.verb {
            variables(survey, steps, problems);
        }
    }
}
