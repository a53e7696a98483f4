//! Cloud-init data: the messages of `PreCloudInitIso`, and YAML that both versions of YAML read alike.

#[path = "../support/mod.rs"]
mod support;

#[cfg(test)]
mod edit;
#[cfg(test)]
mod envelope;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod schema_table;
#[cfg(test)]
mod yaml;
