//! Conformance: which texts are documents, what XPath sees in them, and that saving changes nothing.

#![cfg(test)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use virt_patch::diagnostic::Code;
use virt_patch::xml::{Document, NodeId};
use virt_patch::xpath::Kind;

/// Suite cases whose verdict differs here, each with the reason. One that passes after all fails the test.
const SKIPPED: &[(&str, &str)] =
    &[("o-p18pass1", "expected to be refused for its DOCTYPE, which is text in a CDATA section")];

fn skipped(id: &str) -> bool {
    SKIPPED.iter().any(|(known, _)| *known == id)
}

/// Compares the failures with the list of known ones.
fn settle(failures: Vec<(String, String)>, ids: &BTreeSet<String>) {
    let failed: BTreeSet<&str> = failures.iter().map(|(id, _)| id.as_str()).collect();
    let unexpected: Vec<_> = failures.iter().filter(|(id, _)| !skipped(id)).collect();
    assert!(unexpected.is_empty(), "{} failures: {unexpected:#?}", unexpected.len());
    for (id, reason) in SKIPPED.iter().filter(|(id, _)| ids.contains(*id)) {
        assert!(failed.contains(id), "{id} passes now; take it off the list ({reason})");
    }
}

/// Canonical XML 1.0 with comments, on top of what XPath sees; namespaces as the input declares
/// them are not visible there, so documents that declare some are not compared.
fn canonical(document: &Document<'_>) -> String {
    enum Step {
        Node(NodeId),
        End(NodeId),
    }
    let name = |node| match document.prefix(node) {
        "" => document.local_name(node).to_owned(),
        prefix => format!("{prefix}:{}", document.local_name(node)),
    };
    let mut out = String::new();
    let root = document.root_element();
    let mut behind_root = false;
    let mut open: Vec<Step> = document.children(document.root()).map(Step::Node).collect();
    open.reverse();
    while let Some(step) = open.pop() {
        let node = match step {
            Step::Node(node) => node,
            Step::End(node) => {
                write!(out, "</{}>", name(node)).unwrap();
                continue;
            }
        };
        let outside = document.parent(node) == Some(document.root());
        if outside && behind_root {
            out.push('\n');
        }
        match document.kind(node) {
            Kind::Element => {
                write!(out, "<{}", name(node)).unwrap();
                let mut attributes: Vec<NodeId> = document.attributes(node).collect();
                attributes.sort_by_key(|&it| (document.namespace(it).to_owned(), document.local_name(it).to_owned()));
                for attribute in attributes {
                    write!(out, " {}=\"{}\"", name(attribute), escaped(&document.own_text(attribute), true)).unwrap();
                }
                out.push('>');
                open.push(Step::End(node));
                let children: Vec<NodeId> = document.children(node).collect();
                open.extend(children.into_iter().rev().map(Step::Node));
            }
            Kind::Text => out.push_str(&escaped(&document.own_text(node), false)),
            Kind::Comment => write!(out, "<!--{}-->", document.own_text(node).replace('\r', "&#xD;")).unwrap(),
            Kind::ProcessingInstruction => {
                let content = document.own_text(node);
                let space = if content.is_empty() { "" } else { " " };
                write!(out, "<?{}{space}{content}?>", document.local_name(node)).unwrap();
            }
            Kind::Root | Kind::Attribute => panic!("no child is a root or an attribute"),
        }
        if outside && !behind_root && node != root {
            out.push('\n');
        }
        behind_root |= node == root;
    }
    out
}

fn escaped(text: &str, attribute: bool) -> String {
    let mut out = text.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#xD;");
    if attribute {
        out = out.replace('"', "&quot;").replace('\t', "&#x9;").replace('\n', "&#xA;");
    } else {
        out = out.replace('>', "&gt;");
    }
    out
}

