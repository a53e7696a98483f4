//! What a golden file cannot show: several runs, folders with links, standard input, many files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::run;

const WARNING: &str = "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata:\n  annotations:\n    hooks.kubevirt.io/hookSidecars: '[{}]'\n";
const WRONG: &str =
    "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec: {onDefineDomian: []}\n";
const RIGHT: &str = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  onDefineDomain:\n    - name: title\n      set: {/domain/title: x}\n    - forEach: {var: disk, in: /domain/devices/disk}\n      set: {$disk/driver/@queues: '${/domain/vcpu}'}\n";

fn desk(files: &[(&str, &str)]) -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = desk.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    desk
}

#[test]
fn a_baseline_is_written_and_then_known() {
    let desk = desk(&[("a/vmi.yaml", WARNING), ("rules.yaml", RIGHT)]);
    let run = |arguments: &[&str]| run(desk.path(), arguments);
    assert_eq!(run(&["validate", ".", "--strict"]).code, 1);
    let written = run(&["validate", ".", "--strict", "--write-baseline"]);
    assert_eq!(written.code, 0, "{}", written.err);
    let list = fs::read_to_string(desk.path().join(".virt-patch-baseline.json")).expect("the baseline");
    assert!(list.contains(r#"{"file":"a/vmi.yaml","code":"missing-image","rule":"","count":1}"#), "{list}");
    let known = ["validate", ".", "--strict", "--baseline", ".virt-patch-baseline.json"];
    assert_eq!(run(&known).code, 0);
    // A line above moves nothing out of it; a second warning is new.
    fs::write(desk.path().join("a/vmi.yaml"), format!("# x\n{WARNING}")).expect("written");
    assert_eq!(run(&known).code, 0);
    fs::write(desk.path().join("b.yaml"), WARNING).expect("written");
    let new = run(&known);
    assert_eq!(new.code, 1);
    assert!(new.out.contains("b.yaml:5") && !new.out.contains("a/vmi.yaml"), "{}", new.out);
    // Of a file that a run does not look at it says nothing, and what was listed of it stays.
    let other = run(&["validate", "rules.yaml", "--baseline", ".virt-patch-baseline.json"]);
    assert_eq!((other.code, other.err.as_str()), (0, ""));
    let written = run(&["validate", "b.yaml", "--write-baseline"]);
    assert!(written.err.contains("lists 2 warnings now"), "{}", written.err);
    assert_eq!(run(&known).code, 0);
    fs::remove_file(desk.path().join("a/vmi.yaml")).expect("removed");
    assert!(run(&known).err.contains("lists 1 warning that"), "what is gone is said");
}

#[test]
fn what_is_no_baseline_is_not_overwritten() {
    let desk = desk(&[("vmi.yaml", WARNING)]);
    let done = run(desk.path(), &["validate", "vmi.yaml", "--write-baseline", "--baseline", "vmi.yaml"]);
    assert_eq!(done.code, 1, "{}", done.out);
    assert_eq!(fs::read_to_string(desk.path().join("vmi.yaml")).expect("the file"), WARNING);
}

#[test]
fn the_configuration_is_looked_for_up_to_the_repository_and_no_further() {
    let strict = "strict: true\n";
    let desk = desk(&[(".virt-patch.yaml", strict), ("repository/deep/vmi.yaml", WARNING)]);
    let code = |path: &str| run(desk.path(), &["validate", path]).code;
    assert_eq!(code("repository/deep/vmi.yaml"), 0, "outside a repository a folder above has no say");
    fs::create_dir(desk.path().join(".git")).expect("a repository");
    assert_eq!(code("repository/deep/vmi.yaml"), 1);
    // A work tree has a file of that name.
    fs::write(desk.path().join("repository/.git"), "gitdir: x\n").expect("a work tree");
    assert_eq!(code("repository/deep/vmi.yaml"), 0);
}

#[test]
#[cfg(unix)]
fn links_lead_to_files_once_and_to_folders_never() {
    let desk = desk(&[("a/rules.yaml", WRONG)]);
    std::os::unix::fs::symlink(desk.path(), desk.path().join("a/loop")).expect("a link");
    std::os::unix::fs::symlink("rules.yaml", desk.path().join("a/same.yaml")).expect("a link");
    std::os::unix::fs::symlink("nowhere.yaml", desk.path().join("a/gone.yaml")).expect("a link");
    let done = run(desk.path(), &["validate", ".", "a", "a/rules.yaml", "./a/../a/rules.yaml", "--format", "github"]);
    assert_eq!((done.code, done.out.lines().count()), (1, 1), "{}", done.out);
}

#[test]
fn standard_input_is_a_file() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virt-patch"));
    command.args(["validate", "-", "-", "--format", "github"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    child.stdin.take().expect("a pipe").write_all(WRONG.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("the command ends");
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1));
    assert!(out.starts_with("::error file=<stdin>,line=4,col=8,") && out.lines().count() == 1, "{out}");
}

/// How long it takes is said and not asserted: machines differ.
#[test]
fn five_hundred_files_in_one_run() {
    let desk = tempfile::tempdir().expect("a temporary folder");
    for number in 0..500 {
        let text = if number % 100 == 7 { WRONG } else { RIGHT };
        fs::write(desk.path().join(format!("{number:03}.yaml")), text).expect("a file");
    }
    let begun = Instant::now();
    let done = run(desk.path(), &["validate", ".", "--format", "github"]);
    let many = begun.elapsed();
    let files: Vec<&str> =
        done.out.lines().filter_map(|line| line.strip_prefix("::error file=")?.split(',').next()).collect();
    assert_eq!(files, ["007.yaml", "107.yaml", "207.yaml", "307.yaml", "407.yaml"], "in the files' order");
    let begun = Instant::now();
    assert_eq!(run(desk.path(), &["validate", "000.yaml"]).code, 0);
    println!("500 files: {many:?}; one: {:?}, process included", begun.elapsed());
}

/// One file with thousands of problems is no hang: after some with their lines the others have a line each.
#[test]
fn thousands_of_problems_are_all_said() {
    let head = "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  onDefineDomain:\n";
    let rules: String = (0..3000).map(|_| "    - remove: /domain/[\n").collect();
    let desk = desk(&[("rules.yaml", &format!("{head}{rules}"))]);
    let done = run(desk.path(), &["validate", "rules.yaml"]);
    assert_eq!(done.code, 1);
    assert_eq!(done.out.matches("error[xpath-syntax]").count(), 3000);
    assert!(done.out.contains("\nrules.yaml:3005:23: error[xpath-syntax]: onDefineDomain[2999]: "), "the last one");
    assert!(done.out.ends_with("\n1 file: 3000 errors\n"));
}

#[test]
fn nothing_given_is_wrong_usage() {
    assert_eq!(run(Path::new("."), &["validate"]).code, 2);
    assert_eq!(run(Path::new("."), &["validate", "x", "--format", "xml"]).code, 2);
}

/// A pull request chooses its files' names, and they go to somebody's terminal.
#[test]
fn names_of_files_steer_no_terminal() {
    let name = "\u{1b}[2J\n.yaml";
    let desk = desk(&[(name, "kind: RuleSet\nkind: RuleSet\n")]);
    let done = run(desk.path(), &["validate", "."]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(!done.out.contains('\u{1b}') && done.out.contains("\\u{001b}[2J\\n.yaml:2:1"), "{}", done.out);
}

#[test]
fn what_is_too_deep_is_said_in_the_same_words_by_every_reader() {
    let desk = desk(&[("a.json", &"[".repeat(100_000)), ("b.yaml", &format!("a: {}", "{b: ".repeat(100)))]);
    for name in ["a.json", "b.yaml"] {
        let done = run(desk.path(), &["validate", name]);
        assert_eq!(done.code, 1, "{}", done.err);
        assert!(done.out.contains("more than 64 lists and mappings within each other"), "{}", done.out);
    }
}

#[test]
fn rules_are_tried_on_the_domains_that_are_given() {
    let rules = RIGHT.replace("/domain/devices/disk}", "\"/domain/devices/disk[alias/@name='ua-mine']\"}");
    let crypto = "    - remove: /domain/devices/crypto\n";
    let domain = "<domain type='kvm'><devices><crypto model='virtio' type='qemu'/></devices></domain>";
    let desk = desk(&[("rules.yaml", &(rules + crypto)), ("vm.xml", domain), ("cut.xml", "<domain>")]);
    let run = |arguments: &[&str]| run(desk.path(), &[&["validate", "rules.yaml"], arguments].concat());
    let without = run(&[]);
    assert!(without.out.contains("selects-nothing") && without.out.contains("crypto"), "{}", without.out);
    let with = run(&["--sample", "vm.xml"]);
    assert!(!with.out.contains("/domain/devices/crypto"), "{}", with.out);
    let cut = run(&["--sample", "cut.xml"]);
    assert_eq!(cut.code, 1);
    assert!(cut.out.contains("cut.xml:1:"), "{}{}", cut.out, cut.err);
}
