//! Our parser beside another one: the same verdict, the same tree, the same places, on documents and on what
//! mutations make of them.
//!
//! `VIRT_PATCH_MUTATIONS` says how many mutations are tried; the default takes a few seconds.

#![cfg(test)]

mod support;

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use serde_json::Value;
use virt_patch::diagnostic::Code;
use virt_patch::xml::{Document, NodeId, ParseError};
use virt_patch::xpath::Kind;

/// What we refuse and roxmltree accepts: how our message begins, why we are right, and a document that shows it.
const STRICTER: &[(&str, &str, &str)] = &[
    ("XML ", "the product reads XML 1.0", "<?xml version='1.1'?><a/>"),
    ("the encoding ", "the product reads UTF-8", "<?xml version='1.0' encoding='UTF-16'?><a/>"),
    ("standalone must be", "SDDecl (2.9)", "<?xml version='1.0' standalone='maybe'?><a/>"),
    ("expected '='", "XMLDecl (2.8)", "<?xml versions='1.0'?><a/>"),
    ("expected `</", "roxmltree takes the name `:a` for `a`", "<a></:a>"),
    ("expected a name, found `:`", "QName (namespaces, 4)", "<:a></:a>"),
    ("the target of a processing instruction", "namespaces, 7: no colon", "<?a:b c?><a/>"),
    ("the target `", "PITarget (2.6): no `XML` in any case", "<?XML c?><a/>"),
    ("an XML declaration can only", "PITarget (2.6)", "<a/><?xml\tversion='1.0'?>"),
    ("expected white space or `?>`", "PI (2.6)", "<?a+b?><a/>"),
    ("`&#", "a surrogate is no character (4.1)", "<a>&#xD800;</a>"),
    ("the prefix `xmlns` cannot be declared", "namespaces, 3", "<a xmlns:xmlns='b'/>"),
    ("the prefix `b` is declared to stand for nothing", "namespaces, 5", "<a xmlns:b=''/>"),
    ("`xmlns` stands twice", "Unique Att Spec (3.1)", "<a xmlns='b' xmlns='c'/>"),
    (
        "`xmlns:xml` stands twice",
        "Unique Att Spec (3.1)",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
    ),
    ("the prefix `b` is not declared", "roxmltree takes any attribute `…:xmlns` for a declaration", "<a b:xmlns='c'/>"),
];

/// What we accept and roxmltree refuses, with the reason.
const LOOSER: &[(&str, &str)] = &[("<xml:a/>", "the prefix xml needs no declaration on elements either")];

/// One line a node: what it is, and where.
fn described(document: &Document<'_>, places: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = vec![document.root()];
    while let Some(node) = open.pop() {
        lines.push(line(document, node, places));
        lines.extend(document.attributes(node).map(|attribute| line(document, attribute, places)));
        let children: Vec<NodeId> = document.children(node).collect();
        for pair in children.windows(2) {
            assert_eq!(document.previous_sibling(pair[1]), Some(pair[0]));
        }
        assert_eq!(document.last_child(node), children.last().copied());
        open.extend(children.into_iter().rev());
    }
    lines
}

fn line(document: &Document<'_>, node: NodeId, places: bool) -> String {
    let name = format!("{{{}}}{}", document.namespace(node), document.local_name(node));
    let span = document.span(node).expect("a parsed node has a place");
    let parent = document.parent(node).and_then(|parent| document.span(parent)).map(|span| span.start);
    written(document.kind(node), &name, &document.own_text(node), span, parent, places)
}

/// Text, CDATA sections and references are one node here; roxmltree's range is that of the first of them.
fn written(kind: Kind, name: &str, text: &str, span: Range<usize>, parent: Option<usize>, places: bool) -> String {
    let span = if kind == Kind::Text { span.start..span.start } else { span };
    let place = if places { format!("{span:?} in {parent:?}") } else { String::new() };
    format!("{kind:?} {name} {text:?} {place}")
}

fn described_by_oracle(document: &roxmltree::Document<'_>, places: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for node in document.descendants() {
        let name = node.tag_name();
        let (kind, local, text) = match node.node_type() {
            roxmltree::NodeType::Root => (Kind::Root, "", ""),
            roxmltree::NodeType::Element => (Kind::Element, name.name(), ""),
            roxmltree::NodeType::Text => (Kind::Text, "", node.text().unwrap_or_default()),
            roxmltree::NodeType::Comment => (Kind::Comment, "", node.text().unwrap_or_default()),
            roxmltree::NodeType::PI => {
                let instruction = node.pi().expect("a processing instruction");
                (Kind::ProcessingInstruction, instruction.target, instruction.value.unwrap_or_default())
            }
        };
        let full = format!("{{{}}}{local}", name.namespace().unwrap_or_default());
        let parent = node.parent().map(|parent| parent.range().start);
        lines.push(written(kind, &full, text, node.range(), parent, places));
        for attribute in node.attributes() {
            let full = format!("{{{}}}{}", attribute.namespace().unwrap_or_default(), attribute.name());
            let (value, range) = (attribute.value(), attribute.range());
            lines.push(written(Kind::Attribute, &full, value, range, Some(node.range().start), places));
        }
    }
    lines
}

