//! KubeVirt's wire contract with tonic's servers: written by `tests/generated.rs`, never by hand.

#[rustfmt::skip]
#[path = "kubevirt.hooks.info.rs"]
pub mod info;
#[rustfmt::skip]
#[path = "kubevirt.hooks.v1alpha3.rs"]
pub mod v1alpha3;
