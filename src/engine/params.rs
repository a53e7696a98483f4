//! Reading params: each from its source, once a call, and only those that the hook's rules reach.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::json::query::Steps;
use crate::rule::{Expression, Hook, Param, ParamSource, RuleSet};
use crate::xpath::Value;

use super::Inputs;
use super::bindings::Bindings;
use super::forest::Node;
use super::run::Run;
use super::vmi::Vmi;

/// The most bytes that a `file` param may have.
pub const FILE_LIMIT: usize = 64 * 1024;

/// Where the first hook sidecar of a VM has the files of `spec.files`, as libvirt sees it. KubeVirt gives every such
/// sidecar a folder of its own, called as its container, below that of virt-launcher.
pub const FILES_FOLDER: &str = "/var/run/kubevirt-hooks/hook-sidecar-0/files";

/// What params read outside of the VMI. The engine itself touches neither files nor the environment.
pub trait Surroundings {
    /// An environment variable.
    fn env(&self, name: &str) -> Option<String>;
    /// Every environment variable whose name begins with `prefix`.
    fn envs(&self, prefix: &str) -> Vec<(String, String)>;
    /// A regular file's bytes, `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read: no regular file, more than [`FILE_LIMIT`] bytes, no permission.
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String>;
    /// Whether there is anything at `path`.
    fn file_exists(&self, path: &str) -> bool;
    /// The folder of the files of `spec.files`, as libvirt sees it and without a final `/`. Where there is no pod
    /// it is that of the first hook sidecar.
    fn files_folder(&self) -> &str {
        FILES_FOLDER
    }
}

/// No environment and no files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Surroundings for Nowhere {
    fn env(&self, _name: &str) -> Option<String> {
        None
    }
    fn envs(&self, _prefix: &str) -> Vec<(String, String)> {
        Vec::new()
    }
    fn file(&self, _path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
    fn file_exists(&self, _path: &str) -> bool {
        false
    }
}

/// Binds the params of a set that one hook reaches; those that `spec.when` needs come first. What is given
/// back is the condition that switches the set off: its own, or that of the set that uses it.
pub(super) fn bind<'r>(
    run: &mut Run<'r, '_>,
    set: &'r RuleSet,
    inputs: &Inputs<'_>,
    vmi: &Vmi<'_>,
    hook: Hook,
) -> Result<Option<&'r Expression>, Box<Diagnostic>> {
    let mut bound = BTreeSet::new();
    if set.rules(hook).is_empty() {
        return Ok(None);
    }
    if let Some((switch, when)) = set.switch.as_deref().and_then(|switch| Some((switch, switch.when.as_ref()?))) {
        bind_files(run, switch, inputs);
        for index in switch.closure(when.variables.iter().map(String::as_str)) {
            bind_one(run, switch, index, inputs, vmi)?;
        }
        if !run.truth(when)? {
            return Ok(Some(when));
        }
        run.bindings = Bindings::default();
    }
    bind_files(run, set, inputs);
    if let Some(when) = &set.when {
        for index in set.closure(when.variables.iter().map(String::as_str)) {
            bind_one(run, set, index, inputs, vmi)?;
            bound.insert(index);
        }
        if !run.truth(when)? {
            return Ok(Some(when));
        }
    }
    for index in set.reached_params(hook).difference(&bound) {
        bind_one(run, set, *index, inputs, vmi)?;
    }
    Ok(None)
}

/// What `file-path()` reads.
fn bind_files<'r>(run: &mut Run<'r, '_>, set: &'r RuleSet, inputs: &Inputs<'_>) {
    let folder = inputs.surroundings.files_folder();
    for file in set.files.iter() {
        run.bindings.bind(&file.variable, Value::Text(format!("{folder}/{}", file.name).into()));
    }
}

