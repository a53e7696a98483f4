use serde_json::{Value, json};
use virt_patch::source::Source;
use virt_patch::yaml::schema::{Schema, core, is_ambiguous, yaml11};
use virt_patch::yaml::{Limits, emit, read, to_json};

#[test]
fn plain_scalars() {
    // Text, YAML 1.2, YAML 1.1 (checked against PyYAML 6); `!` for what JSON cannot hold.
    for (text, in_core, in_yaml11) in [
        ("", "null", "null"),
        ("~", "null", "null"),
        ("Null", "null", "null"),
        ("nULL", "\"nULL\"", "\"nULL\""),
        ("true", "true", "true"),
        ("TRUE", "true", "true"),
        ("yes", "\"yes\"", "true"),
        ("Off", "\"Off\"", "false"),
        ("y", "\"y\"", "\"y\""),
        ("oN", "\"oN\"", "\"oN\""),
        ("0", "0", "0"),
        ("-12", "-12", "-12"),
        ("+12", "12", "12"),
        ("007", "7", "7"),
        ("0644", "644", "420"),
        ("0o17", "15", "\"0o17\""),
        ("0x1F", "31", "31"),
        ("-0x1F", "\"-0x1F\"", "-31"),
        ("0b101", "\"0b101\"", "5"),
        ("089", "89", "\"089\""),
        ("1_000", "\"1_000\"", "1000"),
        ("_1", "\"_1\"", "\"_1\""),
        ("12:30", "\"12:30\"", "750"),
        ("12:30:45", "\"12:30:45\"", "45045"),
        ("12:60", "\"12:60\"", "\"12:60\""),
        ("01:30", "\"01:30\"", "\"01:30\""),
        ("01:30.5", "\"01:30.5\"", "90.5"),
        ("52:54:00:12:34:56", "\"52:54:00:12:34:56\"", "41135085296"),
        ("aa:bb", "\"aa:bb\"", "\"aa:bb\""),
        ("1.5", "1.5", "1.5"),
        ("1.", "1.0", "1.0"),
        (".5", "0.5", "0.5"),
        ("1.10", "1.10", "1.10"),
        ("1e3", "1e+3", "\"1e3\""),
        ("1.0e3", "1.0e+3", "\"1.0e3\""),
        ("1.0e+3", "1.0e+3", "1.0e+3"),
        ("1.2.3", "\"1.2.3\"", "\"1.2.3\""),
        (".", "\".\"", "\".\""),
        ("-", "\"-\"", "\"-\""),
        ("+", "\"+\"", "\"+\""),
        (".inf", "!", "!"),
        ("-.INF", "!", "!"),
        (".nan", "!", "!"),
        ("nan", "\"nan\"", "\"nan\""),
        ("18446744073709551616", "18446744073709551616", "18446744073709551616"),
        ("2024-01-02", "\"2024-01-02\"", "\"2024-01-02\""),
        ("1 2", "\"1 2\"", "\"1 2\""),
        ("0x", "\"0x\"", "\"0x\""),
    ] {
        let shown = |value: Result<Value, _>| value.map_or("!".to_owned(), |value| value.to_string());
        assert_eq!((shown(core(text)).as_str(), shown(yaml11(text)).as_str()), (in_core, in_yaml11), "{text:?}");
    }
}

#[test]
fn ambiguous_scalars() {
    for text in
        ["yes", "NO", "on", "0644", "12:30", "1_0", "0b1", "0o7", "1e3", "2024-01-02", "2024-1-2 03:04:05", "089"]
    {
        assert!(is_ambiguous(text), "{text}");
    }
    for text in ["true", "null", "", "12", "1.5", "0x1F", "text", "y", "2024-1-2", "007", "a-b-c", "/dev/sda", "1.0e+3"]
    {
        assert!(!is_ambiguous(text), "{text}");
    }
}

