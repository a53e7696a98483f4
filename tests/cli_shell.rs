//! Completions, manual pages and the schema: they are there for every command, and what reads them takes them.
#![cfg(feature = "cli")]
// `cfg(test)` says to clippy that these are tests too.
#![cfg(test)]

#[path = "cli/run.rs"]
mod run;

use std::process::{Command, Stdio};

use run::Desk;

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = Desk::new(&[]).run(&["--help"]).out;
    let list = help.split_once("Commands:\n").expect("a list of commands").1;
    let list = list.lines().take_while(|line| !line.trim().is_empty());
    list.filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect()
}

/// Whether a program is there; where it is not, the test says so and ends. With `CI` set it fails.
fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("SKIPPED: there is no {program} here");
        assert!(std::env::var_os("CI").is_none(), "CI has {program}");
    }
    found
}

#[test]
fn each_shell_gets_completions_of_every_command() {
    let desk = Desk::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = desk.run(&["completions", shell]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{shell}");
        for command in commands() {
            assert!(done.out.contains(&command), "{shell} does not complete `{command}`");
        }
    }
    assert_eq!(desk.run(&["completions", "cmd"]).code, 2);
}

#[test]
fn bash_completes_commands_and_arguments() {
    if !is_there("bash") {
        return;
    }
    let desk = Desk::new(&[]);
    std::fs::write(desk.path("completions"), desk.run(&["completions", "bash"]).out).expect("a file");
    // What bash does when someone presses tab behind the last word.
    let complete = |words: &[&str]| {
        let script = "source completions; complete -p virt-patch >/dev/null || exit 3; \
            COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
            _virt__patch virt-patch \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; \
            printf '%s\\n' \"${COMPREPLY[@]}\"";
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", script, "bash"]).args(words).current_dir(desk.path("."));
        let output = bash.output().expect("bash runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").lines().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    for command in commands() {
        assert!(complete(&["virt-patch", &command[..2]]).contains(&command), "{command}");
    }
    assert_eq!(complete(&["virt-patch", "apply", "--expl"]), ["--explain"]);
    assert_eq!(complete(&["virt-patch", "--color", "al"]), ["always"]);
}

#[test]
fn there_is_a_manual_page_of_every_command() {
    let desk = Desk::new(&[]);
    let done = desk.run(&["man", "--out", "pages/man1"]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "", ""));
    for command in commands() {
        let page = std::fs::read_to_string(desk.path(&format!("pages/man1/virt-patch-{command}.1"))).expect("a page");
        assert_eq!(desk.run(&["man", &command]).out, page, "{command}");
        assert!(page.contains(&format!(".TH virt-patch-{command} 1")), "{page}");
    }
    let whole = std::fs::read_to_string(desk.path("pages/man1/virt-patch.1")).expect("a page");
    assert_eq!(desk.run(&["man"]).out, whole);
    assert!(whole.contains("Exit codes"), "{whole}");
    let done = desk.run(&["man", "aply"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("did you mean `apply`?"), "{}", done.err);
}

/// groff warns of what it does not understand.
#[test]
fn groff_takes_the_pages() {
    if !is_there("groff") {
        return;
    }
    let desk = Desk::new(&[]);
    desk.run(&["man", "--out", "."]);
    for command in commands() {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Tutf8", "-ww"]).arg(desk.path(&format!("virt-patch-{command}.1")));
        let output = groff.output().expect("groff runs");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
        assert!(!output.stdout.is_empty(), "{command}");
    }
}

#[test]
fn the_schema_is_printed_as_it_is_checked_in() {
    let done = Desk::new(&[]).run(&["schema"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out == include_str!("../schema/v1alpha1.json"), "BLESS=1 cargo test --test schema rewrites it");
}
