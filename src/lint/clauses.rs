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

/// Names and words in the paths of `deny`, `protect` and `allow` that libvirt does not know at their place, as warnings, policy by
/// policy in the order written. What stands in a sample domain is right.
pub fn policy_paths(policies: &[Policy], samples: &Samples) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let attributes: BTreeSet<&str> = if policies.is_empty() { BTreeSet::new() } else { attributes() };
    for policy in policies {
        let mut visits = VISITS;
        let allowed = policy.allow.iter().flat_map(|allow| &allow.clauses);
        for clause in policy.deny.iter().chain(&policy.protect).chain(allowed) {
            let expression = &clause.path;
            let outline = expression.xpath.outline();
            let (selects, followed) = Reach::follow(&outline, &BTreeMap::new(), &mut visits);
            let look = Look { expression, role: Role::Reads, rule: None, selects, followed };
            names::of_look(&look, samples, &mut problems);
            at_any_depth(&outline, &look, &attributes, &mut problems);
        }
    }
    problems
}

/// Every attribute without namespace that libvirt knows anywhere.
fn attributes() -> BTreeSet<&'static str> {
    let elements = Element::domain().within();
    elements.iter().flat_map(|element| element.model.attributes().map(|(name, _)| name)).collect()
}

/// `//@name`: what is in the metadata may have any name, so that of rules nothing is said here. A policy is about what libvirt
/// reads. Depth is bounded when the expression is read.
fn at_any_depth(outline: &Outline, look: &Look<'_>, known: &BTreeSet<&str>, problems: &mut Vec<Diagnostic>) {
    if let Form::Path(_, steps) = &outline.form {
        for pair in steps.windows(2) {
            let [any, named] = pair else { continue };
            let is_any = any.direction == Direction::DescendantOrSelf && any.test == OutlineTest::Node;
            let OutlineTest::Name(name) = &named.test else { continue };
            let is_attribute = named.direction == Direction::Attribute && name.namespace.is_empty();
            let local = name.local.as_str();
            if is_any && is_attribute && !known.contains(local) {
                let message = format!("libvirt knows no attribute `{local}` at any depth");
                let help = match nearest(local, known.iter().copied()) {
                    Some(near) => format!("did you mean `@{near}`?"),
                    None => names::nothing_near(),
                };
                problems.push(look.warning(Code::UnknownAttribute, message, &named.span).help(help));
            }
        }
    }
    outline.parts().into_iter().for_each(|part| at_any_depth(part, look, known, problems));
}
