//! `virt-patch query`: what an XPath selects in a domain, or computes from it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value as Json, json};

use super::input;
use super::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::Limits;
use crate::report::visible;
use crate::rule::NAMESPACES;
use crate::source::{Location, Position, Source, position_in};
use crate::xml::{Document, NodeId};
use crate::xpath::{self, Budget, Scope, Value, Variables};

/// Prints what an XPath expression selects in a domain, or computes from it
///
/// Of nodes: a path that selects the node alone, line:column, and the text. The expression language is
/// that of rules, and a relative path starts at the document's root. The prefixes qemu and kubevirt
/// are known.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  virt-patch query '/domain/devices/disk[target/@bus=\"virtio\"]/source/@file' --domain domain.xml
  virsh dumpxml vm | virt-patch query 'count(//interface)' --domain -")]
pub(super) struct Arguments {
    /// The expression
    #[arg(value_name = "XPATH")]
    expression: String,
    /// The libvirt domain XML; - is standard input
    #[arg(long, value_name = "FILE")]
    domain: PathBuf,
    /// A prefix for the expression; repeatable
    #[arg(long = "namespace", value_name = "PREFIX=URI", value_parser = namespace)]
    namespaces: Vec<(String, String)>,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn namespace(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((prefix, uri)) if crate::xml::is_ncname(prefix) && !uri.is_empty() => {
            Ok((prefix.to_owned(), uri.to_owned()))
        }
        _ => Err("it is written PREFIX=URI".to_owned()),
    }
}

/// A query on the command line has no variables.
struct NoVariables;

impl Variables<NodeId> for NoVariables {
    fn get(&self, _name: &str) -> Option<&Value<NodeId>> {
        None
    }
}

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    match query(&arguments) {
        Ok(answer) => {
            let text = match arguments.output {
                Format::Json => serde_json::to_string_pretty(&answer.json())? + "\n",
                Format::Text => answer.text(terminal),
            };
            terminal.print(text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => Ok(terminal.refuse(&problems)),
    }
}

/// A selected node.
struct Found {
    path: String,
    position: Position,
    text: String,
}

enum Answer {
    /// The nodes, and the first one's text.
    Nodes(Vec<Found>),
    Value(&'static str, String),
}

fn query(arguments: &Arguments) -> Result<Answer, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let source = Source::new("<expression>", arguments.expression.as_str());
    let at = |span: std::ops::Range<usize>| Location::new(&source, span);
    let mut namespaces: BTreeMap<String, String> =
        NAMESPACES.iter().map(|&(prefix, uri)| (prefix.to_owned(), uri.to_owned())).collect();
    for (index, (prefix, uri)) in arguments.namespaces.iter().enumerate() {
        let mut before = arguments.namespaces.iter().take(index);
        if before.any(|(known, other)| known == prefix && other != uri) {
            let message = format!("`--namespace {prefix}=…` is given twice, with different URIs");
            problems.push(Diagnostic::error(Code::InvalidArgument, message).help("keep one of them"));
        }
        namespaces.insert(prefix.clone(), uri.clone());
    }
    let variables = BTreeMap::new();
    let scope =
        Scope { namespaces: &namespaces, variables: &variables, document: xpath::Document::Xml, relative: true };
    let compiled = xpath::compile(source.text(), &scope).map_err(|error| {
        let mut problem = Diagnostic::error(error.code, error.message).at(at(error.span));
        problem.help = error.help;
        match error.code {
            Code::UnknownPrefix => problem.help = Some("declare it with `--namespace PREFIX=URI`".to_owned()),
            Code::UnknownVariable => {
                problem.help = Some("only rules have variables; write the value itself".to_owned())
            }
            _ => {}
        }
        problems.push(problem);
    });
    let input = input::read(&arguments.domain, "a libvirt domain").map_err(|mut wrong| problems.append(&mut wrong));
    let (Ok(expression), Ok(input)) = (compiled, input) else { return Err(problems) };
    if !problems.is_empty() {
        return Err(problems);
    }
    let document = Document::parse_bytes(&input.bytes).map_err(|error| vec![error.diagnostic(&input.source(), 0)])?;
    let limits = Limits::default();
    let budget = Budget::new(limits.steps, limits.bytes);
    let value = expression.evaluate(&document, document.root(), &NoVariables, &budget).map_err(|error| {
        let span = if error.span.is_empty() { 0..source.text().len() } else { error.span };
        vec![Diagnostic::error(error.code, error.message).at(at(span))]
    })?;
    Ok(match value {
        Value::Nodes(nodes) => Answer::Nodes(found(&document, &nodes, &namespaces)),
        Value::Text(text) => Answer::Value("string", text.to_string()),
        Value::Number(number) => Answer::Value("number", xpath::value::number_to_text(number)),
        Value::Boolean(boolean) => Answer::Value("boolean", boolean.to_string()),
    })
}

/// Paths, places and texts. A path has the prefixes that an expression may have, so that it can be asked for in turn.
/// Nodes mostly come in document order, so lines and columns are counted on from the node before: counting from the
/// start each time would be quadratic.
fn found(document: &Document<'_>, nodes: &[NodeId], namespaces: &BTreeMap<String, String>) -> Vec<Found> {
    let prefix = |uri: &str| namespaces.iter().find(|(_, known)| *known == uri).map(|(prefix, _)| prefix.clone());
    let mut counted = (0, Position { line: 1, column: 1 });
    let describe = |(&node, path): (&NodeId, String)| {
        // Only items of a sequence of values stand nowhere; their place is the document's start.
        let start = document.span(node).map_or(0, |span| span.start);
        if start < counted.0 {
            counted = (0, Position { line: 1, column: 1 });
        }
        counted = (start, advance(counted.1, &document.text()[counted.0..start]));
        let text = document.string_value(node).into_owned();
        Found { path, position: counted.1, text }
    };
    nodes.iter().zip(document.node_paths(nodes, prefix)).map(describe).collect()
}

/// The position after `text`, from the position before it.
fn advance(from: Position, text: &str) -> Position {
    let end = position_in(text, text.len());
    let column = if end.line == 1 { from.column + end.column - 1 } else { end.column };
    Position { line: from.line + end.line - 1, column }
}

impl Answer {
    /// `{"type", "value", "nodes": [{"path", "line", "column", "text"}]}`
    fn json(&self) -> Json {
        match self {
            Self::Value(kind, value) => json!({ "type": kind, "value": value, "nodes": [] }),
            Self::Nodes(nodes) => {
                let value = nodes.first().map_or("", |first| &first.text);
                let nodes = nodes.iter().map(|node| {
                    json!({ "path": node.path, "line": node.position.line, "column": node.position.column, "text": node.text })
                });
                json!({ "type": "node-set", "value": value, "nodes": nodes.collect::<Json>() })
            }
        }
    }

    fn text(&self, terminal: Terminal) -> String {
        match self {
            Self::Value(_, value) => value.clone() + "\n",
            Self::Nodes(nodes) if nodes.is_empty() => {
                terminal.note("the expression selects nothing");
                String::new()
            }
            Self::Nodes(nodes) => {
                let paint = terminal.out;
                let lines = nodes.iter().map(|node| {
                    let place = format!("{}:{}", node.position.line, node.position.column);
                    let text = node.text.split_whitespace().collect::<Vec<_>>().join(" ");
                    let line = format!("{}  {}  {}", paint.cyan(&node.path), paint.dim(&place), visible(&text));
                    line.trim_end().to_owned() + "\n"
                });
                lines.collect()
            }
        }
    }
}
