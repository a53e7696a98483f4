//! libvirt's vocabulary is what its grammar says: made anew from the grammar's extract and compared
//! (`BLESS=1` rewrites it), and held against every domain of libvirt's own tests.

#![cfg(test)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use virt_patch::vocabulary::{LIBVIRT, Model, NAMESPACES, Name, Values, homes};
use virt_patch::xml::{Document, NodeId};
use virt_patch::xpath::Kind;

fn table() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/vocabulary/libvirt-{LIBVIRT}.txt"))
}

/// `{uri}local` as the table writes it: `prefix:local`.
fn written(name: &str) -> String {
    let Some((uri, local)) = name.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
        return name.to_owned();
    };
    let (prefix, _) = NAMESPACES.iter().find(|(_, known)| *known == uri).expect("a namespace of libvirt's");
    format!("{prefix}:{local}")
}

/// The table's text from the extract: `states` is a list of [attributes, children, has text].
fn from_extract(extract: &Json) -> String {
    let mut text = format!(
        "# What each element of a domain may hold, from the RELAX NG grammar of libvirt {LIBVIRT} (schemas/domain.rng).\n\
         # A line a model: ATTRIBUTES;CHILDREN;TEXT. The first is <domain>. `BLESS=1 cargo test --test vocabulary` writes this.\n"
    );
    assert_eq!(extract["root"]["domain"], 0, "the first model is the root's");
    for state in extract["states"].as_array().expect("states") {
        let attributes = state[0].as_object().expect("attributes").iter().map(|(name, values)| match values {
            Json::Array(words) => {
                let words: Vec<&str> = words.iter().map(|word| word.as_str().expect("a word")).collect();
                format!("{name}={}", words.join("|"))
            }
            _ => name.clone(),
        });
        let children = state[1].as_object().expect("children").iter();
        let children = children.map(|(name, model)| format!("{}>{model}", written(name)));
        let has_text = if state[2] == 1 { "text" } else { "" };
        let line = [attributes.collect::<Vec<_>>().join(" "), children.collect::<Vec<_>>().join(" ")].join(";");
        text.push_str(&format!("{line};{has_text}\n"));
    }
    text
}

#[test]
fn the_table_is_what_the_grammar_says() {
    let Some(extract) = support::shared("libvirt") else { return };
    let extract = fs::read_to_string(extract.join(format!("vocabulary-enums-{LIBVIRT}.json"))).expect("the extract");
    let made = from_extract(&serde_json::from_str(&extract).expect("JSON"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(table(), made).expect("written");
        return;
    }
    let kept = fs::read_to_string(table()).expect("the table");
    assert!(kept == made, "the table is not the extract's; `BLESS=1 cargo test --test vocabulary` rewrites it");
}

#[test]
fn it_answers_by_place() {
    let child = |model: Model, local| model.child(Name::new("", local));
    let devices = child(Model::DOMAIN, "devices").expect("devices");
    let disk = child(devices, "disk").expect("disk");
    assert!(child(disk, "iotune").is_some() && child(devices, "iotune").is_none());
    assert_eq!(homes(Name::new("", "iotune")), ["/domain/devices/disk"]);
    assert_eq!(disk.nearest_child(Name::new("", "drivr")).map(|name| name.local), Some("driver"));
    let device = disk.attribute(Name::new("", "device")).expect("device");
    assert!(device.allow("lun") && !device.allow("Lun"), "{device:?}");
    assert_eq!(disk.attribute(Name::new("", "dev")), None);
    let vcpu = child(Model::DOMAIN, "vcpu").expect("vcpu");
    assert!(vcpu.holds_text() && !disk.holds_text());
    let commandline = Model::DOMAIN.child(Name::new(NAMESPACES[0].1, "commandline")).expect("qemu:commandline");
    let argument = commandline.child(Name::new(NAMESPACES[0].1, "arg")).expect("qemu:arg");
    assert_eq!(argument.attribute(Name::new("", "value")), Some(Values::Any));
    assert!(child(commandline, "arg").is_none(), "an `arg` without its prefix is another element");
    let metadata = child(Model::DOMAIN, "metadata").expect("metadata");
    let own = metadata.child(Name::new("http://example.org/", "own")).expect("anything");
    assert!(own.child(Name::new("", "more")).is_some() && own.attribute(Name::new("", "x")).is_some());
}

#[test]
fn every_name_of_the_table_is_found() {
    let (mut open, mut seen) = (vec![Model::DOMAIN], std::collections::BTreeSet::from([Model::DOMAIN]));
    let mut names = 0;
    while let Some(model) = open.pop() {
        for (name, below) in model.children() {
            assert_eq!(model.child(name), Some(below), "{name} of {model:?}");
            if seen.insert(below) {
                open.push(below);
            }
        }
        let beside = |local: &str| [format!("{local}_"), format!("_{local}"), local[1..].to_owned()];
        let attributes: Vec<_> = model.attributes().collect();
        for (local, values) in &attributes {
            assert_eq!(model.attribute(Name::new("", local)), Some(*values), "@{local} of {model:?}");
            for wrong in beside(local) {
                let known = attributes.iter().find(|(name, _)| *name == wrong).map(|(_, values)| *values);
                assert_eq!(model.attribute(Name::new("", &wrong)), known, "@{wrong} of {model:?}");
            }
        }
        names += attributes.len() + model.children().count();
    }
    assert!(names > 1_000, "{names}");
}

/// Every name and word of a domain that the vocabulary does not know.
fn unknown(document: &Document<'_>, element: NodeId, model: Model, found: &mut Vec<String>) {
    for attribute in document.attributes(element) {
        let name = Name::new(document.namespace(attribute), document.local_name(attribute));
        match model.attribute(name) {
            None => found.push(format!("@{name}")),
            Some(values) if !values.allow(&document.own_text(attribute)) => {
                found.push(format!("@{name}={}", document.own_text(attribute)));
            }
            Some(_) => {}
        }
    }
    for child in document.children(element).filter(|&child| document.kind(child) == Kind::Element) {
        let name = Name::new(document.namespace(child), document.local_name(child));
        match model.child(name) {
            None => found.push(name.to_string()),
            Some(model) => unknown(document, child, model, found),
        }
    }
}

#[test]
fn no_domain_of_libvirts_tests_has_an_unknown_name() {
    let Some(folder) = support::shared("libvirt/domains") else { return };
    let (mut domains, mut values, mut wrong) = (0, Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = fs::read(&path).expect("a file");
        let Ok(document) = Document::parse_bytes(&text) else { continue };
        let root = document.root_element();
        if document.local_name(root) != "domain" {
            continue;
        }
        domains += 1;
        let mut found = Vec::new();
        unknown(&document, root, Model::DOMAIN, &mut found);
        let (words, names): (Vec<String>, Vec<String>) = found.into_iter().partition(|what| what.contains('='));
        values.extend(words.into_iter().map(|word| format!("{}: {word}", path.display())));
        wrong.extend(names.into_iter().map(|name| format!("{}: {name}", path.display())));
    }
    println!("{domains} domains, {} words outside the lists", values.len());
    assert!(domains > 2700, "{domains} domains");
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Domains that libvirt's tests expect to be refused.
    assert!(values.len() < 20, "{values:#?}");
}
