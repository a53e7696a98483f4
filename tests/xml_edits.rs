//! Edits, one situation each: the document before, what is done, and every byte after.

#![cfg(test)]

use std::time::{Duration, Instant};

use virt_patch::xml::{Document, EditError, NodeId, QName};
use virt_patch::xpath::Kind;

const QEMU: &str = "http://libvirt.org/schemas/domain/qemu/1.0";

/// The first element of that local name.
fn find(document: &Document<'_>, local: &str) -> NodeId {
    let mut open = vec![document.root()];
    while let Some(node) = open.pop() {
        if document.kind(node) == Kind::Element && document.local_name(node) == local {
            return node;
        }
        let children: Vec<NodeId> = document.children(node).collect();
        open.extend(children.into_iter().rev());
    }
    panic!("no element {local}");
}

/// A fragment, from XML: `qemu` is declared.
fn fragment(document: &mut Document<'_>, xml: &str) -> Vec<NodeId> {
    let text = format!("<f xmlns:qemu='{QEMU}'>{xml}</f>");
    let from = Document::parse(&text).unwrap();
    let top = document.create_element(&QName::local("top")).unwrap();
    let mut made = Vec::new();
    let mut open: Vec<(NodeId, NodeId)> = from.children(from.root_element()).map(|node| (node, top)).collect();
    open.reverse();
    while let Some((node, parent)) = open.pop() {
        let name = QName::new(from.namespace(node), from.prefix(node), from.local_name(node));
        let copy = match from.kind(node) {
            Kind::Element => document.create_element(&name),
            Kind::Comment => document.create_comment(&from.own_text(node)),
            Kind::ProcessingInstruction => {
                document.create_processing_instruction(from.local_name(node), &from.own_text(node))
            }
            _ => document.create_text(&from.own_text(node)),
        }
        .unwrap();
        for attribute in from.attributes(node) {
            let name = QName::new(from.namespace(attribute), from.prefix(attribute), from.local_name(attribute));
            document.set_attribute(copy, &name, &from.own_text(attribute)).unwrap();
        }
        if parent == top {
            made.push(copy);
        } else {
            document.append_detached(parent, copy).unwrap();
        }
        let children: Vec<NodeId> = from.children(node).collect();
        open.extend(children.into_iter().rev().map(|child| (child, copy)));
    }
    made
}

enum Edit<'a> {
    Attribute(&'a str, &'a str, &'a str),
    RemoveAttribute(&'a str, &'a str),
    Text(&'a str, &'a str),
    Into(&'a str, &'a str),
    Before(&'a str, &'a str),
    After(&'a str, &'a str),
    Replace(&'a str, &'a str),
    /// Element, fragment, names of the children to keep.
    ReplaceKeeping(&'a str, &'a str, &'a [&'a str]),
    Remove(&'a str),
}

fn apply(document: &mut Document<'_>, edit: &Edit<'_>) -> Result<bool, EditError> {
    match *edit {
        Edit::Attribute(element, name, value) => {
            let element = find(document, element);
            document.set_attribute(element, &QName::local(name), value)
        }
        Edit::RemoveAttribute(element, name) => {
            let attribute = document.attribute(find(document, element), "", name).unwrap();
            document.remove(attribute).map(|()| true)
        }
        Edit::Text(element, text) => document.set_text(find(document, element), text),
        Edit::Into(parent, xml) => {
            let nodes = fragment(document, xml);
            document.insert_last(find(document, parent), &nodes).map(|()| true)
        }
        Edit::Before(anchor, xml) => {
            let nodes = fragment(document, xml);
            document.insert_before(find(document, anchor), &nodes).map(|()| true)
        }
        Edit::After(anchor, xml) => {
            let nodes = fragment(document, xml);
            document.insert_after(find(document, anchor), &nodes).map(|()| true)
        }
        Edit::Replace(element, xml) => {
            let nodes = fragment(document, xml);
            document.replace(find(document, element), &nodes)
        }
        Edit::ReplaceKeeping(element, xml, names) => {
            let nodes = fragment(document, xml);
            let element = find(document, element);
            let keep: Vec<NodeId> =
                document.children(element).filter(|&child| names.contains(&document.local_name(child))).collect();
            document.replace_element(element, nodes[0], &keep)
        }
        Edit::Remove(element) => document.remove(find(document, element)).map(|()| true),
    }
}

