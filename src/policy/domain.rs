//! What a policy says of a domain before and after: both are looked at as whole documents.

use std::collections::{BTreeMap, HashSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{Limits, Report};
use crate::xml::{Document, NodeId};
use crate::xpath::{Budget, EvalError, Value, Variables};

use super::blame::blame;
use super::meaning::meaning;
use super::remainder::{Parents, first_difference, remainder};
use super::{Allow, Clause, Policies, Policy};

/// What the policies need to know of a domain as it came, noted before anything changes it.
#[derive(Debug)]
pub struct Before<'p> {
    noted: Vec<Noted<'p>>,
}

/// What one policy needs to know.
#[derive(Debug)]
struct Noted<'p> {
    policy: &'p Policy,
    /// For each path of `deny`: how often it selects what.
    denied: Vec<BTreeMap<String, usize>>,
    /// For each path of `protect`: what it selects, in document order.
    protected: Vec<Vec<String>>,
    /// With `allow`: what the domain says without what that selects.
    remainder: Option<String>,
}

/// A policy's paths have none: no value can become part of a policy.
struct NoVariables;

impl Variables<NodeId> for NoVariables {
    fn get(&self, _name: &str) -> Option<&Value<NodeId>> {
        None
    }
}

/// A domain that is looked at. Each look has a budget of its own, so that what rules used up changes no verdict.
struct Look<'l, 'd> {
    domain: &'l Document<'d>,
    budget: Budget,
}

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

impl<'l, 'd> Look<'l, 'd> {
    fn at(domain: &'l Document<'d>) -> Self {
        let Limits { steps, bytes, .. } = Limits::default();
        Self { domain, budget: Budget::new(steps, bytes) }
    }

    /// The nodes that a path selects, in its order.
    fn select(&self, policy: &Policy, clause: &Clause) -> Result<Vec<NodeId>> {
        let value = clause.path.xpath.evaluate(self.domain, self.domain.root(), &NoVariables, &self.budget);
        match value.map_err(|error| cannot_judge(policy, clause, &error.message, error.code))? {
            Value::Nodes(nodes) => Ok(nodes.to_vec()),
            _ => Err(cannot_judge(policy, clause, "it gives no nodes", Code::XpathType)),
        }
    }

    fn meanings(&self, policy: &Policy, clause: &Clause) -> Result<Vec<(String, NodeId)>> {
        let nodes = self.select(policy, clause)?.into_iter();
        let meanings = nodes.map(|node| Ok((meaning(self.domain, node, &self.budget)?, node)));
        let meanings: std::result::Result<_, EvalError> = meanings.collect();
        meanings.map_err(|error| cannot_judge(policy, clause, &error.message, error.code))
    }

    fn allowed(&self, policy: &Policy, allow: &Allow) -> Result<HashSet<NodeId>> {
        let mut allowed = HashSet::new();
        for clause in &allow.clauses {
            allowed.extend(self.select(policy, clause)?);
        }
        Ok(allowed)
    }
}

/// What cannot be judged is refused.
fn cannot_judge(policy: &Policy, clause: &Clause, why: &str, code: Code) -> Box<Diagnostic> {
    let message = format!("the policy `{}` cannot be judged by `{}`: {why}", policy.name, clause.path.xpath.text());
    let help = "what cannot be judged is refused: ask whoever keeps the policy for a path that costs less";
    Box::new(Diagnostic::error(code, message).at(clause.path.location.clone()).help(help))
}

fn too_large(policy: &Policy, allow: &Allow, error: &EvalError) -> Box<Diagnostic> {
    let message = format!("the policy `{}` cannot be judged by its `allow`: {}", policy.name, error.message);
    Box::new(Diagnostic::error(error.code, message).at(allow.location.clone()))
}

impl Policies {
    /// Notes what the policies need to know of a domain before it is changed.
    ///
    /// # Errors
    /// `limit` or `function-value`, where a path cannot be evaluated: then nothing may be changed.
    pub fn look_at(&self, domain: &Document<'_>) -> Result<Before<'_>> {
        let look = Look::at(domain);
        let noted = self.iter().map(|policy| policy.note(&look)).collect::<Result<_>>()?;
        Ok(Before { noted })
    }

    /// What the policies say of two texts of one domain: as it came, and as rules would leave it.
    ///
    /// # Errors
    /// Everything that a policy refuses, policy by policy; where a domain cannot be read, only that.
    pub fn judge_domain(&self, before: &str, after: &str) -> std::result::Result<(), Vec<Diagnostic>> {
        let parsed = Document::parse(before).map_err(|error| vec![Diagnostic::error(error.code, error.message)])?;
        let noted = self.look_at(&parsed).map_err(|problem| vec![*problem])?;
        noted.judge(before, after, &Report::default())
    }
}

impl Policy {
    fn note(&self, look: &Look<'_, '_>) -> Result<Noted<'_>> {
        let counted = |clause: &Clause| {
            let mut counts = BTreeMap::new();
            for (meaning, _) in look.meanings(self, clause)? {
                *counts.entry(meaning).or_default() += 1;
            }
            Ok(counts)
        };
        let listed = |clause: &Clause| {
            Ok(look.meanings(self, clause)?.into_iter().map(|(meaning, _)| meaning).collect::<Vec<_>>())
        };
        let remainder = match &self.allow {
            Some(allow) => {
                let allowed = look.allowed(self, allow)?;
                let left = remainder(look.domain, &allowed, Parents::Stay, &look.budget);
                Some(left.map_err(|error| too_large(self, allow, &error))?.text)
            }
            None => None,
        };
        Ok(Noted {
            policy: self,
            denied: self.deny.iter().map(counted).collect::<Result<_>>()?,
            protected: self.protect.iter().map(listed).collect::<Result<_>>()?,
            remainder,
        })
    }
}

