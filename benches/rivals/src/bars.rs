//! The ratios that the engine is held to, by time and by instructions.

use measure::inputs::Domain;

use crate::table::{Measured, OURS, Row};

/// One thing to another, and the most that it may be.
struct Bar {
    of: (&'static str, Domain),
    to: (&'static str, Domain),
    /// Divided by the ratio of the domains' sizes.
    per_byte: bool,
    most: f64,
}

const fn bar(of: &'static str, to: &'static str, domain: Domain, most: f64) -> Bar {
    Bar { of: (of, domain), to: (to, domain), per_byte: false, most }
}

const PARSE: &str = "parse/roxmltree";

const BARS: [Bar; 11] = [
    bar(OURS, PARSE, Domain::Small, 0.6),
    bar(OURS, PARSE, Domain::Large, 0.6),
    bar(OURS, "rival/xmlem", Domain::Small, 1.0 / 12.0),
    bar(OURS, "rival/xmlem", Domain::Large, 1.0 / 12.0),
    bar(OURS, "rival/libxml2 (C)", Domain::Small, 1.0 / 5.0),
    bar(OURS, "rival/libxml2 (C)", Domain::Large, 1.0 / 5.0),
    bar("apply/50 rules", OURS, Domain::Middle, 1.5),
    bar("apply/50 rules", PARSE, Domain::Middle, 1.0),
    // That not a byte is copied is part of the work's check.
    bar("apply/no rule matches", PARSE, Domain::Small, 0.5),
    bar("apply/no rule matches", PARSE, Domain::Large, 0.5),
    Bar { of: (OURS, Domain::Large), to: (OURS, Domain::Small), per_byte: true, most: 1.15 },
];

/// A bar beside what was measured.
pub(crate) struct Judged {
    title: String,
    most: f64,
    /// By the clock; none where one of the two was not measured.
    time: Option<f64>,
    /// The same in instructions.
    instructions: Option<f64>,
}

impl Judged {
    /// Whether it is missed by the clock, which is what bars are about.
    pub(crate) fn is_missed(&self) -> bool {
        self.time.is_some_and(|time| time > self.most)
    }
}

/// Holds what was measured to every bar.
pub(crate) fn judge(measured: &Measured) -> Vec<Judged> {
    let judge = |bar: &Bar| {
        let title = format!("{} at {} / {} at {}", bar.of.0, bar.of.1.label(), bar.to.0, bar.to.1.label());
        let title = if bar.per_byte { title + ", per byte" } else { title };
        let (of, to) = (measured.row(bar.of.0, bar.of.1), measured.row(bar.to.0, bar.to.1));
        let sizes = if bar.per_byte { bar.of.1.text().len() as f64 / bar.to.1.text().len() as f64 } else { 1.0 };
        let ratio = |value: fn(&Row) -> Option<f64>| Some(value(of?)? / value(to?)? / sizes);
        let time = ratio(|row| Some(row.time.least));
        let instructions = ratio(|row| row.instructions.map(|count| count as f64));
        Judged { title, most: bar.most, time, instructions }
    };
    BARS.iter().map(judge).collect()
}

/// A line a bar.
pub(crate) fn told(bars: &[Judged]) -> String {
    let mut text = format!("\n{:<66} {:>7} {:>9} {:>17}\n", "Bars", "at most", "time", "instructions");
    for Judged { title, most, time, instructions } in bars {
        let line = format!("{title:<66} {most:>7.3} {} {}", verdict(*time, *most), verdict(*instructions, *most));
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn verdict(ratio: Option<f64>, most: f64) -> String {
    match ratio {
        None => format!("{:>16}", "not measured"),
        Some(ratio) => format!("{ratio:>9.3} {:<6}", if ratio <= most { "met" } else { "MISSED" }),
    }
}
