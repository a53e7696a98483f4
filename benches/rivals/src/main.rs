//! virt-patch beside others on the same work in the same run: one element, put in by a path, and the text written.
//! `rivals [FOLDER]` prints a table of ratios and the bars that the engine is held to; into the folder go the same as
//! `rivals.txt`, and the plot `rivals.svg`. Exit code 1: a bar is missed.

mod bars;
mod contender;
mod losses;
mod outside;
mod table;

use std::path::Path;
use std::process::ExitCode;

use measure::{Error, callgrind, work};

const USAGE: &str = "usage: rivals [FOLDER]";

fn main() -> Result<ExitCode, Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => compare(None),
        // How the program calls itself under valgrind.
        [callgrind::ONCE, id, times] => {
            let cases: Vec<_> = work::all().into_iter().chain(contender::cases()).collect();
            callgrind::once(&cases, id, times)?;
            Ok(ExitCode::SUCCESS)
        }
        [folder] if !folder.starts_with('-') => compare(Some(Path::new(folder))),
        _ => Err(USAGE.into()),
    }
}

fn compare(folder: Option<&Path>) -> Result<ExitCode, Error> {
    let measured = table::measure()?;
    let bars = bars::judge(&measured);
    let told = table::told(&measured) + &bars::told(&bars);
    print!("{told}");
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("rivals.txt"), told)?;
        std::fs::write(folder.join("rivals.svg"), table::plot(&measured))?;
        println!("\nrivals.txt and rivals.svg are in {}", folder.display());
    }
    Ok(if bars.iter().any(bars::Judged::is_missed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
