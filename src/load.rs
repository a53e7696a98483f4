//! Rule files and policies from the file system: single files and folders, as Kubernetes mounts them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::policy::{self, Policies};
use crate::rule::{RuleFile, Trust};
use crate::source::{Location, Source};

/// The most bytes of a rule file; they are far smaller.
pub const LIMIT: usize = 1 << 20;

/// What messages call a file, and the code of a folder without any.
#[derive(Clone, Copy)]
struct Meant {
    it: &'static str,
    file: &'static str,
    none: Code,
}

const RULES: Meant = Meant { it: "the rules", file: "rule file", none: Code::NoRules };
const POLICY: Meant = Meant { it: "the policy", file: "policy", none: Code::UnknownPolicy };

/// Reads the rule files at `paths`, in this order; of a folder the files in it whose names end in
/// `.yaml`, `.yml` or `.json`, by the bytes of their names. Names that begin with `.` are passed over,
/// links to files followed, folders in folders not looked into, and a file reached twice is read once.
/// `-` is standard input.
///
/// # Errors
/// Every path that cannot be read, beside the files that can.
pub fn rule_files(paths: &[PathBuf]) -> (Vec<RuleFile>, Vec<Diagnostic>) {
    files(paths, RULES)
}

fn files(paths: &[PathBuf], meant: Meant) -> (Vec<RuleFile>, Vec<Diagnostic>) {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            keep(read_all("<stdin>", std::io::stdin().lock(), LIMIT, meant), &mut files, &mut problems);
            continue;
        }
        let listed = if path.is_dir() { listed(path) } else { Ok(vec![path.clone()]) };
        match listed {
            Ok(listed) if listed.is_empty() => {
                let (path, file) = (path.display(), meant.file);
                let message = format!("the folder `{path}` holds no {file} (`*.yaml`, `*.yml` or `*.json`)");
                problems.push(Diagnostic::error(meant.none, message));
            }
            Ok(listed) => {
                for path in listed {
                    if fs::canonicalize(&path).is_ok_and(|real| !seen.insert(real)) {
                        continue;
                    }
                    keep(read_as(&path, LIMIT, meant), &mut files, &mut problems);
                }
            }
            Err(error) => problems.push(unreadable(path, &error, meant)),
        }
    }
    (files, problems)
}

/// What an argument begins with that names a built-in policy and no file.
pub const BUILTIN_POLICY: &str = "builtin:";

/// The policies that are compiled in for every run, then those that `--policy` names: files, folders of them as
/// [`rule_files`] reads them, or `builtin:NAME`.
///
/// # Errors
/// Everything that is wrong with any of them: under half a policy nothing may run.
pub fn policies(named: &[PathBuf]) -> Result<Policies, Vec<Diagnostic>> {
    let mut policies: Vec<_> = policy::compiled_in()?.iter().cloned().collect();
    let mut problems = Vec::new();
    for name in named {
        let sources = match name.to_str().and_then(|name| name.strip_prefix(BUILTIN_POLICY)) {
            Some(builtin) => match policy::find(builtin) {
                Ok(source) => vec![source],
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            },
            None => {
                let (files, mut unreadable) = files(std::slice::from_ref(name), POLICY);
                unreadable.iter_mut().for_each(|problem| without_prefix(name, problem));
                problems.append(&mut unreadable);
                files.into_iter().map(|file| file.source).collect()
            }
        };
        for source in sources {
            let (mut read, mut wrong) = policy::compile(&source);
            policies.append(&mut read);
            problems.append(&mut wrong);
        }
    }
    if problems.is_empty() { Ok(policies.into_iter().collect()) } else { Err(problems) }
}

/// `--policy restricted`: whoever forgets what a built-in policy's name begins with gets no file.
fn without_prefix(name: &Path, problem: &mut Diagnostic) {
    let near = name.to_str().filter(|_| !name.exists());
    let near = near.and_then(|name| nearest(name, policy::BUILTIN.map(|builtin| builtin.name)));
    if let Some(near) = near {
        problem.help = Some(format!("did you mean `{BUILTIN_POLICY}{near}`?"));
    }
}

fn keep(read: Result<RuleFile, Diagnostic>, files: &mut Vec<RuleFile>, problems: &mut Vec<Diagnostic>) {
    match read {
        Ok(file) => files.push(file),
        Err(problem) => problems.push(problem),
    }
}

/// The files of a folder that [`rule_files`] would read, by the bytes of their names.
///
/// # Errors
/// Where the folder cannot be read.
pub fn listed(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let rules =
            path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known));
        if !hidden && rules && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    Ok(paths)
}

/// Standard input as a rule file of at most `limit` bytes.
///
/// # Errors
/// `unreadable`, `yaml-limit`.
pub fn stdin(limit: usize) -> Result<RuleFile, Diagnostic> {
    read_all("<stdin>", std::io::stdin().lock(), limit, RULES)
}

/// One rule file of at most `limit` bytes.
///
/// # Errors
/// `unreadable`, `yaml-limit`.
pub fn read(path: &Path, limit: usize) -> Result<RuleFile, Diagnostic> {
    read_as(path, limit, RULES)
}

fn read_as(path: &Path, limit: usize, meant: Meant) -> Result<RuleFile, Diagnostic> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error, meant))?;
    if !metadata.is_file() {
        return Err(Diagnostic::error(Code::Unreadable, format!("`{}` is no file", path.display())));
    }
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error, meant))?;
    read_all(&path.display().to_string(), file, limit, meant)
}

fn read_all(name: &str, from: impl Read, limit: usize, meant: Meant) -> Result<RuleFile, Diagnostic> {
    let mut bytes = Vec::new();
    if let Err(error) = from.take(limit as u64 + 1).read_to_end(&mut bytes) {
        return Err(unreadable(Path::new(name), &error, meant));
    }
    if bytes.len() > limit {
        return Err(Diagnostic::error(Code::YamlLimit, format!("`{name}` has more than {limit} bytes")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(RuleFile { source: Source::new(name, text), trust: Trust::File, pack: None }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()));
            let place = Location::new(&source, at..at);
            Err(Diagnostic::error(Code::Unreadable, "the file is not UTF-8").at(place))
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error, meant: Meant) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("{} `{}` cannot be read: {error}", meant.it, path.display()))
        .help("check the path, and that the file may be read")
}
