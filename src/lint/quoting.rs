//! Values from the VMI inside texts that others take apart: a comma in an annotation becomes another
//! option of QEMU's.

use std::collections::BTreeSet;

use crate::cloud_init::DocumentKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{
    Condition, FragmentElement, FragmentNode, JsonTemplate, Param, ParamSource, ParamType, Rule, Template, Verb,
};
use crate::vocabulary::NAMESPACES;
use crate::xpath::{Form, Outline, OutlineStart, VarType};

use super::survey::Survey;

/// Functions whose result says nothing that another program would take apart.
const QUOTES: [&str; 4] = ["qemu-quote", "json", "shell-quote", "sha256"];

/// All of a rule set's.
pub(super) fn check(survey: &Survey<'_>, problems: &mut Vec<Diagnostic>) {
    let mut raw = BTreeSet::new();
    for param in &survey.set.params {
        if is_raw_param(param, &raw) {
            raw.insert(param.name.clone());
        }
    }
    let targets: BTreeSet<usize> = argument_values(survey);
    for rules in [&survey.set.on_define_domain, &survey.set.pre_cloud_init_iso] {
        Quoting { targets: &targets, problems }.rules(rules, &raw);
    }
}

/// The values of `set` that are arguments of QEMU, by where their path is written.
fn argument_values(survey: &Survey<'_>) -> BTreeSet<usize> {
    let is_argument = |path: &String| path == "/domain/qemu:commandline/qemu:arg/@value";
    let assigned = survey.assigned.iter().filter(|assigned| assigned.target.known.keys().any(is_argument));
    assigned.map(|assigned| assigned.path.location.outermost().span.start).collect()
}

fn is_raw_param(param: &Param, raw: &BTreeSet<String>) -> bool {
    let number = [ParamType::Integer, ParamType::Number, ParamType::Boolean, ParamType::Quantity];
    let check = &param.check;
    if check.pattern.is_some() || !check.allowed.is_empty() || check.ty.is_some_and(|ty| number.contains(&ty)) {
        return false;
    }
    match &param.source {
        ParamSource::Annotation(_) | ParamSource::Label(_) | ParamSource::Annotations(_) | ParamSource::Vmi(_) => true,
        ParamSource::Expression(expression) => is_raw(&expression.xpath.outline(), raw, &mut Vec::new()),
        _ => false,
    }
}

/// Whether an expression's text may be any that a VM's owner wrote. Depth is bounded when it is read.
fn is_raw(outline: &Outline, raw: &BTreeSet<String>, bound: &mut Vec<bool>) -> bool {
    match &outline.form {
        Form::Literal(_) | Form::Comparison { .. } | Form::And(_) | Form::Operation(_) => false,
        Form::Variable(name) => raw.contains(name),
        Form::Bound(index) => bound.get(*index).copied().unwrap_or(false),
        Form::Path(OutlineStart::Expression(base, _), _) => is_raw(base, raw, bound),
        Form::Path(..) => false,
        Form::Call(name, ty, _) if QUOTES.contains(name) || matches!(ty, VarType::Number | VarType::Boolean) => false,
        Form::Call(_, _, parts) | Form::Either(parts) => parts.iter().any(|part| is_raw(part, raw, bound)),
        Form::Choice(parts) => parts[1..].iter().any(|part| is_raw(part, raw, bound)),
        Form::Loop { test: true, .. } => false,
        Form::Loop { over, body, .. } => {
            let outer = bound.len();
            for items in over {
                let items = is_raw(items, raw, bound);
                bound.push(items);
            }
            let value = is_raw(body, raw, bound);
            bound.truncate(outer);
            value
        }
    }
}

struct Quoting<'a> {
    /// See [`argument_values`].
    targets: &'a BTreeSet<usize>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Quoting<'_> {
    /// Steps nest as deep as compiling allows.
    fn rules(&mut self, rules: &[Rule], outer: &BTreeSet<String>) {
        for rule in rules {
            let mut raw = outer.clone();
            if let Some(for_each) = &rule.for_each
                && is_raw(&for_each.items.xpath.outline(), &raw, &mut Vec::new())
            {
                raw.insert(for_each.var.clone());
            }
            for (name, expression) in &rule.lets {
                if is_raw(&expression.xpath.outline(), &raw, &mut Vec::new()) {
                    raw.insert(name.clone());
                }
            }
            if let Some(Condition::Expression(condition)) = &rule.when {
                forget_checked(&condition.xpath.outline(), &mut raw);
            }
            self.verb(rule, &raw);
        }
    }

    fn verb(&mut self, rule: &Rule, raw: &BTreeSet<String>) {
        match &rule.verb {
            Verb::Steps(steps) => self.rules(steps, raw),
            Verb::Set(entries) => {
                for (path, value) in entries {
                    if self.targets.contains(&path.location.outermost().span.start) {
                        self.value(rule, value, raw, "an argument of QEMU", "qemu-quote");
                    }
                }
            }
            Verb::Merge { fragment, .. } | Verb::Insert { fragment, .. } | Verb::Replace { fragment, .. } => {
                self.arguments(rule, &fragment.nodes, raw);
            }
            Verb::MergeJson { patch: JsonTemplate::Object(members), .. }
                if rule.document == Some(DocumentKind::CloudInitData) =>
            {
                for (name, value) in members {
                    if let ("UserData", JsonTemplate::Text(text)) = (name.as_str(), value) {
                        self.value(rule, text, raw, "raw user data", "shell-quote");
                    }
                }
            }
            _ => {}
        }
    }

    /// Every `qemu:arg` of a fragment. Depth is bounded when it is read.
    fn arguments(&mut self, rule: &Rule, nodes: &[FragmentNode], raw: &BTreeSet<String>) {
        for node in nodes {
            let FragmentNode::Element(FragmentElement { name, attributes, children }) = node else { continue };
            if name.local == "arg" && name.namespace == NAMESPACES[0].1 {
                for (_, value) in attributes.iter().filter(|(name, _)| name.local == "value") {
                    self.value(rule, value, raw, "an argument of QEMU", "qemu-quote");
                }
            }
            self.arguments(rule, children, raw);
        }
    }

    fn value(&mut self, rule: &Rule, value: &Template, raw: &BTreeSet<String>, what: &str, quote: &str) {
        if value.as_hole().is_some() {
            return;
        }
        for hole in value.holes().filter(|hole| is_raw(&hole.expression.xpath.outline(), raw, &mut Vec::new())) {
            let text = hole.expression.xpath.text();
            let message =
                format!("`{text}` comes from the VMI and is part of {what}: a comma or quote in it changes the rest");
            let help = format!("write `${{{quote}({text})}}`, or give the param a `pattern` or `enum`");
            let warning = Diagnostic::warning(Code::UnquotedValue, message).at(hole.expression.location.clone());
            self.problems.push(warning.rule(&*rule.label).help(help));
        }
    }
}

/// A condition that `matches` a variable has looked at it.
fn forget_checked(outline: &Outline, raw: &mut BTreeSet<String>) {
    if let Form::Call("matches", _, arguments) = &outline.form
        && let Some(Form::Variable(name)) = arguments.first().map(|argument| &argument.form)
    {
        raw.remove(name);
    }
    outline.parts().into_iter().for_each(|part| forget_checked(part, raw));
}
