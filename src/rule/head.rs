//! What the documents of every kind begin with: `apiVersion`, `kind`, `metadata`, `spec`; and the prefixes of a `spec`.

use std::collections::BTreeMap;

use crate::diagnostic::Code;
use crate::yaml::Node;

use super::fields::{Fields, Reader};
use super::{API_VERSION, language, scope};

/// Prefixes that every rule set knows.
pub const NAMESPACES: [(&str, &str); 3] = [
    ("qemu", "http://libvirt.org/schemas/domain/qemu/1.0"),
    ("kubevirt", "http://kubevirt.io"),
    ("xml", "http://www.w3.org/XML/1998/namespace"),
];

/// The name and the `spec` of a document, whose kind was looked at by whoever chose to read it.
pub(crate) fn head<'n>(reader: &mut Reader, mut fields: Fields<'n>) -> (Option<String>, Option<&'n Node>) {
    if let Some(version) = fields.take("apiVersion")
        && version.text() != Some(API_VERSION)
    {
        wrong_version(reader, version);
    }
    fields.take("kind");
    let name = fields.take("metadata").and_then(|node| metadata(reader, node));
    let spec = fields.take("spec");
    fields.finish(reader);
    (name, spec)
}

/// An `apiVersion` of another release.
pub(super) fn wrong_version(reader: &mut Reader, version: &Node) {
    let message = format!("this release reads `{API_VERSION}`, not `{}`", version.text().unwrap_or_default());
    reader.error(Code::UnsupportedVersion, message, &version.span).help =
        Some(format!("write `apiVersion: {API_VERSION}`"));
}

/// `metadata` of any of virt-patch's kinds; its name.
fn metadata(reader: &mut Reader, node: &Node) -> Option<String> {
    let mut fields = reader.mapping(node, &language::METADATA)?;
    let name = fields.take("name").and_then(|node| reader.text(node, "`metadata.name`").map(ToOwned::to_owned));
    for map in ["labels", "annotations"] {
        if let Some(node) = fields.take(map).filter(|node| node.entries().is_none()) {
            reader.wrong_type(node, "labels and annotations", "a mapping");
        }
    }
    fields.finish(reader);
    name
}

/// `spec.namespaces`: prefixes and their URIs, the built-in ones included.
pub(crate) fn namespaces(reader: &mut Reader, node: Option<&Node>) -> BTreeMap<String, String> {
    let mut namespaces: BTreeMap<_, _> =
        NAMESPACES.iter().map(|&(prefix, uri)| (prefix.to_owned(), uri.to_owned())).collect();
    let Some(node) = node else { return namespaces };
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "`spec.namespaces`", "a mapping of prefixes to URIs");
        return namespaces;
    };
    for (key, value) in entries {
        let prefix = scope::variable_name(reader, key, "a namespace prefix");
        let uri = reader.text(value, "a namespace URI");
        let (Some(prefix), Some(uri)) = (prefix, uri) else { continue };
        let is_taken = namespaces.get(prefix).is_some_and(|known| known != uri);
        if is_taken || prefix == "xmlns" || (uri == NAMESPACES[2].1 && prefix != "xml") {
            let message = format!("the prefix `{prefix}` cannot be bound to `{uri}`");
            reader.error(Code::PrefixConflict, message, &key.span).help = Some("choose another prefix".into());
            continue;
        }
        namespaces.insert(prefix.to_owned(), uri.to_owned());
    }
    namespaces
}
