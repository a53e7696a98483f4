//! What tells libvirt's repeated elements apart, for `merge`.

use super::KeyPath;

/// Element name and its keys, the surest first; a key of several paths takes them together.
const KEYS: [(&str, &[&[&str]]); 33] = [
    ("arg", &[]),
    ("boot", &[&["@dev"]]),
    ("cachetune", &[&["@vcpus"]]),
    ("cell", &[&["@id"]]),
    ("channel", &[&["target/@name"], &["alias/@name"]]),
    ("console", &[&["target/@type", "target/@port"], &["alias/@name"]]),
    ("controller", &[&["@type", "@index"], &["alias/@name"]]),
    ("disk", &[&["target/@dev"], &["alias/@name"]]),
    ("emulatorpin", &[]),
    ("entry", &[&["@name"]]),
    ("env", &[&["@name"]]),
    ("feature", &[&["@name"]]),
    ("filesystem", &[&["target/@dir"], &["alias/@name"]]),
    ("graphics", &[&["@type"]]),
    ("host", &[&["@name", "@port"], &["@name"]]),
    ("hostdev", &[&["alias/@name"]]),
    ("input", &[&["@type", "@bus"]]),
    ("interface", &[&["alias/@name"], &["mac/@address"], &["target/@dev"]]),
    ("iothread", &[&["@id"]]),
    ("iothreadpin", &[&["@iothread"]]),
    ("listen", &[&["@type"]]),
    ("memnode", &[&["@cellid"]]),
    ("page", &[&["@nodeset"], &["@size"]]),
    ("parallel", &[&["target/@port"], &["alias/@name"]]),
    ("portForward", &[&["@proto"]]),
    ("property", &[&["@name"]]),
    ("range", &[&["@start"]]),
    ("serial", &[&["target/@port"], &["alias/@name"]]),
    ("shmem", &[&["@name"]]),
    ("tag", &[&["@id"]]),
    ("timer", &[&["@name"]]),
    ("vcpu", &[&["@id"]]),
    ("vcpupin", &[&["@vcpu"]]),
];

/// The built-in keys of an element name; a device that is not listed goes by its alias.
pub fn builtin_keys(name: &str) -> impl Iterator<Item = Vec<KeyPath>> {
    let known = KEYS.iter().find(|(known, _)| *known == name).map(|(_, keys)| *keys);
    let keys = known.unwrap_or(&[&["@alias"], &["alias/@name"]]);
    keys.iter().map(|paths| paths.iter().filter_map(|path| KeyPath::parse(path)).collect())
}
