//! Reading what a case expects.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use crate::cloud_init::DocumentKind;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::rule::fields::{Fields, Reader};
use crate::rule::language::DOCUMENTS;
use crate::source::{Location, Span};
use crate::xpath::{self, Scope};
use crate::yaml::Node;

use super::given_text::{FileOrInline, file_or_inline};
use super::language;
use super::{Check, Document, Expected, Files, Golden, Wanted};

/// `xpath`, `document`, `diff`, `domain` or `cloudInit`, `unchanged`, `warnings`; or `error`
pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    document: &Document,
    prefixes: &BTreeMap<String, String>,
    files: &dyn Files,
) -> Option<Vec<Check>> {
    let before = reader.problems.len();
    let mut fields = reader.mapping(node, &language::EXPECT)?;
    let mut checks = Vec::new();
    let error = fields.take_entry("error");
    if let Some((key, value)) = error
        && let Some(what) = refusal(reader, value)
    {
        checks.push(Check { location: reader.at(&key.span), what });
    }
    results(reader, &mut fields, document, prefixes, files, &mut checks);
    let is_near = fields.has_near(&["error", "xpath", "diff", "domain", "cloudInit", "unchanged", "warnings"]);
    fields.finish(reader);
    if let Some((key, _)) = error.filter(|_| checks.len() > 1) {
        let message = "a case that expects an `error` has no result to look at";
        reader.error(Code::ConflictingFields, message, &key.span).help = Some("write two cases".into());
    }
    if checks.is_empty() && reader.problems.len() == before && !is_near {
        let problem = reader.error(Code::MissingField, "a case that expects nothing tests nothing", &node.span);
        problem.help = Some("expect an `xpath`, a `diff`, `unchanged: true` or an `error`".into());
    }
    (reader.problems.len() == before).then_some(checks)
}

/// Everything that is expected of a result.
fn results(
    reader: &mut Reader,
    fields: &mut Fields<'_>,
    document: &Document,
    prefixes: &BTreeMap<String, String>,
    files: &dyn Files,
    checks: &mut Vec<Check>,
) {
    let is_cloud_init = matches!(document, Document::CloudInit(_));
    let kind = fields.take("document").map(|node| {
        if !is_cloud_init {
            let message = "`document` names the root of `xpath` in cloud-init data, and this case has a domain";
            reader.error(Code::ConflictingFields, message, &node.span);
        }
        reader.word(node, "`document`", &DOCUMENTS).unwrap_or(DocumentKind::UserData)
    });
    let kind = is_cloud_init.then(|| kind.unwrap_or(DocumentKind::UserData));
    if let Some(node) = fields.take("xpath") {
        expressions(reader, node, kind, prefixes, checks);
    }
    if let Some((key, value)) = fields.take_entry("diff")
        && let Some(golden) = golden(reader, value, "a diff", document, files)
    {
        checks.push(Check { location: reader.at(&key.span), what: Expected::Diff(golden) });
    }
    let (own, other) = if is_cloud_init { ("cloudInit", "domain") } else { ("domain", "cloudInit") };
    if let Some((key, value)) = fields.take_entry(own)
        && let Some(golden) = golden(reader, value, "a whole result", document, files)
    {
        checks.push(Check { location: reader.at(&key.span), what: Expected::Result(golden) });
    }
    if let Some((key, _)) = fields.take_entry(other) {
        let message = format!("the case's document is a `{own}`, so its result is none for `{other}`");
        reader.error(Code::ConflictingFields, message, &key.span);
    }
    if let Some((key, value)) = fields.take_entry("unchanged") {
        match reader.boolean(value, "`unchanged`") {
            Some(true) => checks.push(Check { location: reader.at(&key.span), what: Expected::Unchanged }),
            Some(false) => {
                let problem = reader.error(Code::UnknownValue, "`unchanged: false` says nothing", &value.span);
                problem.help = Some("expect what has changed, with `xpath` or `diff`".into());
            }
            None => {}
        }
    }
    if let Some((key, value)) = fields.take_entry("warnings") {
        let items = reader.items(value, "`warnings`").unwrap_or_default();
        let codes = items.iter().filter_map(|item| code(reader, item)).collect();
        checks.push(Check { location: reader.at(&key.span), what: Expected::Warnings(codes) });
    }
}

/// `CODE`, or `{code, message, rule}`
fn refusal(reader: &mut Reader, node: &Node) -> Option<Expected> {
    if node.entries().is_none() {
        return Some(Expected::Error { code: code(reader, node)?, message: None, rule: None });
    }
    let mut fields = reader.mapping(node, &language::ERROR)?;
    let code = fields.take("code").and_then(|node| code(reader, node));
    let mut text = |name| fields.take(name).and_then(|node| reader.text(node, name).map(ToOwned::to_owned));
    let (message, rule) = (text("message"), text("rule"));
    fields.finish(reader);
    Some(Expected::Error { code: code?, message, rule })
}

