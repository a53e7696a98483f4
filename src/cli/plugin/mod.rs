//! `virt-patch plugin`: what an administrator installs for KubeVirt's structured-plugin API (VEP 190).

mod arguments;
mod bundle;
mod cel;
mod inject;
mod launcher;
mod objects;
mod release;
mod rule_files;

use std::process::ExitCode;

use anyhow::anyhow;

pub(super) use arguments::Arguments;

use super::terminal::Terminal;
use crate::yaml::emit;
use bundle::Bundle;

pub(super) fn run(arguments: Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let bundle = match Bundle::new(arguments) {
        Ok(bundle) => bundle,
        Err(problems) => return Ok(terminal.refuse(&problems)),
    };
    let mut text = String::new();
    for (at, object) in objects::objects(&bundle).iter().enumerate() {
        if at > 0 {
            text += "---\n";
        }
        text += &emit::block(object).map_err(|_| anyhow!("an object is nested too deep to be written as YAML"))?;
    }
    terminal.print(text)?;
    for note in bundle.notes() {
        terminal.note(&note);
    }
    Ok(ExitCode::SUCCESS)
}
