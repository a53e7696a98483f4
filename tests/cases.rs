//! The rule language's contract, case by case: every folder of `tests/cases` is a sentence of
//! `docs/rules.md` with an input and what must come of it. `CASE=creating/` runs only those whose name holds it.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use virt_patch::diagnostic::{Code, Diagnostic, Severity};
use virt_patch::engine::{self, Detail, Inputs, Limits, Surroundings};
use virt_patch::policy::{self, Policies};
use virt_patch::rule::{self, RULES_ANNOTATION, RuleFile, RuleSet, Trust};
use virt_patch::source::Source;
use virt_patch::yaml;

/// What cloud-init's schemas say of a result.
const SCHEMA: [Code; 3] = [Code::UnknownCloudInitKey, Code::CloudInitValue, Code::MissingCloudInitKey];

/// What the checks of the result warn of.
const RESULT: [Code; 3] = [Code::UnknownElement, Code::UnknownAttribute, Code::NotIdempotent];

/// The environment and files of a case.
#[derive(Default)]
struct Given {
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

impl Surroundings for Given {
    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }
    fn envs(&self, prefix: &str) -> Vec<(String, String)> {
        self.env.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(a, b)| (a.clone(), b.clone())).collect()
    }
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.files.get(path).map(|text| text.clone().into_bytes()))
    }
    fn file_exists(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }
}

struct Case {
    folder: PathBuf,
    given: Given,
    vmi: Vec<u8>,
    idempotent: bool,
    files: Vec<RuleFile>,
    policies: Policies,
}

/// What a run gave: the document or documents, or the problems.
enum Answer {
    Domain(String, Vec<Diagnostic>),
    CloudInit(engine::CloudInitResult, Vec<Diagnostic>),
    Problems(Vec<Diagnostic>),
}

