//! Names as Kubernetes has them, and those that KubeVirt has taken.

use super::launcher;

/// The most characters of a label.
const MAX_LABEL: usize = 63;

/// Whether a text is a label of RFC 1123, section 2.1, in lower case: a namespace, a container, a piece of a path.
pub fn is_dns_label(text: &str) -> bool {
    let is_inner = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
    !text.is_empty()
        && text.len() <= MAX_LABEL
        && text.chars().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The most characters of a prefix before a label's name: a DNS subdomain (RFC 1123).
const MAX_PREFIX: usize = 253;

/// Labels that virt-controller gives pods of VMs itself, whatever their VMI has.
const OF_VIRT_CONTROLLER: [&str; 4] =
    ["kubevirt.io/created-by", "sidecar.istio.io/inject", "vm.kubevirt.io/name", "vmi.kubevirt.io/id"];

/// Containers of virt-launcher's pods.
const CONTAINERS: [&str; 3] = ["compute", "container-disk-binary", "guest-console-log"];
/// What begins the names of containers that there is one of for each disk, sidecar or file system.
const NUMBERED_CONTAINERS: [&str; 3] = ["hook-sidecar-", "virtiofs-", "volume"];

/// Whether pods of VMs can be chosen by a label, which is a VM's own that virt-controller copies.
///
/// # Errors
/// In words: the API server takes no such key or value, or it is not the same on the VMI and its pod.
pub fn check_vm_label(key: &str, value: &str) -> Result<(), String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_prefix = |prefix: &str| prefix.len() <= MAX_PREFIX && prefix.split('.').all(is_dns_label);
    if !prefix.is_none_or(is_prefix) || name.is_empty() || !is_label_value(name) {
        return Err(format!("{key:?} is no label's key: [PREFIX/]NAME, as in vm.example/tier"));
    }
    if !is_label_value(value) {
        return Err(format!("{value:?} is no label's value: at most 63 letters, digits, -, _ and ."));
    }
    if key == launcher::LABEL.0 {
        return Err(format!("{key:?} tells the pods of VMs apart already"));
    }
    if OF_VIRT_CONTROLLER.contains(&key) {
        return Err(format!(
            "{key:?} is a label that virt-controller sets on pods itself: the VM's and the pod's would differ, and \
             virt-launcher would wait for a sidecar that its pod does not get"
        ));
    }
    Ok(())
}

fn is_label_value(text: &str) -> bool {
    let at_ends = |char: Option<char>| char.is_none_or(|char| char.is_ascii_alphanumeric());
    text.len() <= MAX_LABEL
        && text.chars().all(|char| char.is_ascii_alphanumeric() || "-_.".contains(char))
        && at_ends(text.chars().next())
        && at_ends(text.chars().next_back())
}

/// Whether a container may have this name beside those of KubeVirt.
///
/// # Errors
/// In words: no DNS label, or one that a container of virt-launcher's pods has or may have.
pub fn check_container_name(name: &str) -> Result<(), String> {
    if !is_dns_label(name) {
        return Err("a name has at most 63 of a-z, 0-9 and -, and no - at its ends".to_owned());
    }
    if CONTAINERS.contains(&name) || NUMBERED_CONTAINERS.iter().any(|start| name.starts_with(start)) {
        return Err(format!("KubeVirt's own containers are called `{name}`, or may be; choose another name"));
    }
    Ok(())
}
