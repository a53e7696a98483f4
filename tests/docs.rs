//! The documentation and the code say the same thing: every code is explained, every example does
//! what it says, every sentence that a case quotes is in the contract, every link and command exists.

// Says to clippy that helpers are tests too.
#![cfg(test)]

#[path = "cli/golden.rs"]
mod golden;
#[path = "support/sarif.rs"]
mod sarif;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use virt_patch::diagnostic::{Code, Diagnostic, Severity};
use virt_patch::engine::{Detail, Inputs, Limits, Nowhere, apply_to_cloud_init, apply_to_domain};
use virt_patch::lint::Samples;
use virt_patch::report::{Paint, text};
use virt_patch::rule::{RuleFile, Trust, compile};
use virt_patch::rule_test::{self, Files};
use virt_patch::source::Source;
use virt_patch::validate::{Candidate, Levels, check};

use golden::golden;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Markdown file that users read.
fn pages() -> Vec<PathBuf> {
    let in_folder =
        |folder: &str| fs::read_dir(root().join(folder)).expect("a folder").map(|e| e.expect("an entry").path());
    let mut pages: Vec<PathBuf> = in_folder(".").chain(in_folder("docs")).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    assert!(pages.len() > 5, "{pages:?}");
    pages
}

/// The fenced blocks of a Markdown text: info string and content.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some((_, content)), _) => {
                content.push_str(line);
                content.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// A Markdown text less its fenced blocks.
fn prose(text: &str) -> String {
    let mut inside = false;
    let outside = |line: &&str| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    };
    text.lines().filter(outside).collect::<Vec<_>>().join("\n")
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rule_file(text: &str, trust: Trust) -> RuleFile {
    RuleFile { source: Source::new("example.yaml", text), trust, pack: None }
}

/// The sections of `docs/diagnostics.md` by code, and what stands before the first.
fn sections() -> (String, BTreeMap<String, String>) {
    let text = read("docs/diagnostics.md");
    let mut parts = text.split("\n## ");
    let before = parts.next().expect("an introduction").to_owned();
    let mut sections = BTreeMap::new();
    for part in parts {
        let (title, body) = part.split_once('\n').expect("a section has a body");
        // A chapter's heading belongs to the section after it.
        let body = body.split("\n# ").next().unwrap_or_default();
        assert!(sections.insert(title.trim().to_owned(), body.to_owned()).is_none(), "{title} has two sections");
    }
    (before, sections)
}

#[test]
fn every_code_has_its_section_and_every_section_its_code() {
    let (_, sections) = sections();
    let documented: BTreeSet<&str> = sections.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let missing: Vec<_> = known.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&known).collect();
    assert!(missing.is_empty(), "docs/diagnostics.md has no section for {missing:?}");
    assert!(stale.is_empty(), "docs/diagnostics.md explains what is no code: {stale:?}");
    for (code, body) in &sections {
        let paragraphs = prose(body).split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()).count();
        assert!(paragraphs >= 2, "{code}: what it means and the cure are two paragraphs at least");
    }
}