impl Case {
    fn read(folder: &Path) -> Self {
        let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let about = text("case.yaml").unwrap_or_else(|| panic!("{} has no case.yaml", folder.display()));
        let about = yaml::read(&Source::new("case.yaml", about), &yaml::Limits::default()).expect("case.yaml");
        let flag = |name: &str| about[0].get(name).and_then(|node| node.text()).map(ToOwned::to_owned);
        let mut given = Given::default();
        for line in text("env").unwrap_or_default().lines() {
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            given.env.insert(name.to_owned(), value.to_owned());
        }
        if let Some(files) = text("files.json") {
            given.files = serde_json::from_str(&files).expect("files.json");
        }
        let annotation = flag("annotation").as_deref() == Some("true");
        let mut vmi = text("vmi.json").unwrap_or_else(|| "{}".to_owned());
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        // `rules.yaml` before `rules-2.yaml`.
        names.sort_by_key(|name| (name.len(), name.clone()));
        let (mut files, mut policies) = (Vec::new(), Vec::new());
        for name in names.iter().filter_map(|name| name.to_str()) {
            if (name.starts_with("rules") || name.starts_with("manifest")) && name.ends_with(".yaml") {
                let trust = if annotation { Trust::Annotation } else { Trust::File };
                let rules = String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap()).into_owned();
                if annotation {
                    let mut json: Json = serde_json::from_str(&vmi).unwrap_or_else(|_| json!({}));
                    json["metadata"]["annotations"][RULES_ANNOTATION] = Json::String(rules.clone());
                    vmi = json.to_string();
                }
                files.push(RuleFile { source: Source::new(name, rules), trust, pack: None });
            }
            if name.starts_with("policy") {
                let (mut read, problems) = policy::compile(&Source::new(name, text(name).expect("a policy")));
                assert!(problems.is_empty(), "{}: {}", folder.display(), problems[0]);
                policies.append(&mut read);
            }
        }
        let idempotent = flag("idempotent").as_deref() != Some("false");
        let policies = policies.into_iter().collect();
        Self { folder: folder.to_owned(), given, vmi: vmi.into_bytes(), idempotent, files, policies }
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.join(name)).ok()
    }

    fn apply(&self, sets: &[RuleSet], domain: Option<&[u8]>, cloud_init: Option<(&[u8], &[u8])>) -> Answer {
        let inputs = Inputs {
            vmi: &self.vmi,
            surroundings: &self.given,
            given: &BTreeMap::new(),
            detail: Detail::Full,
            limits: Limits::default(),
        };
        let failed = |failure: engine::Failure| Answer::Problems(vec![*failure.problem]);
        match (domain, cloud_init) {
            (Some(domain), _) => match self.policies.apply_again(sets, domain, &inputs) {
                Ok(outcome) => Answer::Domain(outcome.result.into_owned(), outcome.report.warnings),
                Err(failure) => failed(failure),
            },
            (None, Some((data, source))) => match self.policies.apply_to_cloud_init(sets, data, source, &inputs) {
                Ok(outcome) => Answer::CloudInit(outcome.result, outcome.report.warnings),
                Err(failure) => failed(failure),
            },
            (None, None) => panic!("{} has neither domain.xml nor cloud-init.json", self.folder.display()),
        }
    }

    /// Checks the case; the error says what is different.
    fn check(&self) -> Result<(), String> {
        let domain = self.bytes("domain.xml");
        let cloud_init = self.bytes("cloud-init.json");
        let source = self.bytes("no-cloud-source.json").unwrap_or_default();
        let sets = rule::compile(&self.files);
        let first = match &sets {
            Ok(sets) => {
                self.apply(sets, domain.as_deref(), cloud_init.as_deref().map(|data| (data, source.as_slice())))
            }
            Err(problems) => Answer::Problems(problems.clone()),
        };
        if let Some(expected) = self.bytes("error.txt") {
            return self.check_problems(&String::from_utf8_lossy(&expected), first);
        }
        let sets = sets.map_err(|problems| format!("does not compile: {}", show(&problems)))?;
        let warnings = match &first {
            Answer::Problems(problems) => return Err(format!("fails: {}", show(problems))),
            Answer::Domain(_, warnings) | Answer::CloudInit(_, warnings) => warnings,
        };
        let warnings = warnings.iter().map(|warning| warning.code);
        let words = self.bytes("warning.txt").map(|text| String::from_utf8_lossy(&text).into_owned());
        // Keys in a case need mean nothing to cloud-init, unless the case says of what it is warned, or that it is not;
        // and the domains of most are made up, so what the checks of the result warn of counts where a case expects it.
        let expected = words.as_deref().unwrap_or_default();
        let counts = |code: &Code| {
            (words.is_some() || !SCHEMA.contains(code)) && (!RESULT.contains(code) || expected.contains(code.as_str()))
        };
        let mut found: Vec<&str> = warnings.filter(counts).map(Code::as_str).collect();
        let mut expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        expected.sort_unstable();
        found.sort_unstable();
        if expected != found {
            return Err(format!("warns {found:?} instead of {expected:?}"));
        }
        match first {
            Answer::Domain(text, _) => self.check_domain(&sets, &domain.unwrap_or_default(), &text),
            Answer::CloudInit(result, _) => self.check_cloud_init(&sets, &cloud_init.unwrap_or_default(), &result),
            Answer::Problems(_) => Ok(()),
        }
    }

    fn check_domain(&self, sets: &[RuleSet], input: &[u8], text: &str) -> Result<(), String> {
        let expected = self.bytes("expected.xml").unwrap_or_else(|| input.to_vec());
        if text.as_bytes() != expected {
            return Err(difference(&String::from_utf8_lossy(&expected), text));
        }
        if self.idempotent {
            match self.apply(sets, Some(text.as_bytes()), None) {
                Answer::Domain(again, _) if again == text => {}
                Answer::Domain(again, _) => return Err(format!("applied twice: {}", difference(text, &again))),
                _ => return Err("applied twice: fails".to_owned()),
            }
        }
        Ok(())
    }

    fn check_cloud_init(&self, sets: &[RuleSet], input: &[u8], result: &engine::CloudInitResult) -> Result<(), String> {
        match self.bytes("expected.json") {
            None if result.data != input => {
                return Err(difference(&String::from_utf8_lossy(input), &String::from_utf8_lossy(&result.data)));
            }
            None => {}
            Some(expected) => same_cloud_init(&expected, &result.data)?,
        }
        if self.idempotent {
            match self.apply(sets, None, Some((&result.data, &result.no_cloud_source))) {
                Answer::CloudInit(again, _) if again.data == result.data => {}
                Answer::CloudInit(again, _) => {
                    let (once, twice) = (String::from_utf8_lossy(&result.data), String::from_utf8_lossy(&again.data));
                    return Err(format!("applied twice: {}", difference(&once, &twice)));
                }
                _ => return Err("applied twice: fails".to_owned()),
            }
        }
        Ok(())
    }

    fn check_problems(&self, expected: &str, result: Answer) -> Result<(), String> {
        let Answer::Problems(problems) = result else { return Err(format!("succeeds, expected: {}", expected.trim())) };
        let mut found: Vec<(String, String, &Diagnostic)> = Vec::new();
        for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
            let place = problem.at.as_ref().map(|at| at.position());
            let place = place.map_or("-".to_owned(), |at| format!("{}:{}", at.line, at.column));
            found.push((place, problem.code.to_string(), problem));
        }
        for line in expected.lines().filter(|line| !line.trim().is_empty()) {
            let (place, code) = line.trim().split_once(' ').unwrap_or(("-", line));
            let fits = |(found_place, found_code, _): &(String, String, &Diagnostic)| {
                found_code == code
                    && (place == "-"
                        || place == found_place
                        || place.strip_suffix('*').is_some_and(|line| found_place.starts_with(line)))
            };
            match found.iter().position(fits) {
                Some(index) => drop(found.remove(index)),
                None => return Err(format!("expected `{line}`, found {}", show(&problems))),
            }
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err(format!("expected {:?}, found also {}", expected.trim(), show(&problems)))
        }
    }
}

