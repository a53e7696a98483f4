//! The packs and their folders say the same, and docs/packs.md is made of them.
#![cfg(feature = "cli")]
// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use virt_patch::packs::{self, PACKS, Pack};
use virt_patch::rule::{Param, ParamSource, RuleSet, compile, pack_file};
use virt_patch::source::Source;
use virt_patch::yaml;

/// What follows this line of docs/packs.md is made.
const MADE: &str = "<!-- What follows is made of rules/ by `BLESS=1 cargo test --test packs`. -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rule_set(pack: &Pack) -> RuleSet {
    let file = pack_file(pack.name).expect("a pack");
    let mut sets = compile(&[file]).unwrap_or_else(|problems| panic!("{}: {}", pack.name, problems[0]));
    assert_eq!(sets.len(), 1, "{}: a pack is one rule set", pack.name);
    sets.remove(0)
}

#[test]
fn the_table_is_the_folders() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("rules"))
        .expect("the packs")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .collect();
    let table: Vec<&str> = packs::names().collect();
    assert_eq!(table, folders.iter().map(String::as_str).collect::<Vec<_>>(), "src/packs.rs lists rules/, by name");
    for pack in PACKS {
        assert_eq!(rule_set(pack).name, pack.name, "a pack's rule set has its folder's name");
        let test = root().join("rules").join(pack.name).join("test.yaml");
        assert!(test.is_file(), "the pack {} has no test {}", pack.name, test.display());
    }
}

/// The text below the README's heading `Replaces`, up to the next one.
fn replaces(pack: &Pack) -> String {
    let is_heading = |line: &&str| line.starts_with('#');
    let lines = pack.readme.lines().skip_while(|line| !(is_heading(line) && line.ends_with("Replaces")));
    let text = lines.skip(1).take_while(|line| !is_heading(line)).collect::<Vec<_>>().join("\n");
    assert!(!text.trim().is_empty(), "rules/{}/README.md says nothing below a heading `Replaces`", pack.name);
    text.trim().to_owned()
}

/// A param, as a row; one that is not described is the pack's own matter.
fn row(param: &Param) -> Option<String> {
    let description = param.description.as_deref()?;
    let default = match (&param.default, &param.source) {
        (Some(value), _) | (None, ParamSource::Value(Some(value))) => format!("`{}`", value.to_json()),
        _ => String::new(),
    };
    let cell = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let (name, source) = (&param.name, cell(&param.source.describe()));
    Some(format!("| `{name}` | {source} | {} | {} |\n", cell(&default), cell(description)))
}

fn section(pack: &Pack) -> String {
    let set = rule_set(pack);
    let mut text = String::new();
    let (name, summary, replaces) = (pack.name, pack.summary(), replaces(pack));
    writeln!(text, "\n## {name}\n\n{summary} [Its rules](../rules/{name}/rules.yaml), [its proof](../rules/{name}/test.yaml).\n\n**Replaces.** {replaces}\n")
        .expect("a string");
    text += "| param | from | default | what it is |\n| --- | --- | --- | --- |\n";
    let mut params: Vec<&Param> = set.params.iter().collect();
    params.sort_by_key(|param| param.location.span.start);
    let rows: Vec<String> = params.into_iter().filter_map(row).collect();
    assert!(!rows.is_empty(), "{name}: no param has a `description`");
    text.extend(rows);
    text
}

/// What the tests on a real libvirt and in guests read, from where they read it.
const LIBVIRT: &str = "tests/kubevirt/libvirt";

fn read(path: &Path) -> yaml::Node {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let source = Source::new("proofs.yaml", text);
    let mut documents = yaml::read(&source, &yaml::Limits::default()).unwrap_or_else(|p| panic!("{}", p[0]));
    documents.remove(0)
}

fn items<'y>(node: &'y yaml::Node, key: &str) -> &'y [yaml::Node] {
    node.get(key).and_then(yaml::Node::items).unwrap_or_default()
}