fn bind_one<'r>(
    run: &mut Run<'r, '_>,
    set: &'r RuleSet,
    index: usize,
    inputs: &Inputs<'_>,
    vmi: &Vmi<'_>,
) -> Result<(), Box<Diagnostic>> {
    let Some(param) = set.params.get(index) else { return Ok(()) };
    let refused = |code, why: String| Box::new(Diagnostic::error(code, why).at(param.location.clone()));
    let given = set.pack.and_then(|pack| inputs.given.get(&(pack.to_owned(), param.name.clone())));
    let raw = match given {
        Some(text) => Some(Json::String(text.clone())),
        None => match &param.source {
            ParamSource::Expression(expression) => {
                let value = run.evaluate(expression)?;
                if param.check.is_empty() && !is_absent(&value) {
                    if param.secret
                        && let Some(json) = run.to_json(&value)?
                    {
                        run.note_secret(&json);
                    }
                    run.bindings.bind_computed(&param.name, value);
                    return Ok(());
                }
                run.to_json(&value)?
            }
            source => read(source, param, inputs, vmi).map_err(|problem| Box::new(problem.or_at(&param.location)))?,
        },
    };
    let value = match (raw, &param.source) {
        (None, ParamSource::Value(value)) => value.clone(),
        (None, _) => None,
        (Some(raw), source) => param.check.accept(raw, param.secret).map_err(|refusal| {
            let what = if given.is_some() { "the value given".to_owned() } else { source.describe() };
            refused(refusal.code, format!("the param `{}`, {what}: {}", param.name, refusal.message))
        })?,
    };
    let value = value.or_else(|| param.default.clone());
    if value.is_none() && param.required {
        let message = format!("the param `{}` is required, and {} gives no value", param.name, param.source.describe());
        return Err(refused(Code::ParamRequired, message));
    }
    if param.secret
        && let Some(value) = &value
    {
        run.note_secret(&value.to_json());
    }
    run.bindings.bind_param(&mut run.forest, &param.name, value);
    Ok(())
}

fn is_absent(value: &Value<Node>) -> bool {
    matches!(value, Value::Nodes(nodes) if nodes.is_empty())
}

/// The raw value of a source, `None` where there is none.
fn read(
    source: &ParamSource,
    param: &Param,
    inputs: &Inputs<'_>,
    vmi: &Vmi<'_>,
) -> Result<Option<Json>, Box<Diagnostic>> {
    let text = |text: &str| Json::String(text.to_owned());
    Ok(match source {
        ParamSource::Annotation(key) => vmi.text_at("annotations", key)?.map(text),
        ParamSource::Label(key) => vmi.text_at("labels", key)?.map(text),
        ParamSource::Annotations(prefix) => {
            let annotations = vmi.metadata()?.get("annotations").and_then(Json::as_object);
            let pairs =
                annotations.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
            under(prefix, pairs)
        }
        ParamSource::Envs(prefix) => {
            let pairs = inputs.surroundings.envs(prefix);
            under(prefix, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        }
        ParamSource::Vmi(query) => {
            let found = query.select(vmi.json()?, &Steps::default()).map_err(|error| {
                Box::new(Diagnostic::error(Code::Limit, format!("the param `{}`: {error}", param.name)))
            })?;
            if query.is_singular() {
                found.into_iter().next().cloned()
            } else {
                Some(Json::Array(found.into_iter().cloned().collect()))
                    .filter(|list| list.as_array().is_some_and(|list| !list.is_empty()))
            }
        }
        ParamSource::Env(name) => inputs.surroundings.env(name).map(Json::String),
        ParamSource::File(path) => file(path, param, inputs)?.map(Json::String),
        ParamSource::FileExists(path) => Some(Json::Bool(inputs.surroundings.file_exists(path))),
        ParamSource::Value(_) | ParamSource::Expression(_) => None,
    })
}

fn file(path: &str, param: &Param, inputs: &Inputs<'_>) -> Result<Option<String>, Box<Diagnostic>> {
    let refuse = |why: &str| {
        Box::new(Diagnostic::error(Code::ParamFile, format!("the param `{}`: the file `{path}` {why}", param.name)))
    };
    let Some(bytes) = inputs.surroundings.file(path).map_err(|why| refuse(&why))? else { return Ok(None) };
    if bytes.len() > FILE_LIMIT {
        return Err(refuse(&format!("has more than {FILE_LIMIT} bytes")));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| refuse("is not UTF-8"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(Some(text))
}

/// The pairs under a non-empty prefix as a list of `name` and `value`, sorted by name.
fn under<'p>(prefix: &str, pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Option<Json> {
    let mut found: Vec<(&str, &str)> = pairs
        .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    found.sort_unstable();
    let items: Vec<Json> = found.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    (!items.is_empty()).then_some(Json::Array(items))
}
