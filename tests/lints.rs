//! Lints: each code with rules that bring it about and the words that are said (goldens, `BLESS=1`
//! rewrites them), rules that are right and get none, and misspelt names of which none is missed.

#![cfg(test)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use virt_patch::diagnostic::{Code, Diagnostic, Severity};
use virt_patch::lint::{CODES, Sample, Samples, lint};
use virt_patch::rule::{RuleFile, RuleSet, Trust, compile};
use virt_patch::second_call;
use virt_patch::source::Source;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sets(name: &str, text: &str) -> Result<Vec<RuleSet>, Vec<Diagnostic>> {
    compile(&[RuleFile { source: Source::new(name, text), trust: Trust::File, pack: None }])
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn rendered(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// The domain beside a case's rules, as an author gives one.
fn samples(folder: &Path) -> Samples {
    let mut samples = Samples::default();
    if let Ok(domain) = fs::read(folder.join("domain.xml")) {
        samples.given.push(Sample::new("domain.xml", domain, []));
    }
    samples
}

#[test]
fn every_code_has_rules_that_bring_it_about() {
    let mut wrong = Vec::new();
    let mut codes = BTreeSet::new();
    for folder in folders(&root().join("tests/lints")).iter().filter(|folder| !folder.ends_with("clean")) {
        let text = fs::read_to_string(folder.join("rules.yaml")).expect("rules");
        let sets = sets("rules.yaml", &text).unwrap_or_else(|problems| panic!("{}", rendered(&problems)));
        let found = lint(&sets, &samples(folder));
        assert!(found.iter().all(|problem| problem.severity == Severity::Warning && problem.at.is_some()), "{found:?}");
        assert!(found.iter().all(|problem| CODES.contains(&problem.code)), "{found:?}");
        codes.extend(found.iter().map(|problem| problem.code));
        let (golden, now) = (folder.join("expected.txt"), rendered(&found));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&golden, &now).expect("written");
        } else if fs::read_to_string(&golden).unwrap_or_default() != now {
            wrong.push(format!("{}:\n{now}", folder.display()));
        }
        let named = folder.file_name().is_some_and(|name| found.iter().any(|problem| name == problem.code.as_str()));
        assert!(named, "{} does not bring its code about", folder.display());
    }
    let missing: Vec<&Code> = CODES.iter().filter(|code| !codes.contains(code)).collect();
    assert!(missing.is_empty(), "no rules bring these about: {missing:?}");
    assert!(wrong.is_empty(), "not what expected.txt says (`BLESS=1` rewrites it):\n{}", wrong.join("\n"));
}

/// Rules that are right: written after real hooks, those of the packs and of the examples.
fn right_rules() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = ["tests/lints/clean", "rules", "examples"].map(|name| root().join(name)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = fs::read_to_string(&path).expect("a file");
                // One of the tour shows what a mistake looks like.
                if text.contains("kind: RuleSet") && !path.ends_with("mistake.yaml") {
                    files.push((path.display().to_string(), text));
                }
            }
        }
    }
    files.sort();
    files
}

#[test]
fn rules_that_are_right_get_no_warning() {
    let mut seen = 0;
    for (name, text) in right_rules() {
        let sets = sets(&name, &text).unwrap_or_else(|problems| panic!("{}", rendered(&problems)));
        let mut found = lint(&sets, &Samples::default());
        // `validate` silences these where they stand; here it is enough that their author meant them.
        found.retain(|problem| !text.contains(&format!("# virt-patch: allow {}: ", problem.code.as_str())));
        assert!(found.is_empty(), "false alarms:\n{}", rendered(&found));
        seen += sets.len();
    }
    assert!(seen >= 10, "{seen} rule sets");
}

