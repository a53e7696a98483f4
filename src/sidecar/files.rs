//! The files of `spec.files`: written before the sidecar listens, to a folder beside the sockets, and known by the path
//! at which libvirt sees them.
//!
//! Both containers can write to that folder, so nothing in it is trusted: the folder is opened once and known by its
//! inode, files are reached through what was opened, and no name that lies there is followed or written to.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::Surroundings;
use crate::hook::SidecarOptions;
use crate::hook::options::SOCKET_DIR;
use crate::rule::{ContainerFile, FILES_LIMIT, FileContent, RuleSet};
use crate::surroundings::{Machine, open_regular};

/// The folder's name. virt-launcher dials every file beside the sockets, but no folder.
const FOLDER: &str = "files";

/// Its permissions: libvirt and QEMU, whoever they run as, only read in it.
const FOLDER_MODE: u32 = 0o755;

/// The most bytes of a file: firmware and ROMs have a few megabytes.
const FILE_LIMIT: u64 = 16 << 20;

/// The most bytes of all files together: they lie on the node's disk, as the pod's ephemeral storage.
const TOTAL_LIMIT: u64 = 64 << 20;

/// The machine as rules in a pod see it, and where the pod's containers meet.
#[derive(Debug, Clone)]
pub(super) struct Pod {
    /// Where files are written.
    folder: PathBuf,
    /// The same folder as libvirt sees it.
    seen: String,
}

impl Pod {
    /// KubeVirt mounts one volume in both containers, of which a hook sidecar has the part that is called as its
    /// container; releases that give it all of it do not say `CONTAINER_NAME` either. What a plugin's socket lies in,
    /// and any other folder, is taken to have one path in both.
    pub(super) fn new(options: &SidecarOptions) -> Self {
        let default = Path::new(SOCKET_DIR);
        let shared = match (&options.plugin_socket, &options.socket_dir) {
            (Some(socket), _) => socket.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")),
            (None, Some(folder)) => folder.as_path(),
            (None, None) => default,
        };
        let seen = match &options.container {
            Some(container) if shared == default => default.join(container),
            _ => shared.to_owned(),
        };
        Self { folder: shared.join(FOLDER), seen: seen.join(FOLDER).to_string_lossy().into_owned() }
    }

    /// Writes the files of all rule sets, anew where they are there already. Nothing is written where two sets do not
    /// agree.
    pub(super) fn write(&self, sets: &[RuleSet]) -> Vec<Diagnostic> {
        let files = match distinct(sets) {
            Ok(files) => files,
            Err(problem) => return vec![problem],
        };
        let Some(first) = files.first() else { return Vec::new() };
        let folder = match Folder::open(&self.folder) {
            Ok(folder) => folder,
            Err(why) => {
                let why = format!("cannot be written: `{}` {why}", self.folder.display());
                return vec![problem(first, &why)];
            }
        };
        let mut problems = Vec::new();
        let mut left = TOTAL_LIMIT;
        for file in files {
            match folder.write(file, left) {
                Ok(length) => left -= length,
                Err(why) => problems.push(problem(file, &why)),
            }
        }
        problems
    }
}

/// The files of all rule sets. Two sets may bring one of the same name where it is the same.
fn distinct(sets: &[RuleSet]) -> Result<Vec<&ContainerFile>, Diagnostic> {
    let mut files: Vec<&ContainerFile> = Vec::new();
    for file in sets.iter().flat_map(|set| set.files.iter()) {
        match files.iter().find(|known| known.name == file.name) {
            Some(known) if known.content == file.content && known.mode == file.mode => {}
            Some(known) => {
                let problem = problem(file, "is another one than that of the same name");
                return Err(problem.related(known.location.clone(), "the other one").help("give one another name"));
            }
            None if files.len() == FILES_LIMIT => {
                return Err(problem(file, &format!("is one too many: a sidecar writes at most {FILES_LIMIT}")));
            }
            None => files.push(file),
        }
    }
    Ok(files)
}

fn problem(file: &ContainerFile, why: &str) -> Diagnostic {
    let message = format!("the file `{}` {why}", file.name);
    Diagnostic::error(Code::ContainerFile, message).at(file.location.clone())
}

/// The folder that files are written to, opened.
struct Folder {
    /// Keeps `path` meaning what was opened.
    _open: File,
    /// A path of its own, that leads to what was opened whatever lies at its name by now.
    path: PathBuf,
}