#[test]
fn w3c_conformance() {
    let Some(folder) = support::shared("suites/xmlconf") else { return };
    let cases: Value = serde_json::from_str(&fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let (mut failures, mut ids, mut compared) = (Vec::new(), BTreeSet::new(), 0);
    for case in cases.as_array().unwrap() {
        let id = case["id"].as_str().unwrap().to_owned();
        let bytes = fs::read(folder.join(case["file"].as_str().unwrap())).unwrap();
        let parsed = Document::parse_bytes(&bytes);
        let mut fail = |why: String| failures.push((id.clone(), why));
        match (case["expect"].as_str().unwrap(), &parsed) {
            ("reject", Ok(_)) => fail("accepted".into()),
            ("accept", Err(error)) => fail(format!("refused: {error}")),
            ("reject", Err(error)) => {
                let reason = case["reason"].as_str().unwrap_or_default();
                if reason.starts_with("encoding") && error.code != Code::XmlEncoding {
                    fail(format!("refused as {}, not for its encoding", error.code));
                }
                if error.offset > bytes.len() {
                    fail(format!("offset {} of {}", error.offset, bytes.len()));
                }
            }
            (_, Ok(document)) => {
                if document.write().as_bytes() != bytes {
                    fail("saving changes bytes".into());
                }
                if let Some(expected) = case["c14n"].as_str().filter(|expected| !expected.contains("xmlns")) {
                    compared += 1;
                    let found = canonical(document);
                    if found != expected {
                        fail(format!("canonical form {found:?}, expected {expected:?}"));
                    }
                }
            }
            _ => {}
        }
        ids.insert(id);
    }
    assert!(ids.len() > 1000 && compared > 250, "{} cases, {compared} compared", ids.len());
    settle(failures, &ids);
}

fn generated(case: &Value) -> Vec<u8> {
    let text = |key: &str| case["generate"][key].as_str().unwrap_or_default();
    let count = case["generate"]["count"].as_u64().unwrap() as usize;
    let mut out = text("prefix").to_owned();
    out.push_str(&text("open").repeat(count));
    out.push_str(&text("close").repeat(count));
    let unit = text("unit");
    if unit.contains("{i}") {
        (0..count).for_each(|i| out.push_str(&unit.replace("{i}", &i.to_string())));
    } else {
        out.push_str(&unit.repeat(count));
    }
    out.push_str(text("suffix"));
    out.into_bytes()
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        bits = bits << 6 | DIGITS.iter().position(|&digit| digit == byte).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    out
}

#[test]
fn hostile_documents() {
    let Some(folder) = support::shared("suites/xml-security") else { return };
    let lines = fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let (mut failures, mut ids) = (Vec::new(), BTreeSet::new());
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap().to_owned();
        let bytes = case["base64"].as_str().map_or_else(|| generated(&case), base64);
        let started = Instant::now();
        let parsed = Document::parse_bytes(&bytes);
        let took = started.elapsed();
        let mut fail = |why: String| failures.push((id.clone(), why));
        match (case["expect"].as_str().unwrap(), &parsed) {
            ("reject", Ok(_)) => fail("accepted".into()),
            ("accept", Err(error)) => fail(format!("refused: {error}")),
            ("accept-or-limit", Err(error)) if error.code != Code::XmlLimit => fail(format!("refused: {error}")),
            (_, Ok(document)) if document.write().as_bytes() != bytes => fail("saving changes bytes".into()),
            _ => {}
        }
        if took > Duration::from_secs(60) {
            fail(format!("took {took:?}"));
        }
        ids.insert(id);
    }
    assert!(ids.len() > 100, "{} cases", ids.len());
    settle(failures, &ids);
}

