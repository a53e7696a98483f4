//! What is measured on: domains as KubeVirt writes them, and rules of the kinds that people write.

pub mod cloud_init;
mod domain;
pub mod rules;

pub use domain::{Domain, PANIC, deep, sized, wide, with_panic};
