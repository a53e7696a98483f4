//! The ratios that the engine is held to: `cargo bench --bench ratios`; exit code 1 where one is over its bar.
//!
//! Everything is timed in one run, in turns, so that whatever else the machine does falls on all alike. It is no part of
//! CI, whose machines are too noisy for it; there `-- --test` checks the answers only.

mod inputs;
mod work;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use inputs::{LARGE, MIDDLE, SMALL};
use work::{FEW, MANY, Work};

/// One turn of one piece of work takes so long.
const TURN: Duration = Duration::from_millis(4);
const TURNS: usize = 101;

/// How large the domains of the work on growth are.
const FEW_BYTES: usize = FEW * "  <a/>\n".len();
const MANY_BYTES: usize = MANY * "  <a/>\n".len();

/// A piece of work by group, name and the size of its domain.
type Key = (&'static str, &'static str, usize);

struct Ratio {
    of: Key,
    to: Key,
    /// Per byte of the domain.
    per_byte: bool,
    /// The most it may be.
    bar: Option<f64>,
}

const fn ratio(of: Key, to: Key, bar: Option<f64>) -> Ratio {
    Ratio { of, to, per_byte: false, bar }
}

const RATIOS: [Ratio; 12] = [
    ratio(("apply", "1 rule", SMALL), ("parse", "roxmltree", SMALL), Some(0.6)),
    ratio(("apply", "1 rule", LARGE), ("parse", "roxmltree", LARGE), Some(0.6)),
    ratio(("apply", "50 rules", MIDDLE), ("parse", "roxmltree", MIDDLE), Some(1.0)),
    ratio(("apply", "50 rules", MIDDLE), ("apply", "1 rule", MIDDLE), Some(2.0)),
    Ratio { of: ("apply", "1 rule", LARGE), to: ("apply", "1 rule", SMALL), per_byte: true, bar: Some(1.15) },
    Ratio { of: ("apply", "50 rules", LARGE), to: ("apply", "50 rules", SMALL), per_byte: true, bar: None },
    // A cost that grows with the square of the edits would be eight times as large.
    Ratio {
        of: ("growth", "a loop of edits", MANY_BYTES),
        to: ("growth", "a loop of edits", FEW_BYTES),
        per_byte: true,
        bar: Some(3.0),
    },
    ratio(("parse", "virt-patch", SMALL), ("parse", "roxmltree", SMALL), None),
    ratio(("apply", "no rule matches", SMALL), ("parse", "roxmltree", SMALL), Some(0.5)),
    ratio(("one edit", "xmlem", SMALL), ("apply", "1 rule", SMALL), None),
    ratio(("one edit", "xmlem", MIDDLE), ("apply", "1 rule", MIDDLE), None),
    ratio(("one edit", "xmlem", LARGE), ("apply", "1 rule", LARGE), None),
];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let works = work::all()?;
    if std::env::args().any(|argument| argument == "--test") {
        println!("{} answers are right; nothing was timed", works.len());
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(which) = std::env::args().skip_while(|argument| argument != "--only").nth(1) {
        return only(&works, &which);
    }
    let times = medians(&works);
    println!("{:<18} {:<18} {:>9} {:>12}", "", "", "bytes", "µs");
    for (work, time) in works.iter().zip(&times) {
        println!("{:<18} {:<18} {:>9} {:>12.2}", work.group, work.name, work.bytes, time * 1e6);
    }
    println!();
    let mut code = ExitCode::SUCCESS;
    for Ratio { of, to, per_byte, bar } in RATIOS {
        let (of_work, of_time) = find(&works, &times, of)?;
        let (to_work, to_time) = find(&works, &times, to)?;
        let bytes = if per_byte { to_work.bytes as f64 / of_work.bytes as f64 } else { 1.0 };
        let ratio = of_time / to_time * bytes;
        let verdict = match bar {
            None => String::new(),
            Some(bar) if ratio <= bar => format!("PASS (≤ {bar})"),
            Some(bar) => {
                code = ExitCode::FAILURE;
                format!("over {bar}")
            }
        };
        let unit = if per_byte { ", per byte" } else { "" };
        println!("{ratio:>8.2}  {} / {}{unit}  {verdict}", title(of_work), title(to_work));
    }
    Ok(code)
}

/// Does one piece of work so often that a profiler sees nothing else: `-- --only 'apply 50 rules at 36 KB'`.
fn only(works: &[Work], which: &str) -> Result<ExitCode, Box<dyn Error>> {
    let work = works.iter().find(|work| title(work) == which);
    let work = work.ok_or_else(|| format!("there is no work `{which}`; the last lines without `--only` name some"))?;
    (0..100).for_each(|_| work.run());
    Ok(ExitCode::SUCCESS)
}

/// The median time of each piece of work in seconds, taken in turns.
fn medians(works: &[Work]) -> Vec<f64> {
    let repeats: Vec<u32> = works.iter().map(repeats).collect();
    let mut times = vec![Vec::with_capacity(TURNS); works.len()];
    for _ in 0..TURNS {
        for ((work, &repeats), times) in works.iter().zip(&repeats).zip(&mut times) {
            let start = Instant::now();
            (0..repeats).for_each(|_| work.run());
            times.push(start.elapsed().as_secs_f64() / f64::from(repeats));
        }
    }
    times
        .into_iter()
        .map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[TURNS / 2]
        })
        .collect()
}

/// How often the work fits into a turn; at least once.
fn repeats(work: &Work) -> u32 {
    let mut repeats = 1;
    loop {
        let start = Instant::now();
        (0..repeats).for_each(|_| work.run());
        if start.elapsed() >= TURN / 2 {
            return repeats;
        }
        repeats *= 2;
    }
}

/// The work of that name; sizes are given as they were asked for.
fn find<'w>(works: &'w [Work], times: &[f64], (group, name, bytes): Key) -> Result<(&'w Work, f64), String> {
    let mut all = works.iter().zip(times).filter(|(work, _)| (work.group, work.name) == (group, name));
    let found = all.find(|(work, _)| work.bytes.abs_diff(bytes) < bytes / 4);
    found.map(|(work, &time)| (work, time)).ok_or_else(|| format!("there is no work {group}, {name}, {bytes} bytes"))
}

fn title(work: &Work) -> String {
    format!("{} {} at {} KB", work.group, work.name, work.bytes.div_ceil(1024))
}
