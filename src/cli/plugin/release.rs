//! Which release of KubeVirt and of Kubernetes has which API: one row more is one arm more.

use crate::diagnostic::{Code, Diagnostic};

/// The structured-plugin API of a release of KubeVirt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PluginApi {
    /// `apiVersion` of the Plugin resource.
    pub(super) version: &'static str,
    /// The field of its spec that lists the hooks of virt-launcher.
    pub(super) hooks: &'static str,
}

impl PluginApi {
    /// That of `version`, as in `1.9`, `v1.9.0`.
    ///
    /// # Errors
    /// Releases without the API, and those whose API is not known here.
    pub(super) fn of(version: &str) -> Result<Self, String> {
        match release(version)? {
            (1, 9) => Ok(Self { version: "plugin.kubevirt.io/v1alpha1", hooks: "domainHooks" }),
            (1, minor) if minor < 9 => Err(format!(
                "KubeVirt 1.{minor} has no structured plugins, they begin with 1.9; there a VM's annotation \
                 hooks.kubevirt.io/hookSidecars names the sidecar"
            )),
            (major, minor) => Err(format!(
                "this virt-patch knows the plugins of KubeVirt 1.9, and those of {major}.{minor} may differ; a newer \
                 virt-patch may know them"
            )),
        }
    }
}

/// A release of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Release {
    major: u32,
    minor: u32,
}

impl Release {
    /// Of `1.36`, `v1.34.2`.
    ///
    /// # Errors
    /// What is no release, and releases without native sidecars.
    pub(super) fn of(version: &str) -> Result<Self, String> {
        match release(version)? {
            (1, minor) if minor < 29 => {
                Err(format!("Kubernetes 1.{minor} has no native sidecars, they are there from 1.29 on"))
            }
            (major, minor) => Ok(Self { major, minor }),
        }
    }
}

/// MutatingAdmissionPolicy in a release of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Admission {
    /// `apiVersion` of the policy and its binding.
    pub(super) version: &'static str,
    /// Whether the API server serves it without being told to.
    pub(super) is_served: bool,
}

impl Admission {
    /// That of a release.
    ///
    /// # Errors
    /// `invalid-argument` for releases without it.
    pub(super) fn of(release: Release) -> Result<Self, Diagnostic> {
        match (release.major, release.minor) {
            (1, minor) if minor < 34 => {
                let message = format!(
                    "Kubernetes 1.{minor} has no MutatingAdmissionPolicy beyond alpha, it is beta from 1.34 on and stable \
                     from 1.36 on"
                );
                let help =
                    "let the webhook put the sidecar into pods: `--webhook NAMESPACE/NAME --webhook-authority FROM`";
                Err(Diagnostic::error(Code::InvalidArgument, message).help(help))
            }
            (1, 34 | 35) => Ok(Self { version: "admissionregistration.k8s.io/v1beta1", is_served: false }),
            _ => Ok(Self { version: "admissionregistration.k8s.io/v1", is_served: true }),
        }
    }
}

/// Major and minor number of `1.9`, `v1.9` and `v1.9.0-rc.1`.
fn release(text: &str) -> Result<(u32, u32), String> {
    let number = |part: Option<&str>| part.and_then(|part| part.parse().ok());
    let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
    match (number(parts.next()), number(parts.next())) {
        (Some(major @ 1..), Some(minor)) => Ok((major, minor)),
        _ => Err("a release is MAJOR.MINOR, as in 1.36".to_owned()),
    }
}