/// The names of elements and attributes in a text of rules, each with its place: words behind `/`, `@`, `<`,
/// and in a tag those before `="`.
fn names(text: &str) -> Vec<(usize, usize)> {
    let mut names = Vec::new();
    for (at, lead) in text.char_indices().filter(|(_, c)| matches!(c, '/' | '@' | '<' | ' ')) {
        let begin = at + lead.len_utf8();
        let rest = &text[begin..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let ends_well = !rest[length..].starts_with(['(', ':', '-', '.']);
        // A path of a file, a closing tag, a word that is too short to misspell.
        let line = &text[text[..at].rfind('\n').map_or(0, |n| n + 1)..at];
        let is_source = ["annotation:", "label:", "vmi:", "file: "].iter().any(|source| line.contains(source));
        let in_value = line.matches('"').count() % 2 == 1 || is_source;
        let ends_well = ends_well && (lead != ' ' || rest[length..].starts_with("=\""));
        if length >= 3 && ends_well && !in_value && !line.ends_with('<') && !text[..at].ends_with('<') {
            names.push((begin, length));
        }
    }
    names
}

/// Each name of rules that are right, misspelt in two ways: at least 99 % are found, on their line.
#[test]
fn misspelt_names_are_found() {
    let (mut made, mut missed) = (0, Vec::new());
    let is_for_domains = |name: &str, text: &str| name.contains("clean") && text.contains("onDefineDomain");
    for (name, text) in right_rules().into_iter().filter(|(name, text)| is_for_domains(name, text)) {
        for (begin, length) in names(&text) {
            let word = &text[begin..begin + length];
            let swapped: String = [&word[..1], &word[2..3], &word[1..2], &word[3..]].concat();
            let doubled = format!("{word}x");
            for misspelt in [swapped, doubled].into_iter().filter(|misspelt| misspelt != word) {
                let wrong = format!("{}{misspelt}{}", &text[..begin], &text[begin + length..]);
                // Where it does not compile (an element's end has another name), that is said already.
                let Ok(sets) = sets(&name, &wrong) else { continue };
                made += 1;
                let line = text[..begin].matches('\n').count() + 1;
                let found = lint(&sets, &Samples::default());
                let on_line = |problem: &Diagnostic| {
                    matches!(problem.code, Code::UnknownElement | Code::UnknownAttribute)
                        && problem.at.as_ref().is_some_and(|at| at.position().line == line)
                };
                if !found.iter().any(on_line) {
                    missed.push(format!("{name}:{line}: {word} as {misspelt}"));
                }
            }
        }
    }
    println!("{made} misspelt names, {} missed: {missed:#?}", missed.len());
    assert!(made > 350, "{made} misspelt names");
    assert!(missed.len() * 100 <= made, "{} of {made} missed: {missed:#?}", missed.len());
}

/// What is taken for dropped and kept between calls is what was measured, as far as that is at hand.
#[test]
fn what_kubevirt_drops_was_measured() {
    let Some(file) = support::shared("kubevirt/typed-spec.json") else { return };
    let measured = fs::read_to_string(file).expect("a file");
    let measured: serde_json::Value = serde_json::from_str(&measured).expect("JSON");
    let mut compared = 0;
    for (name, is_kept) in [("lost", false), ("kept", true)] {
        let paths = measured[name].as_array().expect("a list").iter().filter_map(|path| path.as_str());
        for path in paths.filter_map(|path| path.strip_prefix("/devices/")) {
            assert_eq!(second_call::keeps(path.split('/')), is_kept, "{path}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared} paths");
}

/// Expressions that reach everything from everywhere end soon, and in time.
#[test]
fn hostile_paths_end() {
    let steps = "//*".repeat(1500);
    let tests = vec![".//*/@*='x'"; 400].join(" or ");
    let text = format!(
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata:\n  name: x\nspec:\n  onDefineDomain:\n    \
         - when: count({steps}) = 0\n      remove: /domain/devices/nothing[{tests}]\n    - remove: //*[{tests}]\n"
    );
    let sets = sets("rules.yaml", &text).unwrap_or_else(|problems| panic!("{}", rendered(&problems)));
    let begin = std::time::Instant::now();
    lint(&sets, &Samples { embedded: &[], given: Vec::new() });
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    println!("{:?}", begin.elapsed());
}
