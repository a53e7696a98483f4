//! Where a scalar's decoded text stands in the file.

use super::{Node, Style, Value};

/// Pairs (offset in the decoded text, offset in `source`), ascending, for a scalar of `source`:
/// from each pair on, both run in step. Escapes, folded lines and indentation begin a new pair.
pub fn offsets(source: &str, node: &Node) -> Vec<(usize, usize)> {
    let Value::Scalar(scalar) = &node.value else { return vec![(0, node.span.start)] };
    let mut at = node.span.start;
    match scalar.style {
        Style::SingleQuoted | Style::DoubleQuoted if matches!(source.as_bytes().get(at), Some(b'"' | b'\'')) => at += 1,
        Style::Literal | Style::Folded => {
            let header = source.get(at..node.span.end).unwrap_or_default();
            if header.starts_with(['|', '>']) && !begins_line(source, at) {
                at += header.find('\n').map_or(header.len(), |newline| newline + 1);
            } else {
                at = before_blank_lines(source, at, &scalar.text);
            }
            if scalar.style == Style::Literal {
                return literal(source, at, &scalar.text);
            }
        }
        _ => {}
    }
    let mut steps = vec![(0, at)];
    for (inner, wanted) in scalar.text.char_indices() {
        let skipped = skip(source, at, wanted, scalar.style);
        if skipped != at || steps.is_empty() {
            at = skipped;
        }
        if steps.last().is_some_and(|&(from, to)| to + (inner - from) != at) {
            steps.push((inner, at));
        }
        at += length(source, at, wanted, scalar.style);
    }
    // The text's end, behind an escape.
    if steps.last().is_some_and(|&(from, to)| to + (scalar.text.len() - from) != at) {
        steps.push((scalar.text.len(), at));
    }
    steps
}

/// Whether only white space stands before a place in its line: a block scalar's own first line may begin with `|`.
fn begins_line(source: &str, at: usize) -> bool {
    source.get(..at).is_some_and(|before| before.trim_end_matches([' ', '\t']).ends_with('\n'))
}

/// The parser lets a block scalar begin with its first line that is not empty; the empty ones before it are text too.
fn before_blank_lines(source: &str, first: usize, text: &str) -> usize {
    let empty = text.bytes().take_while(|&byte| byte == b'\n').count();
    // To the line's start, then to those of the lines before.
    let line_start = |end: usize| source.get(..end).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    (0..empty).fold(line_start(first), |at, _| line_start(at.saturating_sub(1)))
}

/// A literal block: a line of text a line of source (YAML 1.2.2, 8.1.2), less the indentation, which is what the line
/// of source has more than that of text.
fn literal(source: &str, first: usize, text: &str) -> Vec<(usize, usize)> {
    let (mut steps, mut at, mut inner) = (Vec::new(), first, 0);
    for line in text.split_inclusive('\n') {
        let rest = source.get(at..).unwrap_or_default();
        let written = rest.split_inclusive('\n').next().unwrap_or_default();
        let content = line.strip_suffix('\n').unwrap_or(line);
        let shown = written.trim_end_matches(['\n', '\r']);
        steps.push((inner, at + shown.len().saturating_sub(content.len())));
        inner += line.len();
        at += written.len();
    }
    steps.push((inner, at));
    steps
}

/// Past what stands in the source and not in the text: indentation, line ends that folding ate.
fn skip(source: &str, at: usize, wanted: char, style: Style) -> usize {
    let rest = source.get(at..).unwrap_or_default();
    if rest.starts_with(wanted) && !(wanted == ' ' && starts_line(source, at)) {
        return at;
    }
    match style {
        Style::DoubleQuoted if rest.starts_with('\\') && !rest.starts_with("\\\n") && !rest.starts_with("\\\r") => at,
        _ if wanted == ' ' || wanted == '\n' => {
            // A folded line end gives one space or, with empty lines, line ends.
            let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let next = rest.as_bytes().get(blank);
            if matches!(next, Some(b'\n' | b'\r')) || wanted == '\n' { at + blank } else { at }
        }
        _ => {
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n', '\\']).len();
            if rest.get(blank..).is_some_and(|text| text.starts_with(wanted)) { at + blank } else { at }
        }
    }
}

fn starts_line(source: &str, at: usize) -> bool {
    at > 0 && source.as_bytes().get(at - 1) == Some(&b'\n')
}

/// How many bytes of source one character of text takes.
fn length(source: &str, at: usize, wanted: char, style: Style) -> usize {
    let rest = source.get(at..).unwrap_or_default();
    let escaped = match (style, rest.as_bytes()) {
        (Style::SingleQuoted, [b'\'', b'\'', ..]) => 2,
        (Style::DoubleQuoted, [b'\\', b'x', ..]) => 4,
        (Style::DoubleQuoted, [b'\\', b'u', ..]) => 6,
        (Style::DoubleQuoted, [b'\\', b'U', ..]) => 10,
        (Style::DoubleQuoted, [b'\\', _, ..]) => 2,
        _ => rest.chars().next().map_or(wanted.len_utf8(), char::len_utf8),
    };
    escaped.min(rest.len())
}
