//! How costs grow, in instructions: lines that must be straight, or nearly.

use crate::callgrind;
use crate::inputs::{Domain, deep, rules, sized, wide};
use crate::plot::{self, Line};
use crate::work::{Case, Run, apply, checked, many_rules, one_rule};
use crate::{Error, machine};

/// What twice as much may cost at most, as a multiple. A straight line has 2, a square 4.
const STRAIGHT: f64 = 2.2;

/// A cost that grows with one thing.
struct Series {
    what: &'static str,
    unit: &'static str,
    points: &'static [usize],
    /// What twice as much may cost at most, as a multiple.
    most: f64,
    make: fn(usize) -> Result<Run, Error>,
}

static SERIES: [Series; 6] = [
    Series {
        what: "size of the domain, one rule",
        unit: "KB",
        points: &[1, 4, 16, 64, 256, 1_024, 4_096, 10_240],
        most: STRAIGHT,
        make: |size| one_rule(sized(size << 10).leak()),
    },
    Series {
        what: "rules that set, on 40 KB",
        unit: "rules",
        points: &[1, 4, 16, 64, 250, 500, 1_000],
        most: STRAIGHT,
        make: |count| {
            let rule = |n| format!("    - set: {{/domain/cpu/topology/@cores: '{n}'}}\n");
            let rules = rules::define_domain(&(1..=count).map(rule).collect::<String>())?;
            let text = Domain::Middle.text();
            let last = format!("cores=\"{count}\"");
            checked(move || apply(&rules, text), move |written| written.is_ok_and(|written| written.contains(&last)))
        },
    },
    Series {
        what: "rules of five kinds, two of which add, on 40 KB",
        unit: "rules",
        points: &[1, 4, 16, 64, 250, 500, 1_000],
        // Each looks at what those before it added, so this is no straight line, and at most the square of the rules: 4.
        most: 3.5,
        make: |count| many_rules(Domain::Middle.text(), count),
    },
    Series {
        what: "rounds of a loop that inserts, on 8 KB",
        unit: "rounds",
        points: &[1, 10, 100, 1_000, 4_000, 10_000],
        most: STRAIGHT,
        make: |count| {
            let rules = rules::rounds(count)?;
            let text = Domain::Small.text();
            let last = format!("<shmem name=\"ring{count}\">");
            let inserted = move |written: &str| written.matches("<shmem ").count() == count && written.contains(&last);
            checked(move || apply(&rules, text), move |written| written.is_ok_and(|written| inserted(&written)))
        },
    },
    Series {
        what: "elements that a loop inserts before and replaces",
        unit: "elements",
        points: &[250, 1_000, 4_000, 8_000],
        most: STRAIGHT,
        make: |count| {
            let steps = "[{insert: {before: $child, xml: <b/>}}, {replace: {path: $child, xml: <c/>}}]";
            let rule = format!("    - forEach: {{var: child, in: /domain/a}}\n      steps: {steps}\n");
            let rules = rules::define_domain(&rule)?;
            let text: &'static str = wide(count).leak();
            let expected = text.replace("\t<a/>\n", "\t<b/>\n\t<c/>\n");
            checked(move || apply(&rules, text), move |written| written.is_ok_and(|written| written == expected))
        },
    },
    Series {
        what: "depth of the domain, `//level[not(level)]`",
        unit: "levels",
        points: &[8, 32, 125, 250, 500],
        most: STRAIGHT,
        make: |levels| {
            let rules = rules::define_domain("    - set: {'//level[not(level)]/@last': 'yes'}\n")?;
            let text: &'static str = deep(levels).leak();
            checked(
                move || apply(&rules, text),
                move |written| written.is_ok_and(|written| written.matches("last=\"yes\"").count() == 1),
            )
        },
    },
];

/// The series' points as cases: `growth/SERIES/POINT`.
pub fn cases() -> Vec<Case> {
    let points = |series: &'static Series| series.points.iter().map(move |&point| case(series, point));
    SERIES.iter().flat_map(points).collect()
}

fn case(series: &Series, point: usize) -> Case {
    let make = series.make;
    Case::new(format!("growth/{}/{point}", series.what), move || make(point))
}

/// Counts all series, prints them and writes the plot. True, where none is steeper than it may be.
///
/// # Errors
/// Where valgrind or a case fails, or the plot cannot be written.
pub fn measure(plot: Option<&std::path::Path>) -> Result<bool, Error> {
    println!("{}", machine::toolchain());
    let mut straight = true;
    let mut lines = Vec::new();
    for series in &SERIES {
        println!("{}", series.what);
        let mut seen: Vec<(f64, f64)> = Vec::new();
        for &point in series.points {
            let count = callgrind::count(&case(series, point), 1)?;
            let here = (point as f64, count as f64);
            let doubling = seen.last().map(|&before| per_doubling(before, here));
            let bent = doubling.is_some_and(|doubling| doubling > series.most);
            straight &= !bent;
            let doubling = doubling.map_or(String::new(), |doubling| format!("{doubling:.2} a doubling"));
            let said = if bent { format!(", OVER {}", series.most) } else { String::new() };
            println!("  {point:>7} {:<7} {count:>14} instructions   {doubling}{said}", series.unit);
            seen.push(here);
        }
        lines.push(Line { name: format!("{} ({})", series.what, series.unit), points: seen });
    }
    if let Some(path) = plot {
        let notes = [
            "Instructions of one call under callgrind; a line with the slope of the dashed one is straight.".to_owned(),
            machine::toolchain(),
        ];
        std::fs::write(path, plot::lines("What a call costs as its input grows", &notes, &lines))?;
    }
    Ok(straight)
}

/// The cost's factor for twice as much, between two points.
fn per_doubling((x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> f64 {
    (y1 / y0).powf(1.0 / (x1 / x0).log2())
}
