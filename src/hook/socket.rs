//! The life of a listening socket's file.
//!
//! virt-launcher dials every file of its folder, except sub-folders, so a file may appear there only
//! when it can be connected to. A socket is therefore bound inside a hidden sub-folder, where it begins
//! to listen, and then renamed: the listener goes with the file. What is removed at the end is the
//! file that was made, known by its inode, never one that a successor put in its place.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

/// The longest path of a unix socket in bytes: `sun_path` with its final NUL has 108 (unix(7)).
const MAX_PATH: usize = 107;
/// The longest part of a socket's name that is taken from the container's.
const MAX_STEM: usize = 40;
/// How long a socket of an earlier run may take to show that someone listens.
const PROBE: Duration = Duration::from_millis(250);

/// A socket could not be made.
#[derive(Debug)]
pub struct SocketError {
    path: PathBuf,
    doing: &'static str,
    source: io::Error,
}

impl SocketError {
    fn new(path: &Path, doing: &'static str, source: io::Error) -> Self {
        Self { path: path.to_owned(), doing, source }
    }
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: cannot {}: {}", self.path.display(), self.doing, self.source)
    }
}

impl std::error::Error for SocketError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A socket's file. Dropping it removes the file, if it is still the one that was made.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Listens in the folder that virt-launcher scans, under a name that no other sidecar of the pod has:
/// virt-launcher tells sockets apart by their file name alone. Removes what earlier runs of the same
/// container left.
pub(super) async fn bind_in(folder: &Path, container: &str) -> Result<(UnixListener, SocketFile), SocketError> {
    let stem = stem(container);
    remove_stale(folder, &stem).await;
    bind_as(&folder.join(format!("{stem}-{}.sock", random())))
}

/// Listens at exactly this path, replacing what lies there.
pub(super) fn bind_at(path: &Path) -> Result<(UnixListener, SocketFile), SocketError> {
    let refuse = |why| Err(SocketError::new(path, "listen", io::Error::new(ErrorKind::InvalidInput, why)));
    if path.extension() != Some("sock".as_ref()) {
        return refuse("KubeVirt wants a name that ends in .sock");
    }
    if path.is_dir() && !path.is_symlink() {
        return refuse("it is a folder");
    }
    if fs::symlink_metadata(path).is_ok_and(|there| !there.file_type().is_socket() && !there.is_symlink()) {
        return refuse("something that is no socket lies there");
    }
    bind_as(path)
}

fn bind_as(path: &Path) -> Result<(UnixListener, SocketFile), SocketError> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let hidden = folder.join(format!(".{}", random()));
    let first = hidden.join("s");
    for candidate in [path, &first] {
        let length = candidate.as_os_str().as_bytes().len();
        if length > MAX_PATH {
            let why = format!("the path has {length} bytes, a unix socket's at most {MAX_PATH}: use a shorter folder");
            return Err(SocketError::new(candidate, "listen", io::Error::new(ErrorKind::InvalidInput, why)));
        }
    }
    fs::DirBuilder::new().mode(0o700).create(&hidden).map_err(|e| SocketError::new(folder, "write here", e))?;
    let bound = UnixListener::bind(&first).and_then(|listener| {
        let identity = identity(&first)?;
        fs::rename(&first, path)?;
        Ok((listener, SocketFile { path: path.to_owned(), identity }))
    });
    if bound.is_err() {
        let _ = fs::remove_file(&first);
    }
    let _ = fs::remove_dir(&hidden);
    bound.map_err(|e| SocketError::new(path, "listen", e))
}

/// Removes sockets of this container on which nobody listens any more: each would cost every pass of
/// virt-launcher two seconds. What cannot be looked at or removed stays.
async fn remove_stale(folder: &Path, stem: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| is_named_by(name, stem));
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_socket()) {
            continue;
        }
        let path = entry.path();
        let before = identity(&path).ok();
        let refused = matches!(
            tokio::time::timeout(PROBE, UnixStream::connect(&path)).await,
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused
        );
        if refused && before.is_some() && identity(&path).ok() == before {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether `bind_in` gives such names to the container: `STEM-xxxxxxxx.sock`.
fn is_named_by(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem)
        .and_then(|rest| rest.strip_prefix('-'))
        .and_then(|rest| rest.strip_suffix(".sock"))
        .is_some_and(|random| random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The container's name as part of a file name.
fn stem(container: &str) -> String {
    let stem: String = container
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .take(MAX_STEM)
        .collect();
    if stem.is_empty() { "virt-patch".to_owned() } else { stem }
}

/// Eight hexadecimal digits: the standard library seeds a `RandomState` from the system's randomness.
fn random() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:08x}", hasher.finish() >> 32)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_whatever_the_container_is_called() {
        assert_eq!(stem("hook-sidecar-0"), "hook-sidecar-0");
        assert_eq!(stem("../é/x"), "-----x");
        assert_eq!(stem(""), "virt-patch");
        assert_eq!(stem(&"a".repeat(300)).len(), MAX_STEM);
    }

    #[test]
    fn another_container_with_a_longer_number_is_not_ours() {
        assert!(is_named_by("hook-sidecar-1-0123abcd.sock", "hook-sidecar-1"));
        assert!(!is_named_by("hook-sidecar-10-0123abcd.sock", "hook-sidecar-1"));
        assert!(!is_named_by("hook-sidecar-1-shim.sock", "hook-sidecar-1"));
    }
}
