//! Diffs that name rules: whatever the rules did, the hunks lead from one text to the other, and each names
//! those rules that caused it.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::BTreeSet;

use virt_patch::engine::Secrets;
use virt_patch::report::Paint;
use virt_patch::report::diff::{Step, by_rule, unified};

/// A hunk as a program like `patch` reads it.
struct Hunk {
    /// The first line in the text before, from 1, and how many of its lines there are; likewise after.
    before: (usize, usize),
    after: (usize, usize),
    rules: Vec<String>,
    lines: Vec<String>,
}

fn range(text: &str) -> (usize, usize) {
    let (start, count) = text[1..].split_once(',').unwrap_or((&text[1..], "1"));
    (start.parse().expect("a line"), count.parse().expect("a number"))
}

fn hunks(diff: &str) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    for line in diff.lines().skip(2) {
        match line.strip_prefix("@@ ") {
            Some(header) => {
                let (ranges, rules) = header.split_once(" @@").expect("a header");
                let (before, after) = ranges.split_once(' ').expect("two ranges");
                let rules = rules.trim().split(", ").filter(|rule| !rule.is_empty()).map(ToOwned::to_owned);
                let rules = rules.collect();
                hunks.push(Hunk { before: range(before), after: range(after), rules, lines: Vec::new() });
            }
            None => hunks.last_mut().expect("a header first").lines.push(line.to_owned()),
        }
    }
    hunks
}

/// The text after, made of the text before as `patch` does; the context must be the text's.
fn patched(before: &str, hunks: &[Hunk]) -> String {
    let old: Vec<&str> = before.lines().collect();
    let (mut at, mut new) = (0, Vec::new());
    for hunk in hunks {
        let start = if hunk.before.1 == 0 { hunk.before.0 } else { hunk.before.0 - 1 };
        assert!(start >= at, "hunks overlap");
        new.extend_from_slice(&old[at..start]);
        at = start;
        let new_start = if hunk.after.1 == 0 { hunk.after.0 } else { hunk.after.0 - 1 };
        assert_eq!(new.len(), new_start, "the header's line after");
        for line in &hunk.lines {
            let (sign, text) = line.split_at(1);
            if sign != "+" {
                assert_eq!(old[at], text);
                at += 1;
            }
            if sign != "-" {
                new.push(text);
            }
        }
        assert_eq!((at - start, new.len() - new_start), (hunk.before.1, hunk.after.1), "the header's numbers");
        let context = |line: &&String| line.starts_with(' ');
        let before = hunk.lines.iter().take_while(context).count();
        let after = hunk.lines.iter().rev().take_while(context).count();
        // Fewer lines after than before mean the end of the file to `patch`, and the reverse its start.
        assert!(before == after || (after < before && at == old.len()) || (before < after && start == 0), "uneven");
    }
    new.extend_from_slice(&old[at..]);
    new.iter().flat_map(|line| [line, "\n"]).collect()
}

fn texts(lines: &[Vec<String>]) -> Vec<String> {
    lines.iter().map(|lines| lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()).collect()
}

/// Numbers that look random and are the same in each run (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

#[test]
fn every_hunk_leads_on_and_names_its_rules() {
    let mut numbers = Numbers(1);
    let (mut all, mut of_one) = (0, 0);
    for _ in 0..500 {
        let mut versions: Vec<Vec<String>> = vec![(0..30).map(|line| format!("line {line}")).collect()];
        for rule in 0..numbers.below(6) {
            let mut lines = versions.last().expect("a version").clone();
            for edit in 0..=numbers.below(3) {
                let at = numbers.below(lines.len());
                match numbers.below(3) {
                    0 => lines.insert(at, format!("of rule {rule}, edit {edit}")),
                    1 => drop(lines.remove(at)),
                    _ => lines[at] = format!("by rule {rule}, edit {edit}"),
                }
            }
            versions.push(lines);
        }
        let texts = texts(&versions);
        let steps: Vec<Step> = texts[1..]
            .iter()
            .enumerate()
            .map(|(rule, text)| Step { rule: format!("rule {rule}"), after: text.clone().into_bytes() })
            .collect();
        let (before, after) = (&texts[0], &texts[texts.len() - 1]);
        let diff = by_rule("a", before, after, &steps, &Secrets::default(), Paint::new(false));
        let hunks = hunks(&diff);
        assert_eq!(patched(before, &hunks), *after, "{diff}");
        for hunk in &hunks {
            all += 1;
            of_one += usize::from(hunk.rules.len() == 1);
            let named: BTreeSet<&str> = hunk.rules.iter().map(String::as_str).collect();
            let written = hunk.lines.iter().filter_map(|line| line.strip_prefix('+')?.split_once("rule "));
            for (_, rest) in written {
                let rule = format!("rule {}", rest.split(',').next().expect("a number"));
                assert!(named.contains(rule.as_str()), "{rule} is not named: {diff}");
            }
            assert!(!named.is_empty(), "{diff}");
        }
    }
    assert!(all > 1000 && of_one * 2 > all, "{of_one} of {all} hunks are of one rule");
}

#[test]
fn changes_of_two_rules_are_two_hunks_with_the_lines_between_them_shared() {
    let before = "a\nb\nc\nd\ne\nf\ng\nh\n";
    let step = |rule: &str, after: &str| Step { rule: rule.to_owned(), after: after.into() };
    let one = "a\nB\nc\nd\ne\nf\ng\nh\n";
    let two = "a\nB\nc\nd\ne\nF\ng\nh\n";
    let plain = Paint::new(false);
    let diff = by_rule("x", before, two, &[step("one", one), step("two", two)], &Secrets::default(), plain);
    let wanted = "--- x\n+++ x (changed)\n@@ -1,3 +1,3 @@ one\n a\n-b\n+B\n c\n@@ -5,3 +5,3 @@ two\n e\n-f\n+F\n g\n";
    assert_eq!(diff, wanted);
    let same = by_rule("x", before, two, &[step("both", two)], &Secrets::default(), plain);
    assert!(same.contains("@@ -1,8 +1,8 @@ both\n"), "{same}");
    assert_eq!(unified("x", before, two, &Secrets::default(), plain), same.replace(" both\n", "\n"));
}

#[test]
fn a_rule_whose_change_another_took_back_is_not_named() {
    let step = |rule: &str, after: &str| Step { rule: rule.to_owned(), after: after.into() };
    let steps = [step("there", "a\nb\nx\n"), step("back", "a\nb\n"), step("last", "A\nb\n")];
    let diff = by_rule("x", "a\nb\n", "A\nb\n", &steps, &Secrets::default(), Paint::new(false));
    assert!(diff.contains("@@ -1,2 +1,2 @@ last\n"), "{diff}");
}

/// A rule's name stands in a header, so it may not end its line or steer a terminal.
#[test]
fn a_name_cannot_steer_a_terminal() {
    let step = Step { rule: "x\n\u{1b}[2J".to_owned(), after: b"b\n".to_vec() };
    let diff = by_rule("x", "a\n", "b\n", &[step], &Secrets::default(), Paint::new(false));
    assert!(diff.contains("@@ -1 +1 @@ x\\n\\u{001b}[2J\n"), "{diff}");
}
