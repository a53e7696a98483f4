use serde_json::{Value, json};
use virt_patch::diagnostic::Code;
use virt_patch::json::equal::equal;
use virt_patch::json::patch::{Operation, Outcome, PatchError, apply};

use crate::suite::read;
use crate::support;

fn operations(patch: &Value) -> Result<Vec<Operation>, String> {
    patch.as_array().ok_or("no list")?.iter().map(Operation::parse).collect()
}

fn patched(document: &Value, patch: &Value) -> Result<(Value, Vec<Outcome>), PatchError> {
    let mut document = document.clone();
    let before = document.clone();
    let outcomes = apply(&mut document, &operations(patch).expect("operations"));
    match outcomes {
        Ok(outcomes) => Ok((document, outcomes)),
        Err(error) => {
            assert_eq!(document, before, "an error must leave the document as it was");
            Err(error)
        }
    }
}

#[test]
fn suites() {
    let Some(suite) = support::shared("suites/json-patch") else { return };
    let (mut run, mut wrong) = (0, Vec::new());
    for file in ["tests.json", "spec_tests.json", "generated.json"] {
        for test in read(&suite.join(file)).as_array().expect("tests") {
            let (Some(document), Some(patch)) = (test.get("doc"), test.get("patch")) else { continue };
            if test["disabled"] == true {
                continue;
            }
            // RFC 6902 ignores members that it does not know; a rule's author is told of them.
            if patch[0].get("spurious").is_some() || patch[0].get("xyz").is_some() {
                assert!(operations(patch).is_err());
                continue;
            }
            run += 1;
            let mut result = document.clone();
            let done =
                operations(patch).and_then(|patch| apply(&mut result, &patch).map_err(|error| error.to_string()));
            let right = match (&done, test.get("expected")) {
                (Ok(_), Some(expected)) => equal(&result, expected),
                (Ok(_), None) => test.get("error").is_none(),
                (Err(_), _) => test.get("error").is_some() && result == *document,
            };
            if !right {
                wrong.push(format!("{test}\n  gave {done:?}: {result}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {run} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(run, 482, "only {run} tests were found");
}

#[test]
fn wrong_operations_say_what_is_wrong() {
    for (operation, message) in [
        (json!([]), "an operation must be an object, this is a list"),
        (json!({"path": "/a"}), "an operation needs the member 'op'"),
        (json!({"op": 1}), "'op' must be a string, this is a number"),
        (json!({"op": "relpace", "path": "/a"}), "'relpace' is no operation of JSON Patch; did you mean 'replace'?"),
        (json!({"op": "add", "path": "/a"}), "'add' needs the member 'value'"),
        (json!({"op": "add", "value": 1}), "'add' needs the member 'path'"),
        (json!({"op": "copy", "path": "/a"}), "'copy' needs the member 'from'"),
        (json!({"op": "remove", "path": "/a", "value": 1}), "'remove' has no member 'value'"),
        (
            json!({"op": "move", "from": "/a", "path": "/b", "form": 1}),
            "'move' has no member 'form'; did you mean 'from'?",
        ),
        (json!({"op": "remove", "path": "a"}), "the JSON Pointer 'a' does not begin with '/'"),
        (json!({"op": "remove", "path": "/~2"}), "in the JSON Pointer '/~2' a '~' is followed by neither 0 nor 1"),
    ] {
        assert_eq!(Operation::parse(&operation).expect_err("wrong"), message, "{operation}");
    }
    let error = Operation::parse(&json!({"op": "remove", "path": "$.a["})).expect_err("wrong");
    assert!(error.starts_with("in '$.a[' at byte "), "{error}");
}

#[test]
fn queries_apply_at_each_match() {
    let document =
        json!({"ethernets": {"a": {"dhcp4": false}, "b": {"dhcp4": true}, "c": {}}, "list": [1, 2, 3, 4], "x": 1});
    for (patch, changes, matched, changed) in [
        (
            json!({"op": "replace", "path": "$.ethernets[?@.dhcp4 == false].dhcp4", "value": true}),
            json!({"/ethernets/a/dhcp4": true}),
            1,
            true,
        ),
        (
            json!({"op": "add", "path": "$.ethernets.*.mtu", "value": 9000}),
            json!({"/ethernets/a/mtu": 9000, "/ethernets/b/mtu": 9000, "/ethernets/c/mtu": 9000}),
            3,
            true,
        ),
        (json!({"op": "add", "path": "$.none.*.mtu", "value": 9000}), json!({}), 0, false),
        (json!({"op": "add", "path": "$.list.mtu", "value": 9000}), json!({}), 0, false),
        (json!({"op": "remove", "path": "$.list[?@ > 1 && @ < 4]"}), json!({"/list": [1, 4]}), 2, true),
        (json!({"op": "remove", "path": "$.list[3,0,3]"}), json!({"/list": [2, 3]}), 2, true),
        (json!({"op": "remove", "path": "$.nothing"}), json!({}), 0, false),
        (json!({"op": "add", "path": "$.list[1,2]", "value": 0}), json!({"/list": [1, 0, 2, 0, 3, 4]}), 2, true),
        (json!({"op": "replace", "path": "$.x", "value": 1.0}), json!({}), 1, false),
        (
            json!({"op": "copy", "from": "$.list[0,1]", "path": "/list/-"}),
            json!({"/list": [1, 2, 3, 4, 1, 2]}),
            2,
            true,
        ),
        (json!({"op": "move", "from": "$.list[0,1]", "path": "/list/-"}), json!({"/list": [3, 4, 1, 2]}), 2, true),
        (json!({"op": "move", "from": "$.list[0]", "path": "$.list[2]"}), json!({"/list": [2, 1, 3, 4]}), 1, true),
        (json!({"op": "move", "from": "$.nothing", "path": "/y"}), json!({}), 0, false),
        (json!({"op": "test", "path": "$.list[0]", "value": 1.0}), json!({}), 1, false),
    ] {
        let mut expected = document.clone();
        for (place, value) in changes.as_object().expect("changes") {
            let (parent, last) = place.rsplit_once('/').expect("a pointer");
            expected.pointer_mut(parent).expect("a parent")[last] = value.clone();
        }
        let (result, outcomes) = patched(&document, &json!([patch])).unwrap_or_else(|error| panic!("{patch}: {error}"));
        assert_eq!(result, expected, "{patch}");
        assert_eq!(outcomes, [Outcome { matched, changed }], "{patch}");
    }
}

#[test]
fn nested_matches_are_all_removed() {
    let document = json!({"a": {"a": {"b": 1}, "c": 2}, "d": 3});
    let (result, outcomes) = patched(&document, &json!([{"op": "remove", "path": "$..a"}])).expect("applied");
    assert_eq!(result, json!({"d": 3}));
    assert_eq!(outcomes[0].matched, 2);
}

#[test]
fn an_error_names_the_operation() {
    let document = json!({"a": [1], "secret": "hunter2"});
    for (operation, message) in [
        (json!({"op": "test", "path": "/secret", "value": "x"}), "'test': '/secret' is a string of another value"),
        (json!({"op": "test", "path": "/a", "value": "x"}), "'test': '/a' is a list, not a string"),
        (json!({"op": "remove", "path": "/b"}), "'remove': there is nothing at '/b'"),
        (json!({"op": "add", "path": "/a/2", "value": 1}), "'add': '2' is no place in the list '/a' of 1"),
        (
            json!({"op": "add", "path": "/secret/x", "value": 1}),
            "'add': '/secret' is a string, nothing can be added to it",
        ),
        (json!({"op": "move", "from": "/a", "path": "/a/0"}), "'move': nothing can be moved into itself, to '/a/0'"),
    ] {
        let patch = json!([{"op": "add", "path": "/new", "value": 1}, operation]);
        let error = patched(&document, &patch).expect_err("an error");
        assert_eq!((error.index, error.code, error.message.as_str()), (1, Code::PatchFailed, message));
    }
}

#[test]
fn what_a_patch_builds_is_bounded() {
    let copy = json!({"op": "copy", "from": "", "path": "/a"});
    let error = patched(&json!({"a": "x".repeat(1000)}), &Value::from(vec![copy; 200])).expect_err("too deep");
    assert_eq!(error.code, Code::Limit);
    let list = json!({"op": "copy", "from": "/a", "path": "/a/-"});
    let append = json!([{"op": "copy", "from": "$.a[*]", "path": "/a/-"}]);
    let mut document = json!({"a": ["x".repeat(1000)]});
    let limit = (0..40).find_map(|_| match patched(&document, &append) {
        Ok((result, _)) => {
            document = result;
            None
        }
        Err(error) => Some(error),
    });
    assert_eq!(limit.expect("a limit").code, Code::Limit);
    assert!(patched(&json!({"a": []}), &Value::from(vec![list; 200])).is_err());
}

#[test]
fn what_a_patch_looks_at_is_bounded() {
    let document = json!({"a": vec![1; 2000], "b": vec![json!({}); 2000], "c": vec![1; 20_000]});
    for operation in [
        json!({"op": "move", "from": "$.a[*]", "path": "$.b[*].x"}),
        json!({"op": "copy", "from": "$.a[*]", "path": "$.b[*].x"}),
        json!({"op": "remove", "path": "$..[?$..[?$..[?@.zz == 1]]]"}),
        json!({"op": "add", "path": "$.c[?$.c[?@ == 2]].x", "value": 1}),
        json!({"op": "copy", "from": "$.c[*]", "path": "/c/0"}),
    ] {
        let error = patched(&document, &json!([operation])).expect_err("a limit");
        assert_eq!(error.code, Code::Limit, "{operation}: {error}");
    }
    // All operations share one budget.
    let test = json!({"op": "test", "path": "$.c[*]", "value": 1});
    assert!(patched(&document, &json!([test])).is_ok());
    assert_eq!(patched(&document, &Value::from(vec![test; 60])).expect_err("a limit").code, Code::Limit);
}

#[test]
fn numbers_keep_their_digits() {
    let document: Value = serde_json::from_str(r#"{"n": 18446744073709551616, "e": 1e0}"#).expect("JSON");
    let right = r#"[{"op":"test","path":"/n","value":1844674407370955161.6e1},{"op":"test","path":"/e","value":1},{"op":"add","path":"/m","value":1.10}]"#;
    let (result, _) = patched(&document, &serde_json::from_str(right).expect("JSON")).expect("applied");
    assert_eq!(result.to_string(), r#"{"n":18446744073709551616,"e":1e+0,"m":1.10}"#);
    let wrong = r#"[{"op":"test","path":"/n","value":18446744073709551615}]"#;
    assert!(patched(&document, &serde_json::from_str(wrong).expect("JSON")).is_err());
}
