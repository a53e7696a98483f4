//! The built-in policies: what each refuses, and which packs pass under it. docs/policy.md has that table.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use virt_patch::diagnostic::{Code, Diagnostic};
use virt_patch::load;
use virt_patch::packs::PACKS;
use virt_patch::policy::{BUILTIN, Policies};
use virt_patch::rule::RuleFile;
use virt_patch::rule_test::{Evidence, Files, Runner, compile};
use virt_patch::source::Source;

use super::builtin_policy;

/// What follows this line of docs/policy.md is made, up to the next heading.
const MADE: &str = "<!-- What follows is made of rules/ by `BLESS=1 cargo test --test policy`. -->\n";

const POLICY_CODES: [Code; 4] = [Code::PolicyDenied, Code::PolicyProtected, Code::PolicyNotAllowed, Code::PolicyRules];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A test's folder.
struct Folder(PathBuf);

impl Files for Folder {
    fn rules(&self, path: &str) -> Result<Vec<RuleFile>, Vec<Diagnostic>> {
        let (files, problems) = load::rule_files(&[self.0.join(path)]);
        if problems.is_empty() { Ok(files) } else { Err(problems) }
    }
    fn text(&self, path: &str) -> Result<Option<Arc<Source>>, String> {
        Ok(fs::read_to_string(self.0.join(path)).ok().map(|text| Source::new(path, text)))
    }
}

/// What a policy refuses in the cases of a pack's own test.
fn refused(pack: &str, policies: &Policies) -> (usize, Vec<Diagnostic>) {
    let folder = root().join("rules").join(pack);
    let text = fs::read_to_string(folder.join("test.yaml")).expect("a test");
    let (mut tests, problems) = compile(&Source::new("test.yaml", text), &Folder(folder));
    assert!(problems.is_empty(), "{pack}: {}", problems[0]);
    let (mut cases, mut found) = (0, Vec::new());
    for test in &mut tests {
        test.policies = policies.clone();
        let runner = Runner::new(test);
        for case in &test.cases {
            cases += 1;
            for mismatch in runner.run(case).mismatches {
                if let Evidence::Problems(problems) = mismatch.evidence {
                    found.extend(problems.into_iter().filter(|problem| POLICY_CODES.contains(&problem.code)));
                }
            }
        }
    }
    (cases, found)
}

/// A path without the numbers of siblings.
fn general(path: &str) -> String {
    let mut general = String::new();
    let mut depth = 0;
    for c in path.chars() {
        depth += usize::from(c == '[');
        if depth == 0 {
            general.push(c);
        }
        depth -= usize::from(c == ']');
    }
    general
}

fn cell(problems: &[Diagnostic]) -> String {
    let places: BTreeSet<String> = problems
        .iter()
        .map(|problem| match &problem.path {
            Some(path) => format!("`{}`", general(path)),
            // Of the policy, what it does not let be, and what that would be.
            None => match problem.message.split('`').skip(3).step_by(2).collect::<Vec<_>>().as_slice() {
                [param, source] => format!("the source `{source}` of the param `{param}`"),
                _ => problem.message.clone(),
            },
        })
        .collect();
    let shown: Vec<&str> = places.iter().take(4).map(String::as_str).collect();
    let more = if places.len() > 4 { format!(" and {} more", places.len() - 4) } else { String::new() };
    if places.is_empty() { "passes".to_owned() } else { format!("refuses {}{more}", shown.join(", ")) }
}

#[test]
fn the_page_says_which_pack_passes_under_which_policy() {
    let (baseline, restricted) = (builtin_policy("baseline"), builtin_policy("restricted"));
    let mut table = "\n| pack | baseline | restricted |\n| --- | --- | --- |\n".to_owned();
    let (mut cases, mut passing) = (0, (0, 0));
    for pack in PACKS {
        let (count, under_baseline) = refused(pack.name, &baseline);
        let (_, under_restricted) = refused(pack.name, &restricted);
        let (_, under_privileged) = refused(pack.name, &builtin_policy("privileged"));
        assert!(under_privileged.is_empty(), "{}: {}", pack.name, under_privileged[0]);
        cases += count;
        passing.0 += usize::from(under_baseline.is_empty());
        passing.1 += usize::from(under_restricted.is_empty());
        let name = pack.name;
        writeln!(table, "| [{name}](packs.md#{name}) | {} | {} |", cell(&under_baseline), cell(&under_restricted))
            .expect("a string");
    }
    assert!(cases > 100, "{cases} cases of packs");
    assert!(passing.0 > PACKS.len() / 2 && passing.1 > 4, "{passing:?} packs pass");
    let page = root().join("docs/policy.md");
    let text = fs::read_to_string(&page).expect("the page");
    let (before, after) = text.split_once(MADE).expect("the page has the line before what is made");
    let rest = after.find("\n## ").map_or("", |at| &after[at..]);
    let made = format!("{before}{MADE}{table}{rest}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(page, made).expect("the page is written");
    } else {
        assert!(text == made, "docs/policy.md is not of rules/ any more: BLESS=1 cargo test --test policy");
    }
}

