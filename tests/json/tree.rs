use serde_json::{Value, json};
use virt_patch::json::tree::JsonTree;
use virt_patch::xpath::Kind;

/// The tree as XML would be, for reading.
fn shown(tree: &JsonTree, node: u32) -> String {
    if tree.kind(node) == Kind::Text {
        return tree.text(node).to_owned();
    }
    let (mut inner, mut next, mut previous) = (String::new(), tree.first_child(node), None);
    while let Some(child) = next {
        assert_eq!(tree.parent(child), Some(node));
        assert_eq!(tree.previous_sibling(child), previous);
        inner.push_str(&shown(tree, child));
        previous = next;
        next = tree.next_sibling(child);
    }
    assert_eq!(tree.last_child(node), previous);
    match tree.kind(node) {
        Kind::Root => inner,
        _ => format!("<{0}>{inner}</{0}>", tree.local_name(node)),
    }
}

/// The children that stand for the member `name`.
fn member(tree: &JsonTree, node: u32, name: &str) -> Vec<u32> {
    let children = std::iter::successors(tree.first_child(node), |&child| tree.next_sibling(child));
    children.filter(|&child| tree.local_name(child) == name).collect()
}

#[test]
fn values_become_elements() {
    for (value, expected) in [
        (json!({"a": 1, "b": {"c": "x"}}), "<v><a>1</a><b><c>x</c></b></v>"),
        (json!([1, "two", true, null, {}]), "<v>1</v><v>two</v><v>true</v><v></v>"),
        (
            json!({"l": [[1, 2], [], [[3]], null]}),
            "<v><l><item>1</item><item>2</item></l><l><item><item>3</item></item></l></v>",
        ),
        (json!(null), ""),
        (json!([]), ""),
        (json!({"n": null, "e": [], "o": {}, "s": ""}), "<v><o></o><s></s></v>"),
        (json!({"a/b": {"": 1}}), "<v><a/b><>1</></a/b></v>"),
        (
            serde_json::from_str("[1e3, 1.50, -2.5E-1, 18446744073709551616, 1e22, 0e5]").expect("JSON"),
            "<v>1000</v><v>1.50</v><v>-0.25</v><v>18446744073709551616</v><v>10000000000000000000000</v><v>0</v>",
        ),
    ] {
        let mut tree = JsonTree::new();
        let tops = tree.add_value("v", &value);
        assert_eq!(tops.iter().map(|&top| shown(&tree, top)).collect::<String>(), expected, "{value}");
        assert!(tops.iter().all(|&top| tree.parent(top).is_none()));
    }
}

#[test]
fn a_document_has_a_root() {
    let mut tree = JsonTree::new();
    let root = tree.add_document(&json!({"a": [1, {"b": 2}]}));
    assert_eq!((tree.kind(root), shown(&tree, root)), (Kind::Root, "<a>1</a><a><b>2</b></a>".to_owned()));
    assert_eq!(tree.json(root), r#"{"a":[1,{"b":2}]}"#);
    let list = tree.add_document(&json!([1, 2]));
    assert_eq!(shown(&tree, list), "<item>1</item><item>2</item>");
    let text = tree.add_document(&json!("x"));
    assert_eq!((shown(&tree, text), tree.json(text)), ("x".to_owned(), "\"x\"".to_owned()));
}

#[test]
fn a_node_gives_its_json_back() {
    let value: Value = serde_json::from_str(
        r#"{"o":{"n":null,"e":[],"é":"a\"\u0001"},"l":[[1e3,[2]],{"x":[]},"s",18446744073709551616]}"#,
    )
    .expect("JSON");
    let mut tree = JsonTree::new();
    let top = tree.add_value("v", &value)[0];
    assert_eq!(tree.json(top), value.to_string());
    let list: Vec<String> = member(&tree, top, "l").into_iter().map(|item| tree.json(item)).collect();
    assert_eq!(list, value["l"].as_array().expect("a list").iter().map(Value::to_string).collect::<Vec<_>>());
    let text = member(&tree, member(&tree, top, "o")[0], "é")[0];
    assert_eq!(tree.json(text), value["o"]["é"].to_string());
    assert_eq!(tree.json(tree.first_child(text).expect("a text")), value["o"]["é"].to_string());
    assert!(member(&tree, top, "none").is_empty());
}

#[test]
fn names_are_numbers() {
    let mut tree = JsonTree::new();
    let top = tree.add_value("v", &json!({"a": "a"}))[0];
    let (v, a) = (tree.resolve("v").expect("v"), tree.resolve("a").expect("a"));
    let child = tree.first_child(top).expect("a child");
    assert!(tree.is_named(top, v) && tree.is_named(child, a) && !tree.is_named(child, v));
    assert!(!tree.is_named(tree.first_child(child).expect("a text"), a));
    assert_eq!(tree.resolve("b"), None);
}

#[test]
fn depth_and_size_are_no_matter() {
    let mut deep = json!(1);
    for level in 0..300 {
        deep = if level % 2 == 0 { json!([deep]) } else { json!({"a": deep}) };
    }
    let mut tree = JsonTree::new();
    let top = tree.add_value("v", &deep)[0];
    assert_eq!(tree.json(top).len(), deep.to_string().len());
    let mut number = String::from("1e");
    number.push_str("999999999999999999999");
    let huge: Value = serde_json::from_str(&number).expect("a number");
    let top = tree.add_value("n", &huge)[0];
    assert_eq!(tree.text(tree.first_child(top).expect("a text")), huge.to_string());
}
