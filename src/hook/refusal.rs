//! What serves where arguments or rules are wrong: virt-launcher finds a sidecar that answers, and the
//! user is told by its hooks what is wrong.

use super::hooks::{Call, CloudInit, Failure, FailureKind, Hooks};
use crate::diagnostic::Diagnostic;

/// Hooks that fail, always for the same reason.
#[derive(Debug, Clone)]
pub struct Refusal(Failure);

impl Refusal {
    /// Fails with all of these problems.
    pub fn of(problems: &[Diagnostic]) -> Self {
        Self(Failure::of(FailureKind::RuleError, problems))
    }
}

impl Hooks for Refusal {
    /// Not even where rules for it were meant: a VM without cloud-init data would lose its launcher.
    fn offers_cloud_init(&self) -> bool {
        false
    }

    fn on_define_domain(&self, _: &[u8], _: &[u8], _: &Call) -> Result<Vec<u8>, Failure> {
        Err(self.0.clone())
    }

    fn pre_cloud_init_iso(&self, _: &[u8], _: &[u8], _: &[u8], _: &Call) -> Result<CloudInit, Failure> {
        Err(self.0.clone())
    }
}
