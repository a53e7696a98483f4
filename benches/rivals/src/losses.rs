//! What a contender's answer must be, and what it loses of how the text was written.

use measure::inputs;

/// Whether the answer holds the same elements, attributes and text, and the panic device as the last. How it is
/// written, and white space between elements, may differ: that is told as a loss.
pub(crate) fn is_right(domain: &str, answer: &str) -> bool {
    match (content(&inputs::with_panic(domain)), content(answer)) {
        (Some(expected), Some(answer)) => expected == answer,
        _ => false,
    }
}

/// The elements in document order: name, sorted attributes, text without the white space around it.
fn content(text: &str) -> Option<Vec<(String, Vec<(String, String)>, String)>> {
    let document = roxmltree::Document::parse(text).ok()?;
    let elements = document.descendants().filter(roxmltree::Node::is_element).map(|element| {
        let mut attributes: Vec<(String, String)> =
            element.attributes().map(|it| (it.name().to_owned(), it.value().to_owned())).collect();
        attributes.sort();
        let name = element.tag_name();
        let name = format!("{{{}}}{}", name.namespace().unwrap_or_default(), name.name());
        (name, attributes, element.text().unwrap_or_default().trim().to_owned())
    });
    Some(elements.collect())
}

/// A domain that is written in many ways.
pub(crate) const PROBE: &str = "<?xml version='1.0'?>
<!-- by hand -->
<domain type='kvm'
        id='7'>
\t<name><![CDATA[a & b]]></name>
\t<title>   </title>
\t<description>caf&#xe9; &#38; co</description>
\t<devices>
\t\t<video />
\t\t<rng></rng>
\t</devices>
</domain>
";

/// What may be lost, with a piece of the probe that shows it.
const LOSSES: [(&str, &str); 10] = [
    ("the XML declaration", "<?xml version='1.0'?>\n"),
    ("comments", "<!-- by hand -->"),
    ("quotes", "type='kvm'"),
    ("line breaks in tags", "kvm'\n        id="),
    ("CDATA", "<![CDATA[a & b]]>"),
    ("text of white space", "<title>   </title>"),
    ("references", "caf&#xe9; &#38; co"),
    ("empty elements", "<video />\n\t\t<rng></rng>"),
    ("indentation", "\n\t<title>"),
    ("the new element's line", "\n\t\t<panic "),
];

/// What an answer to [`PROBE`] lost; `nothing`, where it kept all.
pub(crate) fn told(answer: Result<String, measure::Error>) -> String {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return format!("cannot read the probe: {error}"),
    };
    // What quotes do to line breaks is not counted twice.
    let kept = |piece: &str| answer.contains(piece) || answer.contains(&piece.replace('\'', "\""));
    let lost = |&&(what, piece): &&(&str, &str)| !if what == "quotes" { answer.contains(piece) } else { kept(piece) };
    let lost: Vec<&str> = LOSSES.iter().filter(lost).map(|&(what, _)| what).collect();
    if lost.is_empty() { "nothing".to_owned() } else { lost.join(", ") }
}
