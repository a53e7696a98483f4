//! A policy that the allow list requires of an image's arguments.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic};
use crate::hook::SidecarOptions;
use crate::hook::options::SOCKET_DIR;
use crate::manifest::HookSidecar;
use crate::policy;

use super::mounts::{HOOK_FILES, RULES_FOLDER};

/// What names a policy of this release.
const BUILTIN: &str = "builtin:";

/// What `--policy` must name: `builtin:NAME`, or the absolute path of a policy in the image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredPolicy(String);

impl RequiredPolicy {
    /// Reads it as it stands in the allow list.
    ///
    /// # Errors
    /// In words: no built-in policy of this name, no plain absolute path, or one at which a VM's owner may have a file of their own.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix(BUILTIN) {
            policy::find(name).map_err(|problem| problem.message)?;
        } else if !is_plain(text) {
            // `$(NAME)` would be replaced in a container's arguments.
            return Err(
                "it is no `builtin:NAME` and no absolute path of letters, digits, `.`, `_`, `-` and `/`".to_owned()
            );
        } else if is_for_others(Path::new(text)) {
            return Err("a VM's owner may mount or write a file of their own there".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether the sidecar's options name it. Whatever else they name only narrows.
    fn is_named(&self, options: &SidecarOptions) -> bool {
        options.policies.iter().any(|named| named.as_os_str() == OsStr::new(&self.0))
    }
}

impl fmt::Display for RequiredPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path as it may be written into `--policy` and into the list: one spelling, and none that anything replaces.
fn is_plain(path: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_name = |name: &str| !matches!(name, "" | "." | "..") && name.chars().all(is_word);
    path.strip_prefix('/').is_some_and(|names| names.split('/').all(is_name))
}

/// Where ConfigMaps are mounted by who owns the VM, and the folder that all containers of the pod write to.
fn is_for_others(path: &Path) -> bool {
    // Where `/var/run` is a link to it, as in most images.
    let linked = SOCKET_DIR.strip_prefix("/var").unwrap_or(SOCKET_DIR);
    HOOK_FILES.iter().any(|file| path == Path::new(file))
        || [RULES_FOLDER, SOCKET_DIR, linked].iter().any(|folder| path.starts_with(folder))
}

/// What is wrong where a sidecar's arguments name none of the policies that are required. They are read as the sidecar reads
/// them, so an argument that is another one's value names nothing.
pub(super) fn missing(sidecar: &HookSidecar, required: &[&RequiredPolicy]) -> Option<Diagnostic> {
    let first = required.first()?;
    let arguments = sidecar.arguments.iter().map(|argument| &argument.text);
    let options = SidecarOptions::parse(arguments, |_| None);
    if required.iter().any(|policy| policy.is_named(&options)) {
        return None;
    }
    let names = required.iter().map(|policy| format!("`{policy}`")).collect::<Vec<_>>().join(" or ");
    let message = format!("the allow list requires that the arguments of this image name the policy {names}");
    let help = format!("put \"--policy\", \"{first}\" at the beginning of `args`");
    Some(Diagnostic::error(Code::MissingPolicy, message).at(sidecar.location.clone()).help(help))
}
