//! Broken files without end: good ones with keys, types, XPath, YAML and nesting spoilt by a seeded generator. Whatever
//! comes of it, no panic, no hang, and every problem at a place inside the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use virt_patch::diagnostic::{Code, Diagnostic};

use super::library::{found, place_outside};

const FILES: usize = 5000;

/// Far more than any of these small files takes, on a machine with other work too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Numbers that are the same in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).expect("31 bits") % limit.max(1)
    }

    fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    /// A place between two characters.
    fn boundary(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Good files: the cases' rules, manifests, packs and examples.
fn good() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["tests/cases", "tests/validate/cases", "examples", "rules"].iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "json") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let texts = paths.iter().filter_map(|path| fs::read_to_string(path).ok());
    texts.filter(|text| text.contains("virt-patch.dev/") || text.contains("hookSidecars")).collect()
}

fn mutate(text: &mut String, dice: &mut Dice) {
    let at = dice.boundary(text);
    match dice.below(9) {
        // YAML: an indicator where none should be.
        0 => text.insert_str(
            at,
            dice.one(&[
                "{", "}", "[", "]", ": ", "- ", "&a ", "*a", "!x ", "| ", "> ", "'", "\"", "# ", "\t", "%", "@", "`",
                "? ", "---\n", "\r", "\u{0}", "\u{feff}",
            ]),
        ),
        // XPath and templates.
        1 => text.insert_str(
            at,
            dice.one(&[
                "/",
                "//",
                "[",
                "]",
                "(",
                ")",
                "$",
                "${",
                "}",
                "::",
                "@",
                "|",
                "'",
                "..",
                "[1",
                " or ",
                "position()",
                "${${",
                "$nix",
                "not(",
            ]),
        ),
        // A key misspelled: two letters change places.
        2 => {
            let letters: Vec<usize> =
                text.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).map(|(at, _)| at).collect();
            if letters.len() > 1 {
                let first = letters[dice.below(letters.len() - 1)];
                if text.as_bytes().get(first + 1).is_some_and(u8::is_ascii_alphabetic) {
                    let pair: String = text[first..first + 2].chars().rev().collect();
                    text.replace_range(first..first + 2, &pair);
                }
            }
        }
        // A value of another type.
        3 => {
            if let Some(colon) = text[at..].find(": ").map(|found| at + found + 2) {
                let end = text[colon..].find('\n').map_or(text.len(), |found| colon + found);
                let value = dice.one(&[
                    "{}",
                    "[]",
                    "null",
                    "true",
                    "-1",
                    "1e400",
                    "''",
                    "{a: [b, {c: d}]}",
                    "!!binary x",
                    "|\n  x",
                    "größer",
                ]);
                text.replace_range(colon..end, value);
            }
        }
        // A line indented otherwise, twice, or gone.
        4..=6 => {
            let mut lines: Vec<String> = text.split_inclusive('\n').map(ToOwned::to_owned).collect();
            let line = dice.below(lines.len());
            match dice.below(4) {
                0 => lines[line].insert_str(0, dice.one(&[" ", "  ", "    ", "\t"])),
                1 => lines[line] = lines[line].trim_start_matches(' ').to_owned(),
                2 => lines.insert(line, lines[line].clone()),
                _ => _ = lines.remove(line),
            }
            *text = lines.concat();
        }
        // Nesting.
        7 => {
            let depth = 1 + dice.below(100);
            let (open, close) = dice.one(&[&("[", "]"), &("{a: ", "}"), &("(", ")"), &("- ", ""), &("not(", ")")]);
            text.insert_str(at, &format!("{}{}", open.repeat(depth), close.repeat(depth)));
        }
        // Cut short.
        _ => text.truncate(at),
    }
}

/// What is wrong, and at which byte.
fn said(text: &str) -> Vec<(Code, String, usize)> {
    let problems = found(text).problems;
    let place = |problem: &Diagnostic| problem.at.as_ref().map_or(0, |at| at.outermost().span.start);
    problems.iter().map(|problem| (problem.code, problem.message.clone(), place(problem))).collect()
}

