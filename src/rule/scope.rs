//! What an expression may name at its place: variables, prefixes, the document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source, Span};
use crate::xml::is_ncname;
use crate::xpath::{self, VarType};
use crate::yaml::{Node, Style};

use super::fields::Reader;
use super::template::{self, Hole, Part, Piece, Template};
use super::{ContainerFile, Expression};

/// The variables and prefixes that are visible at a place.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) namespaces: Arc<BTreeMap<String, String>>,
    pub(super) types: BTreeMap<String, VarType>,
    secrets: BTreeSet<String>,
    params: Arc<BTreeSet<String>>,
    /// Whether absolute paths have a document to select in.
    pub(super) document: xpath::Document,
    /// Whether values are templates; `templates: false` switches that off.
    pub(super) templates: bool,
}

impl Scope {
    pub(super) fn new(namespaces: Arc<BTreeMap<String, String>>) -> Self {
        Self {
            namespaces,
            types: BTreeMap::new(),
            secrets: BTreeSet::new(),
            params: Arc::default(),
            document: xpath::Document::Xml,
            templates: true,
        }
    }

    /// Declares what `file-path()` may name.
    pub(super) fn files(&mut self, files: &[ContainerFile]) {
        files.iter().for_each(|file| self.insert(&file.variable, VarType::Text, false));
    }

    /// Declares a param.
    pub(super) fn param(&mut self, name: &str, ty: VarType, secret: bool) {
        Arc::make_mut(&mut self.params).insert(name.to_owned());
        self.insert(name, ty, secret);
    }

    /// Declares a local variable; one that hides another is an error.
    pub(super) fn local(&mut self, reader: &mut Reader, name: &Node, ty: VarType, secret: bool) -> Option<String> {
        let text = variable_name(reader, name, "a variable's name")?;
        if self.types.contains_key(text) {
            let what = if self.params.contains(text) { "a param" } else { "a variable" };
            let message = format!("`{text}` is {what} already");
            reader.error(Code::Shadowing, message, &name.span).help = Some("choose another name".into());
            // From here on it may be either, so that its uses are not reported as well.
            self.insert(text, VarType::Any, secret);
            return None;
        }
        self.insert(text, ty, secret);
        Some(text.to_owned())
    }

    fn insert(&mut self, name: &str, ty: VarType, secret: bool) {
        self.types.insert(name.to_owned(), ty);
        if secret {
            self.secrets.insert(name.to_owned());
        }
    }

    /// Compiles the expression that a scalar holds.
    pub(super) fn expression(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<Expression> {
        let text = reader.text(node, what)?;
        let inner = reader.inner(node);
        match self.compile(&inner, 0..text.len()) {
            Ok(expression) => Some(expression),
            Err(mut problem) => {
                cut_by_comment(reader, node, &mut problem);
                if text.contains("${") && problem.code == Code::XpathSyntax && problem.help.is_none() {
                    problem.help =
                        Some("paths and expressions take no templates: write the variable as `$name`".into());
                }
                reader.problems.push(problem);
                None
            }
        }
    }

    /// Compiles an expression whose truth counts.
    pub(super) fn condition(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<Expression> {
        let before = reader.problems.len();
        let Some(expression) = self.expression(reader, node, what) else {
            if let Some(hint) = condition_hint(node.text().unwrap_or_default().trim()) {
                reader.problems[before..].iter_mut().for_each(|problem| problem.help = Some(hint.into()));
            }
            return None;
        };
        if let Err(error) = expression.xpath.check_condition() {
            reader.problems.push(at_expression(&expression.location, error));
            return None;
        }
        Some(expression)
    }

    /// Compiles a value with holes.
    pub(super) fn template(&self, reader: &mut Reader, node: &Node, what: &str) -> Option<Template> {
        let text = reader.text(node, what)?;
        let inner = reader.inner(node);
        match self.template_in(&inner, text) {
            Ok(template) => Some(template),
            Err(mut problems) => {
                problems.iter_mut().for_each(|problem| cut_by_comment(reader, node, problem));
                reader.problems.append(&mut problems);
                None
            }
        }
    }

    /// Compiles a text with holes that stands alone in `inner`.
    pub(super) fn template_in(&self, inner: &Arc<Source>, text: &str) -> Result<Template, Vec<Diagnostic>> {
        if !self.templates {
            return Ok(Template::constant(text));
        }
        let pieces = template::split(text).map_err(|error| {
            vec![
                Diagnostic::error(Code::TemplateSyntax, error.message)
                    .at(Location::new(inner, error.span))
                    .help("write `$${` for a literal `${`"),
            ]
        })?;
        let mut problems = Vec::new();
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(Part::Text(text)),
                Piece::Hole { expression, optional } => match self.hole(inner, &expression, optional) {
                    Ok(hole) => parts.push(Part::Hole(hole)),
                    Err(problem) => problems.push(problem),
                },
            }
        }
        if problems.is_empty() { Ok(Template { parts }) } else { Err(problems) }
    }

