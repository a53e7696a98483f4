use std::collections::BTreeMap;

use serde_json::json;
use virt_patch::json::equal::equal;
use virt_patch::json::merge::{Lists, Options, merge};

use crate::suite::read;
use crate::support;

#[test]
fn suites() {
    let Some(suite) = support::shared("suites/merge-patch") else { return };
    let mut run = 0;
    for file in ["rfc7396.json", "generated.json"] {
        for test in read(&suite.join(file)).as_array().expect("tests") {
            run += 1;
            let mut result = test["original"].clone();
            let changed = merge(&mut result, &test["patch"], &Options::default());
            assert!(equal(&result, &test["result"]), "{test}\n  gave {result}");
            assert_eq!(changed, !equal(&test["original"], &result), "{test}");
            // Once more changes nothing.
            let patch_is_final = merge(&mut result, &test["patch"], &Options::default());
            assert!(!patch_is_final, "{test}");
        }
    }
    assert!(run > 16, "only {run} tests were found");
}

fn keys(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(list, key)| (list.to_owned(), key.to_owned())).collect()
}

#[test]
fn lists_are_appended_or_merged_by_key() {
    let append = Options { lists: Lists::Append, keys: BTreeMap::new() };
    let keyed = Options { lists: Lists::Replace, keys: keys(&[("write_files", "path"), ("users", "name")]) };
    for (target, patch, options, expected) in [
        (
            json!({"runcmd": ["a", {"x": 1, "y": 2}]}),
            json!({"runcmd": [{"y": 2.0, "x": 1}, "b", "b"]}),
            &append,
            json!({"runcmd": ["a", {"x": 1, "y": 2}, "b", "b"]}),
        ),
        (json!({}), json!({"a": {"runcmd": [["x", 1], null]}}), &append, json!({"a": {"runcmd": [["x", 1], null]}})),
        (json!({"runcmd": "x"}), json!({"runcmd": ["y"]}), &append, json!({"runcmd": ["y"]})),
        (
            json!({"write_files": [{"path": "/a", "content": "1", "mode": "x"}, {"path": "/b"}]}),
            json!({"write_files": [{"path": "/c", "no": null}, {"path": "/a", "content": "2", "mode": null}]}),
            &keyed,
            json!({"write_files": [{"path": "/a", "content": "2"}, {"path": "/b"}, {"path": "/c"}]}),
        ),
        (
            json!({"users": ["default", {"name": "u", "groups": ["a"]}]}),
            json!({"users": ["default", {"name": "u", "groups": ["b"]}, "other"]}),
            &keyed,
            json!({"users": ["default", {"name": "u", "groups": ["b"]}, "other"]}),
        ),
        (
            json!({"deep": {"users": [{"name": "u"}]}}),
            json!({"deep": {"users": [{"name": "u", "uid": 1}]}}),
            &keyed,
            json!({"deep": {"users": [{"name": "u", "uid": 1}]}}),
        ),
        (
            json!({}),
            json!({"users": [{"name": "u"}, {"name": "u", "uid": 1}]}),
            &keyed,
            json!({"users": [{"name": "u", "uid": 1}]}),
        ),
    ] {
        let mut result = target.clone();
        assert!(merge(&mut result, &patch, options), "{target} + {patch}");
        assert_eq!(result.to_string(), expected.to_string(), "{target} + {patch}");
        assert!(!merge(&mut result, &patch, options), "{target} + {patch}, again");
    }
}

#[test]
fn large_lists_take_no_square_of_time() {
    let long: serde_json::Value = (0..200_000).collect();
    let mut target = json!({"a": long, "users": []});
    let start = std::time::Instant::now();
    assert!(!merge(&mut target, &json!({"a": long}), &Options { lists: Lists::Append, ..Options::default() }));
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
