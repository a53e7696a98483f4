//! Regular expressions, held to the crate `regex`, whose syntax and meaning they have.

// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};
use virt_patch::regexp::{self, Error, Match, Options, Regexp, Wanted};
use virt_patch::rule::{self, RuleFile, Trust};
use virt_patch::source::Source;
use virt_patch::xml::Document;
use virt_patch::xpath::{self, Budget, Scope, Value, Variables};

const CATEGORIES: [&str; 30] = [
    "Cc", "Cf", "Cn", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No", "Pc", "Pd", "Pe",
    "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs",
];

fn set(pattern: &str) -> ClassUnicode {
    match regex_syntax::parse(pattern).expect(pattern).into_kind() {
        HirKind::Class(Class::Unicode(set)) => set,
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).expect("a character");
            ClassUnicode::new(text.chars().map(|one| ClassUnicodeRange::new(one, one)))
        }
        other => panic!("{pattern}: {other:?}"),
    }
}

/// Which category each code point has, and whether it is part of words.
fn categories() -> Vec<u32> {
    // What no category names is a surrogate.
    let mut all = vec![4; 0x11_0000];
    let fill = |all: &mut Vec<u32>, set: &ClassUnicode, value: &dyn Fn(u32) -> u32| {
        for range in set.iter() {
            for code in u32::from(range.start())..=u32::from(range.end()) {
                all[code as usize] = value(all[code as usize]);
            }
        }
    };
    for (number, name) in CATEGORIES.iter().enumerate().filter(|(_, name)| **name != "Cs") {
        fill(&mut all, &set(&format!(r"\p{{{name}}}")), &|_| number as u32);
    }
    fill(&mut all, &set(r"\w"), &|category| category | 1 << 5);
    all
}

/// The next character of each ring of those that differ by case alone.
fn folds() -> Vec<(u32, u32)> {
    let mut folds = Vec::new();
    for one in (0..0x11_0000).filter_map(char::from_u32) {
        let mut ring = ClassUnicode::new([ClassUnicodeRange::new(one, one)]);
        ring.case_fold_simple();
        let ring: Vec<u32> = ring.iter().flat_map(|r| u32::from(r.start())..=u32::from(r.end())).collect();
        if ring.len() > 1 {
            let code = u32::from(one);
            folds.push((code, ring.iter().copied().find(|next| *next > code).unwrap_or(ring[0])));
        }
    }
    folds
}

/// Runs of characters with one distance to their next, or of neighbours that are each other's.
fn runs(folds: &[(u32, u32)]) -> Vec<[u32; 3]> {
    let mut runs = Vec::new();
    let mut rest = folds;
    while let [(first, next), ..] = *rest {
        let distance = next.wrapping_sub(first);
        let alike = rest
            .iter()
            .zip(first..)
            .take_while(|((code, next), at)| code == at && next.wrapping_sub(*code) == distance)
            .count();
        let pairs = rest
            .chunks_exact(2)
            .zip((first..).step_by(2))
            .take_while(|(pair, at)| pair[0] == (*at, at + 1) && pair[1] == (at + 1, *at))
            .count();
        let (length, distance) = if pairs > 0 { (2 * pairs, 0) } else { (alike, distance) };
        runs.push([first, first + length as u32 - 1, distance]);
        rest = &rest[length..];
    }
    runs
}

fn table(text: &mut String, numbers: &[String]) {
    for line in numbers.chunks(12) {
        writeln!(text, "    {},", line.join(", ")).expect("a string takes all");
    }
}