impl Folder {
    /// Makes the folder where it is not there yet.
    fn open(path: &Path) -> Result<Self, String> {
        let failed = |error: io::Error| format!("cannot be made: {error}");
        match DirBuilder::new().mode(FOLDER_MODE).create(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        let there = fs::symlink_metadata(path).map_err(failed)?;
        if !there.is_dir() {
            return Err("is no folder, and what lies there is not followed".to_owned());
        }
        let open = File::open(path).map_err(failed)?;
        let opened = open.metadata().map_err(failed)?;
        if (opened.dev(), opened.ino()) != (there.dev(), there.ino()) {
            return Err("was exchanged for something else".to_owned());
        }
        // Whatever the process's umask is, the other container looks in, and only this one writes.
        if opened.permissions().mode() & 0o777 != FOLDER_MODE {
            open.set_permissions(Permissions::from_mode(FOLDER_MODE)).map_err(failed)?;
        }
        let path = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
        Ok(Self { _open: open, path })
    }

    /// Writes a file, of at most `left` bytes, under a name that nobody looks for, then renames it: whoever reads the
    /// file has the old one or the new one, whole. Gives its length.
    fn write(&self, file: &ContainerFile, left: u64) -> Result<u64, String> {
        let failed = |error: io::Error| format!("cannot be written: {error}");
        let new = self.path.join(format!(".{}.new", file.name));
        // What a process that was stopped in between left.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut out = File::options().write(true).create_new(true).mode(0o600).open(&new).map_err(failed)?;
        let written = fill(&mut out, &file.content, left).and_then(|length| {
            out.set_permissions(Permissions::from_mode(file.mode)).map_err(failed)?;
            fs::rename(&new, self.path.join(&file.name)).map_err(failed)?;
            Ok(length)
        });
        if written.is_err() {
            _ = fs::remove_file(&new);
        }
        written
    }
}

/// Writes what is in a file, and gives its length.
fn fill(out: &mut File, content: &FileContent, left: u64) -> Result<u64, String> {
    let limit = FILE_LIMIT.min(left);
    let length = match content {
        FileContent::Bytes(bytes) => {
            out.write_all(bytes).map_err(|error| format!("cannot be written: {error}"))?;
            bytes.len() as u64
        }
        FileContent::File(path) => match open_regular(path) {
            Ok(Some((from, _))) => {
                io::copy(&mut from.take(limit + 1), out).map_err(|error| format!("cannot be copied: {error}"))?
            }
            Ok(None) => return Err(format!("has no content: there is no `{path}`")),
            Err(why) => return Err(format!("has no content: `{path}` {why}")),
        },
    };
    if length <= limit {
        return Ok(length);
    }
    Err(match limit == FILE_LIMIT {
        true => format!("has more than {} MiB", FILE_LIMIT >> 20),
        false => format!("is too large: all files together have more than {} MiB", TOTAL_LIMIT >> 20),
    })
}

impl Surroundings for Pod {
    fn env(&self, name: &str) -> Option<String> {
        Machine.env(name)
    }

    fn envs(&self, prefix: &str) -> Vec<(String, String)> {
        Machine.envs(prefix)
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Machine.file(path)
    }

    fn file_exists(&self, path: &str) -> bool {
        Machine.file_exists(path)
    }

    fn files_folder(&self) -> &str {
        &self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libvirt_sees_the_folder_where_it_is_mounted() {
        let seen = |arguments: &[&str], container: Option<&str>| {
            let options = SidecarOptions::parse(arguments, |name| {
                container.filter(|_| name == "CONTAINER_NAME").map(ToOwned::to_owned)
            });
            let pod = Pod::new(&options);
            (pod.folder.to_string_lossy().into_owned(), pod.seen)
        };
        let both = |written: &str, seen: &str| (written.to_owned(), seen.to_owned());
        let hooks = "/var/run/kubevirt-hooks/files";
        assert_eq!(seen(&[], Some("hook-sidecar-0")), both(hooks, crate::engine::FILES_FOLDER));
        assert_eq!(seen(&[], Some("hook-sidecar-3")), both(hooks, "/var/run/kubevirt-hooks/hook-sidecar-3/files"));
        assert_eq!(seen(&[], None), both(hooks, hooks));
        let default = ["--socket-dir", "/var/run/kubevirt-hooks/"];
        assert_eq!(seen(&default, Some("x")), both(hooks, "/var/run/kubevirt-hooks/x/files"));
        assert_eq!(seen(&["--socket-dir", "/srv/s"], Some("x")), both("/srv/s/files", "/srv/s/files"));
        let plugin = ["--plugin-socket", "/var/run/kubevirt-plugin/p/a.sock"];
        let folder = "/var/run/kubevirt-plugin/p/files";
        assert_eq!(seen(&plugin, Some("x")), both(folder, folder));
    }
}
