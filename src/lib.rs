//! virt-patch: declarative rules instead of scripts for KubeVirt's hook sidecars.
//!
//! Two functions, compile and apply, carry the product: [`rule::compile`] turns rule files into a [`rule::RuleSet`]
//! that is valid by construction, and [`engine::apply_to_domain`] and
//! [`engine::apply_to_cloud_init`] run it.
//! Neither touches a file, a clock, a socket or the environment; what they need from outside is
//! handed to them. The hook server and every command are thin adapters around these two.
//!
//! The rooms, from the ground up: [`source`] and [`diagnostic`]; [`xml`], [`xpath`], [`json`] and
//! [`yaml`]; [`rule`]; [`engine`]; then the adapters. A dependency never points upwards.

#![forbid(unsafe_code)]

#[cfg(feature = "cli")]
pub mod admission;
#[cfg(feature = "cli")]
pub mod audit;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cloud_init;
pub mod diagnostic;
pub mod engine;
pub mod hook;
#[cfg(feature = "cli")]
pub mod infer;
#[cfg(feature = "cli")]
pub mod injection;
pub mod json;
#[cfg(feature = "cli")]
pub mod lint;
pub mod load;
pub mod manifest;
pub mod packs;
pub mod policy;
pub mod regexp;
#[cfg(feature = "cli")]
pub mod report;
pub mod rule;
#[cfg(feature = "cli")]
pub mod rule_test;
#[cfg(feature = "cli")]
pub mod schema;
#[cfg(feature = "cli")]
pub mod second_call;
pub mod sidecar;
pub mod source;
pub mod surroundings;
#[cfg(feature = "cli")]
pub mod validate;
pub mod vmi;
pub mod vocabulary;
#[cfg(feature = "webhook")]
pub mod webhook;
pub mod xml;
pub mod xpath;
pub mod yaml;
