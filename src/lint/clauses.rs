//! The paths of policies: a `deny` by a name that libvirt does not know selects nothing in any domain, and lets pass what its
//! author meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::policy::Policy;
use crate::xpath::{Direction, Form, Outline, OutlineTest};

use super::names;
use super::reach::Reach;
use super::samples::Samples;
use super::spots::Element;
use super::survey::{Look, Role, VISITS};

/// How many places all paths of a policy may visit: hostile ones end in seconds.
const ALL_VISITS: usize = 8 * VISITS;

/// Names and words in the paths of `deny`, `protect` and `allow` that libvirt does not know at their place, as warnings, policy by
/// policy in the order written. What stands in a sample domain is right.
pub fn policy_paths(policies: &[Policy], samples: &Samples) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let known = if policies.is_empty() { Known::default() } else { Known::anywhere() };
    for policy in policies {
        let mut left = ALL_VISITS;
        let allowed = policy.allow.iter().flat_map(|allow| &allow.clauses);
        for clause in policy.deny.iter().chain(&policy.protect).chain(allowed) {
            let expression = &clause.path;
            let outline = expression.xpath.outline();
            // Anew for each, so that a path that visits them all leaves the others theirs, as long as there are any.
            let mut visits = left.min(VISITS);
            left -= visits;
            let (selects, followed) = Reach::follow(&outline, &BTreeMap::new(), &mut visits);
            left += visits;
            let look = Look { expression, role: Role::Reads, rule: None, selects, followed };
            names::of_look(&look, samples, &mut problems);
            at_any_depth(&outline, &look, &known, &mut problems);
        }
    }
    problems
}

/// Every name without namespace that libvirt knows, wherever it stands.
#[derive(Default)]
struct Known {
    attributes: BTreeSet<&'static str>,
    elements: BTreeSet<&'static str>,
}

impl Known {
    fn anywhere() -> Self {
        let mut known = Self::default();
        for element in Element::domain().within() {
            known.attributes.extend(element.model.attributes().map(|(name, _)| name));
            known.elements.extend(Some(element.name.local).filter(|_| element.name.namespace.is_empty()));
        }
        known
    }

    /// What was probably meant by an attribute's name that is none.
    fn help(&self, name: &str) -> String {
        if self.elements.contains(name) {
            return format!("did you mean the element `{name}`?");
        }
        if let Some(near) = nearest(name, self.attributes.iter().copied()) {
            return format!("did you mean `@{near}`?");
        }
        nearest(name, self.elements.iter().copied())
            .map_or_else(names::nothing_near, |near| format!("did you mean the element `{near}`?"))
    }
}

/// `//@name`: what is in the metadata may have any name, so that of rules nothing is said here. A policy is about what libvirt
/// reads. Depth is bounded when the expression is read.
fn at_any_depth(outline: &Outline, look: &Look<'_>, known: &Known, problems: &mut Vec<Diagnostic>) {
    if let Form::Path(_, steps) = &outline.form {
        for pair in steps.windows(2) {
            let [any, named] = pair else { continue };
            let is_any = any.direction == Direction::DescendantOrSelf && any.test == OutlineTest::Node;
            let OutlineTest::Name(name) = &named.test else { continue };
            let is_attribute = named.direction == Direction::Attribute && name.namespace.is_empty();
            if is_any && is_attribute && !known.attributes.contains(name.local.as_str()) {
                let message = format!("libvirt knows no attribute `{}` at any depth", name.local);
                let warning = look.warning(Code::UnknownAttribute, message, &named.span);
                problems.push(warning.help(known.help(&name.local)));
            }
        }
    }
    outline.parts().into_iter().for_each(|part| at_any_depth(part, look, known, problems));
}
