//! The verbs of the rule language, each with its fields.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::json::merge::Lists;
use crate::xml::{QName, is_ncname};
use crate::xpath::{PlanStep, VarType};
use crate::yaml::Node;

use super::fields::{Fields, Reader};
use super::fragment::{self, FragmentElement, FragmentNode};
use super::language::{self, CLOUD_VERBS, DOCUMENT_WORDS, DOMAIN_VERBS, LISTS, PLACE_WORDS, PLACES};
use super::rules::{self, shape_problem};
use super::scope::Scope;
use super::{Expression, Hook, JsonTemplate, KeyPath, Template, Verb, builtin_keys, cloud};

/// Reads the one verb of a rule; `place` is that of the rule's steps.
pub(super) fn read(reader: &mut Reader, fields: &mut Fields<'_>, place: &rules::Place, scope: &Scope) -> Option<Verb> {
    let (verbs, hook) = match place.hook {
        Hook::OnDefineDomain => (DOMAIN_VERBS, "the domain"),
        Hook::PreCloudInitIso => (CLOUD_VERBS, "cloud-init data"),
    };
    let found: Vec<_> = verbs.iter().filter_map(|&verb| Some((verb, fields.take_entry(verb)?))).collect();
    let others = DOMAIN_VERBS.iter().chain(CLOUD_VERBS).filter(|verb| !verbs.contains(verb));
    let foreign: Vec<_> = others.filter_map(|&verb| Some((verb, fields.take_unknown(verb)?))).collect();
    if let Some((verb, (key, _))) = foreign.first() {
        let message = format!("`{verb}` is no verb for {hook}");
        reader.error(Code::VerbCount, message, &key.span).help = Some(format!("it has {}", verbs.join(", ")));
        return None;
    }
    match found.as_slice() {
        [(verb, (key, node))] => one(reader, fields, verb, key, node, place, scope),
        // A misspelt verb is reported as an unknown field, with the near name.
        [] if fields.has_near(verbs) => None,
        [] => {
            let start = fields.span.start;
            reader.error(Code::VerbCount, "a rule needs a verb", &(start..start)).help =
                Some(format!("give one of {}", verbs.join(", ")));
            None
        }
        [(first, _), (second, (key, _)), ..] => {
            let message = format!("a rule has exactly one verb, this has `{first}` and `{second}`");
            reader.error(Code::VerbCount, message, &key.span).help =
                Some("write two rules, or one with `steps`".into());
            None
        }
    }
}

fn one(
    reader: &mut Reader,
    fields: &mut Fields<'_>,
    verb: &str,
    key: &Node,
    node: &Node,
    place: &rules::Place,
    scope: &Scope,
) -> Option<Verb> {
    match (verb, place.hook) {
        ("set", _) => set(reader, node, scope),
        ("merge", Hook::OnDefineDomain) => merge(reader, node, scope),
        ("insert", _) => insert(reader, node, scope),
        ("replace", _) => replace(reader, node, scope),
        ("remove", _) => target(reader, node, scope, "`remove`").map(Verb::Remove),
        ("steps", _) => {
            let before = reader.problems.len();
            let steps = rules::read(reader, node, place, scope);
            (reader.problems.len() == before).then_some(Verb::Steps(steps))
        }
        ("fail" | "warn", _) => {
            let message = message(reader, node, scope, verb)?;
            let location = reader.at(&node.span);
            Some(if verb == "fail" { Verb::Fail { message, location } } else { Verb::Warn { message, location } })
        }
        ("addPart", _) => cloud::add_part(reader, key, node, place.document, scope),
        ("merge" | "patch", _) if place.document.is_none() => {
            let message = format!("`{verb}` needs the field `document`: what it changes");
            reader.error(Code::MissingField, message, &key.span).help =
                Some(format!("it is one of {}", DOCUMENT_WORDS.join(", ")));
            None
        }
        ("merge", _) => merge_json(reader, fields, node, scope),
        _ => cloud::operations(reader, node, scope).map(Verb::Patch),
    }
}

/// An expression that gives the nodes a verb works on.
fn target(reader: &mut Reader, node: &Node, scope: &Scope, what: &str) -> Option<Expression> {
    let expression = scope.expression(reader, node, what)?;
    let what = match expression.xpath.result_type() {
        VarType::Nodes | VarType::Any => return Some(expression),
        VarType::Json | VarType::JsonItem => "JSON values",
        VarType::Text => "a string",
        VarType::Number => "a number",
        VarType::Boolean => "a boolean",
    };
    let message = format!("`{}` gives {what}, and a verb changes nodes of the document", expression.xpath.text());
    let json = expression.xpath.result_type().is_json();
    let code = if json { Code::WrongTarget } else { Code::XpathType };
    let problem = Diagnostic::error(code, message).at(expression.location.clone());
    reader.problems.push(problem.help("write a path that selects elements or attributes"));
    None
}

