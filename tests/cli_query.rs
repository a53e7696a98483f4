//! `virt-patch query`.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

#[path = "cli/run.rs"]
mod run;

use run::Desk;
use serde_json::{Value, json};

const DOMAIN: &str = "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0' type='kvm'>\n  <disk>\n    <target dev='vda'/>\n  </disk>\n  <disk>\n    <target é='1' dev='vdb'/>\n  </disk>\n  <q:commandline><q:arg value='-x'/></q:commandline>\n</domain>\n";

fn query(expression: &str, more: &[&str]) -> run::Done {
    let desk = Desk::new(&[("domain.xml", DOMAIN)]);
    desk.run(&[&["query", expression, "--domain", "domain.xml"], more].concat())
}

fn as_json(expression: &str, more: &[&str]) -> Value {
    let done = query(expression, &[&["-o", "json"], more].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn nodes_have_a_path_a_place_and_a_text() {
    let done = query("//disk/target/@dev", &[]);
    assert_eq!(done.out, "/domain/disk[1]/target/@dev  3:13  vda\n/domain/disk[2]/target/@dev  6:19  vdb\n");
    let nodes = json!([
        { "path": "/domain/disk[1]/target/@dev", "line": 3, "column": 13, "text": "vda" },
        { "path": "/domain/disk[2]/target/@dev", "line": 6, "column": 19, "text": "vdb" },
    ]);
    assert_eq!(as_json("//disk/target/@dev", &[]), json!({ "type": "node-set", "value": "vda", "nodes": nodes }));
}

#[test]
fn each_path_selects_its_node_alone() {
    for node in as_json("//node() | //@*", &[])["nodes"].as_array().unwrap() {
        let path = node["path"].as_str().unwrap();
        let again = as_json(path, &[]);
        assert_eq!(again["nodes"].as_array().unwrap().len(), 1, "{path}");
        assert_eq!(again["nodes"][0], *node, "{path}");
    }
}

/// What is printed can be asked for, whatever prefixes the document has for its namespaces.
#[test]
fn paths_have_the_prefixes_that_the_query_knows() {
    let path = |more: &[&str]| as_json("//*[local-name() = 'arg']", more)["nodes"][0]["path"].clone();
    assert_eq!(path(&[]), "/domain/qemu:commandline/qemu:arg");
    let desk = Desk::new(&[(
        "domain.xml",
        "<domain><metadata><a:b xmlns:a='urn:x'/><a:b xmlns:a='urn:y'/></metadata></domain>",
    )]);
    let found = |expression: &str, more: &[&str]| {
        desk.run(&[&["query", expression, "--domain", "domain.xml"], more].concat()).out
    };
    let unknown = "/domain/metadata/*[local-name()='b' and namespace-uri()='urn:y']";
    assert_eq!(found("//*[2]", &[]), format!("{unknown}  1:41\n"));
    assert_eq!(found(unknown, &[]), format!("{unknown}  1:41\n"));
    assert_eq!(found("//*[2]", &["--namespace", "y=urn:y"]), "/domain/metadata/y:b  1:41\n");
}

#[test]
fn values_have_their_type() {
    for (expression, kind, value) in [
        ("count(//disk)", "number", "2"),
        ("1 div 0", "number", "Infinity"),
        ("string(/domain/@type)", "string", "kvm"),
        ("//disk = ''", "boolean", "false"),
    ] {
        assert_eq!(as_json(expression, &[]), json!({ "type": kind, "value": value, "nodes": [] }), "{expression}");
        assert_eq!(query(expression, &[]).out, format!("{value}\n"));
    }
}

#[test]
fn relative_paths_start_at_the_document_and_sequences_keep_their_order() {
    assert_eq!(query("domain/@type", &[]).out, "/domain/@type  1:62  kvm\n");
    assert_eq!(as_json("('b', 'a')", &[])["nodes"][0]["text"], "b");
    let reversed = as_json("(//disk[2], //disk[1])", &[]);
    let lines: Vec<_> =
        reversed["nodes"].as_array().unwrap().iter().map(|node| node["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [5, 2]);
}

#[test]
fn prefixes_are_built_in_or_given() {
    assert_eq!(query("//qemu:arg/@value", &[]).out, "/domain/qemu:commandline/qemu:arg/@value  8:25  -x\n");
    let given = ["--namespace", "mine=http://libvirt.org/schemas/domain/qemu/1.0"];
    assert_eq!(query("count(//mine:arg)", &given).out, "1\n");
    assert_eq!(query("1", &["--namespace", "mine"]).code, 2);
}

#[test]
fn nothing_selected_is_fine_and_said() {
    let done = query("/domain/nothing", &[]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "", "note: the expression selects nothing\n"));
}

#[test]
fn what_is_wrong_exits_with_one_and_what_cannot_be_read_with_two() {
    assert_eq!(query("//disk[", &[]).code, 1);
    assert_eq!(query("number-from-hex('zz')", &[]).code, 1);
    let desk = Desk::new(&[("bad.xml", "<a>")]);
    assert_eq!(desk.run(&["query", "1", "--domain", "bad.xml"]).code, 1);
    assert_eq!(desk.run(&["query", "1", "--domain", "none.xml"]).code, 2);
    assert_eq!(desk.run_with(&["query", "name(/*)", "--domain", "-"], "<a/>", &[]).out, "a\n");
}

#[test]
fn one_prefix_is_one_namespace() {
    let desk = Desk::new(&[("domain.xml", "<domain/>")]);
    let with = |uri: &str| {
        let namespaces = ["--namespace", "a=urn:a", "--namespace", uri];
        desk.run(&[&["query", "/domain", "--domain", "domain.xml"][..], &namespaces].concat())
    };
    assert_eq!(with("a=urn:a").code, 0);
    let twice = with("a=urn:b");
    assert_eq!((twice.code, twice.out.as_str()), (2, ""));
    assert!(twice.err.contains("`--namespace a=…` is given twice, with different URIs"), "{}", twice.err);
}
