//! Settings that libvirt or QEMU refuse together, or refuse under KubeVirt, and arguments that QEMU has
//! dropped. What is not written as a constant is not judged.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::rule::{Expression, FragmentElement, FragmentNode, Rule};
use crate::source::Location;

use super::survey::Survey;

/// A combination that does not work.
struct Combination {
    /// The element that has it.
    element: &'static str,
    /// All of these hold: a path in the element, and the values that it has; without values it is there.
    when: &'static [(&'static str, &'static [&'static str])],
    message: &'static str,
    help: &'static str,
}

const NO_VIRTIO: &[&str] = &["sata", "scsi", "ide", "usb", "fdc"];

const COMBINATIONS: [Combination; 6] = [
    Combination {
        element: "/domain/devices/disk",
        when: &[("driver/@io", &["native"]), ("driver/@cache", &["writeback", "writethrough", "unsafe"])],
        message: "QEMU refuses `io='native'` with a cache of the host",
        help: "write `cache='none'` or `cache='directsync'`, or `io='threads'`",
    },
    Combination {
        element: "/domain/devices/disk",
        when: &[("driver/@queues", &[]), ("target/@bus", NO_VIRTIO)],
        message: "libvirt refuses `queues` for a disk that is not on the virtio bus",
        help: "leave `queues` out, or write `bus='virtio'`",
    },
    Combination {
        element: "/domain/devices/disk",
        when: &[("wwn", &[]), ("target/@bus", &["virtio", "usb", "fdc"])],
        message: "libvirt refuses a `wwn` for a disk on this bus",
        help: "give a virtio disk a `serial`, or put the disk on the scsi bus",
    },
    Combination {
        element: "/domain/devices/disk",
        when: &[("vendor", &[]), ("target/@bus", &["virtio", "usb", "fdc", "sata", "ide"])],
        message: "libvirt refuses a `vendor` for a disk that is not on the scsi bus",
        help: "leave `vendor` out, or write `bus='scsi'`",
    },
    Combination {
        element: "/domain/devices/disk",
        when: &[("@device", &["lun"]), ("@type", &["file"])],
        message: "libvirt refuses `device='lun'` for a file",
        help: "a LUN is a block device: write `type='block'` and `<source dev=…/>`",
    },
    Combination {
        element: "/domain/devices/interface",
        when: &[("bandwidth", &[])],
        message: "network bandwidth cannot be set: KubeVirt runs libvirt in session mode, and the VM would not start",
        help: "limit the bandwidth in the network, for example with the CNI's bandwidth plugin",
    },
];

/// Arguments that QEMU has dropped or is about to, and what to write.
const DROPPED_ARGUMENTS: [(&str, &str); 6] = [
    ("-soundhw", "write `-audiodev` and a `-device`"),
    ("-no-hpet", "write `-machine hpet=off`, or the clock's timer in the domain"),
    ("-no-acpi", "write `-machine acpi=off`, or leave `<acpi/>` out of the domain's features"),
    ("-enable-fips", "leave it out"),
    ("-realtime", "write `-overcommit mem-lock=on`"),
    ("-balloon", "write a `-device virtio-balloon`, or the domain's `<memballoon>`"),
];

/// An element's constants by path in it; `None` where a value is computed.
type Constants<'a> = BTreeMap<String, Option<&'a str>>;

