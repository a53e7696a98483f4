//! One rule: its loop, its variables, its conditions, its one verb.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cloud_init::DocumentKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::xpath::{Document, VarType};
use crate::yaml::Node;

use super::fields::{Fields, Reader};
use super::scope::{self, Scope};
use super::{Condition, Expression, ForEach, Fragment, Hole, Hook, Rule, Verb, language, order, verbs};

/// Steps within steps.
const DEPTH: usize = 16;

/// What a rule inherits from where it stands.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) hook: Hook,
    /// What the rule's label begins with: `onDefineDomain` or `onDefineDomain[0].steps`.
    pub(super) prefix: String,
    pub(super) document: Option<DocumentKind>,
    pub(super) depth: usize,
}

/// Reads a list of rules. What is wrong is noted; the rules that are right are returned.
pub(super) fn read(reader: &mut Reader, node: &Node, place: &Place, scope: &Scope) -> Vec<Rule> {
    let items = reader.items(node, &format!("`{}`", place.prefix)).unwrap_or_default();
    if place.depth > DEPTH {
        reader.error(Code::YamlLimit, format!("more than {DEPTH} levels of `steps`"), &node.span);
        return Vec::new();
    }
    items.iter().enumerate().filter_map(|(index, item)| rule(reader, item, index, place, scope.clone())).collect()
}

fn rule(reader: &mut Reader, node: &Node, index: usize, place: &Place, mut scope: Scope) -> Option<Rule> {
    let name = node.get("name").and_then(Node::text);
    let label: Arc<str> = match name {
        Some(name) => format!("{}[{index}] '{}'", place.prefix, name.escape_debug()).into(),
        None => format!("{}[{index}]", place.prefix).into(),
    };
    let first_problem = reader.problems.len();
    let rule = read_rule(reader, node, Arc::clone(&label), index, place, &mut scope);
    for problem in &mut reader.problems[first_problem..] {
        problem.rule.get_or_insert_with(|| label.to_string());
    }
    if reader.problems.len() > first_problem { None } else { rule }
}

fn read_rule(
    reader: &mut Reader,
    node: &Node,
    label: Arc<str>,
    index: usize,
    place: &Place,
    scope: &mut Scope,
) -> Option<Rule> {
    let table = match place.hook {
        Hook::OnDefineDomain => &language::DOMAIN_RULE,
        Hook::PreCloudInitIso => &language::CLOUD_RULE,
    };
    let mut fields = reader.mapping(node, table)?;
    if let Some(node) = fields.take("name") {
        reader.text(node, "`name`");
    }
    let document = document(reader, &mut fields, place, scope);
    if let Some(node) = fields.take("templates") {
        scope.templates = reader.boolean(node, "`templates`").unwrap_or(true);
    } else if node.get("addPart").is_some() {
        // Scripts are full of `${…}` that is the shell's.
        scope.templates = false;
    }
    let for_each = fields.take("forEach").map(|node| for_each(reader, node, scope));
    let lets = fields.take("let").map(|node| lets(reader, node, scope)).unwrap_or_default();
    let when = fields.take("when").map(|node| condition(reader, node, scope));
    let expect_field = fields.take_entry("expect");
    let expect = expect_field.and_then(|(_, node)| reader.word(node, "`expect`", &language::EXPECT));
    let ignore = fields.take("onError").and_then(|node| reader.word(node, "`onError`", &language::ON_ERROR));
    let inner = Place {
        prefix: format!("{}[{index}].steps", place.prefix),
        document,
        depth: place.depth + 1,
        hook: place.hook,
    };
    let verb = verbs::read(reader, &mut fields, &inner, scope);
    let has_loop = for_each.is_some();
    fields.finish(reader);
    let verb = verb?;
    if let Some((key, _)) = expect_field
        && !has_loop
        && !counts_nodes(&verb)
    {
        let message = "`expect` counts what a path or a loop selects, and this verb has none";
        reader.error(Code::ConflictingFields, message, &key.span).help =
            Some("leave it out, or give the rule a `forEach`".into());
    }
    let mut rule = Rule {
        id: 0,
        label,
        location: reader.at(&node.span),
        lets,
        when: when.flatten(),
        for_each: for_each.flatten(),
        expect,
        ignore_errors: ignore.unwrap_or(false),
        needs: Vec::new(),
        variables: BTreeSet::new(),
        document,
        verb,
    };
    collect_uses(&mut rule);
    Some(rule)
}

fn counts_nodes(verb: &Verb) -> bool {
    matches!(verb, Verb::Set(_) | Verb::Merge { .. } | Verb::Insert { .. } | Verb::Replace { .. })
}

/// `document`, and with it what absolute paths select in.
fn document(reader: &mut Reader, fields: &mut Fields<'_>, place: &Place, scope: &mut Scope) -> Option<DocumentKind> {
    if place.hook == Hook::OnDefineDomain {
        scope.document = Document::Xml;
        return None;
    }
    // A wrong word is one problem: what is said of the rest assumes some document.
    let named = fields
        .take("document")
        .map(|node| reader.word(node, "`document`", &language::DOCUMENTS).unwrap_or(DocumentKind::UserData));
    let document = named.or(place.document);
    scope.document = if document.is_some() { Document::Json } else { Document::None };
    document
}

