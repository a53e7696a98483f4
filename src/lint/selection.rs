//! Paths that select nothing in sample domains.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Expect, FragmentElement, FragmentNode};
use crate::vocabulary::Name;
use crate::xml::Document;
use crate::xpath::{Budget, Value, Variables};

use super::samples::{Sample, Samples};
use super::survey::{Look, Role, Survey};
use super::twice::TRIAL;

/// The names that any rule creates: of fragments, and of the paths that create.
pub(super) fn created_names(surveys: &[Survey<'_>]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for survey in surveys {
        for placed in &survey.fragments {
            placed.fragment.nodes.iter().for_each(|node| fragment_names(node, &mut names));
        }
        let paths = survey.looks.iter().filter(|look| look.role == Role::Creates);
        let steps = paths.flat_map(|look| &look.followed.touches).filter(|touch| !touch.in_predicate);
        let made = steps.flat_map(|touch| touch.spots.known.keys()).filter_map(|path| path.rsplit('/').next());
        names.extend(made.map(ToOwned::to_owned));
    }
    names
}

/// Depth is bounded when the fragment is read.
fn fragment_names(node: &FragmentNode, names: &mut BTreeSet<String>) {
    if let FragmentNode::Element(FragmentElement { name, attributes, children }) = node {
        names.insert(Name::new(&name.namespace, &name.local).to_string());
        names.extend(attributes.iter().map(|(name, _)| format!("@{}", name.local)));
        children.iter().for_each(|child| fragment_names(child, names));
    }
}

/// The paths of a rule set that select nothing in the samples, and that no rule creates.
pub(super) fn selects_nothing(
    survey: &Survey<'_>,
    samples: &Samples,
    created: &BTreeSet<String>,
    problems: &mut Vec<Diagnostic>,
) {
    for look in survey.looks.iter().filter(|look| matches!(look.role, Role::Loops | Role::Targets)) {
        if look.rule.is_some_and(|rule| rule.expect == Some(Expect::Any)) || !look.followed.unknown.is_empty() {
            continue;
        }
        let is_there =
            |path: &String| samples.have(path) || path.rsplit('/').next().is_some_and(|name| created.contains(name));
        let mut touches = look.followed.touches.iter().filter(|touch| !touch.in_predicate && touch.spots.is_sure());
        if let Some(touch) = touches.find(|touch| !touch.spots.known.keys().any(is_there)) {
            let message = format!("no sample domain has {}", touch.spots.describe());
            let warning = look.warning(Code::SelectsNothing, message, &touch.span);
            problems.push(warning.help("KubeVirt may make none; try the rules on a domain of yours"));
        } else if !samples.given.is_empty() && finds_nothing(look, created, &samples.given) {
            let message = format!("`{}` selects nothing in any of the given domains", look.expression.xpath.text());
            let whole = 0..look.expression.xpath.text().len();
            let warning = look.warning(Code::SelectsNothing, message, &whole);
            problems.push(warning.help("compare its predicates with the domains, or say `expect: Any`"));
        }
    }
}

/// No variables.
struct Unbound;

impl<N> Variables<N> for Unbound {
    fn get(&self, _name: &str) -> Option<&Value<N>> {
        None
    }
}

/// Whether an expression without variables gives no node in any given domain, and no rule may have made one.
fn finds_nothing(look: &Look<'_>, created: &BTreeSet<String>, given: &[Sample]) -> bool {
    let expression = look.expression;
    let made = |path: &String| path.rsplit('/').next().is_some_and(|name| created.contains(name));
    if !expression.variables.is_empty() || !look.selects.is_sure() || look.selects.known.keys().any(made) {
        return false;
    }
    let limits = TRIAL;
    let finds = |sample: &Sample| {
        let Ok(document) = Document::parse_bytes(&sample.domain) else { return true };
        let budget = Budget::new(limits.steps, limits.bytes);
        let value = expression.xpath.evaluate(&document, document.root(), &Unbound, &budget);
        !matches!(value, Ok(Value::Nodes(nodes)) if nodes.is_empty())
    };
    !given.iter().any(finds)
}
