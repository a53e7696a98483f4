//! Policies that are compiled in: those of `policies/`, and what an image's builder adds.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Source;

use super::{Policies, compile};

/// A policy of this release.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its name, as `--policy builtin:NAME` takes it: one of Kubernetes' pod security standards.
    pub name: &'static str,
    /// Its YAML.
    pub text: &'static str,
}

/// From the loosest to the strictest.
pub const BUILTIN: [Builtin; 3] = [
    Builtin { name: "privileged", text: include_str!("../../policies/privileged.yaml") },
    Builtin { name: "baseline", text: include_str!("../../policies/baseline.yaml") },
    Builtin { name: "restricted", text: include_str!("../../policies/restricted.yaml") },
];

/// The policies that this program's builder compiled in, as YAML; empty for none. A build reads them from the file
/// that `VIRT_PATCH_BUILTIN_POLICY` names. No argument leaves them out, and no mount lies over them.
pub const COMPILED_IN: &str = include_str!(concat!(env!("OUT_DIR"), "/compiled-in-policy.yaml"));

/// The text of a built-in policy.
///
/// # Errors
/// `unknown-policy`, with the near name.
pub fn find(name: &str) -> Result<Arc<Source>, Diagnostic> {
    if let Some(found) = BUILTIN.iter().find(|policy| policy.name == name) {
        return Ok(Source::new(format!("policy {name}"), found.text));
    }
    let names = BUILTIN.map(|policy| policy.name);
    let help = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    Err(Diagnostic::error(Code::UnknownPolicy, format!("there is no built-in policy `{name}`")).help(help))
}

/// The policies that this program's builder compiled in.
///
/// # Errors
/// Everything that is wrong with them: then no rule may run.
pub fn compiled_in() -> Result<Policies, Vec<Diagnostic>> {
    if COMPILED_IN.trim().is_empty() {
        return Ok(Policies::default());
    }
    let (policies, problems) = compile(&Source::new("compiled-in policy", COMPILED_IN));
    if problems.is_empty() { Ok(policies.into_iter().collect()) } else { Err(problems) }
}