/// `BLESS=1` writes the tables anew, for a new Unicode.
#[test]
fn the_tables_are_unicodes() {
    let mut rows: Vec<String> = Vec::new();
    let mut last = None;
    for (code, category) in categories().into_iter().enumerate() {
        if last != Some(category) {
            rows.push(format!("{:#x}", (code as u32) << 6 | category));
            last = Some(category);
        }
    }
    let runs: Vec<String> = runs(&folds())
        .iter()
        .map(|[first, last, distance]| format!("[{first:#x}, {last:#x}, {distance:#x}]"))
        .collect();
    let mut text = String::from(
        "//! Made by `BLESS=1 cargo test --test regexp` from the Unicode Character Database, under the Unicode License v3.\n\n",
    );
    text.push_str(
        "/// Where each row of characters begins (times 64), whether it is of words (32), and its category's number.\n",
    );
    writeln!(text, "pub(super) static CATEGORIES: [u32; {}] = [", rows.len()).expect("a string takes all");
    table(&mut text, &rows);
    text.push_str("];\n\n/// Rows of characters with other cases: the first, the last, and how far the next case is away; where that is 0,\n");
    text.push_str("/// neighbours are each other's, the first and the second, the third and the fourth.\n");
    writeln!(text, "pub(super) static FOLDS: [[u32; 3]; {}] = [", runs.len()).expect("a string takes all");
    for line in runs.chunks(4) {
        writeln!(text, "    {},", line.join(", ")).expect("a string takes all");
    }
    text.push_str("];\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/regexp/unicode/tables.rs");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &text).expect("written");
    }
    assert!(
        std::fs::read_to_string(&file).expect("the tables") == text,
        "BLESS=1 cargo test --test regexp writes them"
    );
}

const FLAGS: [&str; 8] = ["", "i", "m", "s", "x", "U", "R", "imsxUR"];

/// What both make of a pattern: whether it is one, and where it matches.
fn compare(pattern: &str, texts: &[&str], differences: &mut BTreeSet<String>) {
    for flags in FLAGS {
        let theirs = regex::RegexBuilder::new(pattern)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .ignore_whitespace(flags.contains('x'))
            .swap_greed(flags.contains('U'))
            .crlf(flags.contains('R'))
            .build();
        let ours = if flags.contains('U') {
            let inline: String = flags.chars().filter(|flag| *flag != 'x').collect();
            let options =
                Options { ignore_white_space: flags.contains('x'), wanted: Wanted::Groups, ..Options::default() };
            Regexp::compile(&format!("(?{inline}){pattern}"), &options)
        } else {
            let options = Options {
                case_insensitive: flags.contains('i'),
                multi_line: flags.contains('m'),
                dot_matches_new_line: flags.contains('s'),
                ignore_white_space: flags.contains('x'),
                crlf: flags.contains('R'),
                wanted: Wanted::Groups,
                ..Options::default()
            };
            Regexp::compile(pattern, &options)
        };
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => {
                for text in texts {
                    let all = |ours: &Regexp| -> Vec<Vec<Option<String>>> {
                        let mut all = Vec::new();
                        let groups = |found: &Match<'_>| {
                            all.push((0..ours.groups()).map(|group| found.group(group).map(str::to_owned)).collect());
                            Ok::<(), ()>(())
                        };
                        ours.each_match(text, groups).expect("nothing fails");
                        all
                    };
                    let expected: Vec<Vec<Option<String>>> = theirs
                        .captures_iter(text)
                        .map(|found| found.iter().map(|group| group.map(|group| group.as_str().to_owned())).collect())
                        .collect();
                    let is_same = all(ours) == expected && ours.is_match(text) == theirs.is_match(text);
                    if !is_same {
                        differences
                            .insert(format!("{pattern} ({flags}) on {text:?}: {:?}, not {expected:?}", all(ours)));
                    }
                }
            }
            (Err(ours), Ok(_)) => _ = differences.insert(format!("{pattern} ({flags}): {ours}")),
            (Ok(_), Err(theirs)) => {
                _ = differences.insert(format!("{pattern} ({flags}) is taken, not refused: {theirs}"))
            }
            (Err(_), Err(_)) => {}
        }
    }
}

