//! The arrows of docs/architecture.md, read from the `use` lines: rooms depend only downwards, and no
//! two files import each other.

// Says to clippy that helpers are tests too.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up, with what each may use. The list is in docs/architecture.md too.
const ROOMS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("regexp", &[]),
    ("vocabulary", &["diagnostic"]),
    ("xpath", &["diagnostic", "regexp"]),
    ("json", &["diagnostic", "regexp", "xpath"]),
    ("xml", &["source", "diagnostic", "xpath"]),
    ("yaml", &["source", "diagnostic", "json"]),
    ("manifest", &["source", "diagnostic", "yaml"]),
    ("cloud_init", &["source", "diagnostic", "json", "yaml"]),
    ("packs", &["diagnostic"]),
    ("rule", &["source", "diagnostic", "regexp", "packs", "xpath", "json", "xml", "yaml", "manifest", "cloud_init"]),
    ("engine", &["source", "diagnostic", "vocabulary", "xpath", "json", "xml", "yaml", "cloud_init", "rule"]),
    ("policy", &["source", "diagnostic", "packs", "xpath", "xml", "yaml", "cloud_init", "rule", "engine"]),
    ("load", &["source", "diagnostic", "rule", "policy"]),
    ("second_call", &["source", "diagnostic", "xpath", "xml"]),
    (
        "lint",
        &[
            "source",
            "diagnostic",
            "vocabulary",
            "xpath",
            "json",
            "xml",
            "yaml",
            "cloud_init",
            "rule",
            "engine",
            "policy",
            "second_call",
        ],
    ),
    ("surroundings", &["rule", "engine"]),
    ("hook", &["diagnostic"]),
    (
        "sidecar",
        &["source", "diagnostic", "json", "manifest", "rule", "engine", "policy", "load", "surroundings", "hook"],
    ),
    ("admission", &["source", "diagnostic", "json", "manifest", "packs", "rule", "policy", "lint", "hook"]),
    ("injection", &["source", "diagnostic", "yaml", "rule", "admission"]),
    ("infer", &["source", "diagnostic", "xpath", "json", "xml", "yaml", "cloud_init", "rule", "engine"]),
    ("report", &["source", "diagnostic", "xml", "rule", "engine"]),
    ("vmi", &["source", "diagnostic", "yaml", "manifest", "rule"]),
    (
        "rule_test",
        &[
            "source",
            "diagnostic",
            "xpath",
            "xml",
            "yaml",
            "cloud_init",
            "rule",
            "engine",
            "policy",
            "report",
            "vmi",
            "second_call",
        ],
    ),
    (
        "validate",
        &["source", "diagnostic", "yaml", "manifest", "rule", "policy", "lint", "admission", "injection", "rule_test"],
    ),
    (
        "audit",
        &["source", "diagnostic", "json", "yaml", "manifest", "rule", "policy", "lint", "hook", "admission", "vmi"],
    ),
    ("schema", &["source", "json", "yaml", "rule", "policy", "injection", "rule_test"]),
    ("webhook", &["source", "diagnostic", "load", "admission", "injection", "hook"]),
    (
        "cli",
        &[
            "admission",
            "injection",
            "webhook",
            "source",
            "diagnostic",
            "xpath",
            "json",
            "xml",
            "yaml",
            "manifest",
            "cloud_init",
            "rule",
            "schema",
            "engine",
            "policy",
            "audit",
            "load",
            "packs",
            "validate",
            "surroundings",
            "hook",
            "sidecar",
            "infer",
            "report",
            "vmi",
            "second_call",
            "lint",
            "rule_test",
        ],
    ),
];

/// Files that import each other, with the reason. The list may only shrink.
const KNOTS: &[(&str, &str, &str)] = &[
    ("engine/cloud_init.rs", "engine/run.rs", "verbs are methods of `Run`, which holds the call's documents"),
    ("engine/domain/runs.rs", "engine/run.rs", "verbs are methods of `Run`, which holds the rule's runs"),
    ("engine/mod.rs", "engine/run.rs", "the room's contract, `Limits` and `Report`, stands in the file that runs it"),
    ("json/query/mod.rs", "json/query/parse.rs", "the error type stands beside the query that it is of"),
    ("rule/rules.rs", "rule/verbs.rs", "`steps` is a verb that holds rules"),
    ("xml/mod.rs", "xml/arena.rs", "the document's id stands beside the document"),
    ("xml/mod.rs", "xml/order.rs", "order is a method of the document that keeps it"),
];

