//! `measure budgets [--bless]` compares instruction counts with the checked-in ones, `measure growth [SVG]` shows how
//! costs grow. Both need valgrind. `measure once CASE TIMES` does one piece of work so often, for a profiler, and
//! `measure check` looks at every answer only. Exit code 1: over a budget, or a line that is not straight.

use std::path::Path;
use std::process::ExitCode;

use measure::budgets::{self, Verdict};
use measure::{Error, callgrind, growth, work};

const USAGE: &str =
    "usage: measure budgets [--bless] | measure growth [PLOT.svg] | measure once CASE TIMES | measure check";

fn main() -> Result<ExitCode, Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let fine = match arguments.as_slice() {
        ["budgets"] => budgets::compare(false)? != Verdict::Over,
        ["budgets", "--bless"] => budgets::compare(true)? != Verdict::Over,
        ["growth"] => growth::measure(None)?,
        ["growth", plot] => growth::measure(Some(Path::new(plot)))?,
        ["check"] => check()?,
        // Also how the program calls itself under valgrind.
        [callgrind::ONCE, id, times] => {
            let cases: Vec<_> = work::all().into_iter().chain(growth::cases()).collect();
            callgrind::once(&cases, id, times)?;
            true
        }
        _ => return Err(USAGE.into()),
    };
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks every answer, and measures nothing.
fn check() -> Result<bool, Error> {
    let cases = work::all();
    for case in &cases {
        drop(case.ready()?);
    }
    println!("{} answers are right", cases.len());
    Ok(true)
}
