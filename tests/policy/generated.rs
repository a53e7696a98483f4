//! The property: no generated rule set changes a denied node and passes.
//!
//! roxmltree and plain Rust judge beside the policy. They know no XPath of ours, no places and no aliases: what they
//! say of string-values, as multisets, must hold of whatever passes.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use virt_patch::engine::{Detail, Inputs, Limits, Nowhere};
use virt_patch::rule::{RuleFile, Trust, compile};
use virt_patch::source::Source;

use super::{policies, text};

const POLICY: &str = "  deny:
    - //@file
    - /domain/devices/hostdev
    - //script | //downscript
    - //qemu:arg
  protect:
    - //emulator | //mac/@address
  allow:
    - /domain/title | /domain/sysinfo | /domain/devices | /domain/qemu:commandline
";

const DOMAIN: &str = r#"<domain xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0" type="kvm">
  <name>vm</name>
  <vcpu>2</vcpu>
  <sysinfo type="smbios"><entry name="a">x</entry></sysinfo>
  <devices>
    <emulator>/usr/bin/<!-- c -->qemu</emulator>
    <disk type="file"><source file="/a&#47;b"/><target dev="vda"/><alias name="ua-a"/></disk>
    <disk type="file"><source file="/c"/><target dev="vdb"/><alias name="ua-b"/></disk>
    <interface type="bridge"><mac address="1"/><script path='/s'/><alias name="ua-n"/></interface>
    <interface type="bridge"><mac address="2"/><alias name="ua-m"/></interface>
    <hostdev type="pci"><source><address bus="1"/></source><alias name="ua-h"/></hostdev>
  </devices>
  <qemu:commandline><qemu:arg value="-a"/><qemu:arg value="-b"/></qemu:commandline>
</domain>"#;

/// xorshift64*, by Marsaglia and Vigna.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn of<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }
}

const NODES: [&str; 18] = [
    "/domain/devices/disk",
    "/domain/devices/disk[1]",
    "/domain/devices/disk[alias/@name='ua-b']",
    "/domain/devices/disk/source",
    "/domain/devices/interface",
    "/domain/devices/interface[1]/script",
    "/domain/devices/interface/mac",
    "/domain/devices/hostdev",
    "/domain/devices/hostdev/source",
    "/domain/devices",
    "/domain/sysinfo",
    "/domain/sysinfo/entry",
    "/domain/devices/emulator",
    "/domain/qemu:commandline",
    "/domain/qemu:commandline/qemu:arg",
    "//*[@file]",
    "//alias",
    "//comment()",
];

const VALUES: [&str; 16] = [
    "/domain/title",
    "/domain/vcpu",
    "/domain/devices/disk/source/@file",
    "/domain/devices/disk[2]/source/@file",
    "/domain/devices/disk/driver/@cache",
    "/domain/devices/disk[1]/alias/@name",
    "/domain/devices/disk/@type",
    "/domain/devices/interface/mac/@address",
    "/domain/devices/interface[2]/script/@path",
    "/domain/devices/hostdev/source/address/@bus",
    "/domain/devices/hostdev/rom/@bar",
    "/domain/devices/emulator",
    "/domain/sysinfo/entry",
    "/domain/sysinfo/entry/@file",
    "/domain/qemu:commandline/qemu:arg[1]/@value",
    "/domain/@type",
];

const TEXTS: [&str; 8] =
    ["/c", "/a/b", "file", "1", "2", "-a", "/usr/bin/qemu", "${/domain/devices/disk[2]/source/@file}"];

const FRAGMENTS: [&str; 14] = [
    "<disk><source file=\"/c\"/><alias name=\"ua-b\"/></disk>",
    "<disk type=\"file\"><source file=\"/a/b\"/><target dev=\"vda\"/><alias name=\"ua-a\"/></disk>",
    "<source file=\"/c\"/>",
    "<script path=\"/s\"/>",
    "<downscript path=\"/s\"/>",
    "<hostdev type=\"pci\"><source><address bus=\"1\"/></source><alias name=\"ua-h\"/></hostdev>",
    "<hostdev type=\"usb\"><alias name=\"ua-u\"/></hostdev>",
    "<qemu:arg value=\"-a\"/>",
    "<qemu:arg value=\"-c\"/>",
    "<mac address=\"1\"/>",
    "<emulator>/bin/sh</emulator>",
    "<entry name=\"a\">y</entry>",
    "<rom bar=\"on\"/>",
    "<alias name=\"ua-z\"/>",
];

fn rule(dice: &mut Dice) -> String {
    let ignore = if dice.below(3) == 0 { "      onError: Ignore\n" } else { "" };
    let verb = match dice.below(9) {
        0..4 => format!("set: {{\"{}\": '{}'}}", dice.of(&VALUES), dice.of(&TEXTS)),
        4 => format!("remove: \"{}\"", dice.of(&NODES)),
        5 => format!("replace: {{path: \"{}\", xml: '{}'}}", dice.of(&NODES), dice.of(&FRAGMENTS)),
        6 => format!("merge: {{path: \"{}\", xml: '{}'}}", dice.of(&NODES), dice.of(&FRAGMENTS)),
        7 => format!("insert: {{into: \"{}\", xml: '{}'}}", dice.of(&NODES), dice.of(&FRAGMENTS)),
        _ => {
            let place = dice.of(&["before", "after"]);
            format!("insert: {{{place}: \"{}\", xml: '{}'}}", dice.of(&NODES), dice.of(&FRAGMENTS))
        }
    };
    format!("    - name: rule\n{ignore}      {verb}\n")
}