#[test]
fn every_example_brings_its_code_about() {
    let (introduction, sections) = sections();
    let defaults: BTreeMap<String, String> = blocks(&introduction).into_iter().collect();
    let (mut run, mut without, mut wrong) = (0, 0, Vec::new());
    for (code, body) in &sections {
        let mut given = defaults.clone();
        given.extend(blocks(body));
        let example = ["yaml spec", "yaml annotation", "yaml file", "sh file"].iter().find_map(|info| {
            let text = given.get(*info)?;
            let header = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata:\n  name: example\n";
            let whole = info.ends_with("file");
            let trust = if *info == "yaml annotation" { Trust::Annotation } else { Trust::File };
            Some(rule_file(&if whole { text.clone() } else { format!("{header}{text}") }, trust))
        });
        let Some(example) = example else {
            assert!(body.contains("\nNo example: "), "{code} has neither an example nor a reason for none");
            without += 1;
            continue;
        };
        assert!(!body.contains("\nNo example: "), "{code} has an example");
        run += 1;
        let found = problems(&example, &given["xml domain"], &given["json vmi"], &given["json cloud-init"]);
        golden(&format!("diagnostics/{code}.txt"), &text::render(&found, Paint::new(false)));
        sarif::check(&sarif::log(&found)).unwrap_or_else(|wrong| panic!("{code}: {wrong}"));
        if !found.iter().any(|problem| problem.code.as_str() == code) {
            wrong.push(format!("{code}: {:?}", found.iter().map(ToString::to_string).collect::<Vec<_>>()));
        }
        for problem in &found {
            assert!(!problem.to_string().contains('\n'), "{code}: a problem is one line: {problem}");
        }
    }
    assert!(wrong.is_empty(), "examples that do not bring their code about:\n{}", wrong.join("\n"));
    println!("{run} examples ran, {without} codes have none, with a reason");
}

/// An example of a rule test names no file that is there.
struct NoFiles;

impl Files for NoFiles {
    fn rules(&self, _path: &str) -> Result<Vec<RuleFile>, Vec<Diagnostic>> {
        Ok(Vec::new())
    }
    fn text(&self, _path: &str) -> Result<Option<Arc<Source>>, String> {
        Ok(None)
    }
}

/// What is wrong with a rule test, when it is read or else when its cases run.
fn problems_of_test(example: &RuleFile) -> Vec<Diagnostic> {
    let (tests, mut problems) = rule_test::compile(&example.source, &NoFiles);
    for test in &tests {
        let runner = rule_test::Runner::new(test);
        for mismatch in test.cases.iter().flat_map(|case| runner.run(case).mismatches) {
            if let rule_test::Evidence::Problems(mut found) = mismatch.evidence {
                problems.append(&mut found);
            }
        }
    }
    problems
}

/// What is wrong with an example, when it is validated or else when it runs.
fn problems(example: &RuleFile, domain: &str, vmi: &str, cloud_init: &str) -> Vec<Diagnostic> {
    if example.source.text().contains("kind: RuleTest") {
        return problems_of_test(example);
    }
    let candidate = Candidate { file: example.clone(), is_named: true };
    let mut found = check(&[candidate], &|_| Box::new(NoFiles), &Samples::default(), &Levels::default()).problems;
    if found.iter().any(|problem| problem.severity == Severity::Error) {
        return found;
    }
    // What is no rules may have warnings alone.
    let Ok(sets) = compile(std::slice::from_ref(example)) else { return found };
    let inputs = Inputs {
        vmi: vmi.as_bytes(),
        surroundings: &Nowhere,
        given: &BTreeMap::new(),
        detail: Detail::Counts,
        // A hundred thousand nodes take their time, and show no more than these.
        limits: Limits { nodes: 5000, ..Limits::default() },
    };
    let cloud = sets.iter().any(|set| !set.pre_cloud_init_iso.is_empty());
    let warnings = if cloud {
        apply_to_cloud_init(&sets, cloud_init.as_bytes(), b"", &inputs).map(|outcome| outcome.report.warnings)
    } else {
        apply_to_domain(&sets, domain.as_bytes(), &inputs).map(|outcome| outcome.report.warnings)
    };
    found.extend(warnings.unwrap_or_else(|failure| vec![*failure.problem]));
    found
}

