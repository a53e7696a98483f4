//! What is printed, word for word, in every format: a folder a case under `tests/validate/cases`, with the files in `in/`.
//! `BLESS=1` writes what is printed now.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{run, sarif};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate/cases")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { _ = fs::copy(&from, &to).expect("a copy") }
    }
}

/// Holds a text to a file of the case.
fn golden(case: &Path, name: &str, text: &str) {
    let path = case.join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).expect("the golden file is written");
    }
    let wanted = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}; BLESS=1?", path.display()));
    assert_eq!(text, wanted, "{}; BLESS=1 accepts what is printed now", path.display());
}

#[test]
fn every_case_prints_what_it_should() {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(cases()).expect("cases").map(|e| e.expect("an entry").path()).collect();
    folders.sort();
    for case in &folders {
        let desk = tempfile::tempdir().expect("a temporary folder");
        copy(&case.join("in"), desk.path());
        fs::create_dir(desk.path().join(".git")).expect("a repository's root");
        let arguments = fs::read_to_string(case.join("arguments")).expect("arguments");
        let with = |format: &str| {
            let given = ["validate"].into_iter().chain(arguments.split_whitespace()).chain(["--format", format]);
            run(desk.path(), &given.collect::<Vec<_>>())
        };
        let text = with("text");
        golden(case, "text.txt", &format!("exit code {}\n{}{}", text.code, text.err, text.out));
        for (format, name) in [("json", "problems.json"), ("sarif", "sarif.json"), ("github", "github.txt")] {
            let done = with(format);
            assert_eq!(done.code, text.code, "{}: the exit code of {format}", case.display());
            let out = if format == "sarif" { checked(&done.out, case) } else { done.out };
            golden(case, name, &out);
        }
        let json = with("json").out;
        let json: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        let problems = json["problems"].as_array().expect("problems").len();
        assert_eq!(with("github").out.lines().count(), problems, "{}: an annotation a problem", case.display());
    }
    assert!(folders.len() > 20, "{} cases", folders.len());
}

/// The log less what is the documentation's and the release's own; before that it is checked whole.
fn checked(text: &str, case: &Path) -> String {
    let mut log: Value = serde_json::from_str(text).expect("JSON");
    sarif::check(&log).unwrap_or_else(|wrong| panic!("{}: {wrong}", case.display()));
    let driver = &mut log["runs"][0]["tool"]["driver"];
    driver["semanticVersion"] = "…".into();
    for rule in driver["rules"].as_array_mut().expect("rules") {
        for name in ["shortDescription", "fullDescription", "help"] {
            rule.as_object_mut().expect("a rule").remove(name);
        }
    }
    format!("{log:#}\n")
}

/// Each fix, made in the file, leaves a file with one problem less of its code at least.
#[test]
fn every_fix_cures() {
    let mut fixes = 0;
    for entry in fs::read_dir(cases()).expect("cases") {
        let case = entry.expect("an entry").path();
        let json: Value =
            serde_json::from_str(&fs::read_to_string(case.join("problems.json")).expect("JSON")).expect("JSON");
        for problem in json["problems"].as_array().expect("problems") {
            let (Some(fix), Some(file)) = (problem.get("fix"), problem["file"].as_str()) else { continue };
            let desk = tempfile::tempdir().expect("a temporary folder");
            copy(&case.join("in"), desk.path());
            let path = desk.path().join(file);
            let text = fs::read_to_string(&path).expect("a file");
            let number = |name: &str| usize::try_from(fix[name].as_u64().expect("a number")).expect("a number");
            assert_eq!(number("line"), number("endLine"), "a word stands in one line");
            let mut lines: Vec<String> = text.split_inclusive('\n').map(ToOwned::to_owned).collect();
            let line: Vec<char> = lines[number("line") - 1].chars().collect();
            let (before, after) = (&line[..number("column") - 1], &line[number("endColumn") - 1..]);
            let edited = [before, &fix["text"].as_str().expect("a text").chars().collect::<Vec<_>>(), after].concat();
            lines[number("line") - 1] = edited.into_iter().collect();
            fs::write(&path, lines.concat()).expect("written");
            let count = |text: &str| text.matches(&format!("title={}::", problem["code"].as_str().unwrap())).count();
            let arguments = fs::read_to_string(case.join("arguments")).expect("arguments");
            fs::create_dir(desk.path().join(".git")).expect("a repository's root");
            let given = ["validate"].into_iter().chain(arguments.split_whitespace()).chain(["--format", "github"]);
            let now = count(&run(desk.path(), &given.collect::<Vec<_>>()).out);
            let before = count(&fs::read_to_string(case.join("github.txt")).expect("a golden file"));
            assert!(now < before, "{}: {problem:#} is there still", case.display());
            fixes += 1;
        }
    }
    assert!(fixes > 8, "{fixes} fixes");
}
