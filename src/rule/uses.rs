//! `spec.use`: packs, with values for their params.

use crate::diagnostic::Code;
use crate::yaml::Node;

use super::fields::Reader;
use super::pack::{near_or_all, pack_file};
use super::param_source::ParamSource;
use super::{RuleFile, RuleSet, Trust, language, param};

/// A pack that a rule set uses.
pub(super) struct Use<'n> {
    pub(super) file: RuleFile,
    params: Option<&'n Node>,
}

/// Reads the list. A pack cannot use packs, so that none can use itself.
pub(super) fn read<'n>(reader: &mut Reader, node: &'n Node, is_pack: bool) -> Vec<Use<'n>> {
    if is_pack {
        reader.error(Code::UnknownPack, "a pack uses no other pack", &node.span);
        return Vec::new();
    }
    let items = reader.items(node, "`use`").unwrap_or_default();
    items.iter().filter_map(|item| one(reader, item)).collect()
}

fn one<'n>(reader: &mut Reader, item: &'n Node) -> Option<Use<'n>> {
    let mut fields = reader.mapping(item, &language::USE)?;
    let (name, params) = (fields.take("pack"), fields.take("params"));
    fields.finish(reader);
    let name = name?;
    match pack_file(reader.text(name, "`pack`")?) {
        Ok(file) => Some(Use { file, params }),
        Err(problem) => {
            let problem = problem.at(reader.at(&name.span));
            reader.problems.push(problem);
            None
        }
    }
}

/// Puts the values in the place of the params' sources. They pass the pack's own checks.
pub(super) fn give(reader: &mut Reader, taken: &Use<'_>, trust: Trust, set: &mut RuleSet) {
    let Some(params) = taken.params else { return };
    let Some(entries) = params.entries() else { return reader.wrong_type(params, "`params`", "a mapping") };
    for (key, value) in entries {
        let name = key.text().unwrap_or_default();
        let names: Vec<String> = set.params.iter().map(|param| param.name.clone()).collect();
        let Some(param) = set.params.iter_mut().find(|param| param.name == name) else {
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            let message = format!("the pack `{}` has no param `{name}`", set.name);
            reader.error(Code::UnknownField, message, &key.span).help = Some(near_or_all(name, &known));
            continue;
        };
        let refusal = match &param.source {
            ParamSource::Expression(_) => Some("the pack computes it itself"),
            source if trust == Trust::Annotation && !source.is_vmi() => {
                Some("rules from an annotation give values only for what the pack reads in the VMI")
            }
            _ => None,
        };
        if let Some(why) = refusal {
            let message = format!("the param `{name}` of the pack `{}` takes no value here: {why}", set.name);
            reader.error(Code::ParamForbidden, message, &key.span);
        } else if let Some(value) = param::constant(reader, param, value, "value") {
            param.source = ParamSource::Value(value);
        }
    }
}
