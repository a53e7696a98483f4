//! The rules between two `cloudInitData` messages, or two user-data files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::domain::vmi;
use super::draft::Draft;
use super::json_changes::Changes;
use super::tree::ROOT;
use super::values::Values;
use super::{Options, Proposal, proof, written};
use crate::cloud_init::{DocumentKind, Envelope};
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::apply_to_cloud_init;
use crate::json::equal::equal;
use crate::source::{Location, Source};

/// The documents that are YAML texts in the message, each under its member.
const TEXTS: [(DocumentKind, &str, &str); 2] =
    [(DocumentKind::UserData, "UserData", "user data"), (DocumentKind::NetworkData, "NetworkData", "network data")];

/// How finely changes are said; each next one was needed where the one before was not proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    Values,
    Members,
    Texts,
}

/// Proposes rules that make `after` of `before`: KubeVirt's `cloudInitData` as JSON, or user data alone.
///
/// What it gives was compiled and applied to `before`, once and twice: the documents then hold the same values.
/// Comments and layout of the YAML in them are not compared.
///
/// # Errors
/// Where one of the two is not what KubeVirt sends (`cloud-init-syntax`), the VMI is no JSON (`vmi-syntax`), or
/// no rule gives the same (`not-expressible`).
pub fn cloud_init(
    before: &Arc<Source>,
    after: &Arc<Source>,
    options: &Options<'_>,
) -> Result<Proposal, Vec<Diagnostic>> {
    let at_start = |source: &Arc<Source>, problem: Diagnostic| problem.or_at(&Location::new(source, 0..0));
    let envelope = |source: &Arc<Source>| {
        Envelope::parse(message(source).as_bytes(), &[]).map_err(|problem| Box::new(at_start(source, *problem)))
    };
    let (of_before, of_after, vmi) = match (envelope(before), envelope(after), vmi(options.vmi)) {
        (Ok(before), Ok(after), Ok(vmi)) => (before, after, vmi),
        (before, after, vmi) => {
            return Err([before.err(), after.err(), vmi.err()].into_iter().flatten().map(|problem| *problem).collect());
        }
    };
    let values = Values::of(&vmi);
    for (tries, grain) in (1..).zip([Grain::Values, Grain::Members, Grain::Texts]) {
        values.begin();
        let mut notes = Vec::new();
        let drafts = drafts(&of_before, &of_after, grain, &values, &mut notes).map_err(|problem| vec![*problem])?;
        if drafts.is_empty() {
            return Ok(Proposal { rules: String::new(), notes, replaced: 0, tries });
        }
        let rules = written::rule_set("preCloudInitIso", values.params(), Map::new(), &drafts).unwrap_or_default();
        if is_proven(&rules, &message(before), &of_after, options.vmi) {
            notes.extend(values.notes());
            let replaced = drafts.iter().filter(|draft| draft.comments.contains(&AS_TEXT)).count();
            return Ok(Proposal { rules, notes, replaced, tries });
        }
    }
    let problem = Diagnostic::error(Code::NotExpressible, "no rules were found that make one of these of the other");
    Err(vec![at_start(after, problem).help("compare the data that the script got with the data that it gave")])
}

const AS_TEXT: &str = "The text whole: it is no document that rules could edit on both sides.";

/// The JSON that KubeVirt sends; what is no JSON object is user data.
fn message(source: &Arc<Source>) -> Cow<'_, str> {
    if source.text().trim_start().starts_with('{') {
        Cow::Borrowed(source.text())
    } else {
        Cow::Owned(json!({ "UserData": source.text() }).to_string())
    }
}

fn drafts(
    before: &Envelope,
    after: &Envelope,
    grain: Grain,
    values: &Values,
    notes: &mut Vec<String>,
) -> Result<Vec<Draft>, Box<Diagnostic>> {
    let mut drafts = Vec::new();
    let (whole_before, whole_after) =
        (object(before, DocumentKind::CloudInitData)?, object(after, DocumentKind::CloudInitData)?);
    let mut rest = (whole_before.clone(), whole_after.clone());
    for (kind, member, title) in TEXTS {
        let (was, is) = (rest.0.shift_remove(member), rest.1.shift_remove(member));
        if was == is {
            continue;
        }
        match (before.document(kind), after.document(kind)) {
            (Ok(Json::Object(was)), Ok(Json::Object(is))) if grain != Grain::Texts => {
                let changes =
                    if grain == Grain::Values { Changes::between(was, is) } else { Changes::of_members(was, is) };
                if changes.is_empty() {
                    notes.push(format!("the {title} differs only in how it is written; rules leave it as it is"));
                }
                push(&mut drafts, kind, title, changes, values);
            }
            _ => {
                let patch: Map<String, Json> = [(member.to_owned(), is.unwrap_or(Json::Null))].into_iter().collect();
                let changes = Changes { merge: patch, ..Changes::default() };
                let first = drafts.len();
                push(&mut drafts, DocumentKind::CloudInitData, title, changes, values);
                drafts[first..].iter_mut().for_each(|draft| draft.comments.push(AS_TEXT));
            }
        }
    }
    // The metadata is a member too, under a name that depends on the data source: rules call it `metaData`.
    if let (Json::Object(was), Json::Object(is)) =
        (before.document(DocumentKind::MetaData)?, after.document(DocumentKind::MetaData)?)
        && !equal(&Json::Object(was.clone()), &Json::Object(is.clone()))
        && grain != Grain::Texts
    {
        push(&mut drafts, DocumentKind::MetaData, "metadata", Changes::between(was, is), values);
        for of_rest in [&mut rest.0, &mut rest.1] {
            of_rest.retain(|_, value| !matches!(value, Json::Object(members) if members == was || members == is));
        }
    }
    push(&mut drafts, DocumentKind::CloudInitData, "cloud-init data", Changes::between(&rest.0, &rest.1), values);
    Ok(drafts)
}

