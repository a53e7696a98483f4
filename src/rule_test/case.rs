//! Reading one case: what it gives to the rules. What it expects of them is read in `expect`.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::fields::{Fields, Reader};
use crate::source::Source;
use crate::vmi::{self, Vmi};
use crate::yaml::Node;

use super::given_text::{FileOrInline, file, file_or_inline, text};
use super::language;
use super::{Case, Document, Files, Given, SecondCall, Text, expect};

/// The domain of cases that give none: what they are about is the params, or that rules are refused.
const SMALLEST: &str = "<domain type=\"kvm\">\n  <name>vm</name>\n  <devices>\n  </devices>\n</domain>\n";

/// What a test's `spec` gives to each case that does not give another.
pub(super) struct Defaults {
    document: Option<Document>,
    vmi: Option<Vmi>,
    given: Given,
}

impl Defaults {
    /// `domain` or `cloudInit`, `vmi`, `env`, `files`
    pub(super) fn read(reader: &mut Reader, fields: &mut Fields<'_>, files: &dyn Files) -> Self {
        let document = document(reader, fields, files);
        let vmi = fields.take("vmi").and_then(|node| vmi(reader, node, files));
        Self { document, vmi, given: Given::default().with(reader, fields) }
    }
}

/// `name`, `todo`, `domain` or `cloudInit`, `vmi`, `env`, `files`, `secondCall`, `expect`
pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    defaults: &Defaults,
    prefixes: &BTreeMap<String, String>,
    files: &dyn Files,
) -> Option<Case> {
    let mut fields = reader.mapping(node, &language::CASE)?;
    let name = fields.take("name").and_then(|node| Some((node, reader.text(node, "a case's `name`")?)));
    let todo = fields.take("todo").and_then(|node| reader.text(node, "`todo`, why the case fails for now,"));
    let document = document(reader, &mut fields, files).or_else(|| defaults.document.clone());
    let smallest = || Text { name: "domain".to_owned(), source: Source::new("the smallest domain", SMALLEST) };
    let document = document.unwrap_or_else(|| Document::Domain(smallest()));
    let vmi = fields.take("vmi").and_then(|node| vmi(reader, node, files)).or_else(|| defaults.vmi.clone());
    let given = defaults.given.clone().with(reader, &mut fields);
    let second_call = second_call(reader, &mut fields, &document, files);
    let expect = fields.take("expect");
    let checks = expect.and_then(|node| expect::read(reader, node, &document, prefixes, files));
    fields.finish(reader);
    let (name_node, name) = name?;
    let location = reader.at(&name_node.span);
    let (name, todo) = (name.to_owned(), todo.map(ToOwned::to_owned));
    Some(Case { name, location, todo, document, vmi, given, second_call: second_call?, checks: checks? })
}

impl Given {
    fn with(mut self, reader: &mut Reader, fields: &mut Fields<'_>) -> Self {
        for (field, what, map) in
            [("env", "an environment variable", &mut self.env), ("files", "a file's text", &mut self.files)]
        {
            let Some(node) = fields.take(field) else { continue };
            let Some(entries) = node.entries() else {
                reader.wrong_type(node, &format!("`{field}`"), "a mapping");
                continue;
            };
            for (key, value) in entries {
                match (key.text(), value.text()) {
                    (Some(key), Some(text)) => _ = map.insert(key.to_owned(), text.to_owned()),
                    _ => reader.wrong_type(value, what, "a text"),
                }
            }
        }
        self
    }
}

/// `domain` or `cloudInit`
fn document(reader: &mut Reader, fields: &mut Fields<'_>, files: &dyn Files) -> Option<Document> {
    let (domain, cloud_init) = (fields.take("domain"), fields.take("cloudInit"));
    if let (Some(_), Some(second)) = (domain, cloud_init) {
        let message = "a case has `domain` or `cloudInit`, for the one hook or the other";
        reader.error(Code::ConflictingFields, message, &second.span).help = Some("write two cases".into());
    }
    if let Some(node) = domain {
        return Some(Document::Domain(text(reader, node, ["domain", "a domain"], files)?));
    }
    Some(Document::CloudInit(text(reader, cloud_init?, ["cloudInit", "cloud-init data"], files)?))
}

/// `Skip`, or a domain; the simulation otherwise.
fn second_call(
    reader: &mut Reader,
    fields: &mut Fields<'_>,
    document: &Document,
    files: &dyn Files,
) -> Option<SecondCall> {
    let Some(node) = fields.take("secondCall") else { return Some(SecondCall::Simulated) };
    if matches!(document, Document::CloudInit(_)) {
        let message = "`secondCall` is about domains: `preCloudInitIso` is called once";
        reader.error(Code::ConflictingFields, message, &node.span);
        return None;
    }
    if node.text().is_some() {
        return reader.word(node, "`secondCall`", &[("Skip", ())]).map(|()| SecondCall::Skip);
    }
    text(reader, node, ["domain", "a domain"], files).map(SecondCall::Given)
}

/// `{file: PATH}` of a VMI's JSON or a manifest, or `{inline: {…}}`.
fn vmi(reader: &mut Reader, node: &Node, files: &dyn Files) -> Option<Vmi> {
    let parsed = match file_or_inline(reader, node, "a VMI")? {
        FileOrInline::File(node, path) => vmi::parse(&file(reader, node, &path, files)?),
        FileOrInline::Inline(node) if node.entries().is_some() => vmi::from_node(node, &reader.source),
        FileOrInline::Inline(node) => {
            reader.wrong_type(node, "an inline VMI", "a mapping");
            return None;
        }
    };
    let here: Vec<Diagnostic> = match parsed {
        Ok(vmi) => return Some(vmi),
        Err(problems) => problems,
    };
    let at = reader.at(&node.span);
    reader.problems.extend(here.into_iter().map(|problem| problem.or_at(&at)));
    None
}