/// The domain of what is tried, with what KubeVirt puts there.
const DOMAIN: &str = r#"<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>default_vm</name>
  <uuid>6e5a1e6e-0000-4000-8000-000000000000</uuid>
  <os><type machine="q35">hvm</type><loader readonly="yes" type="pflash">/usr/share/OVMF/OVMF_CODE.fd</loader></os>
  <sysinfo type="smbios"><system><entry name="uuid">6e5a</entry></system></sysinfo>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type="file" device="disk"><source file="/var/run/kubevirt-private/vmi-disks/a/disk.img"/>
      <target dev="vda" bus="virtio"/><driver name="qemu" type="raw" cache="none"/><alias name="ua-a"/></disk>
    <interface type="ethernet"><target dev="tap0" managed="no"/><model type="virtio-non-transitional"/>
      <mac address="02:00:00:00:00:01"/><alias name="ua-default"/></interface>
    <serial type="unix"><source mode="bind" path="/var/run/kubevirt-private/u/virt-serial0"/><target port="0"/></serial>
    <graphics type="vnc"><listen type="socket" socket="/var/run/kubevirt-private/u/virt-vnc"/></graphics>
    <video><model type="vga" vram="16384"/></video>
    <memballoon model="none"/>
    <rng model="virtio"><backend model="random">/dev/urandom</backend></rng>
  </devices>
  <qemu:commandline/>
</domain>"#;

fn is_allowed(policies: &Policies, (old, new): (&str, &str)) -> bool {
    let after = DOMAIN.replacen(old, new, 1);
    assert_ne!(after, DOMAIN, "{old} is not in the domain");
    policies.judge_domain(DOMAIN, &after).is_ok()
}