/// Before, the edit, after.
const CASES: &[(&str, Edit<'_>, &str)] = &[
    // Attributes
    ("<d a='1'  b = \"2\" />", Edit::Attribute("d", "b", "3"), "<d a='1'  b = \"3\" />"),
    ("<d a='1'/>", Edit::Attribute("d", "a", "it's <\"&>\n"), "<d a='it&apos;s &lt;\"&amp;>&#10;'/>"),
    ("<d a='1' />", Edit::Attribute("d", "b", "\"\t"), "<d a='1' b=\"&quot;&#9;\" />"),
    ("<d\n  a='1'\n>x</d>", Edit::Attribute("d", "b", "2"), "<d\n  a='1' b=\"2\"\n>x</d>"),
    ("<d xmlns:p='u'/>", Edit::Attribute("d", "b", "2"), "<d xmlns:p='u' b=\"2\"/>"),
    ("<d a='1' b='2' c='3'/>", Edit::RemoveAttribute("d", "b"), "<d a='1' c='3'/>"),
    ("<d\n  a='1'\n  b='2'/>", Edit::RemoveAttribute("d", "b"), "<d\n  a='1'/>"),
    ("<d a='1'/>", Edit::RemoveAttribute("d", "a"), "<d/>"),
    // Text
    ("<d><a>x</a></d>", Edit::Text("a", "<&>]]>\r"), "<d><a>&lt;&amp;>]]&gt;&#13;</a></d>"),
    ("<d><a/></d>", Edit::Text("a", "x"), "<d><a>x</a></d>"),
    ("<d><a b='1' /></d>", Edit::Text("a", "x"), "<d><a b='1'>x</a></d>"),
    ("<d><a>x</a></d>", Edit::Text("a", ""), "<d><a></a></d>"),
    ("<d><a>x<!--c-->y</a></d>", Edit::Text("a", "z"), "<d><a>z<!--c--></a></d>"),
    ("<d><a>\n</a></d>", Edit::Text("a", "x"), "<d><a>x</a></d>"),
    // Into: as the siblings are
    ("<d>\n  <a/>\n</d>", Edit::Into("d", "<b/><c/>"), "<d>\n  <a/>\n  <b/>\n  <c/>\n</d>"),
    ("<d>\n\t<a/>\n</d>\n", Edit::Into("d", "<b/>"), "<d>\n\t<a/>\n\t<b/>\n</d>\n"),
    ("<d>\r\n  <a/>\r\n</d>", Edit::Into("d", "<b> <c/> </b>"), "<d>\r\n  <a/>\r\n  <b>\r\n    <c/>\r\n  </b>\r\n</d>"),
    ("<d><a/></d>", Edit::Into("d", "<b> <c/> </b>"), "<d><a/><b><c/></b></d>"),
    ("<d>\n  <a/></d>", Edit::Into("d", "<b/>"), "<d>\n  <a/>\n  <b/></d>"),
    ("<d>\n  <a/> <!-- a -->\n</d>", Edit::Into("d", "<b/>"), "<d>\n  <a/> <!-- a -->\n  <b/>\n</d>"),
    ("<d>\n\n  <a/>\n\n</d>", Edit::Into("d", "<b/>"), "<d>\n\n  <a/>\n  <b/>\n\n</d>"),
    (
        "<d>\n   <a>\n      <x/>\n   </a>\n</d>",
        Edit::Into("d", "<b><c/></b>"),
        "<d>\n   <a>\n      <x/>\n   </a>\n   <b>\n      <c/>\n   </b>\n</d>",
    ),
    (
        "<d>\n  <a/>\n</d>",
        Edit::Into("d", "<!--c--><?p i?><b>  <!--i--><c>t</c></b>"),
        "<d>\n  <a/>\n  <!--c-->\n  <?p i?>\n  <b>\n    <!--i-->\n    <c>t</c>\n  </b>\n</d>",
    ),
    // Into what is empty
    ("<d>\n  <a/>\n</d>", Edit::Into("a", "<b/>"), "<d>\n  <a>\n    <b/>\n  </a>\n</d>"),
    ("<d>\n\t<a></a>\n</d>", Edit::Into("a", "<b/>"), "<d>\n\t<a>\n\t\t<b></b>\n\t</a>\n</d>"),
    ("<d>\n    <a>\n    </a>\n</d>", Edit::Into("a", "<b/>"), "<d>\n    <a>\n        <b/>\n    </a>\n</d>"),
    ("<d>\n</d>\n", Edit::Into("d", "<b/>"), "<d>\n  <b/>\n</d>\n"),
    ("<d/>", Edit::Into("d", "<b/>"), "<d><b/></d>"),
    (
        "<d>\n  <e>\n     <a/>\n  </e>\n</d>",
        Edit::Into("a", "<b/>"),
        "<d>\n  <e>\n     <a>\n        <b/>\n     </a>\n  </e>\n</d>",
    ),
    // Mixed content gets none
    (
        "<d>\n  <p>text <i/>\n  </p>\n</d>",
        Edit::Into("p", "<b><c/></b>"),
        "<d>\n  <p>text <i/>\n  <b><c/></b></p>\n</d>",
    ),
    ("<d>\n  <p>x</p>\n</d>", Edit::Into("p", "y&amp;"), "<d>\n  <p>xy&amp;</p>\n</d>"),
    ("<d>\n  <a/>\n</d>", Edit::Into("d", "<b>t<i/> </b>"), "<d>\n  <a/>\n  <b>t<i/> </b>\n</d>"),
    // Before and after
    ("<d>\n  <a/>\n  <b/>\n</d>", Edit::Before("b", "<x/><y/>"), "<d>\n  <a/>\n  <x/>\n  <y/>\n  <b/>\n</d>"),
    ("<d>\n  <a/>\n  <b/>\n</d>", Edit::Before("a", "<x/>"), "<d>\n  <x/>\n  <a/>\n  <b/>\n</d>"),
    ("<d>\n  <a/>\n  <b/>\n</d>", Edit::After("a", "<x/><y/>"), "<d>\n  <a/>\n  <x/>\n  <y/>\n  <b/>\n</d>"),
    ("<d>\n  <a/>\n</d>", Edit::After("a", "<x/>"), "<d>\n  <a/>\n  <x/>\n</d>"),
    ("<d><a/><b/></d>", Edit::Before("b", "<x/>"), "<d><a/><x/><b/></d>"),
    ("<?xml version='1.0'?>\n<d/>\n", Edit::Before("d", "<!--c-->"), "<?xml version='1.0'?>\n<!--c-->\n<d/>\n"),
    ("<d/>\n", Edit::Before("d", "<!--c-->"), "<!--c-->\n<d/>\n"),
    ("<d/>\n", Edit::After("d", "<!--c-->"), "<d/>\n<!--c-->\n"),
    // Remove
    ("<d>\n  <a/>\n  <b/>\n</d>", Edit::Remove("a"), "<d>\n  <b/>\n</d>"),
    ("<d>\n  <a/>\n  <b/>\n</d>", Edit::Remove("b"), "<d>\n  <a/>\n</d>"),
    ("<d>\n  <a/>\n</d>", Edit::Remove("a"), "<d></d>"),
    ("<d>\n  <!-- c -->\n  <a/>\n</d>", Edit::Remove("a"), "<d>\n  <!-- c -->\n</d>"),
    ("<d>\n  <a/> <!-- c -->\n</d>", Edit::Remove("a"), "<d>\n  <!-- c -->\n</d>"),
    ("<d><a/><b/></d>", Edit::Remove("a"), "<d><b/></d>"),
    ("<d><a/> <b/></d>", Edit::Remove("b"), "<d><a/></d>"),
    ("<d>one <i/> two&#65;</d>", Edit::Remove("i"), "<d>one  two&#65;</d>"),
    ("<d>]<i/>]&gt;</d>", Edit::Remove("i"), "<d>]]&gt;</d>"),
    ("<d>]<i/>]></d>", Edit::Remove("i"), "<d>]]&gt;</d>"),
    ("<d>]]<i/>></d>", Edit::Remove("i"), "<d>]]&gt;</d>"),
    // Replace
    (
        "<d>\n  <a x='1'>\n    <o/>\n  </a>\n</d>",
        Edit::Replace("a", "<n y='2'><m/></n>"),
        "<d>\n  <n y=\"2\">\n    <m/>\n  </n>\n</d>",
    ),
    ("<d>\n  <a  x='1'/>\n</d>", Edit::Replace("a", "<a x=\"1\"></a>"), "<d>\n  <a  x='1'/>\n</d>"),
    (
        "<d>\n  <a/>\n  <z/>\n</d>",
        Edit::Replace("a", "<b/><c><i/></c>"),
        "<d>\n  <b/>\n  <c>\n    <i/>\n  </c>\n  <z/>\n</d>",
    ),
    ("<d>\n  <a/>\n  <z/>\n</d>", Edit::Replace("a", ""), "<d>\n  <z/>\n</d>"),
    ("<d><a/></d>", Edit::Replace("d", "<d><b/></d>"), "<d><b/></d>"),
    (
        "<d>\n  <a>\n    <mac  address='1'/>\n    <old/>\n    <alias>\n      <x/>\n    </alias>\n  </a>\n</d>",
        Edit::ReplaceKeeping("a", "<a><n/><mac/></a>", &["mac", "alias"]),
        "<d>\n  <a>\n    <n/>\n    <mac  address='1'/>\n    <alias>\n      <x/>\n    </alias>\n  </a>\n</d>",
    ),
    (
        "<d>\n  <a>\n    <mac  address='1'/>\n    <n/>\n  </a>\n</d>",
        Edit::ReplaceKeeping("a", "<a><mac/><n/></a>", &["mac"]),
        "<d>\n  <a>\n    <mac  address='1'/>\n    <n/>\n  </a>\n</d>",
    ),
    // Namespaces
    (
        "<d>\n  <a/>\n</d>",
        Edit::Into("d", "<qemu:arg qemu:x='1'/>"),
        "<d xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\">\n  <a/>\n  <qemu:arg qemu:x=\"1\"/>\n</d>",
    ),
    (
        "<d xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><a/></d>",
        Edit::Into("a", "<qemu:arg qemu:x='1'/>"),
        "<d xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><a><q:arg q:x=\"1\"/></a></d>",
    ),
    (
        "<d><a xmlns='http://libvirt.org/schemas/domain/qemu/1.0'/></d>",
        Edit::Into("a", "<qemu:arg><b/></qemu:arg>"),
        "<d><a xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg><b xmlns=\"\"/></arg></a></d>",
    ),
    // Byte order mark and declaration stay
    ("\u{feff}<?xml version=\"1.0\"?><d/>", Edit::Into("d", "<b/>"), "\u{feff}<?xml version=\"1.0\"?><d><b/></d>"),
];

#[test]
fn every_situation() {
    let mut wrong = Vec::new();
    for (before, edit, after) in CASES {
        let mut document = Document::parse(before).unwrap();
        let mark = document.mark();
        let changed = apply(&mut document, edit).unwrap();
        if document.write() != *after || changed != (before != after) || document.is_changed() != changed {
            wrong.push(format!(
                "before   {before:?}\n  found    {:?} ({changed})\n  expected {after:?}",
                document.write()
            ));
        }
        document.undo_to(mark);
        assert_eq!(document.write(), *before);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn refused_edits_change_nothing() {
    let conflict = EditError::PrefixConflict { prefix: "qemu".into(), uri: QEMU.into() };
    let cases: &[(&str, Edit<'_>, EditError)] = &[
        ("<d xmlns:qemu='u'><a/></d>", Edit::Into("a", "<n/><qemu:arg/>"), conflict.clone()),
        ("<d><a xmlns:qemu='u'><b/></a></d>", Edit::After("b", "<qemu:arg/>"), conflict),
        ("<d><a/></d>", Edit::Text("d", "x"), EditError::HasChildren),
        ("<d/>", Edit::Remove("d"), EditError::WrongKind),
        ("<d/>", Edit::After("d", "<e/>"), EditError::WrongKind),
        ("<d/>", Edit::Attribute("d", "a", "\u{1}"), EditError::InvalidCharacter('\u{1}')),
        ("<d/>", Edit::Attribute("d", "a b", "x"), EditError::InvalidSyntax("a b".into())),
    ];
    for (before, edit, error) in cases {
        let mut document = Document::parse(before).unwrap();
        assert_eq!(apply(&mut document, edit).as_ref(), Err(error), "{before}");
        assert_eq!(document.write(), *before);
    }
}

#[test]
fn removed_nodes_can_be_read_and_not_edited() {
    let mut document = Document::parse("<d>\n  <a x='1'><b>t</b></a>\n</d>").unwrap();
    let (a, b) = (find(&document, "a"), find(&document, "b"));
    let x = document.attribute(a, "", "x").unwrap();
    document.remove(a).unwrap();
    assert!(!document.is_attached(b) && !document.is_attached(x));
    assert_eq!((document.string_value(a), document.own_text(x)), ("t".into(), "1".into()));
    assert_eq!(document.node_path(b), "a/b");
    assert_eq!(document.set_text(b, "u"), Err(EditError::Detached));
    assert_eq!(document.set_text(x, "2"), Err(EditError::Detached));
    assert_eq!(document.set_attribute(a, &QName::local("y"), "2"), Err(EditError::Detached));
    assert_eq!(document.remove(b), Err(EditError::Detached));
    assert_eq!(document.insert_after(b, &[]), Err(EditError::Detached));
}

#[test]
fn a_replaced_element_is_the_same_node() {
    let mut document = Document::parse("<d><a x='1'/></d>").unwrap();
    let a = find(&document, "a");
    let nodes = fragment(&mut document, "<b y='2'/>");
    assert_eq!(document.replace(a, &nodes), Ok(true));
    assert!(document.is_attached(a));
    assert_eq!((document.local_name(a), document.span(a)), ("b", Some(3..13)));
    assert_eq!(document.node_path(document.attribute(a, "", "y").unwrap()), "/d/b/@y");
}

#[test]
fn paths_select_one_node() {
    let text = "<d xmlns:p='u'><!--1--><a/>t<a p:x='1'/><?q i?><c xmlns='v'/>u<p:e/></d>";
    let document = Document::parse(text).unwrap();
    let mut paths: Vec<String> =
        document.children(document.root_element()).map(|node| document.node_path(node)).collect();
    let second = document.children(document.root_element()).nth(3).unwrap();
    paths.extend(document.attributes(second).map(|attribute| document.node_path(attribute)));
    let expected = [
        "/d/comment()",
        "/d/a[1]",
        "/d/text()[1]",
        "/d/a[2]",
        "/d/processing-instruction('q')",
        "/d/*[local-name()='c' and namespace-uri()='v']",
        "/d/text()[2]",
        "/d/p:e",
        "/d/a[2]/@p:x",
    ];
    assert_eq!(paths, expected);
    assert_eq!(document.node_path(document.root()), "/");
}

#[test]
fn equality_is_about_what_is_said() {
    let text = "<d><a x='1' y='2'> <b/><!--c--> </a><a y='2' x='1'><b></b></a><a x='1' y='2'><b> </b></a></d>";
    let document = Document::parse(text).unwrap();
    let [one, two, three] = document.children(document.root_element()).collect::<Vec<_>>()[..] else { panic!() };
    assert!(document.deep_equal(one, two));
    assert!(!document.deep_equal(two, three));
}

/// What one document leaves for the next on its thread is room, and nothing of what stood in it.
#[test]
fn documents_that_come_and_go_know_nothing_of_each_other() {
    let edited = |text: &str| {
        let mut document = Document::parse(text).unwrap();
        let root = document.root_element();
        let made = fragment(&mut document, "<new/>");
        document.insert_last(root, &made).unwrap();
        document.write().into_owned()
    };
    let wide = format!("<d>{}</d>", "<a b='c'/>".repeat(1000));
    let expected = wide.replace("</d>", "<new/></d>");
    let outer = Document::parse("<o p='q'><r/></o>").unwrap();
    // Small after large, large after small, and both while another one lives.
    for _ in 0..3 {
        assert_eq!(edited(&wide), expected);
        assert_eq!(edited("<d/>"), "<d><new/></d>");
        let mut mark = Document::parse("<e/>").unwrap();
        let (root, before) = (mark.root_element(), mark.mark());
        mark.set_text(root, "t").unwrap();
        mark.undo_to(before);
        assert_eq!(mark.write(), "<e/>", "a journal begins empty");
        assert_eq!(mark.children(root).count(), 0);
    }
    assert_eq!(outer.children(outer.root_element()).count(), 1);
    assert_eq!(outer.write(), "<o p='q'><r/></o>");
}

#[test]
fn many_insertions_take_no_time() {
    let text = format!("<d>\n  <list>\n    <i/>\n  </list>\n{}</d>", "  <other/>\n".repeat(50_000));
    let mut document = Document::parse(&text).unwrap();
    let started = std::time::Instant::now();
    let (list, first) = (find(&document, "list"), find(&document, "i"));
    let mut last = first;
    for number in 0..50_000 {
        let node = document.create_element(&QName::local("i")).unwrap();
        document.set_attribute(node, &QName::local("n"), &number.to_string()).unwrap();
        document.insert_last(list, &[node]).unwrap();
        assert!(document.order(last, node).is_lt());
        last = node;
    }
    for _ in 0..50_000 {
        let node = document.create_element(&QName::local("i")).unwrap();
        document.insert_before(first, &[node]).unwrap();
        assert!(document.order(node, first).is_lt());
    }
    assert_eq!(document.write().matches("<i").count(), 100_001);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn paths_of_many_siblings_take_no_time() {
    let text = format!("<d>{}<b/>{}<!--c--></d>", "<a/>".repeat(200_000), "<a/>x".repeat(10));
    let document = Document::parse(&text).unwrap();
    let children: Vec<NodeId> = document.children(document.root_element()).collect();
    let started = Instant::now();
    let paths = document.node_paths(&children, |_| None);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    for at in (0..children.len()).filter(|at| at % 20_001 == 0 || *at > 199_995) {
        assert_eq!(paths[at], document.node_path(children[at]));
    }
    assert_eq!((paths[199_999].as_str(), paths[200_000].as_str()), ("/d/a[200000]", "/d/b"));
}
