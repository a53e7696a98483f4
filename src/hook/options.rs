//! The sidecar's arguments.
//!
//! A wrong argument is no reason to exit: virt-launcher would wait for the socket and tell the user
//! nothing but `context deadline exceeded`. Problems are collected, and every hook returns them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use super::hooks::HookPoint;
use super::log::Format;
use super::server::{MAX_REQUEST, Options};
use crate::diagnostic::{Code, Diagnostic, nearest};

/// Where virt-launcher's socket folder is mounted in a sidecar.
pub const SOCKET_DIR: &str = "/var/run/kubevirt-hooks";

/// What `--help` prints.
pub const USAGE: &str = "\
Changes KubeVirt domains and cloud-init data by rules. Runs as a hook sidecar of a VM's pod.

Usage: virt-patch-sidecar [OPTIONS]

      --rules PATH               Rule file or folder; repeatable
      --pack NAME                Built-in rules; repeatable
      --param PACK.NAME=VALUE    A pack's parameter; repeatable
      --policy PATH              RulePolicy file or folder, or builtin:restricted, builtin:baseline;
                                 repeatable: each one narrows
      --mode Enforce|Audit       Audit returns everything unchanged and logs what would change
      --annotation-rules Allow|Deny
                                 Whether rules in the VMI's annotations run (default: Allow, with
                                 --plugin-socket Deny)
      --hook-points NAME         Announces this hook point even without rules for it; repeatable
      --socket-dir DIR           virt-launcher's socket folder (default: /var/run/kubevirt-hooks)
      --plugin-socket PATH       Serves the structured-plugin API here
      --log-format json|text     How log lines are written (default: json)
      --version V                Accepted for sidecar-shim's manifests; every version is served
      --version                  Without V, and last: prints this program's version
      --help                     Prints this

Environment: CONTAINER_NAME names the socket. VIRT_PATCH_MODE, VIRT_PATCH_ANNOTATION_RULES and
VIRT_PATCH_LOG_FORMAT stand in for arguments that are not given.
";

/// What is done with the rules' result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is the answer.
    #[default]
    Enforce,
    /// It is logged, and the input returned.
    Audit,
}

/// Whether rules in the VMI's annotations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationRules {
    /// They do.
    Allow,
    /// Their presence is an error.
    Deny,
}

/// The arguments, with what was wrong with them.
#[derive(Debug, Clone)]
pub struct SidecarOptions {
    /// `--rules`: files or folders.
    pub rules: Vec<PathBuf>,
    /// `--pack`: names of built-in rule sets.
    pub packs: Vec<String>,
    /// `--param`: pack, parameter, value.
    pub params: Vec<(String, String, String)>,
    /// `--policy`: files or folders, or `builtin:NAME`.
    pub policies: Vec<PathBuf>,
    /// `--mode`.
    pub mode: Mode,
    /// `--annotation-rules`; without it, `Deny` where an administrator injected the sidecar
    /// (`--plugin-socket`), else `Allow`.
    pub annotation_rules: AnnotationRules,
    /// `--hook-points`: what is announced even where no rule needs it.
    pub hook_points: Vec<HookPoint>,
    /// `--socket-dir`.
    pub socket_dir: Option<PathBuf>,
    /// `--plugin-socket`.
    pub plugin_socket: Option<PathBuf>,
    /// `--log-format`.
    pub log_format: Format,
    /// `CONTAINER_NAME`.
    pub container: Option<String>,
    /// `--help` was given.
    pub help: bool,
    /// `--version` was given without a value.
    pub version: bool,
    /// What is wrong. Where this is not empty every hook fails with it.
    pub problems: Vec<Diagnostic>,
}

impl SidecarOptions {
    /// Reads arguments (without the program's name) and the environment, of which `env` gives a
    /// variable's value.
    pub fn parse(
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut read = Reading::default();
        let mut parser = Parser::from_args(arguments);
        loop {
            let found = match parser.next() {
                Ok(Some(Arg::Long(name))) => Found::Long(name.to_owned()),
                Ok(Some(Arg::Short(letter))) => Found::Short(letter),
                Ok(Some(Arg::Value(value))) => Found::Value(value),
                Ok(None) => break,
                Err(error) => {
                    read.problem(error.to_string());
                    continue;
                }
            };
            read.argument(found, &mut parser);
        }
        read.finish(env)
    }

