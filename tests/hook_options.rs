//! The sidecar's arguments: what they mean, and that a wrong one is told and not died of.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use virt_patch::diagnostic::Code;
use virt_patch::hook::log::Format;
use virt_patch::hook::options::{AnnotationRules, Mode, SOCKET_DIR, USAGE};
use virt_patch::hook::{HookPoint, SidecarOptions};

fn parse(arguments: &[&str]) -> SidecarOptions {
    SidecarOptions::parse(arguments, |_| None)
}

/// The problems' messages, one a line.
fn problems(options: &SidecarOptions) -> String {
    options.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_given_is_what_most_sidecars_need() {
    let options = parse(&[]);
    assert_eq!(problems(&options), "");
    assert_eq!((options.mode, options.annotation_rules), (Mode::Enforce, AnnotationRules::Allow));
    assert_eq!(options.log_format, Format::Json);
    let serve = options.serve();
    assert_eq!(serve.socket_dir.as_deref(), Some(Path::new(SOCKET_DIR)));
    assert_eq!((serve.plugin_socket, serve.container.as_str()), (None, "virt-patch"));
}

#[test]
fn every_argument_is_read() {
    let options = parse(&[
        "--version",
        "v1alpha2",
        "--rules",
        "a.yaml",
        "--rules=b",
        "--pack",
        "smbios",
        "--param",
        "smbios.name=a=b.c",
        "--mode",
        "Audit",
        "--annotation-rules",
        "Deny",
        "--hook-points",
        "PreCloudInitIso",
        "--socket-dir",
        "/s",
        "--plugin-socket",
        "/p/x.sock",
        "--log-format",
        "text",
    ]);
    assert_eq!(problems(&options), "");
    assert_eq!(options.rules, [PathBuf::from("a.yaml"), PathBuf::from("b")]);
    assert_eq!(options.packs, ["smbios"]);
    assert_eq!(options.params, [("smbios".to_owned(), "name".to_owned(), "a=b.c".to_owned())]);
    assert_eq!((options.mode, options.annotation_rules), (Mode::Audit, AnnotationRules::Deny));
    assert_eq!(options.hook_points, [HookPoint::PreCloudInitIso]);
    assert_eq!(options.log_format, Format::Text);
    let serve = options.serve();
    assert_eq!(serve.socket_dir, Some("/s".into()));
    assert_eq!(serve.plugin_socket, Some("/p/x.sock".into()));
}

#[test]
fn any_version_of_an_existing_manifest_is_accepted() {
    for version in ["v1alpha1", "v1alpha3", "v9", ""] {
        assert_eq!(problems(&parse(&["--version", version])), "", "{version}");
    }
}

#[test]
fn an_injected_sidecar_denies_annotation_rules_unless_told() {
    assert_eq!(parse(&["--plugin-socket", "/p.sock"]).annotation_rules, AnnotationRules::Deny);
    let told = parse(&["--plugin-socket", "/p.sock", "--annotation-rules", "Allow"]);
    assert_eq!(told.annotation_rules, AnnotationRules::Allow);
    // A word that is wrong must not become the more generous default.
    let wrong = parse(&["--annotation-rules", "deny"]);
    assert_eq!(wrong.problems.len(), 1);
}

#[test]
fn the_environment_stands_in_for_what_is_not_given() {
    let env = |name: &str| {
        let value = match name {
            "CONTAINER_NAME" => "hook-sidecar-7",
            "VIRT_PATCH_MODE" => "Audit",
            "VIRT_PATCH_LOG_FORMAT" => "text",
            "VIRT_PATCH_ANNOTATION_RULES" => "",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let options = SidecarOptions::parse(["--log-format", "json"], env);
    assert_eq!(problems(&options), "");
    assert_eq!((options.mode, options.log_format), (Mode::Audit, Format::Json));
    assert_eq!(options.serve().container, "hook-sidecar-7");
    let wrong = SidecarOptions::parse([] as [&str; 0], |name| (name == "VIRT_PATCH_MODE").then(|| "audit".to_owned()));
    assert!(problems(&wrong).contains("VIRT_PATCH_MODE is \"audit\""), "{}", problems(&wrong));
}

#[test]
fn each_wrong_argument_is_one_problem_and_the_others_still_count() {
    for (arguments, message) in [
        (&["--moed", "--mode", "Audit"][..], "unknown argument --moed; did you mean --mode?"),
        (&["--moed=x", "--mode", "Audit"], "unknown argument --moed; did you mean --mode?"),
        (&["-x", "--mode", "Audit"], "unknown argument -x"),
        (&["stray", "--mode", "Audit"], "unexpected argument \"stray\""),
        (&["--param", "password", "--mode", "Audit"], "--param wants PACK.NAME=VALUE"),
        (&["--param", ".n=secret", "--mode", "Audit"], "--param wants PACK.NAME=VALUE"),
        (&["--log-format", "yaml", "--mode", "Audit"], "--log-format is \"yaml\", expected one of json, text"),
        (&["--hook-points", "OnDefineDomian", "--mode", "Audit"], "did you mean OnDefineDomain?"),
        (&["--mode", "Audit", "--rules"], "missing argument for option '--rules'"),
        (&["--help=yes", "--mode", "Audit"], "unexpected argument for option '--help'"),
    ] {
        let options = parse(arguments);
        assert_eq!(options.problems.len(), 1, "{arguments:?}: {}", problems(&options));
        assert_eq!(options.problems[0].code, Code::InvalidArgument);
        assert!(problems(&options).contains(message), "{arguments:?}: {}", problems(&options));
        assert!(!problems(&options).contains("secret"));
        assert_eq!(options.mode, Mode::Audit, "{arguments:?}");
    }
}

#[test]
fn policies_are_files_or_built_in() {
    let options = parse(&["--policy", "/etc/policy", "--policy", "builtin:restricted"]);
    assert_eq!(options.policies, [PathBuf::from("/etc/policy"), PathBuf::from("builtin:restricted")]);
    assert!(options.problems.is_empty(), "{:?}", options.problems);
}

#[test]
fn bytes_that_are_no_text_are_a_problem_only_where_text_is_needed() {
    let raw = || OsString::from_vec(b"/rules/\xff".to_vec());
    let path = SidecarOptions::parse([OsString::from("--rules"), raw()], |_| None);
    assert_eq!((path.rules, path.problems.len()), (vec![PathBuf::from(raw())], 0));
    let word = SidecarOptions::parse([OsString::from("--mode"), raw()], |_| None);
    assert_eq!(word.problems.len(), 1);
    let hostile = SidecarOptions::parse(["--x\n\u{1b}[31m", "y\u{1b}\n"], |_| None);
    assert!(
        hostile.problems.iter().all(|problem| !problem.message.contains(char::is_control)),
        "{:?}",
        hostile.problems
    );
}

#[test]
fn help_names_every_argument() {
    assert!(parse(&["--help"]).help && parse(&["-h"]).help && !parse(&[]).help);
    for name in [
        "version",
        "rules",
        "pack",
        "param",
        "policy",
        "mode",
        "annotation-rules",
        "hook-points",
        "socket-dir",
        "plugin-socket",
        "log-format",
        "help",
    ] {
        assert!(USAGE.contains(&format!("--{name}")), "{name}");
    }
}

#[test]
fn a_version_without_value_asks_for_ours() {
    let asked = parse(&["--version"]);
    assert_eq!((asked.version, problems(&asked).as_str()), (true, ""));
    assert!(!parse(&["--version", "v1alpha2"]).version);
}

#[test]
fn one_argument_with_two_values_is_told() {
    for [name, one, other] in [
        ["--mode", "Enforce", "Audit"],
        ["--annotation-rules", "Allow", "Deny"],
        ["--log-format", "json", "text"],
        ["--socket-dir", "/a", "/b"],
        ["--plugin-socket", "/a", "/b"],
        ["--param", "smbios.name=a", "smbios.name=b"],
    ] {
        assert_eq!(problems(&parse(&[name, one, name, one])), "", "{name}");
        let twice = problems(&parse(&[name, one, name, other]));
        let argument = if name == "--param" { "--param smbios.name" } else { name };
        assert!(twice.contains(&format!("{argument} is given twice, with different values")), "{name}: {twice}");
        assert_eq!(twice.lines().count(), 1, "{twice}");
    }
}
