//! What the hook services ask of the rules, in terms of KubeVirt and not of gRPC.

use crate::diagnostic::Diagnostic;

/// What the hook services ask of the rules.
pub trait Hooks: Send + Sync + 'static {
    /// Does ahead of the first call what that would have to do otherwise. Called once, when the server has
    /// begun and `Info` had its time; a call that comes before it does without.
    fn prepare(&self) {}

    /// Whether `Info` announces `PreCloudInitIso`. Where it is announced, virt-launcher of a VM
    /// without a cloud-init volume panics, and sidecars after this one are not asked any more.
    fn offers_cloud_init(&self) -> bool;

    /// The domain (libvirt domain XML) that libvirt is to be given instead of `domain`, for the
    /// VirtualMachineInstance `vmi` (JSON).
    ///
    /// # Errors
    /// What the user is told instead of a started VM.
    fn on_define_domain(&self, domain: &[u8], vmi: &[u8], call: &Call) -> Result<Vec<u8>, Failure>;

    /// The cloud-init data to be used instead: `cloud_init_data` is KubeVirt's `CloudInitData`,
    /// `no_cloud_source` the VMI's `CloudInitNoCloudSource`, both and `vmi` JSON. The result holds
    /// both, consistent with each other.
    ///
    /// # Errors
    /// What the user is told instead of a started VM.
    fn pre_cloud_init_iso(
        &self,
        cloud_init_data: &[u8],
        no_cloud_source: &[u8],
        vmi: &[u8],
        call: &Call,
    ) -> Result<CloudInit, Failure>;
}

/// Which call this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The version of the API that was called: `v1alpha3`, `plugin-v1alpha1`, ….
    pub api: &'static str,
    /// Why the domain is made, where the API says so: `Boot`, `MigrationSource`, `MigrationTarget`.
    pub invocation_context: Option<String>,
    /// Counts the calls of this process from 1, so that lines of the log can be told apart.
    pub id: u64,
}

/// Cloud-init data in the two forms that virt-launcher takes, both JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudInit {
    /// KubeVirt's `CloudInitData`; used where it has user data and metadata.
    pub data: Vec<u8>,
    /// The VMI's `CloudInitNoCloudSource`; used otherwise.
    pub no_cloud_source: Vec<u8>,
}

/// Why a hook has no answer. `message` is shown to the user whole, so it names files, lines and
/// rules but never a document's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: FailureKind,
    /// One problem a line.
    pub message: String,
}

/// Whose fault a [`Failure`] is. `failure.rs` gives each its gRPC code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// What was sent cannot be read.
    InvalidInput,
    /// Rules, arguments or policies are wrong, or a rule refused the VM.
    RuleError,
    /// The call would cost more than it may.
    Limit,
    /// virt-patch itself is at fault.
    Internal,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A failure that tells all of these problems.
    pub fn of(kind: FailureKind, problems: &[Diagnostic]) -> Self {
        Self::new(kind, problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }
}

/// A moment at which virt-launcher calls a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookPoint {
    /// Before libvirt defines the domain.
    OnDefineDomain,
    /// Before the cloud-init image is written.
    PreCloudInitIso,
    /// When the VM has stopped.
    Shutdown,
}

impl HookPoint {
    /// Every hook point.
    pub const ALL: &'static [HookPoint] = &[Self::OnDefineDomain, Self::PreCloudInitIso, Self::Shutdown];

    /// Its name in KubeVirt's API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnDefineDomain => "OnDefineDomain",
            Self::PreCloudInitIso => "PreCloudInitIso",
            Self::Shutdown => "Shutdown",
        }
    }
}
