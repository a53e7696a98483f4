//! A sidecar in a thread, in a temporary folder: as much of a VM's pod as the demo needs.

use std::io::sink;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};

use crate::cli::call::launcher;
use crate::hook::{Log, SidecarOptions, log::Format, serve};
use crate::sidecar::Sidecar;

/// The name that KubeVirt gives the first sidecar's container, and its folder.
const CONTAINER: &str = "hook-sidecar-0";
/// How long the sidecar may take to begin and to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// The running sidecar. Its folder goes with it.
pub(super) struct Pod {
    sockets: PathBuf,
    folder: Folder,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Pod {
    /// Starts a sidecar with these rules.
    pub(super) fn start(rules: &str) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let sockets = folder.path.join("s");
        let container = sockets.join(CONTAINER);
        std::fs::create_dir_all(&container)?;
        let file = folder.path.join("rules.yaml");
        std::fs::write(&file, rules)?;
        let arguments = ["--rules".into(), file.into_os_string(), "--socket-dir".into(), container.into_os_string()];
        let options = SidecarOptions::parse(arguments, |name| (name == "CONTAINER_NAME").then(|| CONTAINER.into()));
        let log = Arc::new(Log::to(Format::Json, sink()));
        let hooks = Arc::new(Sidecar::new(&options, Arc::clone(&log)));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(serve(hooks, options.serve(), log, std::future::pending()))?;
            Ok(())
        });
        Ok(Self { sockets, folder, thread })
    }

    /// The folder that virt-launcher scans.
    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// The socket, as soon as it is there.
    pub(super) async fn socket(&self) -> anyhow::Result<PathBuf> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(socket) = launcher::scan(&self.sockets)?.pop() {
                return Ok(socket);
            }
            if Instant::now() > deadline || self.thread.is_finished() {
                bail!("the sidecar made no socket in `{}`", self.folder.path.display());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until the sidecar has ended by itself.
    pub(super) async fn ended(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.thread.is_finished() {
            if Instant::now() > deadline {
                bail!("the sidecar did not end after Shutdown");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

/// A temporary folder that only this user can enter, removed when it is dropped.
struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A short name: a socket's path has at most 107 bytes.
    fn new() -> anyhow::Result<Self> {
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        let path = std::env::temp_dir().join(format!("vp-{}-{moment:x}", std::process::id()));
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700).create(&path).with_context(|| format!("cannot make the folder `{}`", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
