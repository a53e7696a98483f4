//! `virt-patch completions`: what a shell completes, made from the command line's own definitions.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::terminal::Terminal;

/// Prints what a shell needs to complete commands and arguments
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  source <(virt-patch completions bash)
  virt-patch completions bash > ~/.local/share/bash-completion/completions/virt-patch
  virt-patch completions fish > ~/.config/fish/completions/virt-patch.fish")]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints the completions of `command`, the whole command line.
pub(super) fn run(arguments: Arguments, mut command: Command, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    generate(arguments.shell, &mut command, name.as_str(), &mut script);
    if arguments.shell == Shell::Bash {
        script = with_one_spelling(&String::from_utf8(script)?, &name).into_bytes();
    }
    terminal.print(script)?;
    Ok(ExitCode::SUCCESS)
}

/// clap_complete 4.6 spells a program's name with a hyphen in two ways, so that bash completes nothing behind a
/// command (clap-rs/clap#6421). A script that does not do so stays as it is.
fn with_one_spelling(script: &str, name: &str) -> String {
    let (wrong, right) = (name.replace('-', "__subcmd__"), name.replace('-', "__"));
    script.replace(&format!("{wrong}__subcmd__"), &format!("{right}__subcmd__"))
}
