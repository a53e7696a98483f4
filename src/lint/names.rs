//! Names and words that libvirt does not know at their place: libvirt drops them in silence.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::rule::Expression;
use crate::source::Location;
use crate::vocabulary::{LIBVIRT, Name, Values, homes};
use crate::xml::{Document, NodeId};
use crate::xpath::Kind;

use super::reach::{Compared, Unknown};
use super::samples::Samples;
use super::spots::{Element, Spot, Spots};
use super::survey::{Assigned, Look, Placed, Survey};
use super::written::FragmentText;

/// All of a rule set's. What a sample domain has is right, whatever the grammar says: KubeVirt writes
/// attributes that libvirt does not know.
pub(super) fn check(survey: &Survey<'_>, samples: &Samples, problems: &mut Vec<Diagnostic>) {
    for look in &survey.looks {
        of_look(look, samples, problems);
    }
    problems.extend(survey.assigned.iter().filter_map(|assigned| assigned_word(survey, assigned)));
    for placed in &survey.fragments {
        let Some(text) = survey.written.fragment(&placed.fragment.location) else { continue };
        let Some(document) = text.document() else { continue };
        let names = FragmentNames { placed, text: &text, document: &document, samples };
        names.children(document.root_element(), placed.parents.elements().cloned().collect(), problems);
    }
}

/// Those of an expression.
pub(super) fn of_look(look: &Look<'_>, samples: &Samples, problems: &mut Vec<Diagnostic>) {
    let unknown = look.followed.unknown.iter().filter(|unknown| !is_in_samples(unknown, samples));
    problems.extend(unknown.map(|unknown| unknown_step(look, unknown)));
    problems.extend(look.followed.compared.iter().filter_map(|compared| impossible_word(look, compared)));
}

fn is_in_samples(unknown: &Unknown, samples: &Samples) -> bool {
    let name = Name::new(&unknown.namespace, &unknown.local);
    let at = if unknown.is_attribute { "@" } else { "" };
    unknown.parents.elements().any(|parent| samples.have(&format!("{}/{at}{name}", parent.path)))
}

fn unknown_step(look: &Look<'_>, unknown: &Unknown) -> Diagnostic {
    let name = Name::new(&unknown.namespace, &unknown.local);
    let parents: Vec<&Arc<Element>> = unknown.parents.elements().collect();
    let place = unknown.parents.describe();
    let (code, message, help) = if unknown.at_any_depth {
        let tops = unknown.parents.known.values().map(|spot| spot.element().cloned().unwrap_or_else(Element::domain));
        let below: Vec<String> = tops.flat_map(|top| top.within()).map(|element| element.name.to_string()).collect();
        let near = nearest(&name.to_string(), below.iter().map(String::as_str));
        let help = near.map_or_else(nothing_near, |near| format!("did you mean `{near}`?"));
        (Code::UnknownElement, format!("libvirt knows no element `{name}` at any depth of {place}"), help)
    } else if unknown.is_attribute {
        (Code::UnknownAttribute, no_attribute(name, &place), attribute_help(name, &parents))
    } else {
        (Code::UnknownElement, no_element(name, &place), element_help(name, &parents))
    };
    look.warning(code, message, &unknown.span).help(help)
}

fn no_element(name: Name<'_>, place: &str) -> String {
    format!("libvirt knows no element `{name}` in {place}")
}

fn no_attribute(name: Name<'_>, place: &str) -> String {
    format!("libvirt knows no attribute `{name}` of {place}")
}

/// What was probably meant by an element's name.
fn element_help(name: Name<'_>, parents: &[&Arc<Element>]) -> String {
    let mut here: Vec<String> =
        parents.iter().flat_map(|parent| parent.children()).map(|c| c.name.to_string()).collect();
    if parents.is_empty() {
        here.push("domain".to_owned());
    }
    let same = |prefix: &&String| prefix.rsplit_once(':').is_some_and(|(_, local)| local == name.local);
    let mut namesakes = here.iter().filter(same);
    // Of the drivers' namespaces KubeVirt uses QEMU's.
    if let Some(other) = namesakes.clone().find(|other| other.starts_with("qemu:")).or_else(|| namesakes.next()) {
        return format!("did you mean `{other}`?");
    }
    if parents.iter().any(|parent| parent.model.attribute(name).is_some()) {
        return format!("did you mean the attribute `@{name}`?");
    }
    let elsewhere = homes(name);
    let near = nearest(name.local, here.iter().map(String::as_str));
    match (near, elsewhere.first()) {
        (Some(near), None) => format!("did you mean `{near}`?"),
        (Some(near), Some(home)) => format!("did you mean `{near}`? `{name}` belongs in `{home}`"),
        (None, Some(home)) => match elsewhere.len() {
            1 => format!("`{name}` belongs in `{home}`"),
            _ => format!("`{name}` belongs in `{home}` or {} other places", elsewhere.len() - 1),
        },
        (None, None) if parents.is_empty() => "the root element is `domain`".to_owned(),
        (None, None) => nothing_near(),
    }
}

/// What was probably meant by an attribute's name.
fn attribute_help(name: Name<'_>, parents: &[&Arc<Element>]) -> String {
    if parents.iter().any(|parent| parent.child(name).is_some()) {
        return format!("did you mean the element `{name}`?");
    }
    let known = parents.iter().flat_map(|parent| parent.model.attributes().map(|(name, _)| name));
    if let Some(near) = nearest(name.local, known) {
        return format!("did you mean `@{near}`?");
    }
    let below = parents.iter().flat_map(|parent| parent.children()).find(|child| child.model.attribute(name).is_some());
    match below {
        Some(child) => format!("its child `{}` has one of this name", child.name),
        None => nothing_near(),
    }
}

