//! Allow lists: which entries there are, what they mean, what is wrong with others.

use virt_patch::admission::{AllowList, Permission, Reference};

use super::{allow_list, list_source};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Whether `list` allows `image`.
fn allows(list: &str, image: &str) -> bool {
    let image = Reference::parse(image).unwrap_or_else(|wrong| panic!("{image} {wrong}"));
    allow_list(list).permissions(&image).is_some()
}

#[test]
fn entries_stand_on_lines_or_between_commas() {
    let harvester = allow_list("sidecarimage1:tag,sidecarimage2:tag");
    assert_eq!(harvester.len(), 2);
    let lines = allow_list("# ours\r\n\r\na/b:1\t# the first, a/c:1\n  a/d:1 , a/e:1,\n");
    assert_eq!(lines.len(), 3);
    for (image, expected) in [("a/b:1", true), ("a/c:1", false), ("a/d:1", true), ("a/e:1", true)] {
        let image = Reference::parse(image).expect("a reference");
        assert_eq!(lines.permissions(&image).is_some(), expected, "{image}");
    }
}

#[test]
fn the_empty_list_allows_nothing() {
    for text in ["", " \n,,\n", "# a comment"] {
        assert!(allow_list(text).is_empty(), "{text:?}");
        assert!(!allows(text, "a/b:1"), "{text:?}");
    }
}

#[test]
fn a_digest_decides_and_a_tag_beside_it_must_agree() {
    let pinned = format!("a.example/b:1@{DIGEST}");
    for (image, expected) in [
        (format!("a.example/b@{DIGEST}"), true),
        (format!("a.example/b:1@{DIGEST}"), true),
        (format!("a.example/b:2@{DIGEST}"), false),
        ("a.example/b:1".to_owned(), false),
    ] {
        assert_eq!(allows(&pinned, &image), expected, "{image}");
    }
}

#[test]
fn a_host_alone_may_begin_every_name() {
    assert!(allows("[fd00::1]:5000/*", "[fd00::1]:5000/a/b:1"));
    assert!(!allows("[fd00::1]:5000/*", "[fd00::2]:5000/a/b:1"));
    assert!(allows("docker.io/*", "docker.io/library/busybox"));
    assert!(!allows("docker.io/*", "busybox"), "which registry that is only the node knows");
    assert!(!allows("team/*", "docker.io/team/a"));
}

#[test]
fn permissions_of_all_entries_that_mean_an_image_count_together() {
    let list = allow_list("a/b:* pvc\na/b:1 command field=downwardAPI\na/* hookPath");
    let of = |image: &str| {
        let image = Reference::parse(image).expect("a reference");
        list.permissions(&image).map(|found| found.into_iter().cloned().collect::<Vec<_>>())
    };
    let field = Permission::Field("downwardAPI".to_owned());
    assert_eq!(of("a/b:1"), Some(vec![Permission::Command, Permission::HookPath, Permission::Claim, field]));
    assert_eq!(of("a/b:2"), Some(vec![Permission::HookPath, Permission::Claim]));
    assert_eq!(of("a/c"), Some(vec![Permission::HookPath]));
    assert_eq!(of("b/c"), None);
}

#[test]
fn wrong_entries_are_all_said_at_their_places() {
    let list = "a/b:1\nA/b:1, c/d:1 comand\n*\na/*/b\n  a/b:1:*\na/b/**, e/f:1 g/h:1\n";
    let problems = AllowList::parse(&list_source(list)).expect_err("a wrong list");
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let expected = [
        "images:2:1: error[image-reference]: the image `A/b:1` has upper case in its registry `A`; write `a`",
        "images:2:14: error[allow-list]: `comand` is nothing that the allow list can permit or require; did you mean `command`?",
        "images:3:1: error[allow-list]: `*` has a `*` where none can stand; `name:*` is every tag of a name, \
         `registry.example/team/*` every name below; no entry means all images",
        "images:4:1: error[allow-list]: `a/*/b` has a `*` where none can stand; `name:*` is every tag of a name, \
         `registry.example/team/*` every name below; no entry means all images",
        "images:5:3: error[allow-list]: `a/b:1:*` has a tag or digest and `:*`; leave one of them",
        "images:6:1: error[allow-list]: `a/b/**` has a `*` where none can stand; `name:*` is every tag of a name, \
         `registry.example/team/*` every name below; no entry means all images",
        "images:6:15: error[allow-list]: `g/h:1` is nothing that the allow list can permit or require; behind an image may \
         stand command, hookPath, pvc, field=NAME and policy=NAME; a second image needs a comma or a line",
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_required_policy_is_one_that_nobody_can_replace() {
    let required = |list: &str, image: &str| -> Vec<String> {
        let image = Reference::parse(image).expect("a reference");
        allow_list(list).required_policies(&image).iter().map(ToString::to_string).collect()
    };
    let list = "a/b:* policy=/p.yaml policy=builtin:baseline\na/b:1 policy=/etc/virt-patch/policy.yaml\na/* command";
    assert_eq!(required(list, "a/b:1"), ["/etc/virt-patch/policy.yaml", "/p.yaml", "builtin:baseline"]);
    assert_eq!(required(list, "a/b:2"), ["/p.yaml", "builtin:baseline"]);
    assert_eq!(required(list, "a/c:1"), [""; 0]);
    for wrong in [
        "",
        "builtin:",
        "builtin:none",
        "restricted",
        "p.yaml",
        "./p.yaml",
        "/",
        "/p//q.yaml",
        "/p/../q.yaml",
        "/p/./q.yaml",
        "/p/",
        "/$(HOME)/p.yaml",
        "/p.yaml;x",
        "/pölicy.yaml",
        "/usr/bin/onDefineDomain",
        "/etc/virt-patch/rules",
        "/etc/virt-patch/rules/p.yaml",
        "/var/run/kubevirt-hooks/p.yaml",
        "/run/kubevirt-hooks",
    ] {
        let text = format!("a/b:1 policy={wrong}");
        let problems = AllowList::parse(&list_source(&text)).expect_err(&text);
        let said = problems[0].to_string();
        assert!(said.starts_with("images:1:7: error[allow-list]: `policy="), "{said}");
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
    let problems =
        AllowList::parse(&list_source("a/b:1 policy=builtin:baseline hookPath")).expect_err("a contradiction");
    assert!(problems[0].message.contains("may ask for what leads around it"), "{}", problems[0]);
}

#[test]
fn references_are_read_by_the_grammar() {
    for text in ["a", "a-b--c.d_e__f", "a.b/c", "localhost/a", "a:5000/b:5000", "a.b:1/c:1", "[::1]/a", "a:1_.-"] {
        assert_eq!(Reference::parse(text).map(|image| image.to_string()).as_deref(), Ok(text));
    }
    for (text, wrong) in [
        ("-a", "small letters and digits"),
        ("a-", "small letters and digits"),
        ("a..b", "small letters and digits"),
        ("a___b", "small letters and digits"),
        ("a._b", "small letters and digits"),
        ("a.b-/c", "no host name"),
        ("a.b:/c", "port"),
        ("[::1/a", "without `]`"),
        ("[::1]5000/a", "only a port"),
        ("[g::1]/a", "no IPv6 address"),
        ("a@sha256:0", "64 hexadecimal digits"),
        ("é", "U+00E9"),
    ] {
        let said = Reference::parse(text).expect_err(text);
        assert!(said.contains(wrong), "{text}: {said}");
    }
    let long = "a/".repeat(127) + "a";
    assert!(Reference::parse(&long).is_ok());
    assert!(Reference::parse(&(long + "b")).expect_err("256 characters").contains("at most 255"));
}