#[test]
fn every_sentence_that_a_case_quotes_is_in_the_contract() {
    let contract = folded(&read("docs/rules.md"));
    let (mut cases, mut sentences, mut lost) = (0, BTreeSet::new(), Vec::new());
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.is_dir()).collect()
    };
    for case in folders(&root().join("tests/cases")).iter().flat_map(|group| folders(group)) {
        let text = read(case.join("case.yaml"));
        let source = Source::new("case.yaml", text.as_str());
        let documents = virt_patch::yaml::read(&source, &virt_patch::yaml::Limits::default()).expect("YAML");
        let quoted = documents.first().and_then(|node| node.get("sentence")).expect("a case quotes a sentence");
        let quoted: Vec<&str> = match quoted.items() {
            Some(items) => items.iter().filter_map(|item| item.text()).collect(),
            None => quoted.text().into_iter().collect(),
        };
        assert!(!quoted.is_empty(), "{} quotes nothing", case.display());
        for sentence in quoted {
            let sentence = folded(sentence);
            if !contract.contains(&sentence) {
                lost.push(format!("{}: {sentence}", case.display()));
            }
            sentences.insert(sentence);
        }
        cases += 1;
    }
    assert!(cases > 100, "only {cases} cases were found");
    assert!(lost.is_empty(), "docs/rules.md does not say what these cases test:\n{}", lost.join("\n"));
    println!("{cases} cases test {} sentences of docs/rules.md", sentences.len());
}

#[test]
fn the_example_of_the_reference_and_the_manifests_compile() {
    let mut texts: Vec<(String, String)> = Vec::new();
    let reference = read("docs/rules.md");
    let complete = |info: &str, text: &str| info == "yaml" && text.contains("kind: RuleSet");
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let found = blocks(&text).into_iter().filter(|(info, text)| complete(info, text));
        texts.extend(found.map(|(_, text)| (page.display().to_string(), text)));
    }
    assert!(blocks(&reference).iter().any(|(info, text)| complete(info, text)), "the reference begins with an example");
    let mut manifests = 0;
    for entry in fs::read_dir(root().join("examples/manifests")).expect("the manifests") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a manifest");
        if text.contains("kind: RuleSet") {
            texts.push((path.display().to_string(), text));
            manifests += 1;
        }
    }
    assert!(manifests >= 2, "a ConfigMap and an annotation hold rules");
    for (name, text) in texts {
        let sets = compile(&[rule_file(&text, Trust::File)]);
        let sets = sets.unwrap_or_else(|problems| panic!("{name}: {}\n{text}", problems[0]));
        assert!(!sets.is_empty(), "{name} holds no rules");
    }
}

/// The sidecar's arguments in the manifests are arguments that it has, and so are the packs.
#[test]
fn the_manifests_arguments_exist() {
    let mut sidecars = 0;
    for entry in fs::read_dir(root().join("examples/manifests")).expect("the manifests") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a manifest");
        let source = Source::new("manifest", text.as_str());
        let documents = virt_patch::yaml::read(&source, &virt_patch::yaml::Limits::default()).expect("YAML");
        let annotation = |name: &str| documents[0].get("metadata")?.get("annotations")?.get(name)?.text();
        let Some(json) = annotation("hooks.kubevirt.io/hookSidecars") else { continue };
        let json: serde_json::Value = serde_json::from_str(json).expect("the annotation is JSON");
        for sidecar in json.as_array().expect("a list") {
            let arguments: Vec<&str> =
                sidecar["args"].as_array().expect("args").iter().filter_map(|a| a.as_str()).collect();
            let options = virt_patch::hook::SidecarOptions::parse(&arguments, |_| None);
            assert!(options.problems.is_empty(), "{}: {}", path.display(), options.problems[0]);
            for pack in &options.packs {
                virt_patch::packs::find(pack).expect("the pack exists");
            }
            sidecars += 1;
        }
    }
    assert!(sidecars >= 3, "{sidecars} sidecars");
}

#[test]
fn every_link_leads_to_a_file_and_its_heading() {
    let mut links = 0;
    for page in pages() {
        let text = prose(&fs::read_to_string(&page).expect("a page"));
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { page.clone() } else { page.parent().expect("a folder").join(path) };
            assert!(file.exists(), "{}: `{target}` leads nowhere", page.display());
            if !heading.is_empty() {
                let headings = fs::read_to_string(&file).expect("a page");
                let mut headings = headings.lines().filter(|line| line.starts_with('#')).map(anchor);
                assert!(headings.any(|known| known == heading), "{}: `{target}` has no such heading", page.display());
            }
            links += 1;
        }
    }
    assert!(links > 10, "only {links} links were found");
}

