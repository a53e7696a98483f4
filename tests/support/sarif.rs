//! Whether a JSON value is a SARIF 2.1.0 log: the part of the standard's schema that virt-patch writes, written down by
//! hand, with what GitHub's code scanning asks for beyond it. OASIS' own schema is not carried here. Members that
//! are not in the table are refused, as the schema refuses them.

use serde_json::{Value, json};
use virt_patch::diagnostic::Diagnostic;
use virt_patch::report;

enum Kind {
    Text,
    /// An integer of at least this.
    Integer(u64),
    Boolean,
    Word(&'static [&'static str]),
    Object(&'static str),
    /// A list of at least so many objects.
    List(&'static str, usize),
}
use Kind::{Boolean, Integer, List, Object, Text, Word};

const LEVELS: &[&str] = &["error", "warning"];

/// Type, member, whether it must be there, what it is. Section numbers are the standard's.
const MEMBERS: &[(&str, &str, bool, Kind)] = &[
    // §3.13 sarifLog
    ("log", "$schema", true, Text),
    ("log", "version", true, Word(&["2.1.0"])),
    ("log", "runs", true, List("run", 1)),
    // §3.14 run
    ("run", "tool", true, Object("tool")),
    ("run", "columnKind", true, Word(&["unicodeCodePoints"])),
    ("run", "invocations", true, List("invocation", 1)),
    ("run", "results", true, List("result", 0)),
    // §3.18 tool, §3.19 toolComponent
    ("tool", "driver", true, Object("driver")),
    ("driver", "name", true, Text),
    ("driver", "semanticVersion", true, Text),
    ("driver", "rules", true, List("rule", 0)),
    // §3.49 reportingDescriptor; GitHub asks for the descriptions and the help
    ("rule", "id", true, Text),
    ("rule", "shortDescription", true, Object("message")),
    ("rule", "fullDescription", true, Object("message")),
    ("rule", "help", true, Object("help")),
    ("help", "text", true, Text),
    ("help", "markdown", true, Text),
    // §3.20 invocation, §3.58 notification
    ("invocation", "executionSuccessful", true, Boolean),
    ("invocation", "toolExecutionNotifications", true, List("notification", 0)),
    ("notification", "level", true, Word(LEVELS)),
    ("notification", "message", true, Object("message")),
    ("notification", "associatedRule", false, Object("ruleReference")),
    ("ruleReference", "id", true, Text),
    ("ruleReference", "index", true, Integer(0)),
    // §3.27 result; GitHub asks for a location
    ("result", "ruleId", true, Text),
    ("result", "ruleIndex", true, Integer(0)),
    ("result", "level", true, Word(LEVELS)),
    ("result", "message", true, Object("message")),
    ("result", "locations", true, List("location", 1)),
    ("result", "relatedLocations", false, List("relatedLocation", 1)),
    ("result", "fixes", false, List("fix", 1)),
    ("message", "text", true, Text),
    // §3.28 location, §3.29 physicalLocation, §3.4 artifactLocation, §3.30 region; GitHub asks for the region
    ("location", "physicalLocation", true, Object("place")),
    ("relatedLocation", "id", true, Integer(1)),
    ("relatedLocation", "physicalLocation", true, Object("place")),
    ("relatedLocation", "message", true, Object("message")),
    ("place", "artifactLocation", true, Object("artifact")),
    ("place", "region", true, Object("region")),
    ("artifact", "uri", true, Text),
    ("region", "startLine", true, Integer(1)),
    ("region", "startColumn", true, Integer(1)),
    ("region", "endLine", false, Integer(1)),
    ("region", "endColumn", false, Integer(1)),
    // §3.55 fix, §3.56 artifactChange, §3.57 replacement
    ("fix", "description", true, Object("message")),
    ("fix", "artifactChanges", true, List("change", 1)),
    ("change", "artifactLocation", true, Object("artifact")),
    ("change", "replacements", true, List("replacement", 1)),
    ("replacement", "deletedRegion", true, Object("region")),
    ("replacement", "insertedContent", true, Object("message")),
];

/// The log of these problems, each file under its own name.
pub(crate) fn log(problems: &[Diagnostic]) -> Value {
    report::sarif::log(problems, ToOwned::to_owned)
}

/// What is wrong with a log, if something is.
pub(crate) fn check(log: &Value) -> Result<(), String> {
    object(log, "log", "$")?;
    for run in log["runs"].as_array().into_iter().flatten() {
        let rules = run["tool"]["driver"]["rules"].as_array().ok_or("no rules")?;
        let mut ids: Vec<&Value> = rules.iter().map(|rule| &rule["id"]).collect();
        ids.sort_by_key(|id| id.to_string());
        ids.dedup();
        if ids.len() != rules.len() {
            return Err("two rules of one id".into());
        }
        for result in run["results"].as_array().into_iter().flatten() {
            let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
            let rule = index.and_then(|index| rules.get(index)).ok_or("a rule index that leads nowhere")?;
            if rule["id"] != result["ruleId"] {
                return Err(format!("the rule {} is not {}", rule["id"], result["ruleId"]));
            }
        }
    }
    Ok(())
}

fn object(value: &Value, kind: &str, at: &str) -> Result<(), String> {
    let members = value.as_object().ok_or_else(|| format!("{at} is no object"))?;
    let known: Vec<_> = MEMBERS.iter().filter(|(owner, ..)| *owner == kind).collect();
    assert!(!known.is_empty(), "the table has no {kind}");
    if let Some(name) = members.keys().find(|name| !known.iter().any(|(_, member, ..)| member == name)) {
        return Err(format!("{at}.{name} is not in the standard"));
    }
    for (_, name, is_required, kind) in known {
        let at = format!("{at}.{name}");
        let Some(value) = members.get(*name) else {
            if *is_required {
                return Err(format!("{at} is missing"));
            }
            continue;
        };
        let is_right = match kind {
            Text => value.as_str().is_some_and(|text| !text.is_empty() || at.contains("insertedContent")),
            Integer(least) => value.as_u64().is_some_and(|number| number >= *least),
            Boolean => value.is_boolean(),
            Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Object(kind) => {
                object(value, kind, &at)?;
                true
            }
            List(kind, least) => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    object(item, kind, &format!("{at}[{index}]"))?;
                }
                value.as_array().is_some_and(|items| items.len() >= *least)
            }
        };
        if !is_right {
            return Err(format!("{at} is wrong: {value}"));
        }
        if *name == "uri" && !is_uri_reference(value.as_str().unwrap_or_default()) {
            return Err(format!("{at} is no URI reference: {value}"));
        }
    }
    if kind == "region" && !is_forward(value) {
        return Err(format!("{at} ends before it begins: {value}"));
    }
    Ok(())
}

