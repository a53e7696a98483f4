//! Rule sets that are compiled in.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::rule::{RuleFile, Trust};
use crate::source::Source;

/// Name and rules of every pack.
const PACKS: [(&str, &str); 1] = [("smbios", include_str!("../rules/smbios/rules.yaml"))];

/// The names of the packs.
pub fn names() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(|&(name, _)| name)
}

/// The rule file of a pack.
///
/// # Errors
/// `unknown-pack`, with the near name.
pub fn rule_file(name: &str) -> Result<RuleFile, Diagnostic> {
    if let Some(&(name, text)) = PACKS.iter().find(|(known, _)| *known == name) {
        return Ok(RuleFile {
            source: Source::new(format!("pack {name}"), text),
            trust: Trust::File,
            pack: Some(name),
        });
    }
    let help = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Diagnostic::error(Code::UnknownPack, format!("there is no pack `{name}`")).help(help))
}