fn rule_set(dice: &mut Dice) -> String {
    let rules: String = (0..1 + dice.below(4)).map(|_| rule(dice)).collect();
    let checks =
        "  checks: {missing-alias: 'Off', duplicate-target: 'Off', duplicate-alias: 'Off', duplicate-address: 'Off'}\n";
    format!(
        "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {{name: generated}}\nspec:\n{checks}  onDefineDomain:\n{rules}"
    )
}

/// An element's names, attributes and texts, comments and layout aside.
fn said(node: Node<'_, '_>) -> String {
    let mut written = format!("<{:?}", node.tag_name());
    let mut attributes: Vec<String> =
        node.attributes().map(|at| format!(" {:?}{}={:?}", at.namespace(), at.name(), at.value())).collect();
    attributes.sort();
    written.extend(attributes);
    for child in node.children() {
        match (child.is_element(), child.text()) {
            (true, _) => written += &said(child),
            (false, Some(text)) if child.is_text() => written += text.trim(),
            _ => {}
        }
    }
    written + ">"
}

/// How often what is denied stands there: every `file`, host device, script, argument.
fn denied(document: &Document<'_>) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for node in document.descendants().filter(Node::is_element) {
        let parent = node.parent().map_or("", |parent| parent.tag_name().name());
        if let Some(file) = node.attribute("file") {
            *found.entry(format!("@file {file}")).or_default() += 1;
        }
        let is_denied = match node.tag_name().name() {
            "hostdev" => parent == "devices",
            "script" | "downscript" => true,
            "arg" => node.tag_name().namespace() == Some("http://libvirt.org/schemas/domain/qemu/1.0"),
            _ => false,
        };
        if is_denied {
            *found.entry(said(node)).or_default() += 1;
        }
    }
    found
}

/// What is protected, in document order.
fn protected(document: &Document<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "emulator" => {
                found.push(node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect())
            }
            "mac" => found.extend(node.attribute("address").map(ToOwned::to_owned)),
            _ => {}
        }
    }
    found
}

/// What may not differ: the root's attributes and children, less four of them.
fn rest(document: &Document<'_>) -> Vec<String> {
    let root = document.root_element();
    let kept = root.children().filter(Node::is_element);
    let kept = kept.filter(|child| !matches!(child.tag_name().name(), "title" | "sysinfo" | "devices" | "commandline"));
    let attributes = root.attributes().map(|at| format!("{}={}", at.name(), at.value()));
    attributes.chain(kept.map(said)).collect()
}

/// What the policy must have refused in a result, if anything.
fn broken(before: &Document<'_>, after: &Document<'_>) -> Option<&'static str> {
    let had = denied(before);
    if denied(after).iter().any(|(what, count)| had.get(what).is_none_or(|had| had < count)) {
        return Some("denied");
    }
    if protected(before) != protected(after) {
        return Some("protected");
    }
    (rest(before) != rest(after)).then_some("not allowed")
}

#[test]
fn no_generated_rule_set_changes_a_denied_node_and_passes() {
    let policies = policies(&text(POLICY));
    let before = Document::parse(DOMAIN).expect("a domain");
    let given = BTreeMap::new();
    let inputs =
        Inputs { vmi: b"", surroundings: &Nowhere, given: &given, detail: Detail::Paths, limits: Limits::default() };
    let mut dice = Dice(0x5eed_0001);
    let (mut passed, mut refused, mut strict) = (0, BTreeMap::<&str, usize>::new(), 0);
    for round in 0..2500 {
        let written = rule_set(&mut dice);
        let file = RuleFile { source: Source::new("generated.yaml", written.clone()), trust: Trust::File, pack: None };
        let Ok(sets) = compile(&[file]) else { continue };
        let Ok(free) = virt_patch::engine::apply_to_domain(&sets, DOMAIN.as_bytes(), &inputs) else { continue };
        let after = Document::parse(&free.result).expect("a result is XML");
        let broken = broken(&before, &after);
        match policies.apply_to_domain(&sets, DOMAIN.as_bytes(), &inputs) {
            Ok(judged) => {
                assert_eq!(judged.result, free.result, "a policy changes no result");
                assert_eq!(broken, None, "round {round} passes:\n{written}\n{}", free.result);
                passed += usize::from(free.result != DOMAIN);
            }
            Err(failure) => {
                assert_ne!(free.result, DOMAIN, "round {round}: nothing changed and {}", failure.problem);
                *refused.entry(failure.problem.code.as_str()).or_default() += 1;
                strict += usize::from(broken.is_none());
            }
        }
    }
    println!("{passed} changed something and passed; refused {refused:?}, {strict} of them for places alone");
    assert!(passed > 100, "{passed} passed");
    for code in ["policy-denied", "policy-protected", "policy-not-allowed"] {
        assert!(refused.get(code).is_some_and(|count| *count > 25), "{code}: {refused:?}");
    }
    let all: usize = refused.values().sum();
    assert!(strict * 4 < all, "{strict} of {all} refusals are of what string-values do not show");
}
