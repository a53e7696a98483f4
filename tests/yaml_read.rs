//! Reading YAML: values, places, what is refused.

#![cfg(test)]

use std::sync::Arc;

use virt_patch::source::{Location, Source};
use virt_patch::yaml::{self, Limits, Node, Value};

fn read(text: &str) -> (Arc<Source>, Result<Vec<Node>, Vec<String>>) {
    let source = Source::new("f.yaml", text);
    let result = yaml::read(&source, &Limits::default())
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>());
    (source, result)
}

/// Every scalar as `text@line:column`, the place being where `needle` stands in it.
fn place_of(text: &str, needle: &str) -> String {
    let (source, documents) = read(text);
    let mut stack: Vec<Node> = documents.expect("valid YAML").into_iter().rev().collect();
    while let Some(node) = stack.pop() {
        match &node.value {
            Value::Scalar(scalar) => {
                if let Some(at) = scalar.text.find(needle) {
                    let inner = Source::embedded(&source, scalar.text.clone(), yaml::offsets(source.text(), &node));
                    return Location::new(&inner, at..at + needle.len()).to_string();
                }
            }
            Value::Sequence(items) => stack.extend(items.iter().cloned()),
            Value::Mapping(mapping) => {
                stack.extend(mapping.entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]))
            }
        }
    }
    panic!("{needle} is not in {text}")
}

#[test]
fn a_place_inside_a_scalar_is_found_in_the_file() {
    for (text, needle, place) in [
        ("a: hello world", "world", "f.yaml:1:10"),
        ("a: 'it''s here'", "here", "f.yaml:1:11"),
        ("a: \"x\\ty\\u0041 here\"", "here", "f.yaml:1:16"),
        ("a: |\n  one\n  two here\n", "here", "f.yaml:3:7"),
        ("a: |\n  one\n    two here\n", "two", "f.yaml:3:5"),
        ("a: |-\n    one\n\n    here\n", "here", "f.yaml:4:5"),
        ("a: >\n  one\n  two here\n", "here", "f.yaml:3:7"),
        ("a: one\n  two\n  here", "here", "f.yaml:3:3"),
        ("- |\n  é here", "here", "f.yaml:2:5"),
        ("? /a/b\n: here", "here", "f.yaml:2:3"),
        ("a: |\r\n  one\r\n  here\r\n", "here", "f.yaml:3:3"),
    ] {
        assert_eq!(place_of(text, needle), place, "{text:?}");
    }
}

#[test]
fn what_rule_files_may_not_hold_is_refused_at_its_place() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let bomb = format!("a: &a [x,x,x,x,x,x,x,x,x,x]\n{}", {
        let mut text = String::new();
        let mut last = 'a';
        for next in 'b'..='j' {
            text += &format!("{next}: &{next} [{}]\n", vec![format!("*{last}"); 10].join(","));
            last = next;
        }
        text
    });
    for (text, expected) in [
        ("a: !!str x", "f.yaml:1:10: error[yaml-unsupported]"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "f.yaml:3:3: error[yaml-unsupported]"),
        ("a: 1\nb: 2\na: 3", "f.yaml:3:1: error[duplicate-key]"),
        ("a: [1, 2", "error[yaml-syntax]"),
        ("a:\n\t- b", "error[yaml-syntax]"),
        ("set: {/a/b: ${x}}", "error[flow-braces]"),
        ("[a]: b", "error[wrong-type]"),
        (&deep, "error[yaml-limit]"),
        (&bomb, "error[yaml-limit]"),
    ] {
        let problems = read(text).1.expect_err(text).join("\n");
        assert!(problems.contains(expected), "{text:.60}: {problems}");
    }
}

#[test]
fn scalars_keep_their_source() {
    let (_, documents) = read("a: 0755\nb: on\nc: 0x402\nd: 52:54:00:aa:bb:01\n---\n---\ne: ''\n");
    let documents = documents.expect("valid");
    assert_eq!(documents.len(), 2, "the empty document is left out");
    for (key, text) in [("a", "0755"), ("b", "on"), ("c", "0x402"), ("d", "52:54:00:aa:bb:01")] {
        assert_eq!(documents[0].get(key).and_then(Node::text), Some(text));
    }
    assert!(!documents[1].get("e").expect("e").is_null(), "a quoted empty text is a text");
}

#[test]
fn what_aliases_repeat_is_bounded_in_bytes() {
    let word = "x".repeat(1000);
    let aliases = |name: &str, count: usize| vec![format!("*{name}"); count].join(", ");
    let nested: String = (0..60).map(|level| format!("&l{level} [")).collect();
    for text in [
        format!("a: &a {word}\nb: [{}]", aliases("a", 10_000)),
        format!("a: &a {{{word}: {word}}}\nb: [{}]", aliases("a", 4_000)),
        format!("a: &a [{word}, {word}]\nb: &b [{}]\nc: [{}]", aliases("a", 30), aliases("b", 300)),
        // Each anchor keeps a copy of its own.
        format!("{nested}{}{}", vec!["x"; 20_000].join(", "), "]".repeat(60)),
    ] {
        let problems = read(&text).1.expect_err("too much text").join("\n");
        assert!(problems.contains("error[yaml-limit]"), "{problems}");
    }
    assert!(read(&format!("a: &a {word}\nb: [{}]", aliases("a", 1000))).1.is_ok(), "a megabyte is not much");
}

#[test]
fn many_places_cost_one_scan() {
    let source = Source::new("f.yaml", "é: 1\n".repeat(1 << 18));
    let start = std::time::Instant::now();
    let lines = 1 << 18;
    for line in (lines - 20_000)..lines {
        let at = line * 6;
        assert_eq!(Location::new(&source, at + 2..at + 3).to_string(), format!("f.yaml:{}:2", line + 1));
        assert_eq!(Location::new(&source, at + 5..at + 6).to_string(), format!("f.yaml:{}:5", line + 1));
    }
    assert_eq!(source.position(usize::MAX), virt_patch::source::position_in(source.text(), usize::MAX));
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn places_are_the_same_with_and_without_an_index() {
    for text in ["", "\n", "a", "\u{feff}a\nb", "\u{feff}\n\u{feff}é", "é\n\nü\r\nx\n"] {
        let source = Source::new("f", text);
        for offset in 0..text.len() + 2 {
            assert_eq!(source.position(offset), virt_patch::source::position_in(text, offset), "{text:?} {offset}");
        }
    }
}