/// All of a rule set's.
pub(super) fn check(survey: &Survey<'_>, problems: &mut Vec<Diagnostic>) {
    for placed in &survey.fragments {
        for parent in placed.parents.elements() {
            for node in &placed.fragment.nodes {
                let FragmentNode::Element(element) = node else { continue };
                let place = &placed.fragment.location;
                fragment_element(element, &parent.path, placed.rule, place, problems);
            }
        }
    }
    let mut at = 0;
    while let Some(first) = survey.assigned.get(at) {
        // The values of one rule stand beside each other.
        let rest = &survey.assigned[at..];
        let length = rest.iter().take_while(|assigned| std::ptr::eq(assigned.rule, first.rule)).count();
        let mut elements: BTreeMap<(&str, &str), (Constants<'_>, &Expression)> = BTreeMap::new();
        for (assigned, combination) in rest[..length].iter().flat_map(|a| COMBINATIONS.iter().map(move |c| (a, c))) {
            let mut keys = assigned.target.known.keys();
            if let (Some(key), None, false) = (keys.next(), keys.next(), assigned.target.open)
                && let Some(inside) = key.strip_prefix(combination.element).and_then(|rest| rest.strip_prefix('/'))
            {
                // Values belong together where their paths begin alike: `$disk`, or the same predicates.
                let element = before_steps(assigned.path.xpath.text(), inside.split('/').count());
                let entry = elements.entry((combination.element, element)).or_insert((Constants::new(), assigned.path));
                note(&mut entry.0, inside, assigned.constant);
            }
        }
        for ((element, _), (constants, path)) in elements {
            report(element, &constants, first.rule, &path.location, problems);
        }
        at += length.max(1);
    }
}

/// A path without its last steps.
fn before_steps(path: &str, steps: usize) -> &str {
    (0..steps).fold(path, |path, _| path.rsplit_once('/').map_or(path, |(before, _)| before))
}

/// Notes a path, and what is there by it.
fn note<'a>(constants: &mut Constants<'a>, path: &str, value: Option<&'a str>) {
    for (at, _) in path.match_indices('/') {
        constants.entry(path[..at].to_owned()).or_insert(None);
    }
    constants.insert(path.to_owned(), value);
}

fn report(element: &str, constants: &Constants<'_>, rule: &Rule, place: &Location, problems: &mut Vec<Diagnostic>) {
    for combination in COMBINATIONS.iter().filter(|combination| combination.element == element) {
        let holds = combination.when.iter().all(|(path, values)| match constants.get(*path) {
            Some(Some(value)) => values.is_empty() || values.contains(value),
            Some(None) => values.is_empty(),
            None => false,
        });
        if holds {
            let warning = Diagnostic::warning(Code::UnsupportedCombination, combination.message).at(place.clone());
            problems.push(warning.rule(&*rule.label).help(combination.help));
        }
    }
}

/// An element of a fragment and those in it. Depth is bounded when the fragment is read.
fn fragment_element(
    element: &FragmentElement,
    parent: &str,
    rule: &Rule,
    place: &Location,
    problems: &mut Vec<Diagnostic>,
) {
    let name = crate::vocabulary::Name::new(&element.name.namespace, &element.name.local);
    let path = format!("{parent}/{name}");
    let mut constants = Constants::new();
    constants_of(element, "", &mut constants);
    report(&path, &constants, rule, place, problems);
    // A part that is added alone: `bandwidth` into an interface.
    if let Some((above, _)) = path.rsplit_once('/')
        && COMBINATIONS.iter().any(|combination| combination.element == above)
    {
        let mut constants = Constants::new();
        constants_of(element, &format!("{}/", element.name.local), &mut constants);
        constants.insert(element.name.local.clone(), None);
        report(above, &constants, rule, place, problems);
    }
    if path.ends_with("/qemu:arg") {
        let values = constants.get("@value").copied().flatten();
        if let Some((argument, help)) = DROPPED_ARGUMENTS.iter().find(|(argument, _)| values == Some(*argument)) {
            let message = format!("QEMU has dropped `{argument}`, and a newer one does not start with it");
            let warning = Diagnostic::warning(Code::Deprecated, message).at(place.clone());
            problems.push(warning.rule(&*rule.label).help(*help));
        }
    }
    for child in &element.children {
        if let FragmentNode::Element(child) = child {
            // Parts of a device were looked at with it.
            let inside = COMBINATIONS.iter().any(|combination| combination.element == path);
            if !inside {
                fragment_element(child, &path, rule, place, problems);
            }
        }
    }
}

fn constants_of<'a>(element: &'a FragmentElement, prefix: &str, constants: &mut Constants<'a>) {
    for (name, value) in &element.attributes {
        note(constants, &format!("{prefix}@{}", name.local), value.as_constant());
    }
    for child in &element.children {
        if let FragmentNode::Element(child) = child {
            let path = format!("{prefix}{}", child.name.local);
            note(constants, &path, None);
            constants_of(child, &format!("{path}/"), constants);
        }
    }
}