/// A source file as a module: `rule::verbs`, and what it imports.
struct Module {
    file: PathBuf,
    imports: Vec<Import>,
    /// `pub use` of its own children's names: name to the path it stands for.
    facade: BTreeMap<String, Vec<String>>,
}

/// One path of a `use`, from the crate's root on.
struct Import {
    line: usize,
    path: Vec<String>,
}

fn modules() -> BTreeMap<Vec<String>, Module> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let inside = path.strip_prefix(&source).expect("below src").to_owned();
            // Programs use the crate from outside, and generated code imports nothing.
            if inside.starts_with("bin") || inside.starts_with("hook/gen") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut module: Vec<String> =
                inside.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| last == "mod" || last == "lib") {
                module.pop();
            }
            let text = fs::read_to_string(&path).expect("a source file");
            let (imports, facade) = uses(&text, &module);
            modules.insert(module, Module { file: inside, imports, facade });
        }
    }
    assert!(modules.len() > 50, "{} modules", modules.len());
    modules
}

/// What a file imports: `use` declarations and paths written out in the code.
fn uses(text: &str, module: &[String]) -> (Vec<Import>, BTreeMap<String, Vec<String>>) {
    let mut imports = Vec::new();
    let mut facade = BTreeMap::new();
    // A unit test may use what it likes.
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut offset = 0;
    while offset < text.len() {
        let rest = &text[offset..];
        let line_end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let line = rest[..line_end].trim_start();
        let number = text[..offset].matches('\n').count() + 1;
        let declaration = line.strip_prefix("use ").map(|tail| (false, tail)).or_else(|| {
            let (visibility, tail) = line.split_once("use ")?;
            // Nothing else ends in a word that ends so: `pub struct Clause {`.
            let visibility = visibility.trim_end();
            let is_one = visibility == "pub" || (visibility.starts_with("pub(") && visibility.ends_with(')'));
            is_one.then_some((true, tail))
        });
        let is_comment = line.starts_with("//");
        match declaration.filter(|_| !is_comment) {
            Some((public, tail)) => {
                let begin = offset + (line_end - tail.len()).min(line_end);
                let end = text[begin..].find(';').map_or(text.len(), |end| begin + end);
                for path in expand(&text[begin..end]) {
                    let (path, alias) = match path.split_once(" as ") {
                        Some((path, alias)) => (path.to_owned(), Some(alias.trim().to_owned())),
                        None => (path, None),
                    };
                    let Some(path) = absolute(&path, module) else { continue };
                    if public {
                        if let Some(name) = alias.or_else(|| path.last().cloned()) {
                            facade.insert(name, path);
                        }
                    } else {
                        imports.push(Import { line: number, path });
                    }
                }
                offset = (end + 1).max(offset + line_end);
            }
            None => {
                if !is_comment {
                    imports.extend(written_out(line, module).map(|path| Import { line: number, path }));
                }
                offset += line_end;
            }
        }
    }
    (imports, facade)
}

/// `crate::…` and `super::…` in the middle of code.
fn written_out<'t>(line: &'t str, module: &'t [String]) -> impl Iterator<Item = Vec<String>> + 't {
    let code = line.split("//").next().unwrap_or_default();
    ["crate::", "super::"].into_iter().flat_map(move |lead| {
        code.match_indices(lead).filter_map(move |(at, _)| {
            let begins = code[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ':'));
            let path: String =
                code[at..].chars().take_while(|&c| c.is_alphanumeric() || matches!(c, '_' | ':' | '#')).collect();
            // `pub(in super::super)` names who sees, not who is used.
            let visibility = code[..at].trim_end().ends_with("(in");
            if begins && !visibility { absolute(path.trim_end_matches(':'), module) } else { None }
        })
    })
}

/// The paths of a `use` tree, one by one: `a::{b, c::{d, e}}`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else { return vec![tree.to_owned()] };
    let (prefix, inner) = (&tree[..open], tree[open + 1..].trim_end().trim_end_matches('}'));
    let inner = if tree.matches('{').count() == tree.matches('}').count() {
        &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())]
    } else {
        inner
    };
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[begin..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(expand).map(|part| format!("{prefix}{part}").replace("::self", "")).collect()
}

