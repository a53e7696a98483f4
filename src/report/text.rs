//! Diagnostics for people: the source line, what is wrong in it, and what to do, as rustc shows it.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Paint, visible};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Location, Span};

/// A line of source is shown up to this many columns, around the place that is meant.
const WIDTH: usize = 140;

/// Every diagnostic with the lines it is about, a blank line between two; ends with a newline unless
/// there is none.
pub fn render(problems: &[Diagnostic], paint: Paint) -> String {
    let renderer = if paint.is_on() { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(WIDTH).decor_style(DecorStyle::Ascii);
    let rendered: Vec<String> = problems.iter().map(|problem| one(problem, &renderer) + "\n").collect();
    rendered.join("\n")
}

fn one(problem: &Diagnostic, renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(visible(&problem.message)).id(problem.code.as_str());
    let mut group = Group::with_title(title);
    let at = problem.at.as_ref().map(Location::outermost);
    let related: Vec<(Location, &str)> =
        problem.related.iter().map(|(at, what)| (at.outermost(), what.as_str())).collect();
    if let Some(at) = &at {
        let here = related.iter().filter(|(other, _)| is_same(other, at));
        let others = here.map(|(other, what)| AnnotationKind::Context.span(first_line(other)).label(*what));
        group = group.element(snippet(at).annotation(AnnotationKind::Primary.span(first_line(at))).annotations(others));
    }
    for (other, what) in &related {
        if !at.as_ref().is_some_and(|at| is_same(other, at)) {
            group =
                group.element(snippet(other).annotation(AnnotationKind::Context.span(first_line(other)).label(*what)));
        }
    }
    if let Some(rule) = &problem.rule {
        group = group.element(Level::NOTE.message(format!("in {}", visible(rule))));
    }
    if let Some(path) = &problem.path {
        group = group.element(Level::NOTE.message(format!("at {}", visible(path))));
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    renderer.render(&[group])
}

fn is_same(a: &Location, b: &Location) -> bool {
    std::sync::Arc::ptr_eq(&a.source, &b.source)
}

fn snippet(at: &Location) -> Snippet<'_, Annotation<'_>> {
    Snippet::source(at.source.text()).path(visible(at.source.name()))
}

/// The part of the place that lies in its first line, on character boundaries: a whole mapping
/// underlined would hide what it says.
fn first_line(at: &Location) -> Span {
    let text = at.source.text();
    let floor = |mut offset: usize| {
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let start = floor(at.span.start);
    let end = floor(at.span.end.max(start));
    let line = text[start..end].find(['\n', '\r']).unwrap_or(end - start);
    start..start + line
}