    /// What the server needs of them. The socket folder of the sidecar API is left out where only
    /// `--plugin-socket` is given and the pod has no such folder.
    pub fn serve(&self) -> Options {
        let default = PathBuf::from(SOCKET_DIR);
        let socket_dir = match (&self.socket_dir, &self.plugin_socket) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Some(_)) => default.is_dir().then_some(default),
            (None, None) => Some(default),
        };
        let fallback = Options::default();
        Options {
            socket_dir,
            plugin_socket: self.plugin_socket.clone(),
            container: self.container.clone().unwrap_or(fallback.container),
            max_request: MAX_REQUEST,
        }
    }
}

/// An argument that no longer borrows from the parser.
enum Found {
    Long(String),
    Short(char),
    Value(OsString),
}

#[derive(Default)]
struct Reading {
    rules: Vec<PathBuf>,
    packs: Vec<String>,
    params: Vec<(String, String, String)>,
    policies: Vec<PathBuf>,
    mode: Option<Mode>,
    annotation_rules: Option<AnnotationRules>,
    hook_points: Vec<HookPoint>,
    socket_dir: Option<PathBuf>,
    plugin_socket: Option<PathBuf>,
    log_format: Option<Format>,
    help: bool,
    version: bool,
    problems: Vec<Diagnostic>,
}

const LONG: &[&str] = &[
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
];
const MODES: &[(&str, Mode)] = &[("Enforce", Mode::Enforce), ("Audit", Mode::Audit)];
const ANNOTATION_RULES: &[(&str, AnnotationRules)] =
    &[("Allow", AnnotationRules::Allow), ("Deny", AnnotationRules::Deny)];
const LOG_FORMATS: &[(&str, Format)] = &[("json", Format::Json), ("text", Format::Text)];

impl Reading {
    fn argument(&mut self, found: Found, parser: &mut Parser) {
        let name = match found {
            Found::Long(name) if LONG.contains(&name.as_str()) => name,
            Found::Short('h') => "help".to_owned(),
            Found::Long(name) => {
                let help = nearest(&name, LONG.iter().copied()).map(|meant| format!("did you mean --{meant}?"));
                self.problems.push(Diagnostic { help, ..wrong(format!("unknown argument --{}", name.escape_debug())) });
                // Its `=VALUE` is no second problem.
                let _ = parser.optional_value();
                return;
            }
            Found::Short(letter) => return self.problem(format!("unknown argument -{}", letter.escape_debug())),
            Found::Value(value) => return self.problem(format!("unexpected argument {}", shown(&value))),
        };
        if name == "help" {
            self.help = true;
            return;
        }
        match parser.value() {
            Ok(value) => self.value(&name, value),
            // KubeVirt's manifests give it a value; a person asks.
            Err(_) if name == "version" => self.version = true,
            Err(error) => self.problem(error.to_string()),
        }
    }

    fn value(&mut self, name: &str, value: OsString) {
        match name {
            "rules" => return self.rules.push(value.into()),
            "policy" => return self.policies.push(value.into()),
            "socket-dir" => return once(&mut self.socket_dir, value.into(), name, &mut self.problems),
            "plugin-socket" => return once(&mut self.plugin_socket, value.into(), name, &mut self.problems),
            _ => {}
        }
        let text = match value.string() {
            Ok(text) => text,
            Err(error) => return self.problem(format!("--{name}: {error}")),
        };
        match name {
            "pack" => self.packs.push(text),
            "param" => self.param(&text),
            "mode" => {
                if let Some(mode) = self.word("--mode", &text, MODES) {
                    once(&mut self.mode, mode, name, &mut self.problems);
                }
            }
            "annotation-rules" => {
                if let Some(word) = self.word("--annotation-rules", &text, ANNOTATION_RULES) {
                    once(&mut self.annotation_rules, word, name, &mut self.problems);
                }
            }
            "log-format" => {
                if let Some(format) = self.word("--log-format", &text, LOG_FORMATS) {
                    once(&mut self.log_format, format, name, &mut self.problems);
                }
            }
            "hook-points" => {
                for word in text.split(',') {
                    let known: Vec<_> = HookPoint::ALL.iter().map(|&point| (point.name(), point)).collect();
                    let point = self.word("--hook-points", word, &known);
                    self.hook_points.extend(point);
                }
            }
            // `--version`: every version is served, whichever a manifest names.
            _ => {}
        }
    }

