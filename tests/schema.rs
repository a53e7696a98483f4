//! The JSON Schema for editors says what the reader says: what is right validates, and what it refuses the
//! reader refuses too.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use virt_patch::diagnostic::{Code, Diagnostic};
use virt_patch::injection;
use virt_patch::policy;
use virt_patch::rule::shape::{Mapping, Shape};
use virt_patch::rule::{API_VERSION, RuleFile, Trust, compile};
use virt_patch::rule_test::{self, Files};
use virt_patch::schema;
use virt_patch::source::Source;
use virt_patch::yaml;

const FILE: &str = "schema/v1alpha1.json";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema::schema()).expect("a schema of draft 2020-12")
}

#[test]
fn the_schema_that_is_checked_in_is_the_programs() {
    let path = root().join(FILE);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, schema::text()).expect("written");
    }
    let written = fs::read_to_string(&path).expect("the schema is checked in");
    assert!(written == schema::text(), "{FILE} is another schema; `BLESS=1 cargo test --test schema` rewrites it");
}

#[test]
fn it_is_a_schema_of_2020_12() {
    let schema = schema::schema();
    let wrong = jsonschema::draft202012::meta::validate(&schema).err().map(|error| error.to_string());
    assert_eq!(wrong, None);
}

#[test]
fn every_field_says_what_it_is_for_and_every_example_is_one() {
    let whole = schema::schema();
    let mut examples = 0;
    for (name, definition) in whole["$defs"].as_object().expect("definitions") {
        assert!(definition["description"].as_str().is_some_and(|text| text.len() > 10), "{name} has no description");
        for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
            let about = schema["description"].as_str().unwrap_or_default();
            assert!(about.ends_with('.'), "{name}.{field}: `{about}` is no sentence");
            let reference = json!({ "$ref": format!("#/$defs/{name}/properties/{field}"), "$defs": whole["$defs"] });
            let validator = jsonschema::draft202012::new(&reference).expect("a schema");
            for example in schema["examples"].as_array().into_iter().flatten() {
                assert!(validator.is_valid(example), "{name}.{field}: {example} is no example");
                examples += 1;
            }
        }
    }
    assert!(examples > 30, "{examples} examples");
}

/// Fields that no case needs.
const RARE: &str = "
apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {name: rare, labels: {app: a}, annotations: {note: b}}
spec:
  checks:
    missing-alias: Off
    duplicate-target: Warn
    duplicate-alias: Error
    duplicate-address: Error
    unknown-element: Warn
    unknown-attribute: Warn
    not-idempotent: Off
  preCloudInitIso:
    - document: userData
      forEach: {var: user, in: /users}
      expect: Some
      warn: a user
";