pub(super) fn nothing_near() -> String {
    format!("libvirt {LIBVIRT} would drop it in silence; take it out, or write the name as libvirt does")
}

/// The words that an attribute may have, where every place that it may be lists them.
fn words(spots: &Spots) -> Option<Vec<&'static str>> {
    if !spots.is_sure() {
        return None;
    }
    let mut words = Vec::new();
    for spot in spots.known.values() {
        match spot {
            Spot::Attribute(_, values) => words.extend(values.words()?),
            _ => return None,
        }
    }
    Some(words)
}

fn word_warning(word: &str, attribute: &str, words: &[&'static str]) -> (String, String) {
    let message = format!("libvirt has no value `{word}` for {attribute}");
    let mut known: Vec<&str> = words.to_vec();
    known.sort_unstable();
    known.dedup();
    let help = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() <= 16 => format!("it is one of {}", known.join(", ")),
        None => format!("it is one of {}, …", known[..16].join(", ")),
    };
    (message, help)
}

fn impossible_word(look: &Look<'_>, compared: &Compared) -> Option<Diagnostic> {
    let words = words(&compared.spots).filter(|_| compared.equality)?;
    let word = compared.literal.trim();
    if word.is_empty() || words.contains(&word) {
        return None;
    }
    let (message, help) = word_warning(word, &compared.spots.describe(), &words);
    Some(look.warning(Code::UnknownAttributeValue, message, &compared.span).help(help))
}

fn assigned_word(survey: &Survey<'_>, assigned: &Assigned<'_>) -> Option<Diagnostic> {
    let words = words(&assigned.target)?;
    let word = assigned.constant?.trim();
    if words.contains(&word) {
        return None;
    }
    let (message, help) = word_warning(word, &assigned.target.describe(), &words);
    let place = value_place(survey, assigned.rule.location.clone(), assigned.path);
    let warning = Diagnostic::warning(Code::UnknownAttributeValue, message).at(place);
    Some(warning.rule(&*assigned.rule.label).help(help))
}

/// The place of the value that `set` has under a path.
fn value_place(survey: &Survey<'_>, rule: Location, path: &Expression) -> Location {
    let entries = survey.written.at(&rule).and_then(|node| node.get("set")?.entries());
    let mut found = entries.into_iter().flatten().filter(|(key, _)| key.text() == Some(path.xpath.text()));
    found.next().map_or_else(|| path.location.clone(), |(_, value)| survey.written.place(value))
}

/// A fragment, gone through with where its elements may stand.
struct FragmentNames<'a> {
    placed: &'a Placed<'a>,
    text: &'a FragmentText,
    document: &'a Document<'a>,
    samples: &'a Samples,
}

impl FragmentNames<'_> {
    /// Depth is bounded when the fragment is read.
    fn children(&self, parent: NodeId, places: Vec<Arc<Element>>, problems: &mut Vec<Diagnostic>) {
        if places.is_empty() || places.iter().any(|place| place.model.is_open()) {
            return;
        }
        let document = self.document;
        for child in document.children(parent).filter(|&child| document.kind(child) == Kind::Element) {
            let name = Name::new(document.namespace(child), document.local_name(child));
            let below: Vec<Arc<Element>> = places.iter().filter_map(|place| place.child(name)).collect();
            if below.is_empty() {
                let parents: Vec<&Arc<Element>> = places.iter().collect();
                let message = no_element(name, &describe(&places));
                let place = self.text.name_place(document, child);
                let warning = self.placed.warning(Code::UnknownElement, message, place);
                problems.push(warning.help(element_help(name, &parents)));
                continue;
            }
            self.attributes(child, &below, problems);
            self.children(child, below, problems);
        }
    }

    fn attributes(&self, element: NodeId, places: &[Arc<Element>], problems: &mut Vec<Diagnostic>) {
        if places.iter().any(|place| place.model.is_open()) {
            return;
        }
        let document = self.document;
        for attribute in document.attributes(element) {
            let name = Name::new(document.namespace(attribute), document.local_name(attribute));
            let place = || self.text.name_place(document, attribute);
            let values: Vec<Values> = places.iter().filter_map(|place| place.model.attribute(name)).collect();
            if places.iter().any(|place| self.samples.have(&format!("{}/@{name}", place.path))) && values.is_empty() {
                continue;
            }
            if values.is_empty() {
                let parents: Vec<&Arc<Element>> = places.iter().collect();
                let message = no_attribute(name, &describe(places));
                let warning = self.placed.warning(Code::UnknownAttribute, message, place());
                problems.push(warning.help(attribute_help(name, &parents)));
                continue;
            }
            let value = document.own_text(attribute);
            if value.contains("${") || values.iter().any(|values| values.allow(&value)) {
                continue;
            }
            let words: Vec<&str> = values.iter().filter_map(|values| values.words()).flatten().collect();
            let (message, help) = word_warning(&value, &format!("`@{name}` of {}", describe(places)), &words);
            problems.push(self.placed.warning(Code::UnknownAttributeValue, message, place()).help(help));
        }
    }
}

fn describe(places: &[Arc<Element>]) -> String {
    let mut spots = Spots::default();
    places.iter().for_each(|place| spots.add_element(Arc::clone(place)));
    spots.describe()
}
