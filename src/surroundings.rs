//! What params may read of the machine: the environment and small files. The engine itself touches
//! neither; this is what the sidecar and the command line hand to it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::engine::{FILE_LIMIT, Surroundings};
use crate::rule::forbidden_path;

/// Linux's `O_NONBLOCK` (`asm-generic/fcntl.h`): opening a named pipe does not wait for its other end.
const O_NONBLOCK: i32 = 0o4000;

/// The one file under `/proc` that is read. It grows with the machine's CPUs, and the first tell what all
/// are, so its beginning is enough.
const CPUINFO: &str = "/proc/cpuinfo";

/// The process's environment and file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl Surroundings for Machine {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn envs(&self, prefix: &str) -> Vec<(String, String)> {
        let pairs = std::env::vars_os();
        let pairs = pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        pairs.filter(|(name, _)| name.starts_with(prefix)).collect()
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some((file, real)) = open_regular(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if real == CPUINFO && bytes.len() > FILE_LIMIT {
            bytes.truncate(whole_lines(&bytes));
        }
        Ok(Some(bytes))
    }

    fn file_exists(&self, path: &str) -> bool {
        Path::new(path).exists()
    }
}

/// A regular file that rules may read, opened, and where it really lies; `None` where there is none.
///
/// Links are followed, because that is how Kubernetes mounts Secrets and ConfigMaps; where they lead is
/// checked like the path itself, on the opened file, so that nothing can change in between.
///
/// # Errors
/// Why it cannot be read.
pub(crate) fn open_regular(path: &str) -> Result<Option<(File, String)>, String> {
    let file = match File::options().read(true).custom_flags(O_NONBLOCK).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err("is no regular file".to_owned());
    }
    let real = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(unreadable)?;
    let Some(real) = real.to_str() else {
        return Err(format!("leads to {}, and that path is not UTF-8", real.display()));
    };
    match forbidden_path(real) {
        Some(why) => Err(format!("leads to {real}: {why}")),
        None => Ok(Some((file, real.to_owned()))),
    }
}

fn unreadable(error: io::Error) -> String {
    format!("cannot be read: {error}")
}

/// The length of the whole lines that are within [`FILE_LIMIT`].
fn whole_lines(bytes: &[u8]) -> usize {
    let head = &bytes[..bytes.len().min(FILE_LIMIT)];
    memchr::memrchr(b'\n', head).map_or(0, |newline| newline + 1)
}
