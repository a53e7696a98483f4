//! Where a param's value comes from.

use crate::diagnostic::{Code, Diagnostic};
use crate::json::query::Query;
use crate::source::Location;
use crate::yaml::Node;

use super::fields::{Fields, Reader};
use super::language;
use super::value::ParamValue;
use super::{Expression, Trust};

/// Where a param's value comes from.
#[derive(Debug, Clone)]
pub enum ParamSource {
    /// An annotation of the VMI.
    Annotation(String),
    /// A label of the VMI.
    Label(String),
    /// Every annotation under a prefix.
    Annotations(String),
    /// Every environment variable under a prefix.
    Envs(String),
    /// What a query selects in the VMI.
    Vmi(Query),
    /// An environment variable.
    Env(String),
    /// A file's text.
    File(String),
    /// Whether a file is there.
    FileExists(String),
    /// A constant, checked already; `None` is absent.
    Value(Option<ParamValue>),
    /// Computed from params before it and the document as it arrived.
    Expression(Expression),
}

impl ParamSource {
    /// What the source is called in messages.
    pub fn describe(&self) -> String {
        match self {
            ParamSource::Annotation(key) => format!("the annotation `{key}`"),
            ParamSource::Label(key) => format!("the label `{key}`"),
            ParamSource::Annotations(prefix) => format!("the annotations under `{prefix}`"),
            ParamSource::Envs(prefix) => format!("the environment variables under `{prefix}`"),
            ParamSource::Vmi(query) => format!("`{}` in the VMI", query.as_str()),
            ParamSource::Env(name) => format!("the environment variable `{name}`"),
            ParamSource::File(path) => format!("the file `{path}`"),
            ParamSource::FileExists(path) => format!("whether `{path}` exists"),
            ParamSource::Value(_) => "a constant".to_owned(),
            ParamSource::Expression(_) => "an expression".to_owned(),
        }
    }

    /// Whether it is the VMI's, and so its owner's.
    pub(super) fn is_vmi(&self) -> bool {
        matches!(self, Self::Annotation(_) | Self::Label(_) | Self::Annotations(_) | Self::Vmi(_))
    }

    /// Whether it gives a text where nothing else is said.
    pub(super) fn gives_text(&self) -> bool {
        matches!(self, Self::Annotation(_) | Self::Label(_) | Self::Env(_) | Self::File(_))
    }
}

/// The one source of a param; of `expr` the node too, to be compiled in the order of use.
pub(super) fn read<'n>(
    reader: &mut Reader,
    key: &Node,
    fields: &mut Fields<'n>,
    trust: Trust,
) -> (Option<ParamSource>, Option<&'n Node>) {
    let mut found: Vec<(&'static str, &Node, &'n Node)> = Vec::new();
    for &name in language::SOURCES {
        if let Some((key, value)) = fields.take_entry(name) {
            found.push((name, key, value));
        }
    }
    let help = format!("one of {}", language::SOURCES.join(", "));
    match found.as_slice() {
        [] => {
            reader
                .error(
                    Code::ParamSource,
                    format!("the param `{}` has no source", key.text().unwrap_or_default()),
                    &key.span,
                )
                .help = Some(format!("give {help}"));
            return (None, None);
        }
        [_] => {}
        [(first, ..), (second, at, _), ..] => {
            let message = format!("a param has exactly one source, this has `{first}` and `{second}`");
            reader.error(Code::ParamSource, message, &at.span).help = Some(format!("keep {help}"));
            return (None, None);
        }
    }
    let (name, at, node) = found[0];
    if trust == Trust::Annotation && matches!(name, "env" | "envs" | "file" | "fileExists") {
        let message = format!("rules from an annotation may not use `{name}`");
        reader.error(Code::ParamForbidden, message, &at.span).help =
            Some("mount the rules from a ConfigMap, or read an annotation".into());
        return (None, None);
    }
    let source = match name {
        "annotation" => constant_text(reader, node, "`annotation`").map(ParamSource::Annotation),
        "label" => constant_text(reader, node, "`label`").map(ParamSource::Label),
        "annotations" => prefix(reader, node).map(ParamSource::Annotations),
        "envs" => prefix(reader, node).map(ParamSource::Envs),
        "env" => constant_text(reader, node, "`env`").map(ParamSource::Env),
        "vmi" => constant_text(reader, node, "`vmi`").and_then(|text| query(reader, node, &text)).map(ParamSource::Vmi),
        "file" => path(reader, node, "`file`").map(ParamSource::File),
        "fileExists" => path(reader, node, "`fileExists`").map(ParamSource::FileExists),
        _ => Some(ParamSource::Value(None)),
    };
    (source, (name == "expr").then_some(node))
}

/// A text that names a source: constant, so a template in it is an error.
fn constant_text(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    let text = reader.text(node, what)?;
    if text.contains("${") {
        let message = format!("{what} names a source, and sources are constant: no templates");
        reader.error(Code::TemplateSyntax, message, &node.span);
        return None;
    }
    Some(text.to_owned())
}

fn prefix(reader: &mut Reader, node: &Node) -> Option<String> {
    let mut fields = reader.mapping(node, &language::PREFIX)?;
    let prefix = fields.take("prefix").and_then(|node| constant_text(reader, node, "`prefix`"));
    fields.finish(reader);
    prefix
}

/// The JSONPath query that a scalar holds.
pub(super) fn query(reader: &mut Reader, node: &Node, text: &str) -> Option<Query> {
    match Query::parse(text) {
        Ok(query) => Some(query),
        Err(error) => {
            let inner = reader.inner(node);
            let at = error.offset.min(text.len());
            let problem =
                Diagnostic::error(Code::JsonpathSyntax, format!("this is no JSONPath query: {}", error.message))
                    .at(Location::new(&inner, at..at))
                    .help("a query begins with `$`, for example `$.spec.domain.cpu.cores` (RFC 9535)");
            reader.problems.push(problem);
            None
        }
    }
}

/// The files that params may read.
fn path(reader: &mut Reader, node: &Node, what: &str) -> Option<String> {
    let path = constant_text(reader, node, what)?;
    match forbidden_path(&path) {
        None => Some(path),
        Some(why) => {
            reader.error(Code::ParamFile, format!("{what} cannot be `{path}`: {why}"), &node.span);
            None
        }
    }
}

/// Why a param may not read a path, if it may not.
pub fn forbidden_path(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("it must be absolute");
    }
    if path.contains('\0') || path.split('/').any(|step| step == ".." || step == ".") {
        return Some("it must not contain `.` or `..` steps");
    }
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    match (steps.next(), steps.next(), steps.next()) {
        (Some("proc"), Some("cpuinfo"), None) => None,
        (Some("proc" | "dev" | "sys"), ..) => Some("nothing under /proc (but /proc/cpuinfo), /dev and /sys is read"),
        (None, ..) => Some("it names no file"),
        _ => None,
    }
}