    fn hole(&self, inner: &Arc<Source>, span: &Span, optional: bool) -> Result<Hole, Diagnostic> {
        let written = &inner.text()[span.clone()];
        let name = written.trim();
        if !is_ncname(name) {
            return Ok(Hole { expression: self.compile(inner, span.clone())?, optional, param: None });
        }
        // `${name}` is `${$name}`; the variable's place is the name's.
        let start = span.start + (written.len() - written.trim_start().len());
        let location = Location::new(inner, start..start + name.len());
        let expression = self.compile_text(&format!("${name}"), location, |span| {
            span.start.saturating_sub(1)..span.end.saturating_sub(1)
        })?;
        let param = self.params.contains(name).then(|| name.to_owned());
        Ok(Hole { expression, optional, param })
    }

    fn compile(&self, inner: &Arc<Source>, span: Span) -> Result<Expression, Diagnostic> {
        self.compile_text(&inner.text()[span.clone()], Location::new(inner, span), |span| span)
    }

    fn compile_text(
        &self,
        text: &str,
        location: Location,
        map: impl Fn(Span) -> Span,
    ) -> Result<Expression, Diagnostic> {
        let scope = xpath::Scope {
            namespaces: &self.namespaces,
            variables: &self.types,
            document: self.document,
            relative: false,
        };
        let xpath = xpath::compile(text, &scope).map_err(|mut error| {
            error.span = map(error.span);
            at_expression(&location, error)
        })?;
        let variables: Arc<[String]> = xpath.variables().map(ToOwned::to_owned).collect();
        let secret = variables.iter().any(|name| self.secrets.contains(name));
        let plan = xpath.plan().map(Arc::new);
        Ok(Expression { xpath: Arc::new(xpath), location, plan, variables, secret })
    }
}

/// Compiles an expression that knows no variables, on an XML document: a policy's.
pub(crate) fn closed_expression(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    namespaces: &Arc<BTreeMap<String, String>>,
) -> Option<Expression> {
    Scope::new(Arc::clone(namespaces)).expression(reader, node, what)
}

/// What a beginner may have meant by a condition that is none.
fn condition_hint(text: &str) -> Option<&'static str> {
    match text {
        "true" | "false" | "yes" | "no" | "on" | "off" => Some("write `true` or `false` without quotes, or `true()`"),
        _ if text.starts_with("${") => Some("a condition is an expression, not a template: write `$name`"),
        _ => None,
    }
}

/// An error of the expression at `location`, in the file.
fn at_expression(location: &Location, error: xpath::Error) -> Diagnostic {
    let start = location.span.start;
    let place = Location::new(&location.source, start + error.span.start..start + error.span.end);
    let written = place.source.text().get(place.span.clone()).unwrap_or_default().to_owned();
    let mut problem = Diagnostic::error(error.code, error.message).at(place);
    problem.help = error.help;
    if let Some(meant) = error.meant {
        problem.suggest(&written, &meant);
    }
    problem
}

/// A plain scalar ends at ` #`: where an expression was cut short by that, this is the better word.
fn cut_by_comment(reader: &Reader, node: &Node, problem: &mut Diagnostic) {
    let plain = node.scalar().is_some_and(|scalar| scalar.style == Style::Plain);
    let rest = reader.source.text().get(node.span.end..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let syntax = matches!(problem.code, Code::XpathSyntax | Code::TemplateSyntax);
    if plain && syntax && rest.starts_with(',') {
        problem.code = Code::FlowBraces;
        problem.help = Some("inside `{ … }` and `[ … ]` a comma ends the text: quote it".into());
    }
    if plain && syntax && line.trim_start_matches(':').trim_start().starts_with('#') {
        problem.code = Code::TrailingComment;
        problem.help = Some("` #` begins a comment in YAML and cuts the text short: quote the whole text".into());
    }
}

/// The text of a node that must be an NCName.
pub(super) fn variable_name<'n>(reader: &mut Reader, node: &'n Node, what: &str) -> Option<&'n str> {
    let text = reader.text(node, what)?;
    if is_ncname(text) {
        return Some(text);
    }
    let help = "a name begins with a letter or `_` and goes on with letters, digits, `-`, `_` and `.`";
    reader.error(Code::InvalidName, format!("{what} cannot be `{text}`"), &node.span).help = Some(help.into());
    None
}
