//! Every domain of libvirt's own tests: parsing it and writing it changes nothing, nor does an edit
//! that says what is there already; and random edits give what a parse of the written text gives.

#![cfg(test)]

mod support;

use std::fs;
use std::path::PathBuf;

use virt_patch::xml::{Document, EditError, NodeId, QName};
use virt_patch::xpath::Kind;

fn domains() -> Option<Vec<PathBuf>> {
    let folder = support::shared("libvirt/domains")?;
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    assert!(files.len() > 2500, "{} domains", files.len());
    Some(files)
}

/// The tree below `top` in document order, attributes behind their element.
fn nodes(document: &Document<'_>, top: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut open = vec![top];
    while let Some(node) = open.pop() {
        found.push(node);
        found.extend(document.attributes(node));
        let children: Vec<NodeId> = document.children(node).collect();
        open.extend(children.into_iter().rev());
    }
    found
}

/// One line a node: what XPath can tell about it.
fn described(document: &Document<'_>) -> Vec<String> {
    let describe = |node: NodeId| {
        let parent = document.parent(node).map(|parent| document.local_name(parent).to_owned());
        let (kind, namespace) = (document.kind(node), document.namespace(node));
        format!("{parent:?}/{kind:?} {{{namespace}}}{} {:?}", document.local_name(node), document.own_text(node))
    };
    nodes(document, document.root()).into_iter().map(describe).collect()
}

/// The same lines from roxmltree.
fn described_by_oracle(text: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(text).expect("what was written must be well-formed");
    let mut lines = Vec::new();
    for node in document.descendants() {
        let parent = node.parent().map(|parent| parent.tag_name().name().to_owned());
        let name = node.tag_name();
        let (kind, local, own) = match node.node_type() {
            roxmltree::NodeType::Root => (Kind::Root, "", ""),
            roxmltree::NodeType::Element => (Kind::Element, name.name(), ""),
            roxmltree::NodeType::Text => (Kind::Text, "", node.text().unwrap_or_default()),
            roxmltree::NodeType::Comment => (Kind::Comment, "", node.text().unwrap_or_default()),
            roxmltree::NodeType::PI => {
                let pi = node.pi().unwrap();
                (Kind::ProcessingInstruction, pi.target, pi.value.unwrap_or_default())
            }
        };
        // Line ends are to be normalized everywhere (XML 1.0, section 2.11); roxmltree leaves out comments.
        let own = own.replace("\r\n", "\n");
        lines.push(format!("{parent:?}/{kind:?} {{{}}}{local} {own:?}", name.namespace().unwrap_or_default()));
        for attribute in node.attributes() {
            let namespace = attribute.namespace().unwrap_or_default();
            let (name, value) = (attribute.name(), attribute.value());
            lines.push(format!("Some({local:?})/{:?} {{{namespace}}}{name} {value:?}", Kind::Attribute));
        }
    }
    lines
}

#[test]
fn what_no_edit_changes_stays() {
    let Some(files) = domains() else { return };
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let mut document = match Document::parse_bytes(&bytes) {
            Ok(document) => document,
            Err(error) => panic!("{}: {error}", file.display()),
        };
        assert_eq!(document.write().as_bytes(), bytes, "{}", file.display());
        assert_eq!(described(&document), described_by_oracle(document.text()), "{}", file.display());
        let all = nodes(&document, document.root());
        for &node in &all {
            let text = document.string_value(node).into_owned();
            let changed = match document.kind(node) {
                Kind::Attribute => {
                    let (namespace, local) =
                        (document.namespace(node).to_owned(), document.local_name(node).to_owned());
                    let element = document.parent(node).unwrap();
                    document.set_attribute(element, &QName::new(namespace, "p", local), &text)
                }
                Kind::Element => match document.set_text(node, &text) {
                    Err(EditError::HasChildren) => Ok(false),
                    result => result,
                },
                _ => Ok(false),
            };
            assert_eq!(changed, Ok(false), "{}: {}", file.display(), document.node_path(node));
        }
        assert!(!document.is_changed(), "{}", file.display());
    }
}

/// xorshift64*: the same edits in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const QEMU: &str = "http://libvirt.org/schemas/domain/qemu/1.0";
const TEXTS: &[&str] = &["x", "", " ", "a < b & c > d ]]> \"e\" 'f'", "two\nlines\r\tand a tab", "ä€𝄞", "]]", ">"];

fn name(random: &mut Random) -> QName {
    match random.below(6) {
        0 => QName::new(QEMU, "qemu", "arg"),
        1 => QName::new("http://example.org/x", "x", "thing"),
        2 => QName::new("http://example.org/default", "", "bare"),
        n => QName::local(["disk", "target", "alias"][n - 3]),
    }
}

fn fragment(document: &mut Document<'_>, random: &mut Random) -> NodeId {
    let name = name(random);
    let top = document.create_element(&name).unwrap();
    let mut open = vec![top];
    for _ in 0..random.below(6) {
        let parent = random.pick(&open);
        match random.below(5) {
            0 => {
                let text = document.create_text(random.pick(TEXTS)).unwrap();
                document.append_detached(parent, text).unwrap();
            }
            1 => {
                let comment = document.create_comment(" why ").unwrap();
                document.append_detached(parent, comment).unwrap();
            }
            2 => {
                document.set_attribute(parent, &QName::local("bus"), random.pick(TEXTS)).unwrap();
            }
            3 => {
                let pi = document.create_processing_instruction("p", "i").unwrap();
                document.append_detached(parent, pi).unwrap();
            }
            _ => {
                let name = self::name(random);
                let child = document.create_element(&name).unwrap();
                document.append_detached(parent, child).unwrap();
                open.push(child);
            }
        }
    }
    top
}

