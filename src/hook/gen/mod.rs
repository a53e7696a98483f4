//! KubeVirt's wire contract as Rust: written by `tests/generated.rs` from `proto/`, never by hand.
//! The clients are compiled for the command line only.

/// What a sidecar can do.
#[rustfmt::skip]
#[path = "kubevirt.hooks.info.rs"]
pub mod info;
/// The structured-plugin API of KubeVirt 1.9.
#[rustfmt::skip]
#[path = "kubevirt.hooks.plugins.v1alpha1.rs"]
pub mod plugin_v1alpha1;
/// The sidecar API's first version: domains only.
#[rustfmt::skip]
#[path = "kubevirt.hooks.v1alpha1.rs"]
pub mod v1alpha1;
/// The sidecar API with cloud-init data.
#[rustfmt::skip]
#[path = "kubevirt.hooks.v1alpha2.rs"]
pub mod v1alpha2;
/// The sidecar API with `Shutdown`.
#[rustfmt::skip]
#[path = "kubevirt.hooks.v1alpha3.rs"]
pub mod v1alpha3;
