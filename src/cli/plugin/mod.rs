//! `virt-patch plugin`: what an administrator installs for KubeVirt's structured-plugin API (VEP 190).

mod arguments;
mod bundle;
mod matching;
mod objects;
mod policy;
mod registration;
mod release;
mod rule_files;
mod sidecar;
mod webhook;

use std::process::ExitCode;

use anyhow::anyhow;

pub(super) use arguments::Arguments;

use super::terminal::Terminal;
use crate::yaml::emit::{self, TooDeep};
use bundle::Bundle;

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let bundle = match Bundle::new(arguments) {
        Ok(bundle) => bundle,
        Err(problems) => return Ok(terminal.refuse(&problems)),
    };
    let text = text(&bundle).map_err(|_| anyhow!("an object is nested too deep to be written as YAML"))?;
    terminal.print(text)?;
    for note in bundle.notes() {
        terminal.note(&note);
    }
    Ok(ExitCode::SUCCESS)
}

/// The objects as YAML documents.
fn text(bundle: &Bundle) -> Result<String, TooDeep> {
    let documents: Result<Vec<String>, TooDeep> = objects::objects(bundle)?.iter().map(emit::block).collect();
    Ok(documents?.join("---\n"))
}
