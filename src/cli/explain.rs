//! `virt-patch explain`: what a diagnostic means, with an example and the cure.

use std::process::ExitCode;

use clap::Args;

use super::terminal::Terminal;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::report::page::{meaning, page};

/// Explains a diagnostic's code, or lists all codes
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  virt-patch explain no-match")]
pub(super) struct Arguments {
    /// As a message shows it in brackets: error[CODE]
    code: Option<String>,
}

pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> anyhow::Result<ExitCode> {
    let Some(name) = &arguments.code else {
        let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
        let line = |code: &Code| {
            let gap = " ".repeat(width - code.as_str().len());
            format!("{}{gap}  {}\n", terminal.out.bold(code.as_str()), meaning(*code))
        };
        terminal.print(Code::ALL.iter().map(line).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    };
    // A message shows it as `error[no-match]`.
    let bare = name.split_once('[').map_or(name.as_str(), |(_, rest)| rest.trim_end_matches(']'));
    match Code::ALL.iter().find(|code| code.as_str() == bare) {
        Some(&code) => {
            terminal.print(format!("{}\n\n{}\n", terminal.out.bold(code.as_str()), page(code)))?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let help = match nearest(bare, Code::ALL.iter().map(|code| code.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`virt-patch explain` lists them".to_owned(),
            };
            let problem = Diagnostic::error(Code::InvalidArgument, format!("there is no code `{bare}`"));
            Ok(terminal.refuse(&[problem.help(help)]))
        }
    }
}