const TEXTS: &[&str] = &[
    "",
    "a",
    "aB",
    "abcABC",
    "k\u{212a}K s\u{17f}S \u{1c4}\u{1c5}\u{1c6}",
    "Stra\u{df}e STRASSE \u{1e9e}",
    "one two\tthree\nfour\r\nfive\rsix\u{85}seven\u{2028}eight",
    "x1y22z333 \u{664}\u{665} \u{2167} \u{bd}",
    "\u{3a3}\u{3c3}\u{3c2} \u{e9}\u{c9} \u{10ffff}\u{345}\u{399}",
    "foo_bar-baz.qux [x] (y) {z} ^$",
    "#comment  spaces",
    "aaaa<b>bbb</b>",
    "\0\x7f\u{80}\u{ff}",
];

#[test]
fn patterns_mean_what_the_crate_regex_means() {
    let mut differences = BTreeSet::new();
    for pattern in [
        "",
        "a",
        "a|b",
        "|a",
        "a||b",
        "(a)(b)?",
        "(?:a)(?P<n>b)",
        "(?<n>b)c",
        "a*?b",
        "a{2}",
        "a{2,}",
        "a{,2}",
        "a{1,3}?",
        "a{3,1}",
        "a**",
        ".",
        ".*",
        "(?s).+",
        "(?R).+",
        "(?sR).+",
        "^a$",
        "(?m)^.*$",
        "(?mR)^.*$",
        r"\Aa",
        r"a\z",
        r"\bfoo\b",
        r"\B.",
        r"\b{start}\w",
        r"\w\b{end}",
        r"\<a",
        r"a\>",
        r"\b{start-half}.",
        r".\b{end-half}",
        r"(?-u:\b)a",
        r"(?-u:\B)",
        r"(?-u:\<)a",
        r"(?i)k",
        r"(?i)s",
        "(?i)K",
        r"(?i)\u{212a}",
        r"(?i)ß",
        "(?i)σ",
        "(?i)[k-l]",
        "(?i)[^k]",
        "(?i)[^k-l]",
        "(?i-u)k",
        "(?i-u:k)é",
        "(?-u)é",
        r"(?-u)\xff",
        r"(?-u)\x7f",
        "(?-u).",
        "(?-u)[a-c]",
        "(?-u)[^a]",
        "(?-u)[é]",
        r"(?-u)\w+",
        r"(?-u)\d",
        r"(?-u)\s",
        r"(?-u)\W",
        r"(?-u)[\W&&\w]",
        r"(?-u)\pL",
        r"(?i-u)[k-z]+",
        "a(?i)b|c",
        "(a(?i)b)c",
        "(?i:a)b",
        "((?i)a|b)c|d",
        "(?i)a(?-i)b",
        r"\d+",
        r"\D+",
        r"\s+",
        r"\S+",
        r"\w+",
        r"\W+",
        r"[\w--\d]+",
        r"[\w&&[^\d_]]+",
        r"[a-z~~c-f]+",
        r"[\d\s]+",
        r"[^\W]",
        r"[[:alpha:]]+",
        r"[[:^alpha:]]+",
        "(?i)[[:lower:]]+",
        "(?i)[[:^lower:]]+",
        "[[:alnum:][:ascii:][:blank:][:cntrl:][:digit:][:graph:][:print:][:punct:][:space:][:upper:][:word:][:xdigit:]]+",
        "[[:foo:]]",
        "[[:punct:]]",
        "[[:graph:]]",
        "[[:cntrl:]]",
        "[[:space:]]+",
        "[[:xdigit:]]",
        "[[:blank:]]",
        "[[:print:]]+",
        "[^[:print:]]",
        "[a-]",
        "[]a]",
        "[^]a]",
        "[a&&b]",
        "[z-a]",
        "[]",
        "[",
        "]",
        "(",
        ")",
        "(?",
        "(?z)",
        "*",
        "+a",
        r"\p{Lu}+",
        r"\P{Lu}+",
        r"\pL+",
        r"\PL",
        r"\p{Letter}",
        r"\p{lowercase letter}",
        r"\p{gc=Nd}+",
        r"\p{General_Category:Nl}",
        r"\p{gc!=Nd}",
        r"\P{gc!=Nd}",
        r"\p{isLu}",
        r"\p{any}",
        r"\p{Assigned}",
        r"\P{assigned}",
        r"\p{ascii}+",
        r"\p{LC}+",
        r"\p{cased_letter}",
        r"\p{cntrl}",
        r"\p{digit}",
        r"\p{punct}",
        r"\p{combining mark}",
        r"(?i)\p{Lu}+",
        r"(?i)\P{Lu}+",
        r"(?i)[^\p{Lu}]",
        r"(?i)\p{Lt}",
        r"[\p{Lu}\d]+",
        r"[^\pL\pN]+",
        r"(?i)[\p{Ll}--k]",
        r"\p{Foo}",
        r"\pq",
        r"\p{gc=Foo}",
        r"\p{}",
        r"\p{cf}",
        r"\p{sc}",
        r"\p{C}",
        r"\p{Other}",
        r"\p{isc}",
        r"\p{is}",
        r"\p{Cs}",
        r"\p{Surrogate}",
        r"\p{_isLu}",
        r"\p{i_s_Lu}",
        r"\p{IS Lu}",
        r"(?-u)[a&&\xff]",
        r"(?-u)[\x00-\xff&&a]",
        "a*b|a",
        "(?x) a b # c\n c",
        "(?x)[a b]",
        r"(?x)a\ b",
        "(?U)a+",
        "(?U)a+?b",
        r"\x41\u0042\U00000043",
        r"\x{10FFFF}",
        r"\x{110000}",
        r"\x{D800}",
        r"\07",
        r"\1",
        r"\n\t\r\f\v\a",
        r"\q",
        r"\-",
        r"\ ",
        "(?i)(?-i)A",
        "(?P<n>a)(?P<n>b)",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(a*)*",
        "(a*)+b",
        "(|a)*",
        "(a|b)*?c",
        "()",
        "(?:)",
        "x{0}",
        "(x){0}",
        "(?i)straße",
        r"\w{3}",
        "[^a]",
        "[^\\n]",
        r"(?m)$",
        "(?m)^",
        r"a$\n",
        "\u{345}",
        "(?i)\u{345}",
        "(?i)[\u{345}]",
        r"(?i)\W",
        r"(?i)[\W\d]",
        r"(?i)[^\w]",
        "[a-c&&[b-d]--c]",
        "(?i)[a-c&&[B-D]]",
        "(?i)[[^a]&&[^b]]",
        r"[\p{Lu}&&\p{ascii}]+",
    ] {
        compare(pattern, TEXTS, &mut differences);
    }
    // Properties that are no general category are known to the crate's own tables alone.
    assert!(differences.is_empty(), "{}", differences.into_iter().collect::<Vec<_>>().join("\n"));
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn of<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }
}

