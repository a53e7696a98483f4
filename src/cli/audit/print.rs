//! An audit as a person or a program reads it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::audit::{Counts, Machine, Rules, Sidecar};
use crate::report::{Paint, json as as_json, sarif as as_sarif, visible};

/// The widest that a column is, in characters.
const WIDEST: usize = 60;

/// A line a machine, then what is refused: the same words once, with the machines that they are about.
pub(super) fn table(machines: &[Machine], counts: Counts, paint: Paint) -> String {
    let mut rows = vec![["NAMESPACE", "NAME", "KIND", "SIDECARS", "RULES", "VERDICT"].map(ToOwned::to_owned)];
    rows.extend(machines.iter().map(row));
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    if !machines.is_empty() {
        for (number, row) in rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            let line = cells.join("  ");
            text += &if number == 0 { paint.bold(line.trim_end()) } else { line.trim_end().to_owned() };
            text.push('\n');
        }
    }
    for (problem, who) in refusals(machines) {
        let more = if who.len() > 1 { format!(" and {} more", who.len() - 1) } else { String::new() };
        text += &format!("\n{}{}:\n  {}\n", who.first().map_or("", String::as_str), more, visible(&problem));
    }
    let refused = machines.iter().filter(|machine| machine.is_refused()).count();
    let verdict = match refused {
        0 => paint.green("nothing is refused"),
        refused => paint.red(&format!("{refused} refused")),
    };
    let Counts { machines, with_sidecars, config_maps, .. } = counts;
    text + &format!("\n{machines} VMs, {with_sidecars} with sidecars or rules, {config_maps} ConfigMaps: {verdict}\n")
}

fn row(machine: &Machine) -> [String; 6] {
    let sidecars: Vec<String> = machine.sidecars.iter().map(sidecar).collect();
    let rules: Vec<String> = machine.rules.iter().map(rules).collect();
    let verdict = match machine.problems.len() {
        0 => "-".to_owned(),
        _ => {
            let mut codes: Vec<&str> = machine.problems.iter().map(|problem| problem.code.as_str()).collect();
            codes.sort_unstable();
            codes.dedup();
            codes.join(", ")
        }
    };
    let kind = machine.kind.replace("VirtualMachineInstance", "VMI").replace("VirtualMachine", "VM");
    let cells = [machine.namespace.clone(), machine.name.clone(), kind, sidecars.join(", "), rules.join(", "), verdict];
    cells.map(|cell| cut(&visible(&cell)))
}

fn sidecar(sidecar: &Sidecar) -> String {
    sidecar.image.clone().unwrap_or_else(|| "sidecar-shim".to_owned())
}

fn rules(rules: &Rules) -> String {
    match &rules.sets {
        Ok(_) => rules.from.clone(),
        Err(why) => format!("{} ({why})", rules.from),
    }
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= WIDEST {
        return cell.to_owned();
    }
    let start: String = cell.chars().take(WIDEST - 1).collect();
    start + "…"
}

/// What is wrong, in words, with the machines of which it is true, in the order found.
fn refusals(machines: &[Machine]) -> Vec<(String, Vec<String>)> {
    let mut order: Vec<(String, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for machine in machines {
        for problem in &machine.problems {
            let words = problem.to_string();
            let place = *places.entry(words.clone()).or_insert_with(|| {
                order.push((words, Vec::new()));
                order.len() - 1
            });
            if let Some((_, who)) = order.get_mut(place) {
                who.push(machine.title());
            }
        }
    }
    order
}

/// `{"machines": […], "summary": {…}}`
pub(super) fn json(machines: &[Machine], counts: Counts) -> String {
    let listed: Vec<Json> = machines.iter().map(machine).collect();
    let refused = machines.iter().filter(|machine| machine.is_refused()).count();
    let value = json!({
        "machines": listed,
        "summary": {
            "machines": counts.machines,
            "withSidecars": counts.with_sidecars,
            "configMaps": counts.config_maps,
            "others": counts.others,
            "refused": refused,
        },
    });
    format!("{value:#}\n")
}

fn machine(machine: &Machine) -> Json {
    let sidecars: Vec<Json> = machine
        .sidecars
        .iter()
        .map(|sidecar| json!({"image": sidecar.image, "args": sidecar.arguments, "mounts": sidecar.mounts}))
        .collect();
    let rules: Vec<Json> = machine
        .rules
        .iter()
        .map(|rules| match &rules.sets {
            Ok(sets) => json!({"from": rules.from, "ruleSets": sets}),
            Err(why) => json!({"from": rules.from, "unknown": why}),
        })
        .collect();
    json!({
        "kind": machine.kind,
        "namespace": machine.namespace,
        "name": machine.name,
        "sidecars": sidecars,
        "rules": rules,
        "refused": machine.is_refused(),
        "problems": as_json::diagnostics(&machine.problems),
    })
}

/// Each problem in a text that is called after its machine.
pub(super) fn sarif(machines: &[Machine]) -> String {
    let problems: Vec<_> = machines.iter().flat_map(Machine::placed_problems).collect();
    format!("{:#}\n", as_sarif::log(&problems, str::to_owned))
}
