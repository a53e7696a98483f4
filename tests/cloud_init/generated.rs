//! Documents and edits that are made up, from a seed: what is edited says what is meant, the lines of other members
//! stay, and nothing is too odd.

use std::fmt::Write as _;

use serde_json::{Value, json};
use virt_patch::yaml::update::{Syntax, update};

use crate::edit::{LIMITS, value};

/// Numbers from a seed: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).expect("small")
    }

    fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

const SCALARS: [&str; 17] = [
    "x",
    "'it''s'",
    "\"a\\tb\"",
    "12",
    "0644",
    "yes",
    "~",
    "",
    "a b",
    "'yes'",
    "\"# no\"",
    "http://x/y",
    "1.5",
    "é",
    "!!str 1",
    "''",
    "a#b",
];
const COMMENTS: [&str; 4] = ["", "", "   # why", " # [x]: {y}"];

/// A block mapping of `depth` levels, in styles that change from place to place.
fn mapping(dice: &mut Dice, indent: usize, depth: usize, anchors: &mut usize, out: &mut String) {
    for member in 0..=dice.below(4) {
        if dice.below(4) == 0 {
            writeln!(out, "{:indent$}# about k{member}", "").expect("a text");
        }
        write!(out, "{:indent$}k{member}:", "").expect("a text");
        after(dice, indent, depth, anchors, out);
    }
}

fn after(dice: &mut Dice, indent: usize, depth: usize, anchors: &mut usize, out: &mut String) {
    let comment = dice.one_of(&COMMENTS);
    let step = dice.one_of(&[2, 2, 4]);
    match dice.below(if depth == 0 { 6 } else { 10 }) {
        0 => writeln!(out, " [a, 'b', {{c: 1}}, []]{comment}"),
        1 => writeln!(out, " {{a: 1, \"b\": [x, y], c: }}{comment}"),
        2 => writeln!(
            out,
            " |{}\n{:width$}one\n\n{:width$}  two # no\n",
            dice.one_of(&["", "-", "+"]),
            "",
            "",
            width = indent + step
        ),
        3 => writeln!(out, " >-\n{:width$}one\n{:width$}two", "", "", width = indent + step),
        4 if *anchors > 0 => writeln!(out, " *a{}{comment}", 1 + dice.below(*anchors)),
        4 | 5 => writeln!(out, " {}{comment}", dice.one_of(&SCALARS)),
        6 | 7 => {
            let anchor = if dice.below(4) == 0 { format!(" &a{}", *anchors + 1) } else { String::new() };
            writeln!(out, "{anchor}{comment}").expect("a text");
            plain_mapping(dice, indent + step, depth - 1, out);
            *anchors += usize::from(!anchor.is_empty());
            Ok(())
        }
        _ => {
            let indent = indent + dice.one_of(&[0, 2]);
            writeln!(out, "{comment}").expect("a text");
            for _ in 0..=dice.below(3) {
                match dice.below(4) {
                    0 => writeln!(out, "{:indent$}- {}{comment}", "", dice.one_of(&SCALARS)),
                    1 => writeln!(out, "{:indent$}- [x, y]", ""),
                    2 => writeln!(out, "{:indent$}- - p\n{:indent$}  - q", "", ""),
                    _ => writeln!(
                        out,
                        "{:indent$}- name: {}\n{:indent$}  # inner\n{:indent$}  v: 1",
                        "",
                        dice.below(9),
                        "",
                        ""
                    ),
                }
                .expect("a text");
            }
            Ok(())
        }
    }
    .expect("a text");
}

/// What an anchor stands before: it has no anchors in it.
fn plain_mapping(dice: &mut Dice, indent: usize, depth: usize, out: &mut String) {
    for member in 0..=dice.below(3) {
        match dice.below(if depth == 0 { 2 } else { 3 }) {
            0 => writeln!(out, "{:indent$}m{member}: {}", "", dice.one_of(&SCALARS)),
            1 => writeln!(out, "{:indent$}m{member}: [1, {{n: 2}}]", ""),
            _ => {
                writeln!(out, "{:indent$}m{member}:", "").expect("a text");
                plain_mapping(dice, indent + 2, depth - 1, out);
                Ok(())
            }
        }
        .expect("a text");
    }
}

/// Another value somewhere in `value`.
fn change(dice: &mut Dice, value: &mut Value, depth: usize) {
    let new = |dice: &mut Dice| match dice.below(7) {
        0 => json!("new"),
        1 => json!("two\nlines\n"),
        2 => json!({"n": [1, {"m": "yes"}]}),
        3 => json!([["a", "b"], "c: d"]),
        4 => json!(null),
        5 => json!([]),
        _ => json!("# no, it's \"text\""),
    };
    match value {
        Value::Object(members) if !members.is_empty() && (depth == 0 || dice.below(4) > 0) => {
            let at = dice.below(members.len());
            match dice.below(5) {
                0 => _ = members.insert("added".to_owned(), new(dice)),
                1 => {
                    let name = members.keys().nth(at).cloned().unwrap_or_default();
                    members.shift_remove(&name);
                }
                _ => members.values_mut().nth(at).into_iter().for_each(|member| change(dice, member, depth + 1)),
            }
        }
        Value::Array(items) if !items.is_empty() && dice.below(4) > 0 => {
            let at = dice.below(items.len());
            match dice.below(5) {
                0 => items.push(new(dice)),
                1 => items.insert(at, new(dice)),
                2 => _ = items.remove(at),
                3 => items.reverse(),
                _ => change(dice, &mut items[at], depth + 1),
            }
        }
        other => *other = new(dice),
    }
}

