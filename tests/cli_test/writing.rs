//! What is written: `--bless` and `init`; and `--watch`, which waits for what others write.

use std::fs;

use super::run::Desk;
use super::{DOMAIN, TITLE, desk, rules};

#[test]
fn bless_writes_what_was_found_and_asks_where_it_should() {
    let desk = desk(TITLE, "- {name: a, expect: {diff: golden/a.diff}}\n- {name: b, expect: {domain: golden/b.xml}}");
    assert_eq!(desk.run(&["test"]).code, 1);
    assert!(!desk.path("golden").exists(), "without --bless nothing is written");
    let asked = desk.run_with(&["test", "--bless", "-i"], "n\ny\n", &[]);
    assert_eq!(asked.code, 1, "{}", asked.err);
    assert!(asked.err.contains("t/a") && asked.err.contains("+  <title>hello</title>"), "{}", asked.err);
    assert!(!desk.path("golden/a.diff").exists() && desk.path("golden/b.xml").exists());
    // No answer is no.
    assert_eq!(desk.run(&["test", "--bless", "-i"]).code, 1);
    let done = desk.run(&["test", "--bless"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("wrote `golden/a.diff`") && !done.err.contains("golden/b.xml"), "{}", done.err);
    assert_eq!(desk.run(&["test"]).code, 0);
    let names = fs::read_dir(desk.path("golden")).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert_eq!(names.count(), 2, "nothing is left beside the files");
}

#[test]
fn bless_writes_nowhere_but_in_the_tests_folder() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let desk = desk(TITLE, "- {name: a, expect: {diff: link/a.diff}}");
    std::os::unix::fs::symlink(elsewhere.path(), desk.path("link")).expect("a link");
    let done = desk.run(&["test", "--bless"]);
    assert_eq!(done.code, 2, "{}", done.out);
    assert!(done.err.contains("leads out of the test's folder"), "{}", done.err);
    assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 0);
    // A link in the file's own place is replaced, not followed.
    let target = elsewhere.path().join("target");
    fs::write(&target, "mine").expect("written");
    fs::remove_file(desk.path("link")).expect("removed");
    fs::create_dir(desk.path("link")).expect("a folder");
    std::os::unix::fs::symlink(&target, desk.path("link/a.diff")).expect("a link");
    assert_eq!(desk.run(&["test", "--bless"]).code, 0);
    assert_eq!(fs::read_to_string(&target).expect("read"), "mine");
    // What goes in is never what is expected, however it is spelled.
    for path in ["domain.xml", "./domain.xml", "t.yaml"] {
        let desk = self::desk(TITLE, &format!("- {{name: a, expect: {{domain: {path}}}}}"));
        let done = desk.run(&["test", "--bless"]);
        assert_eq!(done.code, 1, "{}", done.out);
        assert!(done.err.contains("would write over it"), "{}", done.err);
        assert_eq!(fs::read_to_string(desk.path("domain.xml")).expect("read"), DOMAIN);
    }
    // `todo` cases and two minds about one file are left alone.
    let desk = self::desk(TITLE, "- {name: a, todo: later, expect: {diff: a.diff}}");
    desk.run(&["test", "--bless"]);
    assert!(!desk.path("a.diff").exists());
    let desk = self::desk(
        TITLE,
        "- {name: a, expect: {domain: a}}\n- {name: b, domain: {inline: <domain><devices/></domain>}, expect: {domain: a}}",
    );
    let done = desk.run(&["test", "--bless"]);
    assert_eq!((done.code, desk.path("a").exists()), (2, false), "{}", done.err);
}

#[test]
fn watch_runs_again_when_a_file_changes() {
    let desk = desk(TITLE, "- {name: a, expect: {xpath: {/domain/title: hello}}}");
    let mut watching = std::process::Command::new(env!("CARGO_BIN_EXE_virt-patch"))
        .args(["test", "t.yaml", "--watch"])
        .current_dir(desk.path(""))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    let lines = |stream| std::io::BufRead::lines(std::io::BufReader::new(stream)).map_while(Result::ok);
    let mut out = lines(Box::new(watching.stdout.take().expect("a pipe")) as Box<dyn std::io::Read>);
    let mut err = lines(Box::new(watching.stderr.take().expect("a pipe")));
    let mut next = |words: &str| out.any(|line| line.contains(words));
    assert!(next("1 case: 1 passed, 0 failed"));
    // It waits: only now a change is one.
    assert!(err.any(|line| line.contains("waiting for a change")));
    // The length changes, so that a clock of seconds does not matter.
    fs::write(desk.path("rules.yaml"), rules("- name: title\n  set: {/domain/title: another title}")).expect("written");
    assert!(next("1 case: 0 passed, 1 failed"));
    watching.kill().expect("it still runs");
    watching.wait().expect("it ends");
}

#[test]
fn init_writes_a_rule_set_whose_test_holds_and_overwrites_nothing() {
    let desk = Desk::new(&[]);
    let done = desk.run(&["init"]);
    assert_eq!((done.code, done.out.lines().count()), (0, 5), "{}", done.err);
    let done = desk.run(&["test"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    fs::remove_file(desk.path("domain.xml")).expect("removed");
    fs::write(desk.path("rules.yaml"), "mine").expect("written");
    let done = desk.run(&["init"]);
    assert_eq!(done.code, 2, "{}", done.out);
    assert!(done.err.contains("`rules.yaml` is there already"), "{}", done.err);
    assert!(!desk.path("domain.xml").exists(), "all of it is written, or nothing");
    assert_eq!(fs::read_to_string(desk.path("rules.yaml")).expect("read"), "mine");
    assert_eq!(desk.run(&["init", "a/b"]).code, 0);
    assert_eq!(desk.run(&["test", "a"]).code, 0);
}