/// A pattern of pieces that mostly fit.
fn pattern(dice: &mut Dice, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..=dice.below(3) {
        match dice.below(if depth == 0 { 6 } else { 10 }) {
            0..4 => text.push_str(dice.of(&[
                "a",
                "b",
                "K",
                "é",
                "σ",
                "ſ",
                "1",
                " ",
                "_",
                ".",
                "^",
                "$",
                r"\b",
                r"\B",
                r"\d",
                r"\w",
                r"\s",
                r"\W",
                r"\pL",
                r"\p{Lu}",
                r"\P{Ll}",
                r"\x{212a}",
                r"\n",
                "#",
            ])),
            4 | 5 => {
                text.push_str(dice.of(&["[", "[^", "[[:upper:]", "[^[:lower:]"]));
                for _ in 0..=dice.below(3) {
                    text.push_str(dice.of(&[
                        "a",
                        "k-m",
                        "é",
                        "A-F",
                        "0-9",
                        r"\w",
                        r"\D",
                        r"\p{Lt}",
                        r"\pP",
                        "&&",
                        "--",
                        "~~",
                        "[b-y]",
                        "[^s]",
                        "-",
                        "\u{1c4}-\u{1c6}",
                    ]));
                }
                text.push(']');
            }
            6 => text.push_str(dice.of(&["(?i)", "(?-i)", "(?s)", "(?m)", "(?U)", "(?x)", "(?R)", "(?-u)"])),
            7 => write!(text, "{}{})", dice.of(&["(?i:", "(?s-i:", "(?-u:", "(?:", "(?mR:"]), pattern(dice, depth - 1))
                .expect("taken"),
            _ => write!(text, "({})", pattern(dice, depth - 1)).expect("taken"),
        }
        text.push_str(dice.of(&["", "", "", "*", "+", "?", "*?", "{2}", "{0,1}", "|"]));
    }
    text
}

