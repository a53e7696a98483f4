//! Templates where none are expanded, and variables where a template was meant: both arrive as text.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Fragment, Rule, Verb};
use crate::source::Location;
use crate::xml::{Document, NodeId, is_ncname};
use crate::xpath::{Form, Kind, Outline};
use crate::yaml::{Node, Value};

use super::survey::Survey;
use super::written::FragmentText;

/// All of a rule set's.
pub(super) fn check(survey: &Survey<'_>, problems: &mut Vec<Diagnostic>) {
    if let Some(name) = survey.written.name().filter(|name| name.text().is_some_and(|text| text.contains("${"))) {
        let warning = Diagnostic::warning(Code::UnexpandedTemplate, "a rule set's name is no template");
        problems.push(warning.at(survey.written.place(name)).help("write the name out"));
    }
    let params: BTreeSet<&str> = survey.set.params.iter().map(|param| param.name.as_str()).collect();
    for rules in [&survey.set.on_define_domain, &survey.set.pre_cloud_init_iso] {
        Templates { survey, problems }.rules(rules, &params, true);
    }
    for look in &survey.looks {
        string_literals(&look.expression.xpath.outline(), &mut |literal| {
            let message = "a string in an expression is no template: this is compared as written";
            let help = "write the variable as `$name`, joined with `concat(…)`";
            problems.push(look.warning(Code::UnexpandedTemplate, message, &literal.span).help(help));
        });
    }
}

/// Calls `found` for every string with a hole. Depth is bounded when the expression is read.
fn string_literals(outline: &Outline, found: &mut impl FnMut(&Outline)) {
    if let Form::Literal(text) = &outline.form
        && hole_name(text).is_some()
    {
        found(outline);
    }
    outline.parts().into_iter().for_each(|part| string_literals(part, found));
}

/// The name of the first `${name}` in a text.
fn hole_name(text: &str) -> Option<&str> {
    let rest = text.split("${").skip(1);
    rest.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.trim()).find(|name| is_ncname(name))
}

/// The declared variable that a whole text looks like: `$name`, `$name/…`, `$(name)`, `{{ name }}`.
fn variable_name<'t>(text: &'t str, declared: &BTreeSet<&str>) -> Option<&'t str> {
    let text = text.trim();
    let inside = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close).map(str::trim);
    let name = inside("{{", "}}").or_else(|| inside("$(", ")")).or_else(|| {
        let rest = text.strip_prefix('$')?;
        Some(rest.split(['/', '[']).next().unwrap_or(rest))
    })?;
    let name = name.trim_start_matches(['$', '.']);
    declared.contains(name).then_some(name)
}

struct Templates<'a> {
    survey: &'a Survey<'a>,
    problems: &'a mut Vec<Diagnostic>,
}

/// What a text's place lets it be.
struct Texts<'a> {
    rule: &'a Rule,
    declared: BTreeSet<&'a str>,
    /// Whether `templates` is not switched off.
    expanded: bool,
}

