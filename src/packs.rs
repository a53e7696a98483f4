//! Rule sets that are compiled in.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::rule::{RuleFile, RuleSet, Trust};
use crate::source::Source;

/// Name and rules of every pack.
const PACKS: [(&str, &str); 24] = [
    ("balloon", include_str!("../rules/balloon/rules.yaml")),
    ("cloud-init", include_str!("../rules/cloud-init/rules.yaml")),
    ("cpu", include_str!("../rules/cpu/rules.yaml")),
    ("disk", include_str!("../rules/disk/rules.yaml")),
    ("emulator", include_str!("../rules/emulator/rules.yaml")),
    ("firmware", include_str!("../rules/firmware/rules.yaml")),
    ("gpu", include_str!("../rules/gpu/rules.yaml")),
    ("ide", include_str!("../rules/ide/rules.yaml")),
    ("iommu", include_str!("../rules/iommu/rules.yaml")),
    ("ivshmem", include_str!("../rules/ivshmem/rules.yaml")),
    ("macos", include_str!("../rules/macos/rules.yaml")),
    ("memory-backing", include_str!("../rules/memory-backing/rules.yaml")),
    ("network", include_str!("../rules/network/rules.yaml")),
    ("numa", include_str!("../rules/numa/rules.yaml")),
    ("passt", include_str!("../rules/passt/rules.yaml")),
    ("pci", include_str!("../rules/pci/rules.yaml")),
    ("qemu-args", include_str!("../rules/qemu-args/rules.yaml")),
    ("serial", include_str!("../rules/serial/rules.yaml")),
    ("smbios", include_str!("../rules/smbios/rules.yaml")),
    ("usb", include_str!("../rules/usb/rules.yaml")),
    ("vhostuser", include_str!("../rules/vhostuser/rules.yaml")),
    ("video", include_str!("../rules/video/rules.yaml")),
    ("vnc", include_str!("../rules/vnc/rules.yaml")),
    ("watchdog", include_str!("../rules/watchdog/rules.yaml")),
];

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

/// Every value given (pack, param, value) for a pack that is not used or a param that it does not have.
pub fn unknown_params(sets: &[RuleSet], given: &[(String, String, String)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (pack, param, _) in given {
        let used: Vec<&RuleSet> = sets.iter().filter(|set| set.pack == Some(pack.as_str())).collect();
        let params = used.iter().flat_map(|set| &set.params).map(|param| param.name.as_str());
        if used.is_empty() {
            let message = format!("`--param {pack}.{param}` is for the pack `{pack}`, which is not used");
            problems.push(Diagnostic::error(Code::UnknownPack, message).help(format!("add `--pack {pack}`")));
        } else if !params.clone().any(|known| known == param) {
            let message = format!("the pack `{pack}` has no param `{param}`");
            let help = match nearest(param, params.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", params.collect::<Vec<_>>().join(", ")),
            };
            problems.push(Diagnostic::error(Code::UnknownPack, message).help(help));
        }
    }
    problems
}