/// A path from the crate's root on; `None` for other crates. A bare first name may be a child module.
fn absolute(path: &str, module: &[String]) -> Option<Vec<String>> {
    let steps: Vec<&str> = path.trim().split("::").map(|step| step.trim().trim_start_matches("r#")).collect();
    let mut base: Vec<String> = match *steps.first()? {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module.get(..module.len().checked_sub(1)?)?.to_vec(),
        // Resolved against the modules later: another crate has no module here.
        _ => [module, &[steps[0].to_owned()]].concat(),
    };
    for step in &steps[1..] {
        if *step == "super" {
            base.pop();
        } else {
            base.push((*step).to_owned());
        }
    }
    Some(base)
}

/// The module in which a path's item is written, through facades.
fn home<'m>(modules: &'m BTreeMap<Vec<String>, Module>, path: &[String]) -> Option<&'m Vec<String>> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let length = (1..=path.len()).rev().find(|&length| modules.contains_key(&path[..length]))?;
        let (key, module) = modules.get_key_value(&path[..length])?;
        match path.get(length).and_then(|name| module.facade.get(name)) {
            Some(stands_for) if stands_for[..] != path[..] => {
                let rest = path.split_off(length + 1);
                path = [stands_for.as_slice(), &rest].concat();
            }
            _ => return Some(key),
        }
    }
    None
}

/// Each file with the files whose items it uses, and the first line that says so.
fn arrows(modules: &BTreeMap<Vec<String>, Module>) -> BTreeMap<&Vec<String>, BTreeMap<&Vec<String>, usize>> {
    let mut arrows: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
    for (from, module) in modules {
        for import in &module.imports {
            if let Some(to) = home(modules, &import.path).filter(|to| *to != from) {
                arrows.entry(from).or_default().entry(to).or_insert(import.line);
            }
        }
    }
    arrows
}

#[test]
fn no_arrow_points_upwards() {
    let modules = modules();
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    let (mut seen, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (from, module) in &modules {
        let Some(room) = from.first() else { continue };
        seen.insert(room.as_str());
        let Some(may) = allowed.get(room.as_str()) else {
            wrong.push(format!("the room `{room}` is not in the list of rooms"));
            continue;
        };
        for import in &module.imports {
            // The crate's own root holds nothing but rooms.
            let Some(to) = home(&modules, &import.path).and_then(|to| to.first()).filter(|to| *to != room) else {
                continue;
            };
            used.insert((room.as_str(), to.as_str()));
            if !may.contains(&to.as_str()) {
                wrong.push(format!("src/{}:{} uses `{to}`", module.file.display(), import.line));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that docs/architecture.md does not have:\n{}", wrong.join("\n"));
    assert!(used.len() > 20, "only {} arrows were found", used.len());
    for (index, (room, may)) in ROOMS.iter().enumerate() {
        let below: Vec<&str> = ROOMS[..index].iter().map(|(name, _)| *name).collect();
        assert!(may.iter().all(|to| below.contains(to)), "the list lets `{room}` use what stands above it");
    }
}

#[test]
fn no_two_files_import_each_other() {
    let modules = modules();
    let arrows = arrows(&modules);
    assert!(arrows.values().map(BTreeMap::len).sum::<usize>() > 100, "the reading of `use` lines is broken");
    let mut knots = BTreeMap::new();
    for (from, targets) in &arrows {
        for (to, line) in targets.iter().filter(|(to, _)| from < *to) {
            if let Some(back) = arrows.get(*to).and_then(|back| back.get(*from)) {
                let (from, to) = (&modules[*from].file, &modules[*to].file);
                let files = (from.display().to_string(), to.display().to_string());
                knots.insert(files, (*line, *back));
            }
        }
    }
    let known: BTreeMap<(String, String), &str> =
        KNOTS.iter().map(|(a, b, why)| (((*a).to_owned(), (*b).to_owned()), *why)).collect();
    let new: Vec<String> = (knots.iter().filter(|(files, _)| !known.contains_key(*files)))
        .map(|((a, b), (line, back))| format!("src/{a}:{line} and src/{b}:{back}"))
        .collect();
    assert!(new.is_empty(), "files that import each other:\n{}", new.join("\n"));
    let untied: Vec<_> = known.keys().filter(|files| !knots.contains_key(*files)).collect();
    assert!(untied.is_empty(), "these are knots no more, take them off the list: {untied:?}");
}

#[test]
fn the_page_lists_the_rooms_in_this_order() {
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md")).expect("the page");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: Vec<&str> = rows.map(|(room, _)| room.trim_end_matches('/')).collect();
    let rooms: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(listed, rooms, "docs/architecture.md and this test list the rooms alike, from the ground up");
}
