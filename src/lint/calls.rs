//! What differs between the calls of one boot: the second one comes with addresses and controllers that
//! libvirt chose, and without what KubeVirt's types do not hold.

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{KeyPath, Verb};
use crate::second_call;
use crate::vocabulary::Name;
use crate::xml::{Document, NodeId};
use crate::xpath::Kind;

use super::spots::Spots;
use super::survey::{Look, Placed, Role, Survey};
use super::written::FragmentText;

const DEVICES: &str = "/domain/devices/";

/// Attributes of an address that only PCI has.
const PCI_ONLY: [&str; 4] = ["@slot", "@function", "@domain", "@multifunction"];

/// All of a rule set's.
pub(super) fn check(survey: &Survey<'_>, problems: &mut Vec<Diagnostic>) {
    for look in &survey.looks {
        problems.extend(looks_at_pci(look));
        problems.extend(dropped_test(look));
    }
    for placed in &survey.fragments {
        problems.extend(dropped_key(placed));
        if placed.inserted
            && let Some(text) = survey.written.fragment(&placed.fragment.location)
            && let Some(document) = text.document()
        {
            let root = document.root_element();
            for parent in placed.parents.elements() {
                inserted_children(placed, &text, &document, root, &parent.path, true, problems);
            }
        }
    }
}

/// The first thing of an expression that only the second call of a boot has.
fn looks_at_pci(look: &Look<'_>) -> Option<Diagnostic> {
    // `merge` makes sure of what it names, whether it is there or not.
    let makes_sure = matches!(look.rule.map(|rule| &rule.verb), Some(Verb::Merge { .. }));
    if look.role == Role::Creates && makes_sure {
        return None;
    }
    let reads = |in_predicate: bool| in_predicate || look.role != Role::Creates;
    let touches = look.followed.touches.iter().filter(|touch| reads(touch.in_predicate));
    let address = touches.filter(|touch| all(&touch.spots, is_pci_address)).map(|touch| (&touch.span, "PCI addresses"));
    let compared = look.followed.compared.iter().filter_map(|compared| {
        let is = |what: fn(&str) -> bool| compared.equality && all(&compared.spots, what);
        let literal = compared.literal.as_str();
        if is(|path| device_part(path) == Some("address/@type")) && literal == "pci" {
            return Some((&compared.span, "PCI addresses"));
        }
        let controller = (is(|path| path == "/domain/devices/controller/@type") && literal == "pci")
            || (is(|path| path == "/domain/devices/controller/@model") && literal.starts_with("pci"));
        controller.then_some((&compared.span, "PCI controllers"))
    });
    let (span, what) = address.chain(compared).min_by_key(|(span, _)| span.start)?;
    let message = format!("the first call of a boot has no {what} but those that the VM's spec asks for");
    let help = "where a rule runs on both calls its result differs; compute from what the rules themselves set";
    Some(look.warning(Code::DependsOnCall, message, span).help(help))
}

fn all(spots: &Spots, is: impl Fn(&str) -> bool) -> bool {
    spots.is_sure() && spots.known.keys().all(|path| is(path))
}

/// What follows the device's name in a path.
fn device_part(path: &str) -> Option<&str> {
    path.strip_prefix(DEVICES)?.split_once('/').map(|(_, rest)| rest)
}

fn is_pci_address(path: &str) -> bool {
    device_part(path).and_then(|rest| rest.strip_prefix("address/")).is_some_and(|name| PCI_ONLY.contains(&name))
}

/// Whether KubeVirt's types drop what stands at a path.
fn is_dropped(path: &str) -> bool {
    path.strip_prefix(DEVICES).is_some_and(|path| !second_call::keeps(path.split('/')))
}

/// Whether they drop it from a device that they keep: a device that is gone as a whole is made anew, once.
fn is_part_dropped(path: &str) -> bool {
    let device = path.strip_prefix(DEVICES).and_then(|path| path.split('/').next());
    is_dropped(path) && second_call::keeps(device)
}

const HELP_KEY: &str = "tell elements apart by what KubeVirt keeps: `alias/@name`, `target/@dev`";

/// A rule that would make sure of something finds it by what is gone in the next call.
fn dropped_test(look: &Look<'_>) -> Option<Diagnostic> {
    let mut tests = look.followed.touches.iter().filter(|touch| look.role == Role::Creates && touch.in_predicate);
    let touch = tests.find(|touch| all(&touch.spots, is_part_dropped))?;
    let message =
        format!("KubeVirt drops {} between calls, so that this selects nothing in the next", touch.spots.describe());
    Some(look.warning(Code::StrippedByKubevirt, message, &touch.span).help(HELP_KEY))
}

fn dropped_key(placed: &Placed<'_>) -> Option<Diagnostic> {
    let Verb::Merge { path, fragment, keys } = &placed.rule.verb else { return None };
    let name = &fragment.element()?.name.local;
    let written = |key: &KeyPath| {
        let attribute = key.attribute.iter().map(|name| format!("@{name}"));
        key.elements.iter().cloned().chain(attribute).collect::<Vec<_>>().join("/")
    };
    let parents = placed.parents.elements().map(|parent| &parent.path);
    let keys = || keys.get(name).into_iter().flatten().map(written);
    let mut dropped = parents.flat_map(|parent| keys().map(move |key| format!("{parent}/{name}/{key}")));
    let dropped = dropped.find(|path| is_part_dropped(path))?;
    let message = format!("KubeVirt drops `{dropped}` between calls, so that it is no key in the next");
    Some(placed.warning(Code::StrippedByKubevirt, message, path.location.clone()).help(HELP_KEY))
}

/// An inserted device that comes back without a part is not the one that the rule inserts: it comes twice.
fn inserted_children(
    placed: &Placed<'_>,
    text: &FragmentText,
    document: &Document<'_>,
    parent: NodeId,
    path: &str,
    at_top: bool,
    problems: &mut Vec<Diagnostic>,
) {
    let name = |node| Name::new(document.namespace(node), document.local_name(node)).to_string();
    for child in document.children(parent).filter(|&child| document.kind(child) == Kind::Element) {
        let path = format!("{path}/{}", name(child));
        // What is dropped as a whole is inserted anew, once.
        if is_dropped(&path) && at_top {
            continue;
        }
        let attributes = document.attributes(child).map(|node| (node, format!("{path}/@{}", name(node))));
        let parts: Vec<_> = match is_dropped(&path) {
            true => vec![(child, path.clone())],
            false => attributes.filter(|(_, path)| is_dropped(path)).collect(),
        };
        for (node, path) in &parts {
            let message = format!("KubeVirt drops `{path}` between calls, so that the next call inserts this again");
            let warning = placed.warning(Code::StrippedByKubevirt, message, text.name_place(document, *node));
            problems.push(warning.help("write `merge` with a path that KubeVirt keeps, by `alias/@name` for a device"));
        }
        if parts.is_empty() {
            inserted_children(placed, text, document, child, &path, false, problems);
        }
    }
}