/// One edit at a random place; edits that are refused count as none.
fn edit(document: &mut Document<'_>, random: &mut Random) -> String {
    let all = nodes(document, document.root());
    let target = random.pick(&all);
    let path = document.node_path(target);
    let what = random.below(11);
    let done = match what {
        0 => document.set_attribute(target, &QName::local("type"), random.pick(TEXTS)),
        1 => document.set_attribute(target, &QName::new(QEMU, "qemu", "mode"), random.pick(TEXTS)),
        2 => document.set_text(target, random.pick(TEXTS)),
        3 | 4 => document.remove(target).map(|()| true),
        5 => {
            let nodes = [fragment(document, random), fragment(document, random)];
            document.insert_last(target, &nodes).map(|()| true)
        }
        6 => {
            let node = fragment(document, random);
            document.insert_before(target, &[node]).map(|()| true)
        }
        7 => {
            let node = fragment(document, random);
            document.insert_after(target, &[node]).map(|()| true)
        }
        8 => {
            let node = fragment(document, random);
            document.replace(target, &[node])
        }
        9 => {
            let nodes = [fragment(document, random), fragment(document, random)];
            document.replace(target, &nodes)
        }
        _ => {
            let keep: Vec<NodeId> = document.children(target).step_by(2).collect();
            let node = fragment(document, random);
            document.replace_element(target, node, &keep)
        }
    };
    format!("{what} at {path}: {done:?}")
}

fn assert_same_as_parsed(document: &Document<'_>, log: &[String], origin: &str) {
    let written = document.write();
    let (live, parsed) = (described(document), described_by_oracle(&written));
    if live != parsed {
        let at = live.iter().zip(&parsed).position(|(a, b)| a != b).unwrap_or(live.len().min(parsed.len()));
        panic!(
            "{origin}: {log:#?}\nnode {at}: live {:?}, parsed {:?}\n{written}",
            live.get(at.saturating_sub(1)..(at + 2).min(live.len())),
            parsed.get(at.saturating_sub(1)..(at + 2).min(parsed.len()))
        );
    }
    let order = nodes(document, document.root());
    for pair in order.windows(2) {
        assert!(document.order(pair[0], pair[1]).is_lt(), "{origin}: {log:#?}");
        assert!(document.order(pair[1], pair[0]).is_gt(), "{origin}: {log:#?}");
    }
}

#[test]
fn random_edits_give_what_a_parse_gives_and_can_be_undone() {
    let Some(files) = domains() else { return };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    // EDIT_ROUNDS=100000, in a release build, is an evening's search.
    let rounds = std::env::var("EDIT_ROUNDS").map_or(4_000, |rounds| rounds.parse().expect("a number"));
    for file in files.iter().step_by(17).cycle().take(rounds) {
        let text = fs::read_to_string(file).unwrap();
        if text.len() > 10_000 {
            continue;
        }
        let crlf = text.replace('\n', "\r\n");
        let one_line: String = text.lines().map(str::trim).collect();
        let text = match random.below(4) {
            0 => crlf,
            1 => one_line,
            _ => text,
        };
        let mut document = Document::parse(&text).unwrap();
        let start = document.mark();
        let mut log = Vec::new();
        for _ in 0..random.below(6) {
            log.push(edit(&mut document, &mut random));
            assert_same_as_parsed(&document, &log, &file.display().to_string());
        }
        let halfway = (document.mark(), document.write());
        for _ in 0..random.below(6) {
            log.push(edit(&mut document, &mut random));
        }
        assert_same_as_parsed(&document, &log, &file.display().to_string());
        document.undo_to(halfway.0);
        assert_eq!(document.write(), halfway.1, "{}: {log:#?}", file.display());
        assert_same_as_parsed(&document, &log, &file.display().to_string());
        document.undo_to(start);
        assert_eq!(document.write(), text, "{}: {log:#?}", file.display());
        assert!(!document.is_changed());
    }
}

#[test]
fn what_was_inserted_can_be_taken_out_without_a_trace() {
    let Some(files) = domains() else { return };
    let mut random = Random(0x1234_5678_9abc_def1);
    for file in files.iter().step_by(29) {
        let text = fs::read_to_string(file).unwrap();
        let mut document = Document::parse(&text).unwrap();
        let mut elements = nodes(&document, document.root_element());
        elements.retain(|&node| matches!(document.kind(node), Kind::Element | Kind::Comment));
        for _ in 0..8 {
            let target = random.pick(&elements);
            let node = fragment(&mut document, &mut random);
            let into_empty = document
                .first_child(target)
                .is_none_or(|child| document.kind(child) == Kind::Text && document.next_sibling(child).is_none());
            let mark = document.mark();
            let inserted = match random.below(3) {
                0 if !into_empty => document.insert_last(target, &[node]),
                1 => document.insert_before(target, &[node]),
                _ => document.insert_after(target, &[node]),
            };
            // A namespace that the fragment brought stays declared.
            let declares = document.write().matches("xmlns").count() != text.matches("xmlns").count();
            if inserted.is_err() || target == document.root_element() {
                document.undo_to(mark);
                continue;
            }
            document.remove(node).unwrap();
            if declares {
                document.undo_to(mark);
            }
            assert_eq!(document.write(), text, "{}: {}", file.display(), document.node_path(target));
        }
    }
}