/// As [`RARE`], for tests of rules.
const RARE_TEST: &str = "
apiVersion: virt-patch.dev/v1alpha1
kind: RuleTest
metadata: {name: rare}
spec:
  rules: [rules.yaml, {file: rules.yaml}, {pack: smbios, params: {manufacturer: ACME}}, {inline: '# none'}]
  policies: [policy.yaml, {file: policy.yaml}, {builtin: privileged}, {inline: \"{apiVersion: virt-patch.dev/v1alpha1, kind: RulePolicy, metadata: {name: a}, spec: {}}\"}]
  namespaces: {a: 'urn:a'}
  domain: {file: domain.xml}
  vmi: {file: vmi.json}
  env: {NAME: value, EMPTY: ''}
  files: {/etc/key: text}
  cases:
    - name: everything that can be expected of a domain
      todo: it is a list of fields
      domain: {inline: <domain/>}
      vmi: {inline: {metadata: {name: a}}}
      env: {}
      files: {}
      secondCall: {inline: <domain/>}
      expect:
        xpath: {/domain/title: a, /domain/name: [a, '']}
        diff: {inline: a}
        domain: expected.xml
        unchanged: true
        warnings: [rule-warned]
    - name: of cloud-init data
      cloudInit: {inline: '{}'}
      expect: {document: metaData, xpath: {/a: b}, cloudInit: {file: expected.json}}
    - name: an error
      secondCall: Skip
      expect: {error: {code: rule-failed, message: no, rule: name}}
    - name: a code
      expect: {error: rule-failed}
---
apiVersion: virt-patch.dev/v1alpha1
kind: RuleTest
metadata: {name: for all cases}
spec:
  rules: [rules.yaml]
  cloudInit: {inline: '{}'}
  cases: [{name: one, expect: {unchanged: true}}]
";

/// As [`RARE`], for policies.
const RARE_POLICY: &str = "
apiVersion: virt-patch.dev/v1alpha1
kind: RulePolicy
metadata: {name: rare}
spec:
  namespaces: {a: 'urn:a'}
  deny: [//script, {path: '//a:b', reason: no b}]
  protect: [/domain/devices/emulator]
  allow: [/domain/sysinfo]
  cloudInit: {allow: [userData]}
  annotationRules: Deny
  files: Deny
  packs: [smbios]
  paramSources: [annotation]
  limits: {steps: 1000, bytes: 1000, nodes: 10}
";

/// As [`RARE`], for what the webhook puts into pods.
const RARE_INJECTION: &str = "
apiVersion: virt-patch.dev/v1alpha1
kind: SidecarInjection
metadata: {name: rare}
spec:
  namespaces: [vms]
  podLabels: {vm.example/tier: gold}
  container: {name: rare, image: a, restartPolicy: Always}
  volumes: [{name: rules, configMap: {name: rules}}]
";

/// A document that was found, and where.
struct Found {
    name: String,
    json: Value,
}

/// The files that tests of rules name: those of the tour.
struct Tour;

impl Files for Tour {
    fn rules(&self, path: &str) -> Result<Vec<RuleFile>, Vec<Diagnostic>> {
        match self.text(path) {
            Ok(Some(source)) => Ok(vec![RuleFile { source, trust: Trust::File, pack: None }]),
            _ => Err(vec![Diagnostic::error(Code::Unreadable, format!("no {path}"))]),
        }
    }

    fn text(&self, path: &str) -> Result<Option<Arc<Source>>, String> {
        if path == "policy.yaml" {
            return Ok(Some(Source::new(path, RARE_POLICY)));
        }
        let text = fs::read_to_string(root().join("examples/tour").join(path));
        Ok(text.ok().map(|text| Source::new(path, text)))
    }
}

/// The documents of a text that are right, as JSON. What stands in a ConfigMap's data or an annotation is
/// looked into, because an editor sees it only in a file of its own.
fn documents(name: &str, text: &str, found: &mut Vec<Found>) {
    let source = Source::new(name, text);
    let Ok(read) = yaml::read(&source, &yaml::Limits::default()) else { return };
    for document in read {
        let is = |kind: &str| document.get("kind").and_then(yaml::Node::text) == Some(kind);
        if is("ConfigMap") {
            let values = document.get("data").and_then(yaml::Node::entries).unwrap_or_default();
            values.iter().filter_map(|(_, value)| value.text()).for_each(|text| documents(name, text, found));
        } else if (is("RuleSet") || is("RuleTest") || is("RulePolicy") || is(injection::KIND))
            && document.get("apiVersion").and_then(yaml::Node::text) == Some(API_VERSION)
        {
            let Ok(json) = yaml::to_json(&document, yaml::schema::Schema::Core, &source) else { continue };
            if compiles(&json) {
                found.push(Found { name: name.to_owned(), json });
            }
        }
    }
}

/// JSON is YAML, so the reader takes it.
fn compiles(json: &Value) -> bool {
    if json.get("kind").is_some_and(|kind| kind == "RuleTest") {
        return rule_test::compile(&Source::new("mutated.yaml", json.to_string()), &Tour).1.is_empty();
    }
    if json.get("kind").is_some_and(|kind| kind == "RulePolicy") {
        return policy::compile(&Source::new("mutated.yaml", json.to_string())).1.is_empty();
    }
    if json.get("kind").is_some_and(|kind| kind == injection::KIND) {
        return injection::compile(&Source::new("mutated.yaml", json.to_string())).1.is_empty();
    }
    compile(&[RuleFile { source: Source::new("mutated.yaml", json.to_string()), trust: Trust::File, pack: None }])
        .is_ok()
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|known| known == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Every rule set of the packs, the examples, the pages and the cases that is right.
fn all() -> Vec<Found> {
    let mut found = Vec::new();
    documents("rare", RARE, &mut found);
    documents("rare", RARE_TEST, &mut found);
    documents("rare", RARE_POLICY, &mut found);
    documents("rare", RARE_INJECTION, &mut found);
    let yaml = ["rules", "examples", "src/cli", "tests/cases"].iter().flat_map(|folder| files(folder, "yaml"));
    for path in yaml.chain(files("rules", "yml")) {
        documents(&path.display().to_string(), &fs::read_to_string(&path).expect("a file"), &mut found);
    }
    let header = format!("apiVersion: {API_VERSION}\nkind: RuleSet\nmetadata:\n  name: example\n");
    for page in files("docs", "md").into_iter().chain([root().join("README.md")]) {
        let text = fs::read_to_string(&page).expect("a page");
        for block in text.split("\n```yaml").skip(1) {
            let (info, rest) = block.split_once('\n').expect("a block");
            let body = rest.split("\n```").next().unwrap_or_default();
            let body = if info.trim() == "spec" { format!("{header}{body}") } else { body.to_owned() };
            documents(&page.display().to_string(), &body, &mut found);
        }
    }
    found
}

#[test]
fn everything_that_is_right_validates() {
    let validator = validator();
    let mut all = all();
    for path in files("policies", "yaml") {
        documents(&path.display().to_string(), &fs::read_to_string(&path).expect("a file"), &mut all);
    }
    assert!(all.len() > 200, "{} rule sets", all.len());
    for found in &all {
        let errors: Vec<String> =
            validator.iter_errors(&found.json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {}\n{:#}", found.name, errors.join("\n"), found.json);
    }
    println!("{} rule sets validate", all.len());
}

/// Every field of every table is in some rule set that compiles: the reader takes it.
#[test]
fn the_reader_takes_every_field() {
    let mut used = BTreeSet::new();
    for found in all() {
        let kind = schema::KINDS.into_iter().find(|kind| found.json["kind"] == kind.name).expect("a kind");
        visit(&Shape::Mapping(kind), &found.json, &mut used);
    }
    let mut tables: Vec<&Mapping> = schema::KINDS.to_vec();
    let mut seen = BTreeSet::new();
    let mut unused = Vec::new();
    while let Some(table) = tables.pop() {
        if seen.insert(table.name) {
            for field in table.fields {
                if !used.contains(&(table.name, field.name)) {
                    unused.push(format!("{}.{}", table.name, field.name));
                }
                inner(&field.shape, &mut tables);
            }
        }
    }
    assert!(unused.is_empty(), "no rule set that compiles has {unused:?}");
    println!("{} fields of {} mappings", used.len(), seen.len());
}

fn inner(shape: &Shape, tables: &mut Vec<&'static Mapping>) {
    match shape {
        Shape::Mapping(table) => tables.push(table),
        Shape::List(of, _) | Shape::Map { values: of, .. } => inner(of, tables),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| inner(shape, tables)),
        _ => {}
    }
}

fn visit(shape: &Shape, value: &Value, used: &mut BTreeSet<(&'static str, &'static str)>) {
    match shape {
        Shape::Mapping(table) => {
            for field in table.fields {
                if let Some(value) = value.get(field.name) {
                    used.insert((table.name, field.name));
                    visit(&field.shape, value, used);
                }
            }
        }
        Shape::Either(shapes) => shapes.iter().for_each(|shape| visit(shape, value, used)),
        Shape::List(of, _) => value.as_array().into_iter().flatten().for_each(|value| visit(of, value, used)),
        Shape::Map { values, .. } => {
            value.as_object().into_iter().flatten().for_each(|(_, value)| visit(values, value, used));
        }
        _ => {}
    }
}

/// Every way in which a value somewhere in `json` can be another one.
fn mutations(json: &Value) -> Vec<Value> {
    let mut pointers = vec![String::new()];
    let mut at = 0;
    while at < pointers.len() {
        let pointer = pointers[at].clone();
        match json.pointer(&pointer) {
            Some(Value::Object(members)) => {
                pointers.extend(
                    members.keys().map(|key| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))),
                );
            }
            Some(Value::Array(items)) => pointers.extend((0..items.len()).map(|index| format!("{pointer}/{index}"))),
            _ => {}
        }
        at += 1;
    }
    let others = [
        json!(null),
        json!(7),
        json!(-1.5),
        json!(true),
        json!(""),
        json!("word"),
        json!([]),
        json!(["word"]),
        json!({}),
        json!({"word": 7}),
    ];
    let mut mutations = Vec::new();
    for pointer in &pointers {
        let mut changed = |change: &dyn Fn(&mut Value)| {
            let mut copy = json.clone();
            if let Some(value) = copy.pointer_mut(pointer) {
                change(value);
                if copy != *json {
                    mutations.push(copy);
                }
            }
        };
        others.iter().for_each(|other| changed(&|value| *value = other.clone()));
        if let Some(Value::Object(members)) = json.pointer(pointer) {
            for key in members.keys() {
                changed(&|value| drop(value.as_object_mut().and_then(|members| members.shift_remove(key))));
                changed(&|value| renamed(value, key));
            }
            for key in ["word", "remove", "merge", "patch", "value", "env", "after", "keys", "9"] {
                changed(&|value| {
                    value.as_object_mut().map(|members| members.entry(key).or_insert_with(|| json!("/domain/a")));
                });
            }
        }
    }
    mutations
}

fn renamed(value: &mut Value, key: &str) {
    if let Some(members) = value.as_object_mut() {
        let other = members.iter().map(|(name, value)| {
            let name = if name == key { format!("{name}s") } else { name.clone() };
            (name, value.clone())
        });
        *members = other.collect::<Map<_, _>>();
    }
}

#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let validator = validator();
    let (mut tried, mut refused, mut wrong) = (0, 0, Vec::new());
    // Each shape of a rule set once: cases that differ in names and values alone say the same here.
    let mut shapes = BTreeSet::new();
    for found in all() {
        if !shapes.insert(outline(&found.json)) {
            continue;
        }
        for mutated in mutations(&found.json) {
            tried += 1;
            if !validator.is_valid(&mutated) {
                refused += 1;
                if compiles(&mutated) {
                    let why = validator.iter_errors(&mutated).map(|error| error.to_string()).collect::<Vec<_>>();
                    wrong.push(format!("{}: {}\n{mutated}", found.name, why.join("; ")));
                }
            }
        }
    }
    println!("{tried} mutated rule sets of {} shapes, {refused} refused by both", shapes.len());
    assert!(refused > 1000 && refused * 3 > tried, "{refused} of {tried} refused: the schema says too little");
    wrong.truncate(10);
    assert!(wrong.is_empty(), "the schema refuses what the reader takes:\n{}", wrong.join("\n\n"));
}

/// The keys of a value and its types.
fn outline(value: &Value) -> String {
    match value {
        Value::Object(members) => members.iter().map(|(key, value)| format!("{{{key}:{}}}", outline(value))).collect(),
        Value::Array(items) => items.iter().map(outline).collect::<BTreeSet<_>>().into_iter().collect(),
        Value::String(_) => "s".into(),
        other => other.to_string(),
    }
}

/// What authors get wrong most is refused while they type.
#[test]
fn usual_mistakes_are_refused() {
    let validator = validator();
    let with = |spec: &str| {
        let text = format!("{{apiVersion: {API_VERSION}, kind: RuleSet, metadata: {{name: a}}, spec: {spec}}}");
        let source = Source::new("mistake.yaml", text);
        let documents = yaml::read(&source, &yaml::Limits::default()).expect("YAML");
        yaml::to_json(&documents[0], yaml::schema::Schema::Core, &source).expect("JSON")
    };
    assert!(validator.is_valid(&with("{onDefineDomain: [{remove: /domain/a}]}")));
    for spec in [
        "{onDefineDomian: []}",
        "{onDefineDomain: [{name: no verb}]}",
        "{onDefineDomain: [{remove: /domain/a, warn: two verbs}]}",
        "{onDefineDomain: [{remove: [/domain/a]}]}",
        "{onDefineDomain: [{expect: one, remove: /domain/a}]}",
        "{onDefineDomain: [{insert: {xml: <a/>}}]}",
        "{onDefineDomain: [{insert: {into: /domain, after: /domain/a, xml: <a/>}}]}",
        "{onDefineDomain: [{forEach: {in: /domain/a}, warn: no variable}]}",
        "{onDefineDomain: [{steps: [{steps: [{}]}]}]}",
        "{params: {a: {}}}",
        "{params: {a: {annotation: b, label: c}}}",
        "{params: {a: {annotation: b, type: int}}}",
        "{params: {a: {fileExists: relative}}}",
        "{params: {a b: {value: 1}}}",
        "{preCloudInitIso: [{document: userdata, merge: {}}]}",
        "{preCloudInitIso: [{document: userData, patch: [{op: remove, path: /a, value: 1}]}]}",
        "{preCloudInitIso: [{document: userData, patch: [{op: add, path: /a}]}]}",
        "{use: [{params: {}}]}",
        "{checks: {missing-alias: warn}}",
        "{checks: {missing-aliases: Warn}}",
        "{files: [{name: a}]}",
    ] {
        assert!(!validator.is_valid(&with(spec)), "the schema takes {spec}");
    }
}