/// Whether a path ends in what looks like an attribute and is a namespace declaration.
fn sets_declaration(path: &Expression) -> bool {
    let last = path.plan.as_ref().and_then(|plan| plan.steps.last());
    matches!(last, Some(PlanStep::Attribute { name }) if name.local == "xmlns" && name.namespace.is_empty())
}

fn set(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Verb> {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "`set`", "a mapping of paths to values");
        return None;
    };
    if entries.is_empty() {
        reader.error(Code::EmptyValue, "`set` sets nothing", &node.span);
        return None;
    }
    let entries: Vec<_> = entries
        .iter()
        .map(|(path, value)| {
            let path = target(reader, path, scope, "a path of `set`").filter(|path| {
                let declares = sets_declaration(path);
                if declares {
                    let message = "a namespace declaration is no attribute";
                    let problem = Diagnostic::error(Code::WrongTarget, message).at(path.location.clone());
                    reader.problems.push(problem.help("name the namespace under `spec.namespaces` and use its prefix"));
                }
                !declares
            });
            let value = scope.template(reader, value, "a value of `set`");
            path.zip(value)
        })
        .collect();
    entries.into_iter().collect::<Option<_>>().map(Verb::Set)
}

fn merge(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Verb> {
    let mut fields = reader.mapping(node, &language::MERGE)?;
    let path = fields.take("path").and_then(|node| target(reader, node, scope, "`path`"));
    let fragment = fields.take("xml").and_then(|node| fragment::read(reader, node, scope));
    let keys = fields.take("key").map_or(Some(BTreeMap::new()), |node| keys(reader, node));
    fields.finish(reader);
    let (path, fragment) = (path?, fragment?);
    let Some(element) = fragment.element() else {
        shape_problem(
            reader,
            &fragment,
            "`merge` takes a fragment of exactly one element",
            "write two rules for two elements",
        );
        return None;
    };
    if let Some(name) = keys.as_ref().and_then(|keys| ambiguous_name(element, keys)) {
        let message = format!("the fragment has several `{name}` elements, and nothing tells them apart");
        let problem = Diagnostic::error(Code::AmbiguousMerge, message).at(fragment.location.clone());
        reader.problems.push(problem.help(format!("give a key: `key: {{{name}: ['@…']}}`, or use `replace`")));
        return None;
    }
    if fragment.has_mixed_content() {
        let help = "use `replace` for content in which text and elements stand beside each other";
        shape_problem(reader, &fragment, "`merge` cannot tell which text is meant beside elements", help);
        return None;
    }
    if let Some(PlanStep::Element { name, .. }) = path.plan.as_ref().and_then(|plan| plan.steps.last())
        && (name.local != element.name.local || name.namespace != element.name.namespace)
    {
        let message = format!("the path ends in `{}`, and the fragment is a `{}`", name.local, element.name.local);
        shape_problem(reader, &fragment, message, "the fragment must have the name that the path ends in");
        return None;
    }
    Some(Verb::Merge { path, fragment, keys: keys? })
}

/// The name of elements beside each other in a fragment of which one has no key.
fn ambiguous_name<'f>(element: &'f FragmentElement, keys: &BTreeMap<String, Vec<KeyPath>>) -> Option<&'f str> {
    let children = || {
        element.children.iter().filter_map(|child| match child {
            FragmentNode::Element(child) => Some(child),
            _ => None,
        })
    };
    let has_key = |child: &FragmentElement| {
        let own = keys.get(&child.name.local).into_iter();
        own.chain(builtin_keys(&child.name.local)).any(|key| key.iter().all(|path| path.is_in(child)))
    };
    let ambiguous = |child: &&FragmentElement| {
        let alike = children()
            .filter(|other| other.name.local == child.name.local && other.name.namespace == child.name.namespace);
        alike.count() > 1 && !has_key(child)
    };
    let here = children().find(ambiguous).map(|child| child.name.local.as_str());
    here.or_else(|| children().find_map(|child| ambiguous_name(child, keys)))
}

/// `key`: element name to key paths, `{host: ['@port']}`.
fn keys(reader: &mut Reader, node: &Node) -> Option<BTreeMap<String, Vec<KeyPath>>> {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "`key`", "a mapping of element names to lists of key paths");
        return None;
    };
    let mut keys = BTreeMap::new();
    for (name, paths) in entries {
        let name = rules::ncname(reader, name, "an element's name in `key`")?;
        let mut list = Vec::new();
        for path in reader.items(paths, "the key of an element")? {
            let text = reader.text(path, "a key path")?;
            let Some(path) = KeyPath::parse(text) else {
                reader.error(Code::InvalidName, format!("`{text}` is no key path"), &path.span).help =
                    Some("write `@name`, `target/@dev`, a child element's name, or `.`".into());
                return None;
            };
            list.push(path);
        }
        if list.is_empty() {
            reader.error(Code::EmptyValue, "the key of an element is empty", &paths.span);
            return None;
        }
        keys.insert(name, list);
    }
    Some(keys)
}