/// `REGEXP_ROUNDS=1000000`, in a release build, is an evening's search.
#[test]
fn patterns_by_chance_mean_what_the_crate_regex_means() {
    let rounds = std::env::var("REGEXP_ROUNDS").map_or(1_000, |rounds| rounds.parse().expect("a number"));
    let (mut dice, mut differences) = (Dice(0x2545_f491_4f6c_dd1d), BTreeSet::new());
    for _ in 0..rounds {
        let text = pattern(&mut dice, 3);
        let at = dice.below(TEXTS.len());
        compare(&text, &[TEXTS[at], TEXTS[4], TEXTS[8]], &mut differences);
    }
    let few: Vec<String> = differences.iter().take(20).cloned().collect();
    assert!(differences.is_empty(), "{} of them:\n{}", differences.len(), few.join("\n"));
}

#[test]
fn a_whole_text_is_matched_from_end_to_end() {
    let whole = |pattern: &str, text: &str| {
        Regexp::compile(pattern, &Options { whole: true, ..Options::default() }).expect(pattern).is_match(text)
    };
    assert!(whole("a|b", "a") && whole("a|b", "b") && !whole("a|b", "ab") && !whole("a", "a\n"));
    assert!(whole("(?m)^a$", "a") && !whole("(?m)^a$", "a\nb"));
    assert!(Regexp::compile("a)|(b", &Options { whole: true, ..Options::default() }).is_err());
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    for (pattern, said) in [
        ("(a", "unclosed group"),
        (
            r"\p{Greek}",
            "`Greek` is no general category of Unicode, as `Lu` or `Letter` are; other properties are not known here",
        ),
        (
            r"\p{sc=Greek}",
            "`sc=Greek` is no general category of Unicode, as `Lu` or `Letter` are; other properties are not known here",
        ),
        ("(?-u).", "`(?-u)` is for ASCII alone here, and this would match other bytes: take it off"),
        (r"\w{1000}{1000}", "the regular expression needs more than 1048576 bytes"),
    ] {
        assert_eq!(Regexp::compile(pattern, &Options::default()).expect_err(pattern).to_string(), said);
    }
    // What is too large is refused before it is large.
    let groups = |count: usize| format!("{}a", "()".repeat(count));
    for (hostile, wanted, said) in [
        (r"\pL".repeat(2_000), Wanted::Nothing, "the regular expression needs more than 1048576 bytes"),
        (
            format!("[{}]", r"\pL".repeat(2_000)),
            Wanted::Nothing,
            "the regular expression needs more than 1048576 bytes",
        ),
        (
            format!("(?i){}", "[B-\u{ffff}]".repeat(1_000)),
            Wanted::Nothing,
            "the regular expression needs more than 1048576 bytes",
        ),
        (
            "((((a{100}){100}){100}){100})".to_owned(),
            Wanted::Nothing,
            "the regular expression needs more than 1048576 bytes",
        ),
        ("a".repeat(1 << 20), Wanted::Nothing, "the regular expression is longer than 8192 bytes"),
        (
            groups(1_000),
            Wanted::Groups,
            "a search with this regular expression needs more than 4194304 bytes: it has too many groups",
        ),
    ] {
        let options = Options { wanted, ..Options::default() };
        let error = Regexp::compile(&hostile, &options).expect_err("too large");
        assert_eq!(error, Error::Limit(said.to_owned()), "{}", &hostile[..20]);
    }
    assert!(Regexp::compile(&groups(1_000), &Options::default()).is_ok(), "nobody asks for the groups");
    let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(Regexp::compile(&deep, &Options::default()).is_err());
    assert!(Regexp::compile(&"(".repeat(100_000), &Options::default()).is_err());
}