fn read_back(text: &str, schema: Schema) -> Value {
    let source = Source::new("emitted", text);
    let documents = read(&source, &Limits::default()).unwrap_or_else(|problems| panic!("{}\n{text}", problems[0]));
    assert_eq!(documents.len(), 1, "{text}");
    to_json(&documents[0], schema, &source).unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

#[test]
fn what_is_written_is_read_back() {
    let strings = [
        "",
        " ",
        "a",
        "a b",
        " a",
        "a ",
        "yes",
        "no",
        "y",
        "null",
        "~",
        "true",
        "0644",
        "12:30",
        "1e3",
        "1_0",
        "0x1F",
        "=",
        "<<",
        "2024-01-02",
        "a: b",
        "a:",
        "a:b",
        ":a",
        "a #b",
        "a#b",
        "#a",
        "- a",
        "-a",
        "-",
        "--",
        "---",
        "--- a",
        "...",
        "?",
        "? a",
        "?a",
        "[a",
        "{a",
        "]",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "'",
        "it's",
        "\"",
        "%a",
        "@a",
        "`a",
        "a\tb",
        "\t",
        "a\\b",
        "\u{7f}",
        "\u{0}",
        "\u{1b}[0m",
        "é",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{feff}",
        "\u{1f600}",
        "\u{ffff}",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "\n",
        "\n\n",
        "\na",
        "\na\n",
        " a\nb",
        "a\n b\n",
        "a\n\nb",
        "a \nb",
        "a\n \nb",
        "a\r\nb",
        "\ta\nb",
        "a\n\tb\n",
        "a\u{85}\nb",
        "# a\nb\n",
        "- a\n- b\n",
        "---\na\n",
        "...\nb\n",
        "  \na",
        "a\n  ",
        "#!/bin/sh\nset -e\nif true; then\n  echo \"x\"\nfi\n",
        "a,b",
        "ssh-rsa AAAA== me@host",
        ",a",
    ];
    let mut cases: Vec<Value> = strings.iter().map(|&text| text.into()).collect();
    cases.extend([
        json!({}),
        json!([]),
        json!(null),
        json!(true),
        json!([[]]),
        json!([{}]),
        json!([[[1], 2], {"a": [[{"b": 1}]]}]),
    ]);
    for number in ["1", "-1", "1.10", "1e3", "1E3", "-2.5e-7", "18446744073709551616", "1e+400", "0.0"] {
        cases.push(serde_json::from_str(number).expect(number));
    }
    cases.push(json!({"x".repeat(2000): [1], "\n": {"é\u{1}": 1}}));
    let each = cases.clone();
    for value in each {
        cases.push(json!({"k": value}));
        cases.push(json!([value, [value, value], {"a": value, "b": [value]}, {"c": {"d": value}}]));
        if let Value::String(text) = &value {
            cases.push(json!({text.as_str(): {text.as_str(): [{text.as_str(): 1}]}}));
        }
    }
    for value in &cases {
        let text = emit::block(value).expect("not deep");
        for schema in [Schema::Core, Schema::Yaml11] {
            let back = read_back(&text, schema);
            assert!(virt_patch::json::equal::equal(&back, value), "{schema:?}\n{value}\n{back}\n{text}");
        }
    }
}

#[test]
fn random_values_are_read_back() {
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let alphabet: Vec<char> = "ab01 -:#'\"\n\n\t,[]{}&*!|>%@`~.eyno=<?\\_xé\u{1}".chars().collect();
    for _ in 0..20_000 {
        let text: String = (0..next(9)).map(|_| alphabet[next(alphabet.len() as u64) as usize]).collect();
        let value = match next(4) {
            0 => json!(text),
            1 => json!({text.as_str(): text}),
            2 => json!([[text], text]),
            _ => json!({"a": [{"b": text, text.as_str(): 1}]}),
        };
        let written = emit::block(&value).expect("not deep");
        for schema in [Schema::Core, Schema::Yaml11] {
            assert_eq!(read_back(&written, schema), value, "{schema:?}\n{written}");
        }
    }
}

#[test]
fn layout() {
    let value = json!({
        "runcmd": [["systemctl", "enable", "--now", "x"], "echo 'hi'"],
        "write_files": [{"path": "/a", "permissions": "0644", "content": "a\nb\n"}],
        "empty": {}, "none": null, "list": [], "yes": "no",
    });
    let expected = "runcmd:\n  - - systemctl\n    - enable\n    - --now\n    - x\n  - echo 'hi'\nwrite_files:\n  - path: /a\n    \
                    permissions: '0644'\n    content: |\n      a\n      b\nempty: {}\nnone: null\nlist: []\n'yes': 'no'\n";
    assert_eq!(emit::block(&value).expect("not deep"), expected);
}

#[test]
fn too_deep_is_an_error() {
    let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert!(emit::block(&deep(64)).is_ok());
    assert!(emit::block(&deep(65)).is_err());
}

#[test]
fn merge_keys_are_resolved_where_they_may_stand() {
    let text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 0\nd: {'<<': 1}\n";
    let source = Source::new("text", text);
    let limits = Limits { merge_keys: true, ..Limits::default() };
    let documents = read(&source, &limits).expect("YAML");
    let value = to_json(&documents[0], Schema::Yaml11, &source).expect("JSON");
    assert_eq!(value["c"], json!({"x": 0, "y": 2, "z": 4}));
    assert_eq!(value["d"], json!({"<<": 1}));
    assert!(read(&source, &Limits::default()).is_err());
}