fn insert(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Verb> {
    let mut fields = reader.mapping(node, &language::INSERT)?;
    let found: Vec<_> = PLACES.iter().filter_map(|&(name, place)| Some((place, fields.take_entry(name)?))).collect();
    let fragment = fields.take("xml").and_then(|node| fragment::read(reader, node, scope));
    let span = fields.span.clone();
    fields.finish(reader);
    let (place, path) = match found.as_slice() {
        [(place, (_, node))] => (*place, target(reader, node, scope, "the place of `insert`")?),
        [] => {
            reader.error(Code::MissingField, "`insert` needs a place", &(span.start..span.start)).help =
                Some(format!("give one of {}", PLACE_WORDS.join(", ")));
            return None;
        }
        [_, (_, (key, _)), ..] => {
            reader.error(Code::ConflictingFields, "`insert` has one place, not two", &key.span);
            return None;
        }
    };
    let fragment = fragment?;
    if fragment.nodes.iter().any(|node| matches!(node, FragmentNode::Text(_))) {
        let help = "give an element its text with `set`, or put text and elements there together with `replace`";
        shape_problem(reader, &fragment, "`insert` takes elements: text melts into the text beside it", help);
        return None;
    }
    Some(Verb::Insert { place, path, fragment })
}

fn replace(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Verb> {
    let mut fields = reader.mapping(node, &language::REPLACE)?;
    let path = fields.take("path").and_then(|node| target(reader, node, scope, "`path`"));
    let fragment = fields.take("xml").and_then(|node| fragment::read(reader, node, scope));
    let keep = fields.take("keep").map(|node| keep(reader, node, scope));
    fields.finish(reader);
    let (path, fragment) = (path?, fragment?);
    let keep = keep.unwrap_or(Some(Vec::new()))?;
    if !keep.is_empty() && fragment.element().is_none() {
        let help = "leave `keep` out, or give one element";
        shape_problem(reader, &fragment, "`keep` needs a fragment of exactly one element", help);
        return None;
    }
    Some(Verb::Replace { path, fragment, keep })
}

fn keep(reader: &mut Reader, node: &Node, scope: &Scope) -> Option<Vec<QName>> {
    let mut names = Vec::new();
    for item in reader.items(node, "`keep`")? {
        let text = reader.text(item, "a name in `keep`")?;
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        let namespace = if prefix.is_empty() { Some("") } else { scope.namespaces.get(prefix).map(String::as_str) };
        match namespace.filter(|_| is_ncname(local)) {
            Some(namespace) => names.push(QName::new(namespace, prefix, local)),
            None => {
                reader.error(Code::InvalidName, format!("`{text}` is no element name here"), &item.span);
                return None;
            }
        }
    }
    Some(names)
}

/// The text of `fail` and `warn`; it is shown, so no secret may be in it.
fn message(reader: &mut Reader, node: &Node, scope: &Scope, verb: &str) -> Option<Template> {
    let template = scope.template(reader, node, &format!("`{verb}`"))?;
    if let Some(hole) = template.holes().find(|hole| hole.expression.secret) {
        let message = format!("`{verb}` would show a secret");
        let problem = Diagnostic::error(Code::SecretShown, message).at(hole.expression.location.clone());
        reader.problems.push(problem.help("say what is wrong without the value"));
        return None;
    }
    Some(template)
}

fn merge_json(reader: &mut Reader, fields: &mut Fields<'_>, node: &Node, scope: &Scope) -> Option<Verb> {
    let lists = fields.take("lists").map_or(Some(Lists::Replace), |node| reader.word(node, "`lists`", &LISTS));
    let mut keys = BTreeMap::new();
    if let Some(node) = fields.take("keys") {
        let Some(entries) = node.entries() else {
            reader.wrong_type(node, "`keys`", "a mapping of list names to member names");
            return None;
        };
        for (list, member) in entries {
            keys.insert(list.text()?.to_owned(), reader.text(member, "a member's name in `keys`")?.to_owned());
        }
    }
    let patch = cloud::value(reader, node, scope)?;
    let never_an_object = match &patch {
        JsonTemplate::Constant(json) => !json.is_object(),
        JsonTemplate::Text(text) => text.as_hole().is_none(),
        JsonTemplate::List(_) => true,
        JsonTemplate::Object(_) => false,
    };
    if never_an_object {
        reader.wrong_type(node, "`merge`", "a mapping of what the document must contain");
        return None;
    }
    Some(Verb::MergeJson { patch, lists: lists?, keys })
}