/// A diagnostic's code.
fn code(reader: &mut Reader, node: &Node) -> Option<Code> {
    let text = reader.text(node, "a code")?;
    let found = Code::ALL.iter().copied().find(|code| code.as_str() == text);
    if found.is_none() {
        let help = match nearest(text, Code::ALL.iter().map(|code| code.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "docs/diagnostics.md has the list".to_owned(),
        };
        reader.error(Code::UnknownValue, format!("there is no code `{text}`"), &node.span).help = Some(help);
    }
    found
}

/// `{EXPRESSION: TEXT or [TEXT, …]}`
fn expressions(
    reader: &mut Reader,
    node: &Node,
    document: Option<DocumentKind>,
    prefixes: &BTreeMap<String, String>,
    checks: &mut Vec<Check>,
) {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "`xpath`", "a mapping of expressions to what they give");
        return;
    };
    if entries.is_empty() {
        reader.error(Code::EmptyValue, "`xpath` is empty", &node.span);
    }
    let variables = BTreeMap::new();
    let scope = Scope {
        namespaces: prefixes,
        variables: &variables,
        document: if document.is_some() { xpath::Document::Json } else { xpath::Document::Xml },
        relative: false,
    };
    for (key, value) in entries {
        let Some(text) = reader.text(key, "an expression") else { continue };
        let wanted = wanted(reader, value);
        let inner = reader.inner(key);
        match (xpath::compile(text, &scope), wanted) {
            (Ok(expression), Some(wanted)) => {
                let what = Expected::XPath { expression, document, wanted };
                checks.push(Check { location: reader.at(&key.span), what });
            }
            (Ok(_), None) => {}
            (Err(error), _) => {
                let mut problem = Diagnostic::error(error.code, error.message).at(Location::new(&inner, error.span));
                problem.help = match error.code {
                    Code::UnknownVariable => Some("only rules have variables; write the value itself".into()),
                    Code::UnknownPrefix => Some("declare it under `spec.namespaces`".into()),
                    _ => error.help,
                };
                reader.problems.push(problem);
            }
        }
    }
}

fn wanted(reader: &mut Reader, node: &Node) -> Option<Wanted> {
    if let Some(items) = node.items() {
        let texts = items.iter().map(|item| scalar(reader, item));
        return texts.collect::<Option<Vec<String>>>().map(Wanted::Nodes);
    }
    scalar(reader, node).map(Wanted::Text)
}

/// A scalar as written; an empty text must be quoted.
fn scalar(reader: &mut Reader, node: &Node) -> Option<String> {
    if node.is_null() {
        let problem = reader.error(Code::EmptyValue, "what the expression must give is empty", &node.span);
        problem.help = Some("write `''` for an empty text, `[]` for no node".into());
        return None;
    }
    if node.text().is_none() {
        reader.wrong_type(node, "what an expression gives", "a text or a list of texts");
    }
    node.text().map(ToOwned::to_owned)
}

/// A path, `{file: PATH}` or `{inline: TEXT}`.
fn golden(
    reader: &mut Reader,
    node: &Node,
    what: &'static str,
    document: &Document,
    files: &dyn Files,
) -> Option<Golden> {
    let (path, span) = match node.text() {
        Some(_) => (reader.text(node, what)?.to_owned(), &node.span),
        None => match file_or_inline(reader, node, what)? {
            FileOrInline::File(node, path) => (path, &node.span),
            FileOrInline::Inline(node) => {
                let text = reader.text(node, what)?.to_owned();
                return Some(Golden { path: None, text: Some(text) });
            }
        },
    };
    inside(reader, &path, span)?;
    match files.text(&path) {
        Ok(Some(found)) if [reader.source.name(), document.text().source.name()].contains(&found.name()) => {
            let message = format!("`{path}` is what goes in, and `--bless` would write over it");
            reader.error(Code::ConflictingFields, message, span).help =
                Some("name a file of its own; where nothing may change write `unchanged: true`".into());
            None
        }
        Ok(found) => Some(Golden { path: Some(path), text: found.map(|source| source.text().to_owned()) }),
        Err(why) => {
            reader.error(Code::Unreadable, format!("`{path}` cannot be read: {why}"), span);
            None
        }
    }
}

/// Expected results are written by `--bless`, so they lie in the test's own folder.
fn inside(reader: &mut Reader, path: &str, span: &Span) -> Option<()> {
    let is_inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_inside {
        let message = format!("`{path}` leaves the test's folder, where `--bless` may write");
        reader.error(Code::GoldenOutside, message, span).help =
            Some("write a path without `..` that begins at the test's folder".into());
    }
    is_inside.then_some(())
}
