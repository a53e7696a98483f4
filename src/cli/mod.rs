//! The command line: one file a command.

mod apply;
mod audit;
mod call;
mod completions;
mod demo;
mod exit;
mod explain;
mod fresh;
mod history;
mod infer;
mod init;
mod input;
mod man;
mod packs;
mod plugin;
mod query;
mod rules;
mod schema;
mod terminal;
mod test;
mod validate;
mod vmi;
#[cfg(feature = "webhook")]
mod webhook;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use exit::UNABLE;
use terminal::{Color, Terminal};

#[derive(Debug, Parser)]
#[command(name = "virt-patch", version, about, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 fine, 1 the input is wrong, 2 the tool could not do its work.")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// Whether to colour what is printed; auto asks the terminal and NO_COLOR
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN", display_order = 900)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Apply(apply::Arguments),
    Test(test::Arguments),
    Query(query::Arguments),
    Infer(infer::Arguments),
    Validate(validate::Arguments),
    Audit(audit::Arguments),
    Explain(explain::Arguments),
    Call(call::Arguments),
    Demo(demo::Arguments),
    Packs(packs::Arguments),
    Plugin(plugin::Arguments),
    Schema(schema::Arguments),
    #[cfg(feature = "webhook")]
    Webhook(webhook::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Reads the arguments, runs the command, says how it went.
pub fn main() -> ExitCode {
    let line = CommandLine::parse();
    let terminal = Terminal::new(line.color);
    let done = match line.command {
        Command::Init(arguments) => init::run(arguments, terminal),
        Command::Apply(arguments) => apply::run(arguments, terminal),
        Command::Test(arguments) => test::run(arguments, terminal),
        Command::Query(arguments) => query::run(arguments, terminal),
        Command::Infer(arguments) => infer::run(arguments, terminal),
        Command::Validate(arguments) => validate::run(&arguments, terminal),
        Command::Audit(arguments) => audit::run(&arguments, terminal),
        Command::Explain(arguments) => explain::run(&arguments, terminal),
        Command::Call(arguments) => call::run(arguments, terminal),
        Command::Demo(arguments) => demo::run(arguments, terminal),
        Command::Packs(arguments) => packs::run(arguments, terminal),
        Command::Plugin(arguments) => plugin::run(arguments, terminal),
        Command::Schema(arguments) => schema::run(arguments, terminal),
        #[cfg(feature = "webhook")]
        Command::Webhook(arguments) => webhook::run(arguments, terminal),
        Command::Completions(arguments) => completions::run(arguments, CommandLine::command(), terminal),
        Command::Man(arguments) => man::run(arguments, CommandLine::command(), terminal),
    };
    done.unwrap_or_else(|error| {
        terminal.unable(&error);
        ExitCode::from(UNABLE)
    })
}