/// `forEach`: `in` sees what is around the rule, not its `let`.
fn for_each(reader: &mut Reader, node: &Node, scope: &mut Scope) -> Option<ForEach> {
    let mut fields = reader.mapping(node, &language::LOOP)?;
    let var = fields.take("var");
    let items = fields.take("in");
    let index = fields.take("index");
    let items = items.and_then(|node| scope.expression(reader, node, "`in`"));
    fields.finish(reader);
    let (ty, secret) = match &items {
        Some(items) => (items.xpath.result_type().item(), items.secret),
        None => (VarType::Any, false),
    };
    let var = var.and_then(|node| scope.local(reader, node, ty, secret));
    let index = match index {
        // Of a secret list even the length tells something.
        Some(node) => Some(scope.local(reader, node, VarType::Number, secret)?),
        None => None,
    };
    Some(ForEach { var: var?, items: items?, index })
}

/// `let`: each variable after those that it uses.
fn lets(reader: &mut Reader, node: &Node, scope: &mut Scope) -> Vec<(String, Expression)> {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "`let`", "a mapping of names to expressions");
        return Vec::new();
    };
    let texts: Vec<(&str, &str)> = entries
        .iter()
        .map(|(name, value)| (name.text().unwrap_or_default(), value.text().unwrap_or_default()))
        .collect();
    let (order, left) = order::by_dependency(&texts);
    let mut done = Vec::new();
    for (name, value) in order.into_iter().filter_map(|index| entries.get(index)) {
        let expression = scope.expression(reader, value, "a `let` expression");
        let (ty, secret) = match &expression {
            Some(expression) => (expression.xpath.result_type(), expression.secret),
            None => (VarType::Any, false),
        };
        let name = scope.local(reader, name, ty, secret);
        done.extend(name.zip(expression));
    }
    let left: Vec<&Node> = left.into_iter().filter_map(|index| entries.get(index)).map(|(name, _)| name).collect();
    if let Some(first) = left.first() {
        let names: Vec<&str> = left.iter().filter_map(|name| name.text()).collect();
        reader.error(Code::ParamCycle, format!("computed from each other: {}", names.join(", ")), &first.span);
    }
    for name in left {
        scope.local(reader, name, VarType::Any, false);
    }
    done
}

fn condition(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Condition> {
    let plain = node.scalar().is_some_and(|scalar| scalar.style == crate::yaml::Style::Plain);
    match node.text() {
        Some("true" | "True" | "TRUE") if plain => Some(Condition::Constant(true)),
        Some("false" | "False" | "FALSE") if plain => Some(Condition::Constant(false)),
        _ => scope.condition(reader, node, "`when`").map(Condition::Expression),
    }
}

/// Notes which variables the rule uses, and which params skip it when they are absent.
fn collect_uses(rule: &mut Rule) {
    let mut variables: BTreeSet<String> = BTreeSet::new();
    let mut needs: BTreeSet<String> = BTreeSet::new();
    let mut use_expression = |expression: &Expression| variables.extend(expression.variables.iter().cloned());
    rule.lets.iter().for_each(|(_, expression)| use_expression(expression));
    rule.for_each.iter().for_each(|for_each| use_expression(&for_each.items));
    if let Some(Condition::Expression(expression)) = &rule.when {
        use_expression(expression);
    }
    let skips = !matches!(rule.verb, Verb::Fail { .. } | Verb::Warn { .. });
    let mut use_hole = |hole: &Hole| {
        use_expression(&hole.expression);
        if skips && !hole.optional {
            needs.extend(hole.param.clone());
        }
    };
    match &rule.verb {
        Verb::Set(entries) => entries.iter().for_each(|(_, value)| value.holes().for_each(&mut use_hole)),
        Verb::Merge { fragment, .. } | Verb::Insert { fragment, .. } | Verb::Replace { fragment, .. } => {
            fragment.visit_holes(&mut use_hole);
        }
        Verb::Fail { message, .. } | Verb::Warn { message, .. } => message.holes().for_each(&mut use_hole),
        Verb::AddPart { content, .. } => content.holes().for_each(&mut use_hole),
        Verb::MergeJson { patch, .. } => patch.visit_holes(&mut use_hole),
        Verb::Patch(steps) => {
            steps.iter().filter_map(|step| step.value.as_ref()).for_each(|value| value.visit_holes(&mut use_hole));
        }
        Verb::Remove(_) | Verb::Steps(_) => {}
    }
    match &rule.verb {
        Verb::Set(entries) => entries.iter().for_each(|(path, _)| use_expression(path)),
        Verb::Merge { path, .. } | Verb::Insert { path, .. } | Verb::Replace { path, .. } | Verb::Remove(path) => {
            use_expression(path);
        }
        Verb::Steps(steps) => steps.iter().for_each(|step| variables.extend(step.variables.iter().cloned())),
        Verb::Fail { .. } | Verb::Warn { .. } | Verb::MergeJson { .. } | Verb::Patch(_) | Verb::AddPart { .. } => {}
    }
    rule.variables = variables;
    rule.needs = needs.into_iter().collect();
}

/// A fragment's problem that only shows beside the rule's path.
pub(super) fn shape_problem(reader: &mut Reader, fragment: &Fragment, message: impl Into<String>, help: &str) {
    let problem = Diagnostic::error(Code::FragmentShape, message).at(fragment.location.clone());
    reader.problems.push(problem.help(help));
}

/// The text of a node that must be an NCName, owned.
pub(super) fn ncname(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    scope::variable_name(reader, node, what).map(ToOwned::to_owned)
}
