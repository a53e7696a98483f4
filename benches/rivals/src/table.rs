//! Measuring all contenders, and telling it as a table and as a plot.

use measure::inputs::Domain;
use measure::plot::{self, Bar};
use measure::turns::{self, Time, Timed};
use measure::work::{self, Case};
use measure::{Error, callgrind, machine};

use crate::contender::{self, ALL};
use crate::{losses, outside};

/// What everything is compared with.
pub(crate) const OURS: &str = "apply/1 rule";

const TURNS: usize = 21;

/// What was seen of one piece of work on one domain.
pub(crate) struct Row {
    /// `STAGE/WHAT`.
    pub(crate) what: String,
    pub(crate) domain: Domain,
    pub(crate) time: Time,
    /// Of one run; none where valgrind is absent, or would count an interpreter.
    pub(crate) instructions: Option<u64>,
}

/// All that was seen, and on what.
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    /// What each contender loses of the text.
    losses: Vec<(&'static str, String)>,
    notes: Vec<String>,
}

impl Measured {
    pub(crate) fn row(&self, what: &str, domain: Domain) -> Option<&Row> {
        self.rows.iter().find(|row| row.what == what && row.domain == domain)
    }
}

/// Checks every answer, then times all in turns, then counts instructions.
pub(crate) fn measure() -> Result<Measured, Error> {
    let counting = callgrind::is_installed();
    if !counting {
        eprintln!("SKIPPED: counting instructions; install valgrind for them");
    }
    let programs = outside::all();
    let (mut rows, mut timed) = (Vec::new(), Vec::<Box<dyn Timed>>::new());
    for domain in Domain::all() {
        let here = |case: &Case| case.id.strip_suffix(domain.label()).is_some_and(|id| id.ends_with('/'));
        let ours =
            work::all().into_iter().filter(|case| case.id.starts_with("parse/") || case.id.starts_with("apply/"));
        for case in ours.chain(contender::cases()).filter(here) {
            let instructions = counting.then(|| callgrind::count(&case, 1)).transpose()?;
            let what = case.id.rsplit_once('/').map_or("", |(what, _)| what).to_owned();
            timed.push(Box::new(case.ready()?));
            rows.push(Row { what, domain, time: NOTHING, instructions });
        }
        for program in &programs {
            let mut running = program.start(domain.text())?;
            if !losses::is_right(domain.text(), &running.answer()?) {
                return Err(format!("{}: a wrong answer; it is not measured", program.name).into());
            }
            timed.push(Box::new(running));
            let instructions = if counting { program.instructions(domain.text())? } else { None };
            rows.push(Row { what: format!("rival/{}", program.name), domain, time: NOTHING, instructions });
        }
    }
    for (row, time) in rows.iter_mut().zip(turns::times(&mut timed, TURNS)?) {
        row.time = time;
    }
    let mut losses: Vec<_> = ALL.iter().map(|it| (it.name, losses::told((it.edit)(losses::PROBE)))).collect();
    for program in &programs {
        losses.push((program.name, losses::told(program.start(losses::PROBE)?.answer())));
    }
    let notes = vec![
        machine::processor(),
        machine::toolchain(),
        format!("time of the processor, the fastest of {TURNS} turns; all alike at opt-level 3 with fat LTO"),
    ];
    Ok(Measured { rows, losses, notes })
}

const NOTHING: Time = Time { least: f64::NAN, median: f64::NAN };

/// What was measured on what: a table a domain, and what each contender loses.
pub(crate) fn told(measured: &Measured) -> String {
    let mut text = measured.notes.join("\n") + "\n";
    for domain in Domain::all() {
        text += &format!("\n{}\n", domain.heading());
        text += &line("", ["µs", "median µs", "× ours", "instructions", "× ours"]);
        let ours = measured.row(OURS, domain);
        for row in measured.rows.iter().filter(|row| row.domain == domain) {
            let counts = || Some(row.instructions? as f64 / ours?.instructions? as f64);
            let columns = [
                format!("{:.2}", row.time.least / 1e3),
                format!("{:.2}", row.time.median / 1e3),
                ours.map_or("-".to_owned(), |ours| format!("{:.2}", row.time.least / ours.time.least)),
                row.instructions.map_or("-".to_owned(), |count| count.to_string()),
                counts().map_or("-".to_owned(), |counts| format!("{counts:.2}")),
            ];
            text += &line(&row.what, columns.each_ref().map(String::as_str));
        }
    }
    text += "\nWhat is lost of how the text was written:\n";
    let ours = ("virt-patch", "nothing (tests/xml_domains.rs)".to_owned());
    for (name, lost) in std::iter::once(&ours).chain(&measured.losses) {
        text += &format!("{name:<26} {lost}\n");
    }
    text
}

fn line(what: &str, [least, median, times, count, counts]: [&str; 5]) -> String {
    format!("{what:<30} {least:>11} {median:>11} {times:>8} {count:>13} {counts:>8}\n")
}

/// The edit by all contenders on each domain.
pub(crate) fn plot(measured: &Measured) -> String {
    let mut groups = Vec::new();
    for domain in Domain::all() {
        let Some(ours) = measured.row(OURS, domain) else { continue };
        let shown = |row: &&Row| {
            row.domain == domain
                && (row.what.starts_with("rival/") || row.what.starts_with("parse/") || row.what == OURS)
        };
        let bar = |row: &Row| Bar {
            name: if row.what == OURS {
                "virt-patch, 1 rule".to_owned()
            } else {
                row.what.trim_start_matches("rival/").replace("parse/", "parse only: ")
            },
            note: format!("{:.1} µs, {:.2} × ours", row.time.least / 1e3, row.time.least / ours.time.least),
            value: row.time.least,
            ours: row.what == OURS,
        };
        let mut bars: Vec<Bar> = measured.rows.iter().filter(shown).map(bar).collect();
        bars.sort_by(|one, two| one.value.total_cmp(&two.value));
        groups.push((domain.heading(), bars));
    }
    plot::bars("One element put in by a path, the text written (logarithmic)", &measured.notes, &groups)
}