/// How many texts of each kind were compared.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    refused: usize,
    deliberate: usize,
}

impl Tally {
    /// Compares the two parsers on a text.
    fn compare(&mut self, bytes: &[u8]) {
        let ours = Document::parse_bytes(bytes);
        if let Err(problem) = &ours {
            assert_is_sound(problem, bytes);
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            let code = ours.map(|_| ()).map_err(|problem| problem.code);
            assert_eq!(code, Err(Code::XmlEncoding), "{}", String::from_utf8_lossy(bytes));
            self.refused += 1;
            return;
        };
        // Line ends are normalized before anything else (XML 1.0, 2.11); roxmltree does it in some places only.
        let mut normal = text.replace("\r\n", "\n").replace('\r', "\n");
        // It knows an XML declaration by the space behind `<?xml`, and takes any other for an instruction.
        let begins = normal.find("<?xml").filter(|&at| normal[..at].trim_start_matches('\u{feff}').is_empty());
        if let Some(space) =
            begins.map(|at| at + 5..at + 6).filter(|space| matches!(normal.get(space.clone()), Some("\t" | "\n")))
        {
            normal.replace_range(space, " ");
        }
        let oracle = roxmltree::Document::parse(&normal);
        match (ours, oracle) {
            (Ok(ours), Ok(oracle)) => {
                if takes_for_declaration(text) {
                    self.deliberate += 1;
                    return;
                }
                let places = text.len() == normal.len();
                assert_eq!(described(&ours, places), described_by_oracle(&oracle, places), "{text}");
                assert_eq!(ours.write(), text);
                self.accepted += 1;
            }
            (Err(_), Err(_)) => self.refused += 1,
            (Err(problem), Ok(_)) => {
                let limit = problem.code == Code::XmlLimit;
                let known = |(begins, ..): &(&str, &str, &str)| is_like(&problem.message, begins);
                assert!(limit || STRICTER.iter().any(known), "only refused here: {problem}\n{text}");
                self.deliberate += 1;
            }
            (Ok(_), Err(problem)) => {
                let undeclared = matches!(&problem, roxmltree::Error::UnknownNamespace(prefix, _) if prefix == "xml");
                assert!(undeclared || takes_for_declaration(text), "only accepted here: {problem}\n{text}");
                self.deliberate += 1;
            }
        }
    }
}

/// Whether a message begins so; `b` in the pattern's quotes stands for any prefix.
fn is_like(message: &str, begins: &str) -> bool {
    match begins.split_once("`b`") {
        None => message.starts_with(begins),
        Some((before, behind)) => {
            let rest = message.strip_prefix(before).and_then(|rest| rest.strip_prefix('`'));
            rest.and_then(|rest| rest.split_once('`')).is_some_and(|(_, rest)| rest.starts_with(behind))
        }
    }
}

/// roxmltree takes every attribute with the local name `xmlns` for a declaration of the default namespace.
fn takes_for_declaration(text: &str) -> bool {
    text.contains(":xmlns")
}

/// A refusal names a place in the text, and what belongs to it.
fn assert_is_sound(problem: &ParseError, bytes: &[u8]) {
    let context = || format!("{problem:?}\n{}", String::from_utf8_lossy(bytes));
    assert!(problem.offset <= bytes.len() && !problem.message.is_empty(), "{}", context());
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(text.is_char_boundary(problem.offset), "{}", context());
        if let Some((span, what)) = &problem.related {
            assert!(text.get(span.clone()).is_some_and(|span| !span.is_empty()) && !what.is_empty(), "{}", context());
        }
    }
}

#[test]
fn deliberate_differences_are_real() {
    for (begins, reason, text) in STRICTER {
        assert!(roxmltree::Document::parse(text).is_ok(), "roxmltree refuses {text} too: take it off the list");
        let problem = Document::parse(text).map(|_| ()).expect_err(reason);
        assert!(is_like(&problem.message, begins), "{text}: {problem}, expected {begins}");
    }
    for (text, reason) in LOOSER {
        assert!(roxmltree::Document::parse(text).is_err(), "roxmltree accepts {text} too: take it off the list");
        assert!(Document::parse(text).is_ok(), "{text}: {reason}");
    }
}

/// The files with this extension in a folder of the shared data, by name.
fn files(folder: &str, extension: &str) -> Option<Vec<PathBuf>> {
    let folder = support::shared(folder)?;
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    Some(files)
}