/// A hundred bytes make a pattern of a megabyte, and an annotation has room for thousands.
#[test]
fn patterns_have_an_allowance_together() {
    let compile =
        |pattern: &str| Regexp::compile(pattern, &Options::default()).map(|_| ()).map_err(|error| error.to_string());
    let all = |bytes, count| regexp::within(bytes, || (0..count).try_for_each(|_| compile(r"\w{5}")));
    assert_eq!(all(8 << 20, 10), Ok(()));
    let said = "the regular expressions here need too much memory together: fewer, or simpler ones";
    assert_eq!(all(8 << 20, 1_000), Err(said.to_owned()));
    assert_eq!(compile(r"\w{5}"), Ok(()), "what held before holds again");
    // The inner allowance is the inner work's alone.
    let outer = regexp::within(8 << 20, || all(1_000, 1).err().or(all(8 << 20, 1).err()).or(compile(r"\w{5}").err()));
    assert_eq!(outer.as_deref(), Some(said));
}

#[test]
fn rules_have_one_allowance_for_all_their_patterns() {
    let rules = |count: usize| {
        let rule = "    - {when: \"matches(/domain/name, '\\\\w{5}')\", remove: /domain/title}\n";
        let head =
            "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  onDefineDomain:\n";
        let source = Source::new("rules.yaml", format!("{head}{}", rule.repeat(count)));
        rule::compile(&[RuleFile { source, trust: Trust::Annotation, pack: None }])
    };
    assert!(rules(50).is_ok());
    let problems = rules(2_000).expect_err("too much together");
    let first = problems[0].to_string();
    assert!(first.contains("the regular expressions here need too much memory"), "{first}");
}

/// A search costs what it looks at: one that would take hours ends at the limit of steps.
#[test]
fn searches_are_paid_for() {
    let work = |pattern: &str| Regexp::compile(pattern, &Options::default()).expect(pattern).work(1_000);
    assert!(work("(?:a?){1000}b") > 50 * work("a?b"));
    let text = "a".repeat(1 << 16);
    for expression in [
        format!("replace('{text}', 'a*b|a', '')"),
        format!("tokenize('{text}', 'a*b|a')"),
        format!("matches('{text}', '(?:a?){{8000}}b')"),
    ] {
        let (namespaces, variables) = (BTreeMap::new(), BTreeMap::new());
        let (document, relative) = (xpath::Document::Xml, false);
        let scope = Scope { namespaces: &namespaces, variables: &variables, document, relative };
        let compiled = xpath::compile(&expression, &scope).expect("an expression");
        let document = Document::parse("<d/>").expect("well-formed");
        let budget = Budget::new(10_000_000, 16 << 20);
        let error = compiled.evaluate(&document, document.root(), &NoVariables, &budget).expect_err("hours");
        assert!(error.to_string().contains("steps"), "{error}");
    }
}

struct NoVariables;

impl<N> Variables<N> for NoVariables {
    fn get(&self, _: &str) -> Option<&Value<N>> {
        None
    }
}
