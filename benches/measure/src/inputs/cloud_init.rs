//! Cloud-init data and VMIs.

use std::fmt::Write;

/// `cloudInitData` as KubeVirt sends it, whose user data writes so many files.
pub fn data(files: usize) -> String {
    let mut user =
        "#cloud-config\\n# Kept as its author wrote it.\\nhostname: edward\\npackages:\\n  - qemu-guest-agent\\n"
            .to_owned();
    if files > 0 {
        user += "write_files:\\n";
    }
    for n in 0..files {
        user += &format!(
            "  - path: /etc/app/{n}.conf   # the app reads all of them\\n    permissions: '0644'\\n    content: |\\n      listen = {n}\\n      name = app{n}\\n"
        );
    }
    let network = "version: 2\\nethernets:\\n  eth0:\\n    dhcp4: false\\n";
    format!(
        r#"{{"DataSource":"noCloud","NoCloudMetaData":{{"instance-id":"edward.anime","local-hostname":"edward"}},"UserData":"{user}","NetworkData":"{network}","VolumeName":"cloudinit"}}"#
    )
}

/// A VMI with so many disks, every second one on virtio, and the annotations that KubeVirt's users set.
pub fn vmi(disks: usize) -> String {
    let mut list = String::new();
    for n in 0..disks {
        let comma = if n == 0 { "" } else { "," };
        let bus = if n % 2 == 0 { "virtio" } else { "sata" };
        // Writing to a String does not fail.
        let _ = write!(list, r#"{comma}{{"name":"disk{n}","disk":{{"bus":"{bus}"}},"bootOrder":{}}}"#, n + 1);
    }
    format!(
        r#"{{"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstance","metadata":{{"name":"edward","namespace":"anime","annotations":{{"smbios.vm.kubevirt.io/baseBoardManufacturer":"Radical Edward"}}}},"spec":{{"domain":{{"cpu":{{"cores":2}},"devices":{{"disks":[{list}]}}}}}}}}"#
    )
}