/// Messages and comments of the sources send readers to pages that are there.
#[test]
fn every_page_that_the_sources_name_exists() {
    let mut folders = vec![root().join("src")];
    let mut named = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source file");
            for (at, _) in text.match_indices("docs/") {
                let ends = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '.' | '-');
                let page = text[at..].split(ends).next().unwrap_or_default().trim_end_matches('.');
                assert!(root().join(page).is_file(), "{} names {page}, which is not there", path.display());
                named += 1;
            }
        }
    }
    assert!(named > 0, "the sources name docs/diagnostics.md at least");
}

/// A heading as GitHub names its place.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[test]
fn every_make_target_that_is_named_exists() {
    let makefile = read("Makefile");
    let known: BTreeSet<&str> = makefile.lines().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for target in after(&text, "make ") {
            assert!(known.contains(target), "{}: there is no `make {target}`", page.display());
        }
    }
    for script in makefile.split_whitespace().filter(|word| word.starts_with("scripts/") || word.starts_with(".ci/")) {
        assert!(root().join(script).is_file(), "the Makefile runs {script}, which is not there");
    }
}

/// The words that follow `lead` where that begins a command: at a line's start or in backquotes.
fn after<'t>(text: &'t str, lead: &str) -> Vec<&'t str> {
    let begins = |at: usize| at == 0 || matches!(text.as_bytes()[at - 1], b'\n' | b'`');
    let word = |at: usize| {
        let rest = &text[at + lead.len()..];
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(rest.len());
        &rest[..end]
    };
    text.match_indices(lead).filter(|&(at, _)| begins(at)).map(|(at, _)| word(at)).filter(|w| !w.is_empty()).collect()
}

/// What the README and the migration guide show of a terminal is what the program prints, in `examples/tour`;
/// `BLESS=1` rewrites it.
#[test]
fn the_pages_terminals_say_what_the_program_says() {
    let mut ran = 0;
    for name in ["README.md", "docs/migration.md"] {
        let page = read(name);
        let mut blessed = page.clone();
        let mut wrong = Vec::new();
        for (_, block) in blocks(&page).into_iter().filter(|(info, _)| info == "console") {
            let command = block.lines().next().and_then(|line| line.strip_prefix("$ virt-patch ")).expect("a command");
            // The shell only splits the words.
            let output = Command::new("sh")
                .args(["-c", &format!("exec \"$0\" {command} 2>&1"), env!("CARGO_BIN_EXE_virt-patch")])
                .current_dir(root().join("examples/tour"))
                .env("NO_COLOR", "1")
                .output()
                .expect("sh runs");
            let printed = String::from_utf8(output.stdout).expect("UTF-8");
            let now = format!("$ virt-patch {command}\n{}\n", printed.trim_end());
            if now != block {
                wrong.push(now.clone());
            }
            blessed = blessed.replace(&block, &now);
            ran += 1;
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(root().join(name), &blessed).expect("written");
        } else {
            let how = format!("`BLESS=1 cargo test --test docs` rewrites {name}");
            assert!(wrong.is_empty(), "{how}; it shows other answers than these:\n{}", wrong.join("\n"));
        }
    }
    assert!(ran >= 5, "{ran} commands");
    let rules = read("examples/tour/rules.yaml");
    let shows = blocks(&read("README.md")).iter().any(|(_, text)| *text == rules);
    assert!(shows, "the README shows another rules.yaml than the tour's");
}