/// The documents of the suites, those that are to be refused among them.
fn suites() -> Option<Vec<Vec<u8>>> {
    let folder = support::shared("suites/xmlconf")?;
    let cases: Value = serde_json::from_str(&fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let cases = cases.as_array().unwrap().iter();
    Some(cases.map(|case| fs::read(folder.join(case["file"].as_str().unwrap())).unwrap()).collect())
}

#[test]
fn suites_and_domains_are_read_alike() {
    let (Some(suites), Some(domains)) = (suites(), files("libvirt/domains", "xml")) else { return };
    let Some(kubevirt) = files("libvirt/kubevirt", "xml") else { return };
    let mut tally = Tally::default();
    suites.iter().for_each(|bytes| tally.compare(bytes));
    for file in domains.iter().chain(&kubevirt) {
        tally.compare(&fs::read(file).unwrap());
    }
    assert!(tally.accepted > 3000 && tally.refused > 500, "{tally:?}");
}

/// xorshift64*: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

/// What is spliced in: all that means something in XML, and what comes near it.
const TOKENS: &[&str] = &[
    "<",
    ">",
    "&",
    ";",
    "=",
    "\"",
    "'",
    "/",
    ":",
    "!",
    "?",
    "[",
    "]",
    "-",
    "--",
    "]]>",
    "]]",
    "<!--",
    "-->",
    "<![CDATA[",
    "<?",
    "?>",
    "<?p",
    "<?xml ",
    "<?xml version='1.0'?>",
    "<!DOCTYPE a>",
    "</",
    "/>",
    "<a>",
    "</a>",
    "<a/>",
    "<b c='d'>",
    "&amp;",
    "&lt;",
    "&#65;",
    "&#x41;",
    "&#0;",
    "&#xFFFE;",
    "&#xD800;",
    "&#x110000;",
    "&#;",
    "&#x;",
    "&nbsp;",
    "&a",
    " xmlns='u'",
    " xmlns=''",
    " xmlns:p='u'",
    " xmlns:p='v'",
    " xmlns:q='u'",
    " xmlns:p=''",
    " p:a='1'",
    " q:a='2'",
    " a='1'",
    " a=\"2\"",
    " xml:lang='en'",
    "p:",
    "q:",
    "xml:",
    "xmlns:",
    "<p:a/>",
    "</p:a>",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\0",
    "\u{1}",
    "\u{b}",
    "\u{7f}",
    "\u{85}",
    "\u{b7}",
    "\u{d7}",
    "é",
    "\u{300}",
    "\u{feff}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "𝄞",
    "1",
    "a",
    "Z",
    "_",
    ".",
    "abcdefgh",
    "abcdefghi",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/2000/xmlns/",
];

/// One to three mutations of a document; they need not leave it UTF-8.
fn mutated(from: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = from.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, piece));
            }
            3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            4 => {
                let other = &others[random.below(others.len())];
                let start = random.below(other.len() + 1);
                let piece = &other[start..(start + random.below(40)).min(other.len())];
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
            5 => drop(bytes.splice(at..end, TOKENS[random.below(TOKENS.len())].bytes())),
            _ => drop(bytes.splice(at..at, TOKENS[random.below(TOKENS.len())].bytes())),
        }
    }
    bytes
}

/// Short documents: what is spliced into a long one is mostly lost in it.
fn bases() -> Option<Vec<Vec<u8>>> {
    let mut bases = suites()?;
    for file in files("libvirt/domains", "xml")?.iter().step_by(3) {
        bases.push(fs::read(file).unwrap());
    }
    bases.retain(|bytes| !bytes.is_empty() && bytes.len() <= 700);
    bases.push(b"<a xmlns:p='u' p:b='1' c=\"2\"><p:d>x &amp; y<![CDATA[z]]></p:d><!-- c --><?p i?><e/></a>".to_vec());
    bases.push("<?xml version=\"1.0\" encoding='utf-8'?>\n<é xmlns='u'>ü<b xmlns=''/></é>\n<!--ö-->".into());
    assert!(bases.len() > 500, "{} documents", bases.len());
    Some(bases)
}

fn mutations() -> usize {
    let number = std::env::var("VIRT_PATCH_MUTATIONS").ok();
    number.map_or(200_000, |number| number.parse().expect("VIRT_PATCH_MUTATIONS is a number"))
}

#[test]
fn mutations_are_judged_alike() {
    let Some(bases) = bases() else { return };
    let (mut random, mut tally) = (Random(0x5eed_0f1e_55ed_c0de), Tally::default());
    let count = mutations();
    for number in 0..count {
        let bytes = mutated(&bases[number % bases.len()], &bases, &mut random);
        tally.compare(&bytes);
    }
    assert!(tally.accepted > count / 40 && tally.refused > count / 2, "{tally:?}");
    assert!(tally.deliberate < count / 20, "{tally:?}");
}

#[test]
fn documents_cut_off_anywhere_are_judged_alike() {
    let Some(bases) = bases() else { return };
    let mut tally = Tally::default();
    for bytes in bases.iter().step_by(4) {
        (0..bytes.len()).for_each(|end| tally.compare(&bytes[..end]));
    }
    assert!(tally.refused > 20_000, "{tally:?}");
}