/// Ways out of a VM, each an edit of the domain.
#[test]
fn what_leads_out_of_a_vm_is_refused() {
    let devices = |xml: &'static str| ("<memballoon model=\"none\"/>", xml);
    let arguments = |xml: &'static str| ("<qemu:commandline/>", xml);
    let attacks = [
        ("<emulator>/usr/bin/qemu-system-x86_64<", "<emulator>/bin/sh<"),
        ("<emulator>/usr/bin/qemu-system-x86_64</emulator>", ""),
        ("type=\"kvm\"", "type=\"test\""),
        ("<name>default_vm<", "<name>other<"),
        (
            "<sysinfo type=\"smbios\">",
            "<sysinfo type=\"fwcfg\"><entry name=\"opt/x\" file=\"/etc/shadow\"/></sysinfo><sysinfo type=\"smbios\">",
        ),
        ("<entry name=\"uuid\">", "<entry name=\"uuid\" file=\"/etc/shadow\">"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/var/run/kubevirt-private/vmi-disks/a/evil.fd"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/../../tmp/evil.fd"),
        ("<loader", "<nvram template=\"/etc/shadow\"/><loader"),
        ("<loader", "<kernel>/etc/shadow</kernel><loader"),
        ("<loader", "<acpi><table type=\"slic\">/etc/shadow</table></acpi><loader"),
        ("/var/run/kubevirt-private/vmi-disks/a/disk.img", "/etc/shadow"),
        ("type=\"raw\" cache", "type=\"qcow2\" cache"),
        ("device=\"disk\"", "device=\"lun\""),
        ("device=\"disk\"", "device=\"disk\" rawio=\"yes\""),
        (
            "<target dev=\"vda\"",
            "<backingStore type=\"file\"><format type=\"raw\"/><source file=\"/etc/shadow\"/></backingStore><target dev=\"vda\"",
        ),
        ("<mac address", "<script path=\"/bin/sh\"/><mac address"),
        ("<mac address", "<downscript path=\"/bin/sh\"/><mac address"),
        (
            "<source mode=\"bind\" path=\"/var/run/kubevirt-private/u/virt-serial0\"/>",
            "<source mode=\"connect\" host=\"10.0.0.1\" service=\"22\"/>",
        ),
        (
            "<listen type=\"socket\" socket=\"/var/run/kubevirt-private/u/virt-vnc\"/>",
            "<listen type=\"address\" address=\"0.0.0.0\"/>",
        ),
        ("<model type=\"vga\" vram=\"16384\"/>", "<model type=\"vga\"/><driver vgaconf=\"on\"/>"),
        (
            "<model type=\"vga\" vram=\"16384\"/>",
            "<model type=\"virtio\"><acceleration rendernode=\"/dev/dri/renderD128\"/></model>",
        ),
        devices("<hostdev mode=\"subsystem\" type=\"pci\"><source><address bus=\"1\"/></source></hostdev>"),
        devices("<hostdev mode=\"subsystem\" type=\"usb\"><source><vendor id=\"1\"/></source></hostdev>"),
        devices(
            "<filesystem><driver type=\"virtiofs\"/><binary path=\"/bin/sh\"/><source dir=\"/\"/><target dir=\"root\"/></filesystem>",
        ),
        devices("<input type=\"evdev\"><source dev=\"/dev/input/event0\"/></input>"),
        devices("<disk type=\"block\"><source dev=\"/dev/sda\"/><target dev=\"vdb\"/><alias name=\"ua-b\"/></disk>"),
        devices(
            "<disk type=\"network\"><source protocol=\"nbd\" name=\"x\"><host name=\"10.0.0.1\"/></source><target dev=\"vdb\"/></disk>",
        ),
        devices("<interface type=\"bridge\"><source bridge=\"br0\"/></interface>"),
        devices("<interface type=\"vhostuser\"><source type=\"unix\" path=\"/run/x\" mode=\"client\"/></interface>"),
        devices("<serial type=\"tcp\"><source mode=\"bind\" host=\"0.0.0.0\" service=\"1\"/></serial>"),
        devices("<serial type=\"dev\"><source path=\"/dev/ttyS0\"/></serial>"),
        devices("<serial type=\"pty\"><log file=\"/etc/passwd\"/></serial>"),
        devices("<rng model=\"virtio\"><backend model=\"random\">/dev/sda</backend></rng>"),
        devices("<rng model=\"virtio\"><backend model=\"egd\" type=\"tcp\"><source host=\"a\"/></backend></rng>"),
        devices("<tpm model=\"tpm-crb\"><backend type=\"passthrough\"><device path=\"/dev/tpm0\"/></backend></tpm>"),
        devices("<shmem name=\"x\"><server path=\"/run/x\"/></shmem>"),
        devices("<memory model=\"nvdimm\"><source><path>/etc/shadow</path></source></memory>"),
        devices("<smartcard mode=\"host-certificates\"><database>/etc</database></smartcard>"),
        devices("<vsock model=\"virtio\"><cid auto=\"yes\"/></vsock>"),
        devices("<interface type=\"user\"><backend type=\"passt\" logFile=\"/etc/passwd\"/></interface>"),
        devices("<graphics type=\"dbus\" address=\"unix:path=/run/x\"/>"),
        arguments("<qemu:commandline><qemu:arg value=\"-S\"/></qemu:commandline>"),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-fw_cfg\"/><qemu:arg value=\"name=opt/x,file=/etc/shadow\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-fw_cfg\"/><qemu:arg value=\"name=opt/x,string=a,file=/etc/shadow\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"--fw_cfg\"/><qemu:arg value=\"name=opt/x,file=/etc/shadow\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-smbios\"/><qemu:arg value=\"file=/etc/shadow\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-smbios\"/><qemu:arg value=\"type=11,path=/etc/shadow\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-device\"/><qemu:arg value=\"virtio-rng-pci,romfile=/etc/shadow\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-global\"/><qemu:arg value=\"virtio-net-pci.romfile=/etc/shadow\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-netdev\"/><qemu:arg value=\"tap,id=a,script=/bin/sh\"/></qemu:commandline>",
        ),
        arguments("<qemu:commandline><qemu:env name=\"LD_PRELOAD\" value=\"/tmp/x.so\"/></qemu:commandline>"),
        arguments(
            "<q:commandline xmlns:q=\"http://libvirt.org/schemas/domain/qemu/1.0\"><q:arg value=\"-S\"/></q:commandline>",
        ),
        arguments("<qemu:capabilities><qemu:del capability=\"seccomp\"/></qemu:capabilities>"),
        arguments(
            "<qemu:override><qemu:device alias=\"ua-a\"><qemu:frontend><qemu:property name=\"romfile\" type=\"string\" value=\"/etc/shadow\"/></qemu:frontend></qemu:device></qemu:override>",
        ),
        // libvirt asks for attributes by their local name
        ("<entry name=\"uuid\">", "<entry xmlns:x=\"urn:x\" name=\"uuid\" x:file=\"/etc/shadow\">"),
        devices(
            "<serial xmlns:x=\"urn:x\" type=\"unix\"><source x:path=\"/var/run/libvirt/virtqemud-sock\"/></serial>",
        ),
        devices("<input xmlns:x=\"urn:x\" type=\"tablet\" x:type=\"evdev\"/>"),
        devices("<x:input xmlns:x=\"urn:x\" type=\"tablet\"/>"),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-cpu\"/><qemu:arg value=\"-cpu\"/><qemu:arg value=\"-s\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-cpu\"/></qemu:commandline><qemu:commandline><qemu:arg value=\"-cpu\"/><qemu:arg value=\"-s\"/></qemu:commandline>",
        ),
        arguments(
            "<qemu:commandline><qemu:arg value=\"-fw_cfg\"/><qemu:arg value=\"-fw_cfg\"/><qemu:arg value=\"name=opt/x,string=a\"/></qemu:commandline>",
        ),
        devices("<pstore backend=\"acpi-erst\"><path>/etc/shadow</path></pstore>"),
        devices(
            "<disk type=\"nvme\"><source type=\"pci\" namespace=\"1\"><address bus=\"1\"/></source><target dev=\"vdb\"/></disk>",
        ),
        devices("<interface type=\"ethernet\"><backend tap=\"/dev/sda\" vhost=\"/dev/kvm\"/></interface>"),
        devices("<audio id=\"1\" type=\"oss\"><input dev=\"/dev/sda\"/></audio>"),
        devices("<graphics type=\"vnc\" port=\"5901\"/>"),
        devices("<interface type=\"user\"/>"),
        devices("<interface><model type=\"virtio\"/></interface>"),
        arguments("<seclabel type=\"none\"/>"),
        arguments("<launchSecurity type=\"sev\"/>"),
        arguments("<resource><partition>/x</partition></resource>"),
        arguments("<x:namespace xmlns:x=\"http://libvirt.org/schemas/domain/lxc/1.0\"/>"),
    ];
    for name in ["baseline", "restricted"] {
        let policies = builtin_policy(name);
        let through: Vec<&str> =
            attacks.iter().filter(|&&attack| is_allowed(&policies, attack)).map(|&(_, new)| new).collect();
        assert!(through.is_empty(), "{name} lets through:\n{}", through.join("\n"));
    }
    assert!(attacks.iter().all(|&attack| is_allowed(&builtin_policy("privileged"), attack)));
}