/// The tour of testing, from an empty folder on: blocks that name a file write it, the others run. `BLESS=1`
/// rewrites what they print.
#[test]
fn the_tour_of_testing_says_what_the_program_says() {
    let page = read("docs/testing.md");
    let mut blessed = page.clone();
    let desk = tempfile::tempdir().expect("a folder");
    let (mut ran, mut wrong) = (0, Vec::new());
    for (info, block) in blocks(&page) {
        if let Some(name) = info.strip_prefix("yaml ") {
            fs::write(desk.path().join(name), &block).expect("written");
        }
        let Some(command) = block.lines().next().and_then(|line| line.strip_prefix("$ virt-patch ")) else { continue };
        let output = Command::new("sh")
            .args(["-c", &format!("exec \"$0\" {command} 2>&1"), env!("CARGO_BIN_EXE_virt-patch")])
            .current_dir(desk.path())
            .env("NO_COLOR", "1")
            .output()
            .expect("sh runs");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let now = format!("$ virt-patch {command}\n{}\n", printed.trim_end());
        if now != block {
            wrong.push(now.clone());
            blessed = blessed.replacen(&format!("```console\n{block}```"), &format!("```console\n{now}```"), 1);
        }
        ran += 1;
    }
    assert!(ran >= 5, "{ran} commands");
    let started = fs::read_to_string(desk.path().join("rules_test.yaml")).expect("init wrote it");
    let shown = blocks(&page).into_iter().find(|(info, text)| info == "yaml" && text.contains("kind: RuleTest"));
    let shown = shown.expect("the page shows the first test").1;
    assert!(started.ends_with(&shown), "the page shows another test than `virt-patch init` writes");
    if std::env::var_os("BLESS").is_some() {
        fs::write(root().join("docs/testing.md"), &blessed).expect("written");
    } else {
        let how = "`BLESS=1 cargo test --test docs` rewrites docs/testing.md";
        assert!(wrong.is_empty(), "{how}; it shows other answers than these:\n{}", wrong.join("\n"));
    }
}

/// What a program says with these arguments.
fn help(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("the program starts");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The commands of `virt-patch --help`, and those that the pages name in blocks and in backquotes.
#[test]
fn every_command_that_is_named_exists() {
    let all = help(env!("CARGO_BIN_EXE_virt-patch"), &["--help"]);
    let list = all.split_once("Commands:\n").expect("a list of commands").1;
    let list = list.lines().take_while(|line| !line.trim().is_empty());
    let known: BTreeSet<&str> = list.filter_map(|line| line.split_whitespace().next()).collect();
    let mut named = BTreeSet::new();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let commands = after(&text, "$ virt-patch ").into_iter().chain(after(&text, "virt-patch "));
        for command in commands.chain(after(&text, "cargo run --release -- ")) {
            assert!(known.contains(command), "{}: there is no `virt-patch {command}`", page.display());
            named.insert(command.to_owned());
        }
    }
    let unnamed: Vec<_> = known.iter().filter(|command| !named.contains(**command) && **command != "help").collect();
    assert!(unnamed.is_empty(), "no page names the commands {unnamed:?}");
}

#[test]
fn every_argument_of_the_sidecar_is_documented() {
    let page = read("docs/deployment.md");
    let help = help(env!("CARGO_BIN_EXE_virt-patch-sidecar"), &["--help"]);
    let arguments: BTreeSet<&str> = long_options(&help).collect();
    assert!(arguments.len() > 8, "{help}");
    for argument in &arguments {
        assert!(page.contains(&format!("`{argument}")), "docs/deployment.md does not name {argument}");
    }
    for row in page.lines().filter(|line| line.starts_with("| `--")) {
        for named in long_options(row.split('|').nth(1).unwrap_or_default()) {
            assert!(arguments.contains(named), "docs/deployment.md names {named}, which the sidecar does not have");
        }
    }
}

fn long_options(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| !c.is_ascii_lowercase() && c != '-';
    text.match_indices("--")
        .map(move |(at, _)| text[at..].split(ends).next().unwrap_or_default())
        .filter(|o| o.len() > 3)
}
