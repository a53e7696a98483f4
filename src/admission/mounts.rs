//! Where a VM's owner may mount a ConfigMap's key in a sidecar: where rules are read, and nowhere else.

/// The files that a key may take the place of: where virt-patch looks for a hook's rules, and `sidecar-shim` for a hook's
/// script.
pub(super) const HOOK_FILES: [&str; 2] = ["/usr/bin/onDefineDomain", "/usr/bin/preCloudInitIso"];

/// The folder in which a key may lie under a name of its own.
pub(super) const RULES_FOLDER: &str = "/etc/virt-patch/rules/";

/// Whether a key may be mounted at this path.
pub(super) fn takes_rules(path: &str) -> bool {
    HOOK_FILES.contains(&path) || path.strip_prefix(RULES_FOLDER).is_some_and(is_rule_file)
}

/// A name that the sidecar reads in its folder of rules.
fn is_rule_file(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !name.starts_with('.') && name.chars().all(is_word) && matches!(ending, Some("yaml" | "yml" | "json"))
}