impl Templates<'_> {
    /// Steps nest as deep as compiling allows.
    fn rules(&mut self, rules: &[Rule], outer: &BTreeSet<&str>, expanded: bool) {
        for rule in rules {
            let mut declared = outer.clone();
            declared.extend(rule.lets.iter().map(|(name, _)| name.as_str()));
            declared.extend(
                rule.for_each.iter().flat_map(|for_each| {
                    [Some(for_each.var.as_str()), for_each.index.as_deref()].into_iter().flatten()
                }),
            );
            let Some(node) = self.survey.written.at(&rule.location) else { continue };
            let expanded = match node.get("templates").and_then(Node::text) {
                Some(word) => word.eq_ignore_ascii_case("true"),
                None => expanded,
            };
            let texts = Texts { rule, declared, expanded };
            if let Some(name) = node.get("name").filter(|name| name.text().and_then(hole_name).is_some()) {
                let place = self.survey.written.place(name);
                self.say(&texts, "a rule's name is no template", place, "write the name out");
            }
            self.verb(node, &texts);
        }
    }

    fn verb(&mut self, node: &Node, texts: &Texts<'_>) {
        match &texts.rule.verb {
            Verb::Set(_) => {
                for (_, value) in node.get("set").and_then(Node::entries).unwrap_or_default() {
                    self.scalars(value, texts);
                }
            }
            Verb::Merge { fragment, .. } | Verb::Insert { fragment, .. } | Verb::Replace { fragment, .. } => {
                self.fragment(fragment, texts);
            }
            Verb::Steps(steps) => self.rules(steps, &texts.declared, texts.expanded),
            Verb::MergeJson { .. } => node.get("merge").into_iter().for_each(|value| self.scalars(value, texts)),
            Verb::Patch(_) => {
                let operations = node.get("patch").and_then(Node::items).unwrap_or_default();
                operations.iter().filter_map(|op| op.get("value")).for_each(|value| self.scalars(value, texts));
            }
            // The `${…}` of a part are the shell's, but where the rule itself says otherwise.
            Verb::AddPart { .. } | Verb::Fail { .. } | Verb::Warn { .. } | Verb::Remove(_) => {}
        }
    }

    /// Every text of a value. Depth is bounded by the YAML reader.
    fn scalars(&mut self, node: &Node, texts: &Texts<'_>) {
        match &node.value {
            Value::Scalar(scalar) => self.text(&scalar.text, texts, || self.survey.written.place(node)),
            Value::Sequence(items) => items.iter().for_each(|item| self.scalars(item, texts)),
            Value::Mapping(mapping) => mapping.entries.iter().for_each(|(_, value)| self.scalars(value, texts)),
        }
    }

    fn text(&mut self, text: &str, texts: &Texts<'_>, place: impl Fn() -> Location) {
        if let Some(name) = variable_name(text, &texts.declared) {
            let message = format!("this is the text `{}`, not the value of `{name}`", text.trim());
            let written = text.trim().strip_prefix('$').filter(|rest| *rest != name && rest.starts_with(name));
            let help = match written {
                Some(path) => format!("write `${{${path}}}`"),
                None => format!("write `${{{name}}}`"),
            };
            self.say(texts, &message, place(), &help);
        }
        if !texts.expanded
            && let Some(name) = hole_name(text).filter(|name| texts.declared.contains(name))
        {
            let message =
                format!("`${{{name}}}` stays as it is: `templates: false` holds here, and `{name}` is a variable");
            self.say(
                texts,
                &message,
                place(),
                "leave `templates: false` out, and write `$${` where a literal `${` is meant",
            );
        }
    }

    fn fragment(&mut self, fragment: &Fragment, texts: &Texts<'_>) {
        let Some(text) = self.survey.written.fragment(&fragment.location) else { return };
        let Some(document) = text.document() else { return };
        self.nodes(&text, &document, document.root_element(), texts);
        let mut from = 0;
        while let Some(start) = text.text()[from..].find("<![CDATA[").map(|at| from + at) {
            let end = text.text()[start..].find("]]>").map_or(text.text().len(), |at| start + at);
            if hole_name(&text.text()[start..end]).is_some() && texts.expanded {
                let message = "a CDATA section is no template";
                self.say(texts, message, text.place_inside(start..end), "write the text outside of it, `<` as `&lt;`");
            }
            from = end;
        }
    }

    /// Depth is bounded when the fragment is read.
    fn nodes(&mut self, text: &FragmentText, document: &Document<'_>, parent: NodeId, texts: &Texts<'_>) {
        for child in document.children(parent) {
            let place = || text.place(document.span(child).unwrap_or_default());
            match document.kind(child) {
                Kind::Element => {
                    for attribute in document.attributes(child) {
                        let place = || text.place(document.span(attribute).unwrap_or_default());
                        self.text(&document.own_text(attribute), texts, place);
                    }
                    self.nodes(text, document, child, texts);
                }
                Kind::Text => self.text(&document.own_text(child), texts, place),
                Kind::Comment | Kind::ProcessingInstruction if hole_name(&document.own_text(child)).is_some() => {
                    let message = "comments and processing instructions are no templates";
                    self.say(texts, message, place(), "write the value out, or leave the comment away");
                }
                _ => {}
            }
        }
    }

    fn say(&mut self, texts: &Texts<'_>, message: &str, place: Location, help: &str) {
        let warning = Diagnostic::warning(Code::UnexpandedTemplate, message).at(place);
        self.problems.push(warning.rule(&*texts.rule.label).help(help));
    }
}