#[test]
fn refusals_say_what_and_where() {
    let cases: &[(&[u8], Code, usize, &str)] = &[
        (b"\xff\xfe<\0d\0/\0>\0", Code::XmlEncoding, 0, "the text is UTF-16, not UTF-8"),
        (b"<d>\xe9</d>", Code::XmlEncoding, 3, "the byte 0xe9 is not UTF-8"),
        (
            b"<?xml version='1.0' encoding='ISO-8859-1'?><d>\xe9</d>",
            Code::XmlEncoding,
            46,
            "the text is declared as ISO-8859-1, not UTF-8",
        ),
        (
            b"<?xml version='1.0' encoding='UTF-16'?><d/>",
            Code::XmlEncoding,
            37,
            "the encoding UTF-16 is not supported, only UTF-8",
        ),
        (b"<?xml version='1.1'?><d/>", Code::XmlSyntax, 19, "XML 1.1 is not supported, only 1.0"),
        (b"<!-- --><!DOCTYPE d><d/>", Code::XmlDoctype, 8, "a DOCTYPE is not allowed"),
        // Beside the root element.
        (b"", Code::XmlSyntax, 0, "the document has no root element"),
        (b" x<d/>", Code::XmlSyntax, 1, "expected the root element, found `x`"),
        (b"</d>", Code::XmlSyntax, 0, "expected the root element, found `<`"),
        (
            b"<d/> &amp;",
            Code::XmlSyntax,
            5,
            "only comments and processing instructions can follow the root element, found `&`",
        ),
        (
            b"<d/><![CDATA[ ]]>",
            Code::XmlSyntax,
            4,
            "only comments and processing instructions can follow the root element, found `<`",
        ),
        (b"<d/><e/>", Code::XmlSyntax, 4, "a document has one root element, this is a second one"),
        // Tags.
        (b"<d>", Code::XmlSyntax, 3, "expected `</d>`, found the end of the text"),
        (b"<d>\n  <a>\n</d>", Code::XmlSyntax, 10, "expected `</a>`, found `</d>`"),
        (b"<d></dd>", Code::XmlSyntax, 3, "expected `</d>`, found `</dd>`"),
        (b"<d></ d>", Code::XmlSyntax, 3, "expected `</d>`, found `</` and a space"),
        (b"<d></d x>", Code::XmlSyntax, 7, "expected `>` behind `</d`, found `x`"),
        (b"<d", Code::XmlSyntax, 2, "expected `>`, found the end of the text"),
        (b"<d/ >", Code::XmlSyntax, 3, "expected `>` behind `/`, found a space"),
        (b"<d$/>", Code::XmlSyntax, 2, "expected white space, `/>` or `>`, found `$`"),
        // Names.
        (b"< d/>", Code::XmlSyntax, 1, "expected a name, found a space"),
        (b"<d><1/></d>", Code::XmlSyntax, 4, "expected a name, found `1`"),
        (b"<d{/>", Code::XmlSyntax, 2, "a name cannot hold `{`"),
        (b"<d\xc3\x97 e/>", Code::XmlSyntax, 2, "a name cannot hold `\u{d7}`"),
        (b"<d:/>", Code::XmlSyntax, 3, "expected a name, found `/`"),
        (b"<a:b:c xmlns:a='u'/>", Code::XmlSyntax, 4, "a name cannot hold `:`"),
        // Attributes.
        (b"<d a='1'b='2'/>", Code::XmlSyntax, 8, "expected white space, `/>` or `>`, found `b`"),
        (b"<d a b='2'/>", Code::XmlSyntax, 5, "expected `=` behind the attribute `a`, found `b`"),
        (b"<d a=1/>", Code::XmlSyntax, 5, "the value of `a` must begin with a quote, found `1`"),
        (b"<d a='1></d>", Code::XmlSyntax, 8, "`<` cannot stand in the value of the attribute `a`"),
        (b"<d a='1>", Code::XmlSyntax, 8, "the value of the attribute `a` has no closing quote"),
        (b"<d 1='1'/>", Code::XmlSyntax, 3, "expected a name, found `1`"),
        (b"<d a='1' b='2' a='3'/>", Code::XmlSyntax, 15, "the attribute `a` stands twice in one tag"),
        (
            b"<d xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>",
            Code::XmlSyntax,
            35,
            "the attribute `q:a` stands twice in one tag",
        ),
        // References.
        (b"<d>&nbsp;</d>", Code::XmlSyntax, 3, "the entity `nbsp` is not declared"),
        (b"<d>a & b</d>", Code::XmlSyntax, 5, "`&` begins no reference here"),
        (b"<d a='x&amp'/>", Code::XmlSyntax, 7, "`&amp` begins no reference: it does not end with `;`"),
        (b"<d>&#;</d>", Code::XmlSyntax, 3, "`&#` must be followed by the number of a character"),
        (b"<d>&#65</d>", Code::XmlSyntax, 3, "a reference to a character must end with `;`"),
        (b"<d>&#x0;</d>", Code::XmlSyntax, 3, "`&#x0;` stands for no character that XML can hold"),
        (
            b"<d>&#99999999999999999999;</d>",
            Code::XmlSyntax,
            3,
            "`&#99999999999999999999;` stands for no character that XML can hold",
        ),
        // Characters.
        (b"<d>a\x01</d>", Code::XmlSyntax, 4, "XML cannot hold the character U+0001"),
        (b"<d a='\xef\xbf\xbe'/>", Code::XmlSyntax, 6, "XML cannot hold the character U+FFFE"),
        (b"<d>]]></d>", Code::XmlSyntax, 3, "`]]>` ends a CDATA section, and cannot stand in other text"),
        // The first of two problems is the one that is told.
        (b"<d>\x01</e>", Code::XmlSyntax, 3, "XML cannot hold the character U+0001"),
        (b"<d></e>\x01", Code::XmlSyntax, 3, "expected `</d>`, found `</e>`"),
        (b"<d$ a=1>", Code::XmlSyntax, 2, "expected white space, `/>` or `>`, found `$`"),
        // Comments and the like.
        (b"<!-- a -- b --><d/>", Code::XmlSyntax, 7, "a comment cannot hold `--`, only end with `-->`"),
        (b"<d><!-- a </d>", Code::XmlSyntax, 3, "this comment has no end: expected `-->`, found the end of the text"),
        (
            b"<d><![CDATA[ a </d>",
            Code::XmlSyntax,
            3,
            "this CDATA section has no end: expected `]]>`, found the end of the text",
        ),
        (
            b"<d><?a </d>",
            Code::XmlSyntax,
            3,
            "this processing instruction has no end: expected `?>`, found the end of the text",
        ),
        (b"<?XML a?><d/>", Code::XmlSyntax, 2, "the target `XML` is reserved"),
        (b" <?xml version='1.0'?><d/>", Code::XmlSyntax, 1, "an XML declaration can only stand at the very beginning"),
        (b"<?a:b c?><d/>", Code::XmlSyntax, 3, "the target of a processing instruction cannot have a colon"),
        (b"<?a+b?><d/>", Code::XmlSyntax, 3, "expected white space or `?>` behind the target, found `+`"),
        (b"<? a?><d/>", Code::XmlSyntax, 2, "expected a name, found a space"),
        (
            b"<d><!ELEMENT d></d>",
            Code::XmlSyntax,
            3,
            "`<!` must begin a comment, `<!--`, or a CDATA section, `<![CDATA[`",
        ),
        // Namespaces.
        (b"<d><q:a/></d>", Code::UnknownPrefix, 4, "the prefix `q` is not declared"),
        (b"<d q:a='1'/>", Code::UnknownPrefix, 3, "the prefix `q` is not declared"),
        (b"<d><a xmlns:q='u'/><q:a/></d>", Code::UnknownPrefix, 20, "the prefix `q` is not declared"),
        (b"<xmlns:d/>", Code::XmlSyntax, 1, "an element cannot have the prefix `xmlns`"),
        (b"<d xmlns:xmlns='u'/>", Code::XmlSyntax, 3, "the prefix `xmlns` cannot be declared"),
        (b"<d xmlns:p=''/>", Code::XmlSyntax, 3, "the prefix `p` is declared to stand for nothing"),
        (b"<d xmlns='u' xmlns='v'/>", Code::XmlSyntax, 13, "`xmlns` stands twice in one tag"),
        (
            b"<d xmlns='http://www.w3.org/2000/xmlns/'/>",
            Code::XmlSyntax,
            3,
            "no prefix can stand for http://www.w3.org/2000/xmlns/",
        ),
        (
            b"<d xmlns:xml='u'/>",
            Code::XmlSyntax,
            3,
            "the prefix `xml` stands for http://www.w3.org/XML/1998/namespace, and no other prefix does",
        ),
    ];
    for &(input, code, offset, message) in cases {
        let error = Document::parse_bytes(input).expect_err("must be refused");
        assert_eq!((error.code, error.offset, error.message.as_str()), (code, offset, message));
    }
}