/// What of a pack is tried on libvirt: the cases, QEMU's arguments and what this libvirt refuses.
fn on_libvirt(pack: &Pack) -> String {
    let proofs = read(&root().join(LIBVIRT).join("packs").join(format!("{}.yaml", pack.name)));
    let cases = items(&proofs, "cases");
    let arguments: usize = cases.iter().map(|case| items(case, "arguments").len() + items(case, "gone").len()).sum();
    let refused = cases.iter().filter(|case| case.get("refused").is_some()).count();
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    if cases.is_empty() {
        return "changes no domain".to_owned();
    }
    let beyond = if refused == 0 { String::new() } else { format!(", {refused} beyond 9.0 or the machine") };
    let (cases, arguments) = (count(cases.len(), "case"), count(arguments, "argument"));
    format!("[{cases}, {arguments}{beyond}](../{LIBVIRT}/packs/{}.yaml)", pack.name)
}

/// How many of a pack's proofs which guest prints.
fn in_guests(pack: &Pack) -> String {
    let mut guests: Vec<String> = fs::read_dir(root().join(LIBVIRT).join("guests"))
        .expect("the guests")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    guests.sort();
    let counted = guests.iter().filter_map(|guest| {
        let proofs = read(&root().join(LIBVIRT).join("guests").join(guest));
        let is_own = |proof: &&yaml::Node| proof.get("pack").and_then(yaml::Node::text) == Some(pack.name);
        let number = items(&proofs, "proofs").iter().filter(is_own).count();
        (number > 0).then(|| format!("[{number}](../{LIBVIRT}/guests/{guest})"))
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// The list, then a section for each.
fn made() -> String {
    let row = |pack: &Pack| {
        let (name, summary) = (pack.name, pack.summary());
        let (libvirt, guests) = (on_libvirt(pack), in_guests(pack));
        format!("| [{name}](../rules/{name}/README.md) | {summary} | {libvirt} | {guests} |\n")
    };
    let list: String = PACKS.iter().map(row).collect();
    let sections: String = PACKS.iter().map(section).collect();
    format!("\n| pack | what it does | on libvirt | proofs in guests |\n| --- | --- | --- | --- |\n{list}{sections}")
}

#[test]
fn the_page_is_made_of_the_packs() {
    let path = root().join("docs/packs.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (by_hand, _) = page.split_once(MADE).expect("the line below which the page is made");
    let now = format!("{by_hand}{MADE}{}", made());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &now).expect("written");
    } else {
        assert!(page == now, "docs/packs.md is another page; `BLESS=1 cargo test --test packs` rewrites it");
    }
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_virt-patch"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the command starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn packs_are_listed_shown_and_copied() {
    let desk = tempfile::tempdir().expect("a folder");
    let (code, list, _) = run(desk.path(), &["packs"]);
    assert_eq!(code, Some(0));
    let listed: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, packs::names().collect::<Vec<_>>());
    for pack in PACKS {
        assert!(list.contains(&pack.summary()) && pack.summary().ends_with('.'), "{}: {list}", pack.name);
        let (code, shown, _) = run(desk.path(), &["packs", "show", pack.name]);
        assert_eq!(code, Some(0));
        assert!(shown.contains(pack.readme.trim()) && shown.contains(pack.rules), "{shown}");
        let (code, said, _) = run(desk.path(), &["packs", "copy", pack.name]);
        assert_eq!((code, said), (Some(0), format!("wrote {0}/rules.yaml\nwrote {0}/README.md\n", pack.name)));
        let copied = desk.path().join(pack.name).join("rules.yaml");
        assert_eq!(fs::read_to_string(&copied).expect("the copy"), pack.rules);
        fs::write(&copied, "mine").expect("written");
        let (code, _, why) = run(desk.path(), &["packs", "copy", pack.name]);
        assert!(code == Some(2) && why.contains("nothing is overwritten"), "{why}");
        assert_eq!(fs::read_to_string(&copied).expect("the copy"), "mine");
    }
    let (code, _, why) = run(desk.path(), &["packs", "show", "smbois"]);
    assert!(code == Some(2) && why.contains("did you mean `smbios`?"), "{why}");
}
