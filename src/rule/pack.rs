//! Packs as rule files, and values that the command line gives for their params.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::packs;
use crate::source::Source;

use super::{RuleFile, RuleSet, Trust};

/// The rule file of a pack.
///
/// # Errors
/// `unknown-pack`, with the near name.
pub fn pack_file(name: &str) -> Result<RuleFile, Diagnostic> {
    let pack = packs::find(name)?;
    let source = Source::new(format!("pack {name}"), pack.rules);
    Ok(RuleFile { source, trust: Trust::File, pack: Some(pack.name) })
}

/// Every value given (pack, param, value) for a pack that no rule set is, or a param that it does not have.
pub fn unknown_params(sets: &[RuleSet], given: &[(String, String, String)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (pack, param, _) in given {
        let used: Vec<&RuleSet> = sets.iter().filter(|set| set.pack == Some(pack.as_str())).collect();
        let params: Vec<&str> = used.iter().flat_map(|set| &set.params).map(|param| param.name.as_str()).collect();
        if used.is_empty() {
            let message = format!("`--param {pack}.{param}` is for the pack `{pack}`, which is not used");
            let help = format!("add `--pack {pack}`; params of rule files come from the VMI");
            problems.push(Diagnostic::error(Code::UnknownPack, message).help(help));
        } else if !params.contains(&param.as_str()) {
            let message = format!("the pack `{pack}` has no param `{param}`");
            problems.push(Diagnostic::error(Code::UnknownPack, message).help(near_or_all(param, &params)));
        }
    }
    problems
}

/// The name that was probably meant, or all that there are.
pub(crate) fn near_or_all(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "it has none".to_owned(),
        None => format!("it has {}", known.join(", ")),
    }
}
