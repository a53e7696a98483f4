//! Devices through KubeVirt's types: read as `encoding/xml` reads them, written as it writes them.
//!
//! Go looks at local names alone. Of an element that stands several times where a struct has room for one, each
//! writes over what the one before said, so a field is read from a list of elements.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic};
use crate::xml::{Document, NodeId, escape_attribute, escape_text};
use crate::xpath::Kind;

use super::shape::{Element, Holds, Scalar, Type, Written};
use super::types::DEVICES;

/// An element of a document.
#[derive(Clone, Copy)]
pub(super) struct At<'d, 'i> {
    pub(super) document: &'d Document<'i>,
    pub(super) node: NodeId,
}

impl<'d, 'i> At<'d, 'i> {
    fn attribute(self, name: &str) -> Option<Cow<'d, str>> {
        let named = self.document.attributes(self.node).filter(|&node| self.document.local_name(node) == name);
        named.last().map(|node| self.document.own_text(node))
    }

    pub(super) fn children(self, name: &str) -> impl Iterator<Item = At<'d, 'i>> {
        let Self { document, node } = self;
        let is_named =
            move |&child: &NodeId| document.kind(child) == Kind::Element && document.local_name(child) == name;
        document.children(node).filter(is_named).map(move |node| At { document, node })
    }

    /// The text of the element itself, not of those in it.
    fn text(self) -> String {
        let texts = self.document.children(self.node).filter(|&child| self.document.kind(child) == Kind::Text);
        texts.map(|text| self.document.own_text(text)).collect()
    }
}

/// How what is written is laid out: as the document is.
#[derive(Clone, Copy)]
pub(super) struct Layout<'t> {
    /// What stands before `<devices>` in its line; none where there are no lines.
    pub(super) base: Option<&'t str>,
}

impl Layout<'_> {
    fn line(self, out: &mut String, depth: usize) {
        if let Some(base) = self.base {
            out.push('\n');
            out.push_str(base);
            // `<devices>` stands one level deep, so what is before it is one level.
            (0..depth).for_each(|_| out.push_str(if base.is_empty() { "  " } else { base }));
        }
    }
}

/// `<devices>` as KubeVirt writes it: its interfaces those of `interfaces`, everything else from `devices`.
///
/// # Errors
/// `kubevirt-types`, where a text is not the number that a type asks for.
pub(super) fn write(
    devices: At<'_, '_>,
    interfaces: At<'_, '_>,
    layout: Layout<'_>,
) -> Result<String, Box<Diagnostic>> {
    let mut writer = Writer { out: String::new(), layout };
    writer.out.push_str("<devices>");
    let before = writer.out.len();
    for element in DEVICES.elements {
        let from = if element.name == "interface" { interfaces } else { devices };
        writer.field(element, &[from], 1)?;
    }
    writer.end("devices", before, 0);
    Ok(writer.out)
}

struct Writer<'t> {
    out: String,
    layout: Layout<'t>,
}

impl Writer<'_> {
    /// A field of a struct that was read from `parents`. Recurses with the depth of the document, which its
    /// parser bounds.
    fn field(&mut self, field: &Element, parents: &[At<'_, '_>], depth: usize) -> Result<(), Box<Diagnostic>> {
        let found: Vec<At<'_, '_>> = parents.iter().flat_map(|parent| parent.children(field.name)).collect();
        if field.many {
            return found.iter().try_for_each(|item| self.element(field, std::slice::from_ref(item), depth));
        }
        self.element(field, &found, depth)
    }

    fn element(&mut self, field: &Element, found: &[At<'_, '_>], depth: usize) -> Result<(), Box<Diagnostic>> {
        match &field.holds {
            Holds::Scalar(scalar) => {
                let read = found.last().map(|at| read(*at, *scalar, &at.text())).transpose()?;
                let Some(value) = field.written.value(read, *scalar) else { return Ok(()) };
                self.layout.line(&mut self.out, depth);
                self.out.push_str(&format!("<{0}>{1}</{0}>", field.name, escape_text(&value)));
                Ok(())
            }
            Holds::Struct(ty) => {
                if found.is_empty() && field.written == Written::WhereRead {
                    return Ok(());
                }
                self.structure(field.name, ty, found, depth)
            }
        }
    }

    fn structure(&mut self, name: &str, ty: &Type, found: &[At<'_, '_>], depth: usize) -> Result<(), Box<Diagnostic>> {
        self.layout.line(&mut self.out, depth);
        self.out.push('<');
        self.out.push_str(name);
        for attribute in ty.attributes {
            let known = found.iter().rev().find_map(|at| Some((*at, at.attribute(attribute.name)?)));
            let value = known.map(|(at, text)| read(at, attribute.scalar, &text)).transpose()?;
            if let Some(value) = attribute.written.value(value, attribute.scalar) {
                self.out.push_str(&format!(" {}=\"{}\"", attribute.name, escape_attribute(&value)));
            }
        }
        self.out.push('>');
        if let Some(scalar) = ty.text {
            let text = found.last().map(|at| read(*at, scalar, &at.text())).transpose()?;
            self.out.push_str(&escape_text(text.as_deref().unwrap_or(scalar.zero())));
        }
        let before = self.out.len();
        ty.elements.iter().try_for_each(|element| self.field(element, found, depth + 1))?;
        self.end(name, before, depth);
        Ok(())
    }

    fn end(&mut self, name: &str, before: usize, depth: usize) {
        if self.out.len() > before {
            self.layout.line(&mut self.out, depth);
        }
        self.out.push_str(&format!("</{name}>"));
    }
}

fn read(at: At<'_, '_>, scalar: Scalar, text: &str) -> Result<String, Box<Diagnostic>> {
    scalar.read(text).map_err(|why| {
        let message = format!("KubeVirt's types cannot read it: {why}");
        let problem = Diagnostic::error(Code::KubevirtTypes, message).path(at.document.node_path(at.node));
        Box::new(problem.help("virt-launcher would fail to start the VM: write what KubeVirt's type asks for"))
    })
}
