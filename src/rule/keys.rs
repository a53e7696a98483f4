//! What tells libvirt's repeated elements apart, for `merge`.

use std::sync::LazyLock;

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

/// A key: paths that count together.
type Key = Vec<KeyPath>;

/// [`KEYS`] as read, and the keys of an element that is not listed.
struct Keys {
    listed: Vec<(&'static str, Vec<Key>)>,
    others: Vec<Key>,
}

/// Read when a merge first asks.
static READ: LazyLock<Keys> = LazyLock::new(|| {
    let read = |keys: &[&[&str]]| {
        let key = |paths: &&[&str]| paths.iter().filter_map(|path| KeyPath::parse(path)).collect();
        keys.iter().map(key).collect()
    };
    Keys {
        listed: KEYS.iter().map(|&(name, keys)| (name, read(keys))).collect(),
        others: read(&[&["@alias"], &["alias/@name"]]),
    }
});

/// The built-in keys of an element name; a device that is not listed goes by its alias.
pub fn builtin_keys(name: &str) -> &'static [Vec<KeyPath>] {
    let listed = READ.listed.iter().find(|(listed, _)| *listed == name);
    listed.map_or(&READ.others, |(_, keys)| keys)
}
