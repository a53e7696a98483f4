//! Cloud-init data: the messages of `PreCloudInitIso`, and YAML that both versions of YAML read alike.

#[path = "../support/mod.rs"]
mod support;

mod envelope;
mod forms;
mod yaml;