/// Edits that both leave alone.
#[test]
fn what_tunes_a_vm_is_allowed() {
    let harmless = [
        ("<acpi/>", "<acpi/><apic/><kvm><hidden state=\"on\"/></kvm>"),
        ("<system>", "<baseBoard><entry name=\"manufacturer\">ACME</entry></baseBoard><system>"),
        ("cache=\"none\"", "cache=\"writeback\" queues=\"4\""),
        ("vram=\"16384\"", "vram=\"65536\""),
        ("<memballoon model=\"none\"/>", "<memballoon model=\"virtio\"/>"),
        ("<memballoon model=\"none\"/>", "<memballoon model=\"none\"/><watchdog model=\"i6300esb\" action=\"reset\"/>"),
        ("<memballoon model=\"none\"/>", "<memballoon model=\"none\"/><input type=\"tablet\" bus=\"usb\"/>"),
        ("<features>", "<cpu mode=\"host-passthrough\"/><features>"),
        (
            "<qemu:commandline/>",
            "<qemu:commandline><qemu:arg value=\"-fw_cfg\"/><qemu:arg value=\"name=opt/org.example/a,string=b\"/></qemu:commandline>",
        ),
    ];
    for name in ["baseline", "restricted"] {
        let policies = builtin_policy(name);
        let stopped: Vec<&str> =
            harmless.iter().filter(|&&edit| !is_allowed(&policies, edit)).map(|&(_, new)| new).collect();
        assert!(stopped.is_empty(), "{name} refuses:\n{}", stopped.join("\n"));
    }
}

#[test]
fn they_are_found_by_name() {
    for policy in BUILTIN {
        let named = load::policies(&[format!("builtin:{}", policy.name).into()]).expect("a policy");
        assert_eq!(named.iter().map(|policy| policy.name.as_str()).collect::<Vec<_>>(), [policy.name]);
    }
    let problems = load::policies(&["builtin:restrited".into()]).expect_err("no such policy");
    assert_eq!(problems[0].code, Code::UnknownPolicy);
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `restricted`?"));
    assert!(load::policies(&["no/such/policy.yaml".into()]).is_err(), "a policy that is not there is no policy");
}
