//! What stands where authors are: the files for pre-commit and pipelines are YAML of the form that is wanted,
//! and run commands and arguments that `virt-patch` has.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use virt_patch::source::Source;
use virt_patch::yaml::{self, Node};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file")
}

fn parsed(path: &str) -> Node {
    let source = Source::new(path, read(path));
    let documents = yaml::read(&source, &yaml::Limits::default()).expect("YAML");
    documents.into_iter().next().expect("a document")
}

fn at<'n>(node: &'n Node, path: &[&str]) -> &'n Node {
    path.iter().fold(node, |node, key| node.get(key).unwrap_or_else(|| panic!("no `{key}` of {path:?}")))
}

/// What a command's `--help` says.
fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_virt-patch")).args([command, "--help"]).output().expect("it runs");
    assert!(output.status.success(), "there is no `virt-patch {command}`");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Every `virt-patch COMMAND --ARGUMENT` of a text is one that there is; gives the commands.
fn commands(text: &str, lead: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in text.match_indices(lead) {
        let line = text[start + lead.len()..].lines().next().unwrap_or_default();
        let line = line.split(['|', '>', ')', '`', ';', '&']).next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(command) = words.next().filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())) else {
            continue;
        };
        let help = help(command);
        for word in words.filter(|word| word.starts_with("--")) {
            assert!(
                help.contains(&format!("{word} ")) || help.contains(&format!("{word}\n")),
                "{command} has no {word}"
            );
        }
        found.insert(command.to_owned());
    }
    found
}

#[test]
fn the_hooks_for_pre_commit_run_what_there_is() {
    let hooks = parsed(".pre-commit-hooks.yaml");
    let hooks = hooks.items().expect("a list");
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        // What pre-commit asks of each.
        for field in ["id", "name", "entry", "language"] {
            assert!(hook.get(field).and_then(Node::text).is_some_and(|text| !text.is_empty()), "{field}");
        }
        let entry = at(hook, &["entry"]).text().expect("a text");
        assert_eq!(commands(entry, "virt-patch ").len(), 1, "{entry}");
        assert!(read("docs/authoring.md").contains(at(hook, &["id"]).text().expect("a text")));
    }
}

#[test]
fn the_action_and_the_jobs_run_what_there_is() {
    let action = parsed("action.yml");
    assert_eq!(at(&action, &["runs", "using"]).text(), Some("composite"));
    let steps = at(&action, &["runs", "steps"]).items().expect("steps");
    let script = at(&steps[0], &["run"]).text().expect("a script");
    assert_eq!(commands(script, "virt_patch "), BTreeSet::from(["test".to_owned(), "validate".to_owned()]));
    let inputs = at(&action, &["inputs"]).entries().expect("inputs");
    let env = at(&steps[0], &["env"]).entries().expect("variables");
    for (name, _) in inputs {
        let wanted = format!("${{{{ inputs.{} }}}}", name.text().expect("a name"));
        assert!(env.iter().any(|(_, value)| value.text() == Some(&wanted)), "{wanted} is not used");
    }
    let workflow = parsed("examples/ci/github.yaml");
    let steps = at(&workflow, &["jobs", "rules", "steps"]).items().expect("steps");
    for (given, _) in at(&steps[1], &["with"]).entries().expect("inputs") {
        assert!(inputs.iter().any(|(name, _)| name.text() == given.text()), "{given:?} is no input of the action");
    }
    let job = read("examples/ci/gitlab.yaml");
    assert!(at(&parsed("examples/ci/gitlab.yaml"), &["rules", "script"]).items().is_some());
    assert_eq!(commands(&job, "/tmp/virt-patch "), BTreeSet::from(["test".to_owned(), "validate".to_owned()]));
}

/// The action's own script, with the program on the PATH as a runner would have it.
#[test]
fn the_action_fails_where_rules_are_wrong() {
    if Command::new("bash").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no bash here");
        assert!(std::env::var_os("CI").is_none(), "CI has bash");
        return;
    }
    let action = parsed("action.yml");
    let steps = at(&action, &["runs", "steps"]).items().expect("steps");
    let script = at(&steps[0], &["run"]).text().expect("a script");
    let program = Path::new(env!("CARGO_BIN_EXE_virt-patch"));
    let path = format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").expect("a PATH"));
    let desk = tempfile::tempdir().expect("a folder");
    let run = |tests: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-c", script]).current_dir(&desk).env("PATH", &path);
        let output = bash.envs([("PATHS", "."), ("TESTS", tests), ("STRICT", "true"), ("IMAGE", "")]).output();
        let output = output.expect("bash runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let init = Command::new(program).arg("init").current_dir(&desk).output().expect("it runs");
    assert!(init.status.success());
    let (code, said) = run(".");
    assert_eq!(code, Some(0), "{said}");
    let rules = fs::read_to_string(desk.path().join("rules.yaml")).expect("rules");
    fs::write(desk.path().join("rules.yaml"), rules.replace("onDefineDomain", "onDefineDomian")).expect("written");
    let (code, said) = run("");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("::error file=rules.yaml,line="), "{said}");
}

/// What an editor is told to look for is what `init` writes.
#[test]
fn init_writes_the_schema_that_its_files_name() {
    let desk = tempfile::tempdir().expect("a folder");
    let init = Command::new(env!("CARGO_BIN_EXE_virt-patch")).arg("init").current_dir(&desk).output().expect("it runs");
    assert!(init.status.success());
    for file in ["rules.yaml", "rules_test.yaml"] {
        let text = fs::read_to_string(desk.path().join(file)).expect("a file");
        let named = text.lines().next().and_then(|line| line.strip_prefix("# yaml-language-server: $schema="));
        let schema = fs::read_to_string(desk.path().join(named.expect("a schema is named"))).expect("it is there");
        assert!(schema == read("schema/v1alpha1.json"), "{file}");
    }
    let page = read("docs/authoring.md");
    assert!(page.contains("# yaml-language-server: $schema=.virt-patch.schema.json\n"), "the page names another file");
    commands(&page, "\nvirt-patch ");
    commands(&page, "| virt-patch ");
}
