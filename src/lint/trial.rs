//! Rules tried on sample domains: paths that select nothing there, and results that a second run
//! changes again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{self, Detail, Inputs, Limits, Nowhere, RuleTrace};
use crate::rule::{Expect, FragmentElement, FragmentNode, Hook, Param, ParamSource, ParamType, RuleSet};
use crate::vocabulary::Name;
use crate::xml::{Document, NodeId};
use crate::xpath::{Budget, Kind, Value, Variables};

use super::samples::{Sample, Samples};
use super::survey::{Look, Role, Survey};

/// What stands in sample domains, as paths without predicates: `/domain/devices/disk/@type`.
pub(super) type Seen = BTreeSet<String>;

/// Everything that stands in the samples that can be read.
pub(super) fn seen(samples: &Samples) -> Seen {
    let mut seen = Seen::new();
    for sample in samples.all() {
        if let Ok(document) = Document::parse_bytes(&sample.domain) {
            note(&document, document.root_element(), "", &mut seen);
        }
    }
    seen
}

/// Depth is bounded when the domain is read.
fn note(document: &Document<'_>, element: NodeId, parent: &str, seen: &mut Seen) {
    let name = |node| Name::new(document.namespace(node), document.local_name(node));
    let path = format!("{parent}/{}", name(element));
    seen.extend(document.attributes(element).map(|attribute| format!("{path}/@{}", name(attribute))));
    for child in document.children(element).filter(|&child| document.kind(child) == Kind::Element) {
        note(document, child, &path, seen);
    }
    seen.insert(path);
}

/// The names that any rule creates: of fragments, and of the paths that create.
pub(super) fn created_names(surveys: &[Survey<'_>]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for survey in surveys {
        for placed in &survey.fragments {
            placed.fragment.nodes.iter().for_each(|node| fragment_names(node, &mut names));
        }
        let created = survey.looks.iter().filter(|look| look.role == Role::Creates);
        let paths = created.flat_map(|look| look.selects.known.keys());
        names.extend(paths.flat_map(|path| path.split('/')).map(ToOwned::to_owned));
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
    seen: &Seen,
    created: &BTreeSet<String>,
    given: &[Sample],
    problems: &mut Vec<Diagnostic>,
) {
    for look in survey.looks.iter().filter(|look| matches!(look.role, Role::Loops | Role::Targets)) {
        if look.rule.is_some_and(|rule| rule.expect == Some(Expect::Any)) || !look.followed.unknown.is_empty() {
            continue;
        }
        let is_there =
            |path: &String| seen.contains(path) || path.rsplit('/').next().is_some_and(|name| created.contains(name));
        let mut touches = look.followed.touches.iter().filter(|touch| !touch.in_predicate && touch.spots.is_sure());
        if let Some(touch) = touches.find(|touch| !touch.spots.known.keys().any(is_there)) {
            let message = format!("no sample domain has {}", touch.spots.describe());
            let warning = look.warning(Code::SelectsNothing, message, &touch.span);
            problems.push(warning.help("KubeVirt may make none; try the rules on a domain of yours"));
        } else if !given.is_empty() && finds_nothing(look, created, given) {
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
    let limits = Limits::default();
    let finds = |sample: &Sample| {
        let Ok(document) = Document::parse_bytes(&sample.domain) else { return true };
        let budget = Budget::new(limits.steps, limits.bytes);
        let value = expression.xpath.evaluate(&document, document.root(), &Unbound, &budget);
        !matches!(value, Ok(Value::Nodes(nodes)) if nodes.is_empty())
    };
    !given.iter().any(finds)
}

/// What rules change again in their own result, each rule once.
pub(super) fn not_idempotent(sets: &[RuleSet], samples: &Samples) -> Vec<Diagnostic> {
    let mut found: BTreeMap<String, Diagnostic> = BTreeMap::new();
    let made_up = made_up_vmi(sets);
    for sample in samples.all() {
        let vmis: Vec<&[u8]> = match sample.vmi.is_empty() {
            true => vec![b"", &made_up],
            false => vec![&sample.vmi],
        };
        for vmi in vmis {
            if let Some((rule, warning)) = second_run(sets, sample, vmi) {
                found.entry(rule).or_insert(warning);
            }
        }
    }
    found.into_values().collect()
}

/// The first rule that changes the result of a first run. Where a run fails, nothing is known: most
/// often a value is asked for that no sample has.
fn second_run(sets: &[RuleSet], sample: &Sample, vmi: &[u8]) -> Option<(String, Diagnostic)> {
    let given = BTreeMap::new();
    let inputs =
        Inputs { vmi, surroundings: &Nowhere, given: &given, detail: Detail::Counts, limits: Limits::default() };
    let once = engine::apply_to_domain(sets, &sample.domain, &inputs).ok()?;
    if once.result.as_bytes() == &*sample.domain {
        return None;
    }
    let twice = engine::apply_to_domain(sets, once.result.as_bytes(), &inputs).ok()?;
    if twice.result == once.result {
        return None;
    }
    let mut rules = twice.report.sets.iter().flat_map(|set| &set.rules);
    // A rule with steps changes through them: the innermost is meant.
    let changing = |rule: &&RuleTrace| rule.changed > 0;
    let rule = rules.find(changing)?;
    let message = format!("applied to its own result, this rule changes it again (tried on {})", sample.name);
    let warning = Diagnostic::warning(Code::NotIdempotent, message).at(rule.location.clone()).rule(&*rule.label);
    let help = "one boot calls more than once: say what is wanted with `set` or `merge`, not what is to be added";
    Some((rule.label.to_string(), warning.help(help)))
}

/// A VMI in which every annotation and label that a param reads has a value that its checks accept.
fn made_up_vmi(sets: &[RuleSet]) -> Vec<u8> {
    let (mut annotations, mut labels) = (Map::new(), Map::new());
    for set in sets {
        let reached = set.reached_params(Hook::OnDefineDomain);
        for param in reached.into_iter().filter_map(|index| set.params.get(index)) {
            let (map, key) = match &param.source {
                ParamSource::Annotation(key) => (&mut annotations, key),
                ParamSource::Label(key) => (&mut labels, key),
                _ => continue,
            };
            if let Some(value) = made_up_value(param) {
                map.insert(key.clone(), Json::String(value));
            }
        }
    }
    let metadata = json!({"name": "vm", "namespace": "default", "annotations": annotations, "labels": labels});
    json!({"metadata": metadata, "spec": {"domain": {"devices": {}}}}).to_string().into_bytes()
}

fn made_up_value(param: &Param) -> Option<String> {
    let plain = |json: Json| match json {
        Json::String(text) => text,
        other => other.to_string(),
    };
    let listed = param.check.allowed.first().map(|value| plain(value.to_json()));
    let least = param.check.minimum.as_ref().map(ToString::to_string);
    let by_type = match param.check.ty {
        Some(ParamType::Integer | ParamType::Number) => "2",
        Some(ParamType::Boolean) => "true",
        Some(ParamType::Quantity) => "1Gi",
        Some(ParamType::Json) => return None,
        Some(ParamType::String) | None => "sample",
    };
    let candidates = [listed, least, Some(by_type.to_owned()), Some("1".to_owned())];
    let accepted = |text: &String| param.check.accept(Json::String(text.clone()), false).is_ok();
    candidates.into_iter().flatten().find(accepted)
}
