//! Instruction counts against what they may be: a file with one line a case.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use crate::Error;
use crate::callgrind;
use crate::inputs::Domain;
use crate::machine;
use crate::work;

/// A count may be over its budget by so much.
const TOLERANCE: f64 = 0.03;

/// Each case runs so often; its count is the mean.
const TIMES: u32 = 5;

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every case is within its budget.
    Kept,
    /// One is not, or has none.
    Over,
    /// Made with another compiler, so told only.
    NotComparable,
}

/// The checked-in budgets.
struct Budgets {
    made_with: String,
    counts: BTreeMap<String, u64>,
}

/// Counts every case and compares. With `bless` what was counted becomes the budgets; nothing is written without.
///
/// # Errors
/// Where valgrind or a case fails, or the file cannot be read.
pub fn compare(bless: bool) -> Result<Verdict, Error> {
    let before = read(&std::fs::read_to_string(path()).unwrap_or_default())?;
    let toolchain = machine::toolchain();
    let comparable = before.made_with == toolchain;
    if !comparable {
        println!("The budgets were made with another toolchain, so this is a report and no verdict.");
        println!("  budgets: {}\n  here:    {toolchain}", before.made_with);
    }
    let cases = work::all();
    let mut after = Budgets { made_with: toolchain, counts: BTreeMap::new() };
    let (mut over, mut gains) = (Vec::new(), 0_usize);
    println!("{:<46} {:>13} {:>13} {:>8}", "", "instructions", "budget", "change");
    for case in &cases {
        let id = &case.id;
        let count = callgrind::count(case, TIMES)?;
        after.counts.insert(id.clone(), count);
        let Some(&budget) = before.counts.get(id) else {
            over.push(format!("{id} has no budget"));
            println!("{id:<46} {count:>13} {:>13} {:>8} new", "-", "-");
            continue;
        };
        let change = count as f64 / budget as f64 - 1.0;
        let percent = format!("{:+.1} %", change * 100.0);
        let said = if change > TOLERANCE {
            over.push(format!("{id}: {count}, {percent} against its budget of {budget}"));
            "OVER"
        } else if change < -TOLERANCE {
            gains += 1;
            "a gain"
        } else {
            ""
        };
        println!("{id:<46} {count:>13} {budget:>13} {percent:>8} {said}");
    }
    for (id, &budget) in before.counts.iter().filter(|(id, _)| cases.iter().all(|case| case.id != **id)) {
        let skipped = Domain::Libvirt.is_absent() && id.ends_with(Domain::Libvirt.label());
        if skipped && std::env::var_os("CI").is_none() {
            // What this machine cannot count stays as it is.
            after.counts.insert(id.clone(), budget);
        } else {
            over.push(format!("{id} has a budget, and is not counted"));
        }
    }
    if bless {
        std::fs::write(path(), written(&after))?;
        println!("{} is written anew: commit it.", path().display());
        return Ok(Verdict::Kept);
    }
    if gains > 0 {
        println!("{gains} of them take less than their budget: `make budgets BLESS=1` lowers it; commit the file.");
    }
    if !over.is_empty() {
        println!("\n{}", over.join("\n"));
        println!("Where that is meant: `make budgets BLESS=1`, and say in the commit why.");
    }
    Ok(match (comparable, over.is_empty()) {
        (false, _) => Verdict::NotComparable,
        (true, true) => Verdict::Kept,
        (true, false) => Verdict::Over,
    })
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("budgets.tsv")
}

const MADE_WITH: &str = "# Instructions of one run under callgrind. Made with ";

/// `# Made with …`, then `CASE<TAB>COUNT` a line.
fn read(text: &str) -> Result<Budgets, Error> {
    let mut budgets = Budgets { made_with: "nothing: there are none yet".to_owned(), counts: BTreeMap::new() };
    for (at, line) in text.lines().enumerate() {
        if let Some(made_with) = line.strip_prefix(MADE_WITH) {
            made_with.clone_into(&mut budgets.made_with);
        } else {
            let (id, count) = line.split_once('\t').ok_or_else(|| wrong(at, line))?;
            budgets.counts.insert(id.to_owned(), count.parse().map_err(|_| wrong(at, line))?);
        }
    }
    Ok(budgets)
}

fn wrong(at: usize, line: &str) -> String {
    format!("budgets.tsv, line {}: `{line}` is not `CASE<TAB>COUNT`; `make budgets BLESS=1` writes it anew", at + 1)
}

fn written(budgets: &Budgets) -> String {
    let mut text = format!("{MADE_WITH}{}\n", budgets.made_with);
    for (id, count) in &budgets.counts {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{id}\t{count}");
    }
    text
}
