//! What virt-launcher's second call sends. `tests/kubevirt/types_test.go` holds the same to KubeVirt's own types.
#![cfg(feature = "cli")]
#![cfg(test)]

mod support;

use std::fs;

use support::shared;
use virt_patch::diagnostic::Code;
use virt_patch::second_call::{domain, first};

fn with_devices(devices: &str) -> String {
    format!("<domain><name>vm</name><devices>{devices}</devices></domain>")
}

/// What is kept of these devices.
fn kept(devices: &str) -> Result<String, Code> {
    let text = first(&with_devices(devices)).map_err(|problem| problem.code)?;
    let inner =
        text.strip_prefix("<domain><name>vm</name><devices>").and_then(|text| text.strip_suffix("</devices></domain>"));
    Ok(inner.expect("nothing else changes").to_owned())
}

#[test]
fn devices_come_from_the_answer_and_everything_else_from_before() {
    let sent = "<?xml version='1.0'?>\n<!-- kept -->\n<domain type='kvm'>\n  <name>vm</name>\n  <devices>\n    <interface type='ethernet'>\n      <source/>\n      <mac address='a'/>\n    </interface>\n  </devices>\n  <vcpu>2</vcpu>\n</domain>\n";
    let answer = "<domain type='qemu'><title>t</title><devices><disk type='file' device='disk'><target dev='vda'/><wwn>1</wwn></disk><interface type='user'><mac address='b'/></interface><shmem name='s'/><emulator>/qemu</emulator></devices><vcpu>9</vcpu></domain>";
    let wanted = "<?xml version='1.0'?>\n<!-- kept -->\n<domain type='kvm'>\n  <name>vm</name>\n  <devices>\n    <emulator>/qemu</emulator>\n    <interface type=\"ethernet\">\n      <source></source>\n      <mac address=\"a\"></mac>\n    </interface>\n    <disk device=\"disk\" type=\"file\">\n      <source></source>\n      <target dev=\"vda\"></target>\n    </disk>\n  </devices>\n  <vcpu>2</vcpu>\n</domain>\n";
    assert_eq!(domain(sent, answer).expect("it is read"), wanted);
}

#[test]
fn values_are_read_and_written_as_go_does() {
    for (devices, wanted) in [
        // Numbers lose what says nothing; an empty one is zero.
        (
            "<video><model type=\"vga\" heads=\" 01 \"/></video>",
            "<video><model type=\"vga\" heads=\"1\"></model></video>",
        ),
        ("<graphics type=\"vnc\" port=\"-1\"/>", "<graphics port=\"-1\" type=\"vnc\"></graphics>"),
        ("<graphics type=\"vnc\" port=\"0\"/>", "<graphics type=\"vnc\"></graphics>"),
        (
            "<memballoon model=\"none\"><stats period=\"\"/></memballoon>",
            "<memballoon model=\"none\"><stats period=\"0\"></stats></memballoon>",
        ),
        // A second element where there is room for one writes over what it says.
        (
            "<rng model=\"a\"/><rng><backend model=\"random\">/dev/random</backend></rng>",
            "<rng model=\"a\"><backend model=\"random\">/dev/random</backend></rng>",
        ),
        // Prefixes do not count, markup stays markup, comments go.
        ("<x:emulator xmlns:x=\"u\">a&amp;<!-- no -->b&lt;c</x:emulator>", "<emulator>a&amp;b&lt;c</emulator>"),
        ("<panic model=\"a&quot;b\"/>", "<panic model=\"a&quot;b\"></panic>"),
        // An empty text that is left out where it says nothing stays where it must be.
        ("<disk snapshot=\"\"/>", "<disk device=\"\" type=\"\"><source></source><target></target></disk>"),
        ("", ""),
    ] {
        assert_eq!(kept(devices).as_deref(), Ok(wanted), "{devices}");
    }
}

#[test]
fn what_kubevirts_types_cannot_read_is_an_error() {
    for devices in [
        "<video><model type=\"vga\" heads=\"two\"/></video>",
        "<video><model type=\"vga\" heads=\"+2\"/></video>",
        "<video><model type=\"vga\" heads=\"-2\"/></video>",
        "<video><model type=\"vga\" heads=\"0x2\"/></video>",
        "<video><model type=\"vga\" heads=\"18446744073709551616\"/></video>",
        "<graphics type=\"vnc\" port=\"2147483648\"/>",
        "<graphics type=\"vnc\" port=\"-2147483649\"/>",
    ] {
        assert_eq!(kept(devices), Err(Code::KubevirtTypes), "{devices}");
    }
    assert!(kept("<graphics type=\"vnc\" port=\"-2147483648\"/>").is_ok());
    assert!(kept("<video><model heads=\"18446744073709551615\"/></video>").is_ok());
    for text in ["<domain/>", "<domain><devices/><devices/></domain>"] {
        assert_eq!(first(text).map_err(|problem| problem.code), Err(Code::KubevirtTypes), "{text}");
    }
    assert_eq!(first("<domain").map_err(|problem| problem.code), Err(Code::XmlSyntax));
}

#[test]
fn what_was_kept_once_is_kept_again() {
    let Some(folder) = shared("libvirt/domains") else { return };
    let (mut kept, mut refused) = (0, 0);
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let Ok(once) = first(&text) else {
            refused += 1;
            continue;
        };
        assert_eq!(first(&once).as_ref().ok(), Some(&once), "{}", path.display());
        kept += 1;
    }
    println!("{kept} domains, {refused} that KubeVirt's types cannot read or that have no devices");
    assert!(kept > 2500, "{kept}");
}
