//! Plots as SVG: what was measured and on what stands in them.

use std::fmt::Write;

/// A line of a chart, both axes logarithmic.
pub struct Line {
    /// What grows, with its unit.
    pub name: String,
    /// (how much, cost), both positive.
    pub points: Vec<(f64, f64)>,
}

/// One bar of a chart, its axis logarithmic.
pub struct Bar {
    /// Whose it is.
    pub name: String,
    /// What is written behind it.
    pub note: String,
    /// Positive.
    pub value: f64,
    /// Drawn in the colour of the product.
    pub ours: bool,
}

const WIDTH: f64 = 880.0;
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// A chart of lines; each axis has a power of ten a mark. A dashed line shows the slope of what is straight.
pub fn lines(title: &str, notes: &[String], lines: &[Line]) -> String {
    let (left, top, height) = (70.0, 50.0, 380.0);
    let width = WIDTH - left - 30.0;
    let all = || lines.iter().flat_map(|line| &line.points);
    let (low_x, high_x) = decades(all().map(|point| point.0));
    let (low_y, high_y) = decades(all().map(|point| point.1));
    let x = |value: f64| left + (value.log10() - low_x) / (high_x - low_x) * width;
    let y = |value: f64| top + height - (value.log10() - low_y) / (high_y - low_y) * height;
    let mut svg = String::new();
    for (low, high, horizontal) in [(low_x, high_x, true), (low_y, high_y, false)] {
        let mut power = low;
        while power <= high {
            let value = 10f64.powf(power);
            svg += &if horizontal {
                rule(x(value), top, x(value), top + height)
                    + &text(x(value), top + height + 16.0, "middle", &short(value))
            } else {
                rule(left, y(value), left + width, y(value)) + &text(left - 6.0, y(value) + 4.0, "end", &short(value))
            };
            power += 1.0;
        }
    }
    // From the lower left corner, as far as the square of decades goes.
    let run = (high_x - low_x).min(high_y - low_y);
    let (x0, y0) = (10f64.powf(low_x), 10f64.powf(low_y));
    let (x1, y1) = (10f64.powf(low_x + run), 10f64.powf(low_y + run));
    let _ = writeln!(
        svg,
        r##"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="#888" stroke-dasharray="6 4"/>"##,
        x(x0),
        y(y0),
        x(x1),
        y(y1)
    );
    let mut below = top + height + 40.0;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> =
            line.points.iter().map(|&(at, cost)| format!("{:.1},{:.1}", x(at), y(cost))).collect();
        let _ = writeln!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/><rect x="{left}" y="{}" width="18" height="4" fill="{colour}"/>"#,
            points.join(" "),
            below - 6.0
        );
        svg += &text(left + 26.0, below, "start", &line.name);
        below += 18.0;
    }
    page(title, notes, &svg, below)
}

/// A chart of bars, one group below the other.
pub fn bars(title: &str, notes: &[String], groups: &[(String, Vec<Bar>)]) -> String {
    let (left, right) = (250.0, 250.0);
    let width = WIDTH - left - right;
    let mut svg = String::new();
    let mut at = 54.0;
    for (name, bars) in groups {
        svg += &text(10.0, at, "start", name);
        at += 8.0;
        let (low, high) = decades(bars.iter().map(|bar| bar.value));
        for bar in bars {
            let length = ((bar.value.log10() - low) / (high - low) * width).max(1.0);
            let colour = if bar.ours { COLOURS[1] } else { COLOURS[0] };
            let _ = writeln!(svg, r#"<rect x="{left}" y="{at}" width="{length:.1}" height="13" fill="{colour}"/>"#);
            svg += &text(left - 6.0, at + 11.0, "end", &bar.name);
            svg += &text(left + length + 6.0, at + 11.0, "start", &bar.note);
            at += 18.0;
        }
        at += 26.0;
    }
    page(title, notes, &svg, at)
}

/// The whole powers of ten around the values.
fn decades(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
    let high = values.fold(f64::NEG_INFINITY, f64::max).log10().ceil();
    (low, high.max(low + 1.0))
}

/// `10 k` for 10,000.
fn short(value: f64) -> String {
    let units = [(1e9, " G"), (1e6, " M"), (1e3, " k")];
    let unit = units.into_iter().find(|&(unit, _)| value >= unit);
    unit.map_or_else(|| format!("{value}"), |(unit, name)| format!("{}{name}", value / unit))
}

fn rule(x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>\n")
}

fn text(x: f64, y: f64, anchor: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n")
}

fn page(title: &str, notes: &[String], drawing: &str, below: f64) -> String {
    let mut at = below + 10.0;
    let mut said = String::new();
    for note in notes {
        said += &text(10.0, at, "start", note);
        at += 16.0;
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {at:.0}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<g font-size="16" font-weight="bold">{}</g>
{drawing}<g fill="#555">{said}</g>
</svg>
"##,
        text(10.0, 26.0, "start", title)
    )
}
