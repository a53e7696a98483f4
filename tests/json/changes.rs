//! Where two values differ: applied there and nowhere else, the one becomes the other.

use serde_json::{Value, json};
use virt_patch::json::changes::changes;
use virt_patch::json::pointer::Pointer;

#[test]
fn the_outermost_places_are_named() {
    for (before, after, wanted) in [
        (json!(1), json!(1), &[][..]),
        (json!(1), json!(2), &[""]),
        (json!({"a": 1, "b": 2}), json!({"b": 3, "c": 4}), &["/a", "/b", "/c"]),
        (json!({"a": {"b": [1, 2], "c": 0}}), json!({"a": {"b": [1, 3], "c": 0}}), &["/a/b/1"]),
        (json!({"a": [1]}), json!({"a": [1, 2]}), &["/a"]),
        (json!({"a/b": 1, "c~d": {}}), json!({"a/b": 2, "c~d": []}), &["/a~1b", "/c~0d"]),
        (json!([[], {}]), json!([[], {"": null}]), &["/1/"]),
    ] {
        let found = changes(&before, &after);
        assert_eq!(found, wanted, "{before} {after}");
        for place in &found {
            let pointer = Pointer::parse(place).expect("a pointer");
            assert_ne!(pointer.get(&before).cloned(), pointer.get(&after).cloned(), "{place}");
        }
    }
}

/// Depth costs no stack.
#[test]
fn deep_values_are_compared() {
    let nested = |inner: Value| (0..100).fold(inner, |value, _| json!({ "a": value }));
    assert_eq!(changes(&nested(json!(1)), &nested(json!(2))), ["/a".repeat(100)]);
}