fn object(envelope: &Envelope, kind: DocumentKind) -> Result<Map<String, Json>, Box<Diagnostic>> {
    Ok(envelope.document(kind)?.as_object().cloned().unwrap_or_default())
}

/// A rule for each verb that is needed.
fn push(drafts: &mut Vec<Draft>, kind: DocumentKind, title: &str, changes: Changes, values: &Values) {
    let Changes { merge, append, keyed, keys, patch } = changes;
    let names = |members: &Map<String, Json>| members.keys().cloned().collect::<Vec<_>>();
    if !merge.is_empty() {
        let named = names(&merge);
        drafts.push(rule(kind, title, &named, json!({ "merge": merge }), values));
    }
    if !append.is_empty() {
        let named: Vec<String> = names(&append).iter().map(|name| format!("more {name}")).collect();
        drafts.push(rule(kind, title, &named, json!({ "merge": append, "lists": "Append" }), values));
    }
    if !keyed.is_empty() {
        let named = names(&keyed);
        drafts.push(rule(kind, title, &named, json!({ "merge": keyed, "keys": keys }), values));
    }
    if !patch.is_empty() {
        let first =
            |operation: &Json| operation.get("path").and_then(Json::as_str)?.split('/').nth(1).map(ToOwned::to_owned);
        let mut named: Vec<String> = patch.iter().filter_map(first).collect();
        named.dedup();
        drafts.push(rule(kind, title, &named, json!({ "patch": patch }), values));
    }
}

fn rule(kind: DocumentKind, title: &str, names: &[String], verb: Json, values: &Values) -> Draft {
    let mut body = Map::new();
    body.insert("document".to_owned(), json!(kind.as_str()));
    // Names have no escapes: where one looks like a template, nothing is one.
    let is_template = has_hole_in_name(&verb);
    if is_template {
        body.insert("templates".to_owned(), json!(false));
    }
    if let Json::Object(members) = verb {
        for (field, value) in members {
            let value = match field.as_str() {
                _ if is_template => value,
                "merge" => filled(value, values),
                "patch" => filled_operations(value, values),
                _ => value,
            };
            body.insert(field, value);
        }
    }
    let name = super::title::rule(title, names);
    Draft { name, comments: Vec::new(), region: ROOT, verb: "", body: Json::Object(body) }
}

fn has_hole_in_name(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(has_hole_in_name),
        Json::Object(members) => members.iter().any(|(name, value)| {
            name.contains("${")
                || has_hole_in_name(value)
                || (name == "path" && value.as_str().is_some_and(|path| path.contains("${")))
        }),
        _ => false,
    }
}

/// The values of operations as templates; their paths have none.
fn filled_operations(operations: Json, values: &Values) -> Json {
    let Json::Array(mut operations) = operations else { return operations };
    for operation in &mut operations {
        if let Some(value) = operation.get_mut("value") {
            *value = filled(value.take(), values);
        }
    }
    Json::Array(operations)
}

/// Texts as templates.
fn filled(value: Json, values: &Values) -> Json {
    match value {
        Json::String(text) => Json::String(values.fill(&text)),
        Json::Array(items) => items.into_iter().map(|item| filled(item, values)).collect(),
        Json::Object(members) => members.into_iter().map(|(name, value)| (name, filled(value, values))).collect(),
        scalar => scalar,
    }
}

/// Whether the rules make `after` of the message, and of their own result nothing else.
fn is_proven(rules: &str, before: &str, after: &Envelope, vmi: &[u8]) -> bool {
    let Ok(sets) = proof::compiled(rules) else { return false };
    let given = BTreeMap::new();
    let mut data = before.as_bytes().to_vec();
    for _ in 0..2 {
        let Ok(outcome) = apply_to_cloud_init(&sets, &data, &[], &proof::inputs(vmi, &given)) else { return false };
        data = outcome.result.data;
        let same = Envelope::parse(&data, &[]).is_ok_and(|result| hold_the_same(&result, after));
        // What cloud-init's schemas say of a result is no rule's warning: the user's own document may be so.
        if !same || outcome.report.warnings.iter().any(|warning| warning.rule.is_some()) {
            return false;
        }
    }
    true
}

/// Whether the documents of two messages hold the same values.
fn hold_the_same(a: &Envelope, b: &Envelope) -> bool {
    let (Ok(mut rest_a), Ok(mut rest_b)) =
        (object(a, DocumentKind::CloudInitData), object(b, DocumentKind::CloudInitData))
    else {
        return false;
    };
    let texts_agree = TEXTS.iter().all(|(kind, member, _)| {
        let (was, is) = (rest_a.shift_remove(*member), rest_b.shift_remove(*member));
        let documents = || matches!((a.document(*kind), b.document(*kind)), (Ok(a), Ok(b)) if equal(a, b));
        was == is || documents()
    });
    texts_agree && equal(&Json::Object(rest_a), &Json::Object(rest_b))
}