/// The lines of the members at the top that both values have alike, each with what stands in it.
fn untouched(text: &str, before: &Value, after: &Value) -> Vec<String> {
    let mut kept = Vec::new();
    let mut keep = false;
    for line in text.lines() {
        if let Some((name, _)) = line.split_once(':').filter(|_| line.starts_with('k')) {
            keep = before.get(name) == after.get(name) && !line.contains('*');
        } else if line.starts_with('#') {
            keep = false;
        }
        if keep && !line.trim().is_empty() {
            kept.push(line.to_owned());
        }
    }
    kept
}

#[test]
fn edits_of_generated_documents() {
    let mut dice = Dice(0x5eed_2026);
    let (mut edits, mut too_much) = (0, Vec::new());
    for round in 0..4000 {
        let mut text = String::from("#cloud-config\n");
        mapping(&mut dice, 0, 3, &mut 0, &mut text);
        if round % 5 == 0 {
            text = text.replace('\n', "\r\n");
        }
        if round % 7 == 0 {
            text.truncate(text.trim_end().len());
        }
        let before = value(&text).unwrap_or_else(|| panic!("not YAML:\n{text}"));
        assert_eq!(update(&text, &before, Syntax::Yaml, &LIMITS), Some(text.clone()), "nothing is changed");
        let mut after = before.clone();
        for _ in 0..=dice.below(2) {
            change(&mut dice, &mut after, 0);
        }
        if !after.is_object() {
            continue;
        }
        let result =
            update(&text, &after, Syntax::Yaml, &LIMITS).unwrap_or_else(|| panic!("not placed:\n{text}\n{after}"));
        assert_eq!(value(&result).as_ref(), Some(&after), "{text}\n{result}");
        let mut rest = result.lines();
        let lost: Vec<_> = untouched(&text, &before, &after)
            .into_iter()
            .filter(|line| !rest.clone().any(|other| other == line) || !rest.any(|other| other == line))
            .collect();
        if !lost.is_empty() {
            too_much.push(format!("{lost:?}\n{text}\n=====\n{result}"));
        }
        edits += 1;
    }
    assert!(edits > 3500, "{edits}");
    eprintln!("{edits} edits, {} wrote more anew than they had to", too_much.len());
    // Empty lines behind a removed entry that follows a `|+` would become part of that text.
    assert!(too_much.len() * 1000 <= edits, "{}", too_much[..too_much.len().min(3)].join("\n\n#####\n\n"));
}

/// Bytes that are no YAML, or just so, give a result or none, and end.
#[test]
fn noise_is_survived() {
    let mut dice = Dice(7);
    let alphabet: Vec<char> = "ab: -[]{},#&*!|>'\"\n\n  \t?~\r%@\\é<".chars().collect();
    let mut read = 0;
    for _ in 0..30_000 {
        let text: String = (0..dice.below(24)).map(|_| dice.one_of(&alphabet)).collect();
        let wanted = json!({"a": [1, "x"], "b": {"c": "d\ne"}});
        if let Some(result) = update(&text, &wanted, Syntax::Yaml, &LIMITS) {
            assert_eq!(value(&result), Some(wanted), "{text:?}\n{result}");
        }
        if let Some(same) = value(&text) {
            assert_eq!(update(&text, &same, Syntax::Yaml, &LIMITS).as_deref(), Some(text.as_str()));
            read += 1;
        }
    }
    assert!(read > 1000, "{read}");
}

/// Thousands of items, in every layout, with every item changed, ends in bounded time: the cost is near linear.
#[test]
fn much_is_no_problem() {
    let many = |item: &str, count: usize| (0..count).map(|at| item.replace('N', &at.to_string())).collect::<String>();
    for (what, text) in [
        ("block", format!("#cloud-config\nl:\n{}", many("  - name: nN  # c\n    v: [1, 2]\n", 3_000))),
        ("flow", format!("#cloud-config\nl: [{}x]\n", many("{name: nN, v: [1, 2]}, ", 3_000))),
        ("scalars", format!("#cloud-config\nl:\n{}", many("- 'itemN'\n", 5_000))),
        ("literals", format!("#cloud-config\nl:\n{}", many("- |\n  one\n\n  N\n", 5_000))),
        ("aliases", format!("#cloud-config\na: &a {{x: 1}}\nl:\n{}", many("- {name: nN, a: *a}\n", 5_000))),
    ] {
        let began = std::time::Instant::now();
        let before = value(&text).expect(what);
        eprintln!("{what}: {} bytes read in {:?}", text.len(), began.elapsed());
        let mut reversed = before.clone();
        reversed["l"].as_array_mut().expect("a list").reverse();
        let mut changed = before.clone();
        for (at, item) in changed["l"].as_array_mut().expect("a list").iter_mut().enumerate() {
            match item {
                Value::Object(members) => _ = members.insert("v".to_owned(), json!([at, "a\nb\n"])),
                other => *other = json!(["new", at]),
            }
        }
        let mut appended = before.clone();
        appended["l"].as_array_mut().expect("a list").push("one more".into());
        for wanted in [reversed, changed, appended] {
            let began = std::time::Instant::now();
            let result = update(&text, &wanted, Syntax::Yaml, &LIMITS).expect(what);
            assert_eq!(value(&result), Some(wanted), "{what}");
            let took = began.elapsed();
            assert!(took.as_secs() < 60, "{what} took {took:?}");
            eprintln!("{what}: changed and read again in {took:?}");
        }
    }
}
