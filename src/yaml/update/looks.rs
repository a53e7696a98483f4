//! How a text is written, so that what is added looks like what is there.

use std::collections::HashMap;

use super::layout::Layout;
use crate::yaml::emit::style::{Flow, Quote, Quotes, Style};
use crate::yaml::{Node, Style as Written, Value};

/// Nodes that are looked at: more say nothing new.
const SAMPLE: usize = 2000;
/// More columns than anyone indents by; a literal block's digit says no more than 9.
const WIDEST: usize = 8;

/// The looks of a whole document: what most of it does.
pub(super) fn of_document(layout: Layout<'_>, document: &Node) -> Style {
    let mut seen = Seen::default();
    let mut open = vec![document];
    for _ in 0..SAMPLE {
        let Some(node) = open.pop() else { break };
        match &node.value {
            Value::Mapping(mapping) => {
                for (key, value) in &mapping.entries {
                    if let Some(column) = layout.column(layout.entry(key)).filter(|_| !mapping.flow) {
                        seen.below(layout, column, value);
                    }
                }
                open.extend(mapping.entries.iter().map(|(_, value)| value));
            }
            Value::Sequence(items) => {
                if !layout.is_flow(node) {
                    items.iter().for_each(|item| seen.item(layout, item));
                }
                open.extend(items);
            }
            Value::Scalar(scalar) => match scalar.style {
                Written::SingleQuoted => *seen.quotes.entry(1).or_default() += 1,
                Written::DoubleQuoted => *seen.quotes.entry(2).or_default() += 1,
                _ => {}
            },
        }
    }
    let default = Style::default();
    let double = most(&seen.quotes).is_some_and(|kind| kind == 2);
    Style {
        step: most(&seen.steps).unwrap_or(default.step),
        list: most(&seen.lists).unwrap_or(default.list),
        dash: most(&seen.dashes).unwrap_or(default.dash),
        quotes: Quotes { kind: if double { Quote::Double } else { Quote::Single }, always: false },
        flow: Flow::default(),
    }
}

/// The looks of what is added to a mapping: lists stand as those of its last member that has one do.
pub(super) fn in_mapping(layout: Layout<'_>, entries: &[(Node, Node)], style: Style) -> Style {
    let mut seen = Seen::default();
    for (key, value) in entries.iter().rev() {
        if let Some(column) = layout.column(layout.entry(key)) {
            seen.below(layout, column, value);
        }
        if !seen.lists.is_empty() {
            break;
        }
    }
    Style { list: most(&seen.lists).unwrap_or(style.list), ..style }
}

/// The looks of an item that is added to a list: quoted, and in flow style, where its neighbours are.
pub(super) fn in_list(layout: Layout<'_>, items: &[Node], style: Style) -> Style {
    let mut seen = Seen::default();
    items.iter().take(SAMPLE).for_each(|item| seen.item(layout, item));
    let (mut lists, mut mappings) = (Votes::default(), Votes::default());
    for item in items.iter().take(SAMPLE) {
        match &item.value {
            Value::Sequence(items) if !items.is_empty() => lists.count(layout.is_flow(item)),
            Value::Mapping(mapping) if !mapping.entries.is_empty() => mappings.count(layout.is_flow(item)),
            _ => {}
        }
    }
    Style {
        dash: most(&seen.dashes).unwrap_or(style.dash),
        quotes: quotes(items.iter().take(SAMPLE), style.quotes),
        flow: Flow { lists: lists.all(), mappings: mappings.all() },
        ..style
    }
}

/// The quotes of strings beside these scalars: theirs, where all of them are quoted alike. Looks into lists in flow
/// style too, as commands are written: `["systemctl", "start", "x"]`.
pub(super) fn quotes<'n>(neighbours: impl Iterator<Item = &'n Node>, default: Quotes) -> Quotes {
    let mut found: Option<Written> = None;
    let inner = neighbours.flat_map(|node| match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    });
    for scalar in inner.filter_map(Node::scalar).take(SAMPLE) {
        if found.is_some_and(|style| style != scalar.style) {
            return default;
        }
        found = Some(scalar.style);
    }
    match found {
        Some(Written::SingleQuoted) => Quotes { kind: Quote::Single, always: true },
        Some(Written::DoubleQuoted) => Quotes { kind: Quote::Double, always: true },
        _ => default,
    }
}

#[derive(Default)]
struct Votes {
    yes: usize,
    no: usize,
}

impl Votes {
    fn count(&mut self, yes: bool) {
        if yes { self.yes += 1 } else { self.no += 1 }
    }

    fn all(&self) -> bool {
        self.yes > 0 && self.no == 0
    }
}

/// How often each number of columns was seen.
type Counts = HashMap<usize, usize>;

#[derive(Default)]
struct Seen {
    steps: Counts,
    lists: Counts,
    dashes: Counts,
    quotes: Counts,
}

impl Seen {
    /// A value under a key at `column`.
    fn below(&mut self, layout: Layout<'_>, column: usize, value: &Node) {
        if layout.is_flow(value) {
            return;
        }
        match &value.value {
            Value::Sequence(items) => {
                let dash = items.first().and_then(|item| layout.column(layout.dash(item)?));
                note(&mut self.lists, dash.and_then(|dash| dash.checked_sub(column)), 0);
            }
            Value::Mapping(mapping) => {
                let first = mapping.entries.first().and_then(|(key, _)| layout.column(layout.entry(key)));
                note(&mut self.steps, first.and_then(|first| first.checked_sub(column)), 1);
            }
            Value::Scalar(_) => {}
        }
    }

    /// An item of a block sequence.
    fn item(&mut self, layout: Layout<'_>, item: &Node) {
        let Some(dash) = layout.dash(item) else { return };
        let gap = layout.slice(dash + 1..item.span.start);
        if gap.bytes().all(|byte| byte == b' ') {
            note(&mut self.dashes, Some(gap.len() + 1), 2);
        }
    }
}

fn note(counts: &mut Counts, columns: Option<usize>, least: usize) {
    if let Some(columns) = columns.filter(|columns| (least..=WIDEST).contains(columns)) {
        *counts.entry(columns).or_default() += 1;
    }
}

/// What was seen most often; of two as often the smaller.
fn most(counts: &Counts) -> Option<usize> {
    counts.iter().max_by_key(|&(&columns, &count)| (count, std::cmp::Reverse(columns))).map(|(&columns, _)| columns)
}
