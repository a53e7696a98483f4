//! What params may read of the machine: the environment and small files. The engine itself touches
//! neither; this is what the sidecar and the command line hand to it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::engine::{FILE_LIMIT, Surroundings};
use crate::rule::forbidden_path;

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

    /// Links are followed, because that is how Kubernetes mounts Secrets and ConfigMaps; where they
    /// lead is checked like the path itself.
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot be read: {error}")),
        };
        if let Some(why) = real.to_str().and_then(forbidden_path) {
            return Err(format!("leads to {}: {why}", real.display()));
        }
        let failed = |error: std::io::Error| format!("cannot be read: {error}");
        // Looked at before it is opened: opening a named pipe would wait for its other end.
        if !fs::metadata(&real).map_err(failed)?.is_file() {
            return Err("is no regular file".to_owned());
        }
        let file = File::open(&real).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(FILE_LIMIT as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    fn file_exists(&self, path: &str) -> bool {
        Path::new(path).exists()
    }
}