fn is_forward(region: &Value) -> bool {
    let number = |name: &str| region[name].as_u64();
    let (Some(line), Some(column)) = (number("startLine"), number("startColumn")) else { return false };
    match (number("endLine"), number("endColumn")) {
        (None, None) => true,
        (Some(end_line), Some(end_column)) => (end_line, end_column) > (line, column),
        _ => false,
    }
}

/// RFC 3986, less what virt-patch never writes: a query, a fragment, an authority.
fn is_uri_reference(uri: &str) -> bool {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    let bytes = path.as_bytes();
    let is_escape = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => is_escape(at),
        byte => byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(byte),
    })
}

/// The check itself finds what is broken: each of these is a right log with one thing wrong.
#[test]
fn a_broken_log_is_found() {
    let source = virt_patch::source::Source::new("a b.yaml", "kind: RulSet\n");
    let at = virt_patch::source::Location::new(&source, 6..12);
    let mut problem = Diagnostic::error(virt_patch::diagnostic::Code::UnknownKind, "x").at(at.clone());
    problem.suggest("RulSet", "RuleSet");
    let right = log(&[problem.related(at, "y"), Diagnostic::error(virt_patch::diagnostic::Code::Unreadable, "z")]);
    assert_eq!(check(&right), Ok(()));
    assert_eq!(
        right.pointer("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"),
        Some(&json!("a%20b.yaml"))
    );
    let result = "/runs/0/results/0";
    let wrong = [
        ("/version".to_owned(), json!("2.0.0")),
        ("/runs".to_owned(), json!([])),
        (format!("{result}/locations"), json!([])),
        (format!("{result}/locations/0/physicalLocation"), json!({"artifactLocation": {"uri": "a"}})),
        (format!("{result}/locations/0/physicalLocation/artifactLocation/uri"), json!("a b.yaml")),
        (format!("{result}/locations/0/physicalLocation/region/startLine"), json!(0)),
        (format!("{result}/locations/0/physicalLocation/region/endColumn"), json!(1)),
        (format!("{result}/ruleIndex"), json!(9)),
        (format!("{result}/ruleId"), json!("unreadable")),
        (format!("{result}/level"), json!("fatal")),
        (format!("{result}/message"), json!({"txt": "x"})),
        (format!("{result}/message/text"), json!("")),
        (format!("{result}/fixes/0/artifactChanges/0/replacements"), json!([])),
        (format!("{result}/relatedLocations/0/id"), json!("1")),
        ("/runs/0/tool/driver/rules/0/id".to_owned(), json!("unreadable")),
        ("/runs/0/tool/driver/rules/0/help/text".to_owned(), json!("")),
        ("/runs/0/invocations/0/executionSuccessful".to_owned(), json!("no")),
    ];
    for (pointer, value) in wrong {
        let mut broken = right.clone();
        *broken.pointer_mut(&pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = value;
        assert!(check(&broken).is_err(), "{pointer} is broken, and nobody sees it");
    }
    let mut more = right.clone();
    more["runs"][0]["results"][0]["colour"] = json!("red");
    assert!(check(&more).is_err(), "a member that the standard does not have");
}