#[test]
fn a_refusal_points_at_what_belongs_to_it() {
    let cases = [
        ("<d>\n  <a b='1'>\n</d>", "<a", "opened"),
        ("<d>\n  <a>", "<a", "opened"),
        ("<d a='1' b='2' a='3'/>", "a='1'", "the first one"),
        ("<d/><e/>", "<d", "the root element"),
        ("<d e='1>", "'", "the value begins here"),
        ("<d e='1'$", "<d", "the tag begins here"),
        ("<d><!-- a -- b --></d>", "<!--", "the comment begins here"),
    ];
    for (input, place, what) in cases {
        let error = Document::parse(input).map(|_| ()).expect_err(input);
        let start = input.find(place).unwrap();
        assert_eq!(error.related, Some((start..start + place.len(), what.to_owned())), "{input}");
    }
}

/// Looking a prefix up costs the same however many are declared, and so does finding a twin among attributes.
#[test]
fn many_names_take_no_longer() {
    let declarations: String = (0..250).map(|n| format!(" xmlns:prefix{n}='u{n}'")).collect();
    let uses: String = (0..100_000).map(|n| format!("<prefix{}:a/>", n % 250)).collect();
    let names: String = (0..200).map(|n| format!(" a{n}='1'")).collect();
    let tags = format!("<a{names}/>").repeat(2000);
    for document in [format!("<d{declarations}>{uses}</d>"), format!("<d>{tags}</d>")] {
        let started = Instant::now();
        assert!(Document::parse(&document).is_ok());
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    }
}

#[test]
fn a_control_character_is_refused_wherever_it_stands() {
    for character in (0..=0xa0).filter_map(char::from_u32) {
        let is_allowed = character >= ' ' && character != '<' && character != '&' || "\t\n\r".contains(character);
        for before in 0..20 {
            for after in 0..10 {
                let text = format!("<d>{}{character}{}</d>", "x".repeat(before), "\u{e9}\n".repeat(after));
                let parsed = Document::parse(&text);
                assert_eq!(parsed.is_ok(), is_allowed, "{text:?}");
                if let Err(problem) = parsed.map(drop)
                    && character < ' '
                {
                    assert_eq!(problem.offset, 3 + before, "{text:?}");
                }
            }
        }
    }
}