/// A ConfigMap with `text` as a literal block, and for each byte of `text` where it stands in there.
fn literal(text: &str) -> Option<(String, Vec<usize>)> {
    let mut outer = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  rules.yaml: |2+\n");
    let mut places = Vec::new();
    for line in text.split_inclusive('\n') {
        outer += if line == "\n" { "" } else { "    " };
        places.extend((0..line.len()).map(|byte| outer.len() + byte));
        outer += line;
    }
    places.push(outer.len());
    // What YAML has no way to write as a literal block is left to the other form.
    let plain = |c: char| c == '\n' || (' '..='~').contains(&c) || ('\u{a1}'..='\u{2000}').contains(&c);
    (text.ends_with('\n') && text.chars().all(plain)).then_some((outer, places))
}

/// A ConfigMap in JSON with `text` as a string.
fn string(text: &str) -> Option<(String, Vec<usize>)> {
    let mut outer = String::from(
        r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"rules.yaml": ""#,
    );
    let mut places = Vec::new();
    for c in text.chars() {
        places.extend((0..c.len_utf8()).map(|byte| outer.len() + if c.is_ascii() { 0 } else { byte }));
        let escaped = serde_json::Value::from(c.to_string()).to_string();
        outer += &escaped[1..escaped.len() - 1];
    }
    places.push(outer.len());
    (!text.contains('\u{feff}')).then(|| (outer + "\"}}\n", places))
}

/// Places in a text are the same places when it stands in a ConfigMap: each problem is found at the byte of the outer file
/// that its own byte has become.
#[test]
fn places_inside_a_config_map_are_those_of_the_rules() {
    let good: Vec<String> = good()
        .into_iter()
        .filter(|text| text.starts_with("apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet"))
        .collect();
    assert!(good.len() > 100, "{} rule files", good.len());
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let mut compared = [0, 0];
    for _ in 0..3000 {
        let mut text = good[dice.below(good.len())].clone();
        mutate(&mut text, &mut dice);
        let inner = said(&text);
        for (index, embed) in [literal, string].iter().enumerate() {
            let Some((outer, places)) = embed(&text) else { continue };
            let outside = said(&outer);
            // That there are no rules at all is said of the file.
            for (code, message, at) in inner.iter().filter(|(code, ..)| *code != Code::NoRules) {
                // A document without virt-patch's `apiVersion` has other words in a ConfigMap.
                let twins: Vec<usize> =
                    outside.iter().filter(|(c, m, _)| (c, m) == (code, message)).map(|&(.., at)| at).collect();
                if !twins.is_empty() {
                    assert!(
                        twins.contains(&places[*at]),
                        "{code} {message}: {at} is {} and not {twins:?} in\n{outer}",
                        places[*at]
                    );
                    compared[index] += 1;
                }
            }
        }
    }
    println!("{compared:?} places were compared");
    assert!(compared.iter().all(|&count| count > 500), "only {compared:?} places were compared");
}

#[test]
fn five_thousand_broken_files() {
    let good = good();
    assert!(good.len() > 300, "{} good files", good.len());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut broken, mut said, mut slowest, mut tries) = (0, 0, Duration::ZERO, 0);
    while broken < FILES {
        tries += 1;
        assert!(tries < 4 * FILES, "{broken} of {tries} mutations break a file");
        let mut text = good[dice.below(good.len())].clone();
        for _ in 0..=dice.below(3) {
            mutate(&mut text, &mut dice);
            if text.is_empty() {
                break;
            }
        }
        let begun = Instant::now();
        let findings = found(&text);
        let took = begun.elapsed();
        slowest = slowest.max(took);
        assert!(took < PATIENCE, "{took:?} for:\n{text}");
        broken += usize::from(findings.has_errors());
        for problem in &findings.problems {
            said += 1;
            let at = problem.at.as_ref().unwrap_or_else(|| panic!("no place: {problem}\n{text}"));
            let related = problem.related.iter().map(|(at, _)| at);
            for at in related.chain([at]).chain(problem.fix.iter().map(|fix| &fix.at)) {
                if let Some(wrong) = place_outside(&text, at) {
                    panic!("{problem}: {wrong}\n{text}");
                }
            }
        }
    }
    println!("{broken} broken files of {tries} mutations: {said} problems, the slowest file took {slowest:?}");
}
