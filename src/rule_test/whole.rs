//! Whole domains compared by meaning, as two calls of one boot must agree.
//!
//! KubeVirt's types bring devices into an order of their own, write numbers their way and add empty elements that
//! they always have. None of that is a difference. So a domain is written out in one form: attributes and children
//! by name, children of one name in their order, and in devices what the types would add.

use crate::diagnostic::Diagnostic;
use crate::second_call;
use crate::xml::{Document, NodeId, escape_attribute, escape_text};
use crate::xpath::Kind;

/// The domain in the form in which domains of one meaning are equal, an element a line.
///
/// # Errors
/// What KubeVirt's types cannot read.
pub(super) fn meaning(domain: &str) -> Result<String, Box<Diagnostic>> {
    let kept = second_call::first(domain)?;
    let (whole, kept) = (parse(domain)?, parse(&kept)?);
    let mut out = String::new();
    let pair = [(&whole, Some(whole.root_element())), (&kept, Some(kept.root_element()))];
    write(&mut out, pair, 0);
    Ok(out)
}

fn parse(text: &str) -> Result<Document<'_>, Box<Diagnostic>> {
    Document::parse(text).map_err(|error| Box::new(Diagnostic::error(error.code, error.message)))
}

/// One element, as it stands in the domain and in what the types keep of it; in one of them at least. What both
/// have is written as the types write it. Recurses with the depth of the documents, which their parser bounds.
fn write(out: &mut String, pair: [(&Document<'_>, Option<NodeId>); 2], depth: usize) {
    let Some(name) = pair.iter().find_map(|(document, node)| Some(qualified(document, (*node)?))) else { return };
    let indent = "  ".repeat(depth);
    out.push_str(&format!("{indent}<{name}"));
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut children: Vec<String> = Vec::new();
    for (document, node) in pair {
        let Some(node) = node else { continue };
        for attribute in document.attributes(node) {
            let (name, value) = (qualified(document, attribute), document.own_text(attribute).into_owned());
            attributes.retain(|(known, _)| *known != name);
            attributes.push((name, value));
        }
        children.extend(elements(document, node).map(|child| qualified(document, child)));
    }
    attributes.sort();
    children.sort();
    children.dedup();
    for (name, value) in attributes {
        out.push_str(&format!(" {name}=\"{}\"", escape_attribute(&value)));
    }
    out.push('>');
    if children.is_empty() {
        let text = pair.iter().rev().find_map(|(document, node)| Some(document.string_value((*node)?)));
        out.push_str(&format!("{}</{name}>\n", escape_text(&text.unwrap_or_default())));
        return;
    }
    out.push('\n');
    for child in children {
        let [whole, kept] = pair.map(|(document, node)| {
            let all = node.into_iter().flat_map(|node| elements(document, node));
            all.filter(|&at| qualified(document, at) == child).collect::<Vec<_>>()
        });
        for at in 0..whole.len().max(kept.len()) {
            let one = [(pair[0].0, whole.get(at).copied()), (pair[1].0, kept.get(at).copied())];
            write(out, one, depth + 1);
        }
    }
    out.push_str(&format!("{indent}</{name}>\n"));
}

fn elements<'d>(document: &'d Document<'_>, node: NodeId) -> impl Iterator<Item = NodeId> + 'd {
    document.children(node).filter(|&child| document.kind(child) == Kind::Element)
}

/// The name with its namespace, where it has one.
fn qualified(document: &Document<'_>, node: NodeId) -> String {
    match document.namespace(node) {
        "" => document.local_name(node).to_owned(),
        uri => format!("{{{uri}}}{}", document.local_name(node)),
    }
}