impl Before<'_> {
    /// What the policies say of the result, `after`, of the domain that was noted, `before`. `report` tells which
    /// rule is to blame.
    ///
    /// # Errors
    /// Everything that a policy refuses, policy by policy; where the result cannot be read, only that.
    pub fn judge(&self, before: &str, after: &str, report: &Report) -> std::result::Result<(), Vec<Diagnostic>> {
        if before == after {
            return Ok(());
        }
        // What libvirt will read, and not what the rules left in memory.
        let parsed = Document::parse(after).map_err(|error| {
            let message = format!("the result cannot be judged by policies: {}", error.message);
            vec![Diagnostic::error(error.code, message)]
        })?;
        let look = Look::at(&parsed);
        let mut problems = Vec::new();
        for noted in &self.noted {
            if let Err(problem) = noted.judge(before, &look, report, &mut problems) {
                problems.push(*problem);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

impl Noted<'_> {
    fn judge(&self, before: &str, look: &Look<'_, '_>, report: &Report, problems: &mut Vec<Diagnostic>) -> Result<()> {
        for (clause, counts) in self.policy.deny.iter().zip(&self.denied) {
            problems.extend(self.denied(clause, counts, look, report)?);
        }
        for (clause, listed) in self.policy.protect.iter().zip(&self.protected) {
            problems.extend(self.protected(clause, listed, look, report)?);
        }
        if let (Some(allow), Some(left)) = (&self.policy.allow, &self.remainder) {
            problems.extend(self.not_allowed(allow, left, before, look, report)?);
        }
        Ok(())
    }

    /// The first node that a path of `deny` selects once more than before.
    fn denied(
        &self,
        clause: &Clause,
        counts: &BTreeMap<String, usize>,
        look: &Look<'_, '_>,
        report: &Report,
    ) -> Result<Option<Diagnostic>> {
        let mut counts = counts.clone();
        for (meaning, node) in look.meanings(self.policy, clause)? {
            match counts.get_mut(&meaning).filter(|left| **left > 0) {
                Some(left) => *left -= 1,
                None => {
                    let what = format!("denies what `{}` selects, and rules made this", clause.path.xpath.text());
                    let path = look.domain.node_path(node);
                    return Ok(Some(self.refusal(Code::PolicyDenied, &what, clause, Some(path), report)));
                }
            }
        }
        Ok(None)
    }

    /// The first place where a path of `protect` selects something else than before.
    fn protected(
        &self,
        clause: &Clause,
        listed: &[String],
        look: &Look<'_, '_>,
        report: &Report,
    ) -> Result<Option<Diagnostic>> {
        let now = look.meanings(self.policy, clause)?;
        let changed = now.iter().zip(listed).find(|((now, _), before)| now != *before);
        let node = changed.map(|((_, node), _)| *node).or_else(|| now.get(listed.len()).map(|(_, node)| *node));
        if node.is_none() && now.len() == listed.len() {
            return Ok(None);
        }
        let done = if node.is_some() { "changed it" } else { "took some of it away" };
        let what = format!("protects what `{}` selects, and rules {done}", clause.path.xpath.text());
        let path = node.map(|node| look.domain.node_path(node));
        Ok(Some(self.refusal(Code::PolicyProtected, &what, clause, path, report)))
    }

    /// The first difference that no path of `allow` covers.
    fn not_allowed(
        &self,
        allow: &Allow,
        left: &str,
        before: &str,
        look: &Look<'_, '_>,
        report: &Report,
    ) -> Result<Option<Diagnostic>> {
        let limit = |error| too_large(self.policy, allow, &error);
        let allowed = look.allowed(self.policy, allow)?;
        let now = remainder(look.domain, &allowed, Parents::Stay, &look.budget).map_err(limit)?;
        if now.text == left {
            return Ok(None);
        }
        // Where an element that holds what is allowed came or went the input is read once more.
        let came = Document::parse(before).map_err(|error| Box::new(Diagnostic::error(error.code, error.message)))?;
        let came = Look::at(&came);
        let allowed_then = came.allowed(self.policy, allow)?;
        let left = remainder(came.domain, &allowed_then, Parents::Follow, &came.budget).map_err(limit)?;
        let now = remainder(look.domain, &allowed, Parents::Follow, &look.budget).map_err(limit)?;
        if now.text == left.text {
            return Ok(None);
        }
        let path = first_difference(&left.text, &now).map(|node| look.domain.node_path(node));
        let message = format!("the policy `{}` does not allow rules to change anything here", self.policy.name);
        let problem = Diagnostic::error(Code::PolicyNotAllowed, message);
        let help = "leave this as it came, or ask whoever keeps the policy";
        Ok(Some(blame(problem.help(help), path, &allow.location, report)))
    }

    fn refusal(&self, code: Code, what: &str, clause: &Clause, path: Option<String>, report: &Report) -> Diagnostic {
        let problem = Diagnostic::error(code, format!("the policy `{}` {what}", self.policy.name));
        let help = match &clause.reason {
            Some(reason) => reason.clone(),
            None => "leave it as it came, or ask whoever keeps the policy".to_owned(),
        };
        blame(problem.help(help), path, &clause.path.location, report)
    }
}