    fn param(&mut self, text: &str) {
        let parts = text.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
        match parts {
            Some(((pack, name), value)) if !pack.is_empty() && !name.is_empty() => {
                let mut same = self.params.iter().filter(|known| known.0 == pack && known.1 == name);
                if same.any(|known| known.2 != value) {
                    self.problem(format!("--param {pack}.{name} is given twice, with different values"));
                }
                self.params.push((pack.to_owned(), name.to_owned(), value.to_owned()));
            }
            // The text may be a secret's value with its name forgotten, so it is not shown.
            _ => self.problem("--param wants PACK.NAME=VALUE"),
        }
    }

    /// One of a list of words; anything else is a problem.
    fn word<T: Copy>(&mut self, place: &str, text: &str, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(word, _)| *word == text).map(|&(_, value)| value);
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|&(word, _)| word).collect();
            let message = format!("{place} is {}, expected one of {}", shown(text.as_ref()), words.join(", "));
            let help = nearest(text, words).map(|meant| format!("did you mean {meant}?"));
            self.problems.push(Diagnostic { help, ..wrong(message) });
        }
        found
    }

    fn problem(&mut self, message: impl Into<String>) {
        self.problems.push(wrong(message));
    }

    fn finish(mut self, env: impl Fn(&str) -> Option<String>) -> SidecarOptions {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        if let (None, Some(word)) = (self.mode, set("VIRT_PATCH_MODE")) {
            self.mode = self.word("VIRT_PATCH_MODE", &word, MODES);
        }
        if let (None, Some(word)) = (self.annotation_rules, set("VIRT_PATCH_ANNOTATION_RULES")) {
            self.annotation_rules = self.word("VIRT_PATCH_ANNOTATION_RULES", &word, ANNOTATION_RULES);
        }
        if let (None, Some(word)) = (self.log_format, set("VIRT_PATCH_LOG_FORMAT")) {
            self.log_format = self.word("VIRT_PATCH_LOG_FORMAT", &word, LOG_FORMATS);
        }
        let injected = self.plugin_socket.is_some();
        SidecarOptions {
            rules: self.rules,
            packs: self.packs,
            params: self.params,
            policies: self.policies,
            mode: self.mode.unwrap_or_default(),
            annotation_rules: self.annotation_rules.unwrap_or(match injected {
                true => AnnotationRules::Deny,
                false => AnnotationRules::Allow,
            }),
            hook_points: self.hook_points,
            socket_dir: self.socket_dir,
            plugin_socket: self.plugin_socket,
            log_format: self.log_format.unwrap_or_default(),
            container: set("CONTAINER_NAME"),
            help: self.help,
            version: self.version,
            problems: self.problems,
        }
    }
}

/// Keeps an argument's value; another one for the same argument is a problem, for which of them is meant?
fn once<T: PartialEq>(slot: &mut Option<T>, value: T, name: &str, problems: &mut Vec<Diagnostic>) {
    if slot.as_ref().is_some_and(|known| *known != value) {
        problems.push(wrong(format!("--{name} is given twice, with different values")));
    }
    *slot = Some(value);
}

fn wrong(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::InvalidArgument, message)
}

/// A piece of an argument as a message shows it: quoted, escaped, not endless.
fn shown(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    let start: String = text.chars().take(64).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{start:?}{more}")
}
