//! The second call of one boot, simulated.
//!
//! Where slots for hot-plugged interfaces are reserved, virt-launcher calls `onDefineDomain` twice
//! (`WithNetworkIfacesResources` in its `network/nichotplug.go`): it lets libvirt define the first answer, reads
//! the *devices* back through its own types, which drop what they do not model, puts the interfaces of before
//! the first call in place of those read back, and calls again with these devices and with every *other* section
//! as before any hook. Content that the types drop is therefore gone where a rule added it, and what they keep is
//! there already: only a rule that makes sure (`merge`, `set`) is right on both calls.
//!
//! What libvirt itself adds when it defines a domain (PCI controllers, addresses, the emulator) is not simulated.

mod devices;
mod shape;
mod types;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Location, Source};
use crate::xml::Document;

use devices::{At, Layout};
use shape::Holds;

/// The domain as virt-launcher would send it first: `/domain/devices` as KubeVirt's types write it, in their
/// order; every other byte as it is.
///
/// # Errors
/// As [`domain`].
pub fn first(domain: &str) -> Result<String, Box<Diagnostic>> {
    self::domain(domain, domain)
}

/// The domain that virt-launcher sends the second time, after a first call with `sent` was answered with
/// `answer`.
///
/// # Errors
/// Where a text is no domain with one `<devices>`, or KubeVirt's types cannot read it (`kubevirt-types`).
pub fn domain(sent: &str, answer: &str) -> Result<String, Box<Diagnostic>> {
    let (sent_document, answer_document) = (parse(sent)?, parse(answer)?);
    let (sent_devices, answer_devices) = (devices_of(&sent_document)?, devices_of(&answer_document)?);
    let Some(span) = sent_document.span(sent_devices.node) else {
        return Err(Box::new(Diagnostic::error(Code::Internal, "a parsed element has no place")));
    };
    let before = &sent[..span.start];
    let base = before.rsplit_once('\n').map(|(_, line)| line).filter(|line| line.trim().is_empty());
    let devices = devices::write(answer_devices, sent_devices, Layout { base })?;
    Ok(format!("{before}{devices}{}", &sent[span.end..]))
}

/// Whether KubeVirt's types hold what stands at a path below `/domain/devices`: element names, and at the
/// end an attribute's with `@`.
pub fn keeps<'p>(path: impl IntoIterator<Item = &'p str>) -> bool {
    let mut at = Some(&types::DEVICES);
    for step in path {
        let Some(kind) = at else { return false };
        if let Some(attribute) = step.strip_prefix('@') {
            return kind.attributes.iter().any(|known| known.name == attribute);
        }
        match kind.elements.iter().find(|known| known.name == step).map(|known| &known.holds) {
            Some(Holds::Struct(kind)) => at = Some(kind),
            // A text without attributes and elements.
            Some(Holds::Scalar(_)) => at = None,
            None => return false,
        }
    }
    true
}

fn parse(text: &str) -> Result<Document<'_>, Box<Diagnostic>> {
    Document::parse(text).map_err(|error| {
        let source = Source::new("domain", text);
        Box::new(Diagnostic::error(error.code, error.message).at(Location::new(&source, error.offset..error.offset)))
    })
}

fn devices_of<'d, 'i>(document: &'d Document<'i>) -> Result<At<'d, 'i>, Box<Diagnostic>> {
    let root = At { document, node: document.root_element() };
    let mut found = root.children("devices");
    match (found.next(), found.next()) {
        (Some(devices), None) => Ok(devices),
        (first, _) => {
            let count = if first.is_some() { "several `<devices>`" } else { "no `<devices>`" };
            let message = format!("the domain has {count}, and KubeVirt's has one");
            Err(Box::new(Diagnostic::error(Code::KubevirtTypes, message)))
        }
    }
}
