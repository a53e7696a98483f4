//! `reviews PROGRAM [WEBHOOK ARGUMENT…]` starts `PROGRAM webhook`, sends it reviews of every kind in turn, and prints reviews a second,
//! the time that each kind takes, and the server's memory as they go by. `REVIEWS` says how many.
//! Exit code 1: memory grew.

mod load;

use std::path::Path;
use std::process::ExitCode;

const REVIEWS: usize = 100_000;
/// What the server may grow by, in bytes, after a quarter of the reviews: a leak of 14 bytes a review is more.
const GROWTH: u64 = 1 << 20;

fn main() -> Result<ExitCode, load::Error> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().ok_or("usage: reviews PROGRAM [WEBHOOK ARGUMENT…]")?;
    let count = std::env::var("REVIEWS").map_or(Ok(REVIEWS), |count| count.parse())?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let measured = load::measure(Path::new(&program), &arguments.collect::<Vec<_>>(), &repository, count)?;
    println!("{measured}");
    Ok(if measured.growth() <= GROWTH { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
