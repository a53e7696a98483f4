//! From a file to injections.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::fields::Reader;
use crate::rule::shape::{Field, Mapping, Shape, kept};
use crate::rule::{self, API_VERSION, METADATA};
use crate::source::{Source, Span};
use crate::yaml::schema::Schema;
use crate::yaml::{self, Node};

use super::{Injection, check_container_name, check_vm_label, is_dns_label, launcher};

/// The kind of such a document.
pub const KIND: &str = "SidecarInjection";

/// A whole document.
pub static SIDECAR_INJECTION: Mapping = Mapping {
    name: KIND,
    what: "an injection",
    about: kept("A container that the webhook puts into the pods of VMs."),
    fields: &[
        Field::required("apiVersion", Shape::Constant(API_VERSION), "The version of the rule language."),
        Field::required("kind", Shape::Constant(KIND), "That this is an injection."),
        Field::required("metadata", Shape::Mapping(&METADATA), "What the injection and its container are called."),
        Field::required("spec", Shape::Mapping(&SPEC), "Which pods get what."),
    ],
    one_of: &[],
};

/// `spec`.
static SPEC: Mapping = Mapping {
    name: "SidecarInjectionSpec",
    what: "`spec` of an injection",
    about: kept("Which pods of VMs get which container."),
    fields: &[
        Field::new("namespaces", Shape::List(&Shape::Text, 1), "The namespaces of the VMs; without it all of them.")
            .example("[vms]"),
        Field::new(
            "podLabels",
            Shape::Map { keys: &Shape::Text, values: &Shape::Scalar, least: 0 },
            "Labels that the VMs have, and so their pods.",
        )
        .example("{vm.example/tier: gold}"),
        Field::required("container", Shape::Object, "The container, as Kubernetes has it.")
            .example("{name: virt-patch, image: registry.example/virt-patch-sidecar:1.0, restartPolicy: Always}"),
        Field::new("volumes", Shape::List(&Shape::Object, 0), "The volumes that it needs, as Kubernetes has them.")
            .example("[{name: virt-patch-rules, configMap: {name: virt-patch-rules}}]"),
    ],
    one_of: &[],
};

/// The injections of a file, in the order written, and everything that is wrong with it. The file holds nothing else.
pub fn compile(source: &Arc<Source>) -> (Vec<Injection>, Vec<Diagnostic>) {
    rule::read_all(source, (Code::SidecarInjection, "injection", &SIDECAR_INJECTION), injection)
}

/// As [`compile`], of documents of `source` that were read before; that there are none is no problem here.
pub fn compile_documents(source: &Arc<Source>, documents: &[Node]) -> (Vec<Injection>, Vec<Diagnostic>) {
    rule::read_each(source, documents, injection)
}

/// `apiVersion`, `kind`, `metadata`, `spec`
fn injection(reader: &mut Reader, node: &Node) -> Option<Injection> {
    let before = reader.problems.len();
    if let Some(kind) = node.get("kind").filter(|kind| kind.text() != Some(KIND)) {
        let message = format!("this is of the kind `{}`, and `{KIND}` is read here", kind.text().unwrap_or_default());
        reader.error(Code::UnknownKind, message, &kind.span);
        return None;
    }
    let fields = reader.mapping(node, &SIDECAR_INJECTION)?;
    let (name, spec) = rule::head(reader, fields);
    let name_span = node.get("metadata").and_then(|metadata| metadata.get("name")).map(|name| &name.span);
    if let (Some(name), Some(span)) = (&name, name_span) {
        dns_label(reader, name, "an injection's name", span);
        if is_dns_label(name)
            && let Err(taken) = check_container_name(name)
        {
            reader.error(Code::SidecarInjection, taken, span);
        }
    }
    let mut spec = reader.mapping(spec?, &SPEC)?;
    let namespaces = spec.take("namespaces").map(|node| namespaces(reader, node)).unwrap_or_default();
    let pod_labels = spec.take("podLabels").map(|node| pod_labels(reader, node)).unwrap_or_default();
    let container = spec.take("container").and_then(|node| container(reader, node, name.as_deref()));
    let volumes = spec.take("volumes").map(|node| volumes(reader, node)).unwrap_or_default();
    spec.finish(reader);
    let is_right = reader.problems.len() == before;
    is_right.then_some(Injection { name: name?, namespaces, pod_labels, container: container?, volumes })
}