/// JSON equality, where embedded YAML may be written differently but must mean the same.
fn same_cloud_init(expected: &[u8], found: &[u8]) -> Result<(), String> {
    let mut expected: Json = serde_json::from_slice(expected).expect("expected.json");
    let mut found_json: Json = serde_json::from_slice(found).map_err(|error| error.to_string())?;
    for name in ["UserData", "NetworkData"] {
        let (Some(a), Some(b)) = (expected[name].as_str(), found_json[name].as_str()) else { continue };
        let parse = |text: &str| {
            let source = Source::new(name, text);
            let documents = yaml::read(&source, &yaml::Limits::default()).ok()?;
            yaml::to_json(documents.first()?, yaml::schema::Schema::Yaml11, &source).ok()
        };
        let header = |text: &str| text.starts_with('#').then(|| text.lines().next().map(ToOwned::to_owned));
        if a != b
            && header(a) == header(b)
            && let (Some(a), Some(b)) = (parse(a), parse(b))
        {
            (expected[name], found_json[name]) = (a, b);
        }
    }
    if expected == found_json { Ok(()) } else { Err(difference(&format!("{expected:#}"), &format!("{found_json:#}"))) }
}

fn show(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n      ")
}

/// The first lines that differ.
fn difference(expected: &str, found: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.split('\n').collect(), found.split('\n').collect());
    let at = a.iter().zip(&b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
    let end = |lines: &[&str]| {
        lines.iter().skip(at).take(4).map(|line| format!("{line:?}")).collect::<Vec<_>>().join("\n        ")
    };
    format!("line {}:\n    expected\n        {}\n    found\n        {}", at + 1, end(&a), end(&b))
}

#[test]
fn every_case_comes_out_as_the_contract_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let filter = std::env::var("CASE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut run = 0;
    let mut sections: Vec<_> =
        fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    sections.sort();
    for section in sections {
        let mut folders: Vec<_> = fs::read_dir(&section).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders.iter().filter(|folder| folder.to_string_lossy().contains(&filter)) {
            run += 1;
            if let Err(problem) = Case::read(folder).check() {
                failures.push(format!("{}: {problem}", folder.strip_prefix(&root).unwrap_or(folder).display()));
            }
        }
    }
    println!("{run} cases, {} failed", failures.len());
    assert!(run > 0, "no case matches {filter:?}");
    assert!(failures.is_empty(), "{} of {run} cases failed:\n\n{}", failures.len(), failures.join("\n\n"));
}