fn dns_label(reader: &mut Reader, text: &str, what: &str, span: &Span) {
    if !is_dns_label(text) {
        let message = format!("{what} has at most 63 of a-z, 0-9 and -, and no - at its ends; this is `{text}`");
        reader.error(Code::SidecarInjection, message, span);
    }
}

/// At least one: an empty list would mean every namespace to some and none to others.
fn namespaces(reader: &mut Reader, node: &Node) -> BTreeSet<String> {
    let items = reader.items(node, "`namespaces`").unwrap_or_default();
    if node.items().is_some_and(<[Node]>::is_empty) {
        reader.error(Code::EmptyValue, "`namespaces` is empty", &node.span).help =
            Some("name one, or leave the field out for all namespaces".into());
    }
    let mut named = BTreeSet::new();
    for item in items {
        let Some(name) = reader.text(item, "a namespace") else { continue };
        dns_label(reader, name, "a namespace", &item.span);
        named.insert(name.to_owned());
    }
    named
}

fn pod_labels(reader: &mut Reader, node: &Node) -> BTreeMap<String, String> {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "`podLabels`", "a mapping");
        return BTreeMap::new();
    };
    let mut labels = BTreeMap::new();
    for (key, value) in entries {
        let Some(name) = reader.text(key, "a label's key") else { continue };
        // A label's value may be empty, but not nothing.
        match value.text().filter(|_| !value.is_null()) {
            Some(text) => {
                if let Err(wrong) = check_vm_label(name, text) {
                    reader.error(Code::SidecarInjection, wrong, &key.span);
                }
                labels.insert(name.to_owned(), text.to_owned());
            }
            None => reader.wrong_type(value, "a label's value", "a text"),
        }
    }
    labels
}

/// What of the container this side must know of; the API server judges all of it.
fn container(reader: &mut Reader, node: &Node, name: Option<&str>) -> Option<Map<String, Value>> {
    let container = object(reader, node, "`container`")?;
    let mut needs = |field: &str, wanted: &str, is_right: &dyn Fn(&str) -> bool| {
        let found = container.get(field).and_then(Value::as_str);
        if !found.is_some_and(is_right) {
            let span = node.get(field).map_or(node.span.start..node.span.start, |value| value.span.clone());
            reader.error(Code::SidecarInjection, format!("the container needs `{field}`: {wanted}"), &span);
        }
    };
    if let Some(name) = name {
        // By its name the container is found when the API server asks again.
        needs("name", &format!("the injection's own, `{name}`"), &|text| text == name);
    }
    needs("image", "the sidecar's", &|text| !text.is_empty());
    needs("restartPolicy", "`Always`, or no other container of the pod ever starts", &|text| text == "Always");
    Some(container)
}

fn volumes(reader: &mut Reader, node: &Node) -> Vec<Value> {
    let items = reader.items(node, "`volumes`").unwrap_or_default();
    let (mut volumes, mut names) = (Vec::new(), BTreeSet::new());
    for item in items {
        let Some(volume) = object(reader, item, "a volume") else { continue };
        let wrong = match volume.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) {
            None => Some("a volume needs a `name`".to_owned()),
            Some(launcher::SOCKETS_VOLUME) => {
                Some(format!("the pod has `{}` already, and the container may mount it", launcher::SOCKETS_VOLUME))
            }
            Some(name) => (!names.insert(name.to_owned()))
                .then(|| format!("two volumes are called `{name}`, which no pod may have")),
        };
        if let Some(wrong) = wrong {
            reader.error(Code::SidecarInjection, wrong, &item.span);
        }
        volumes.push(Value::Object(volume));
    }
    volumes
}

fn object(reader: &mut Reader, node: &Node, what: &str) -> Option<Map<String, Value>> {
    if node.entries().is_none() {
        reader.wrong_type(node, what, "a mapping");
        return None;
    }
    match yaml::to_json(node, Schema::Core, &reader.source) {
        Ok(Value::Object(members)) => Some(members),
        Ok(_) => None,
        Err(problem) => {
            reader.problems.push(*problem);
            None
        }
    }
}
