//! Serving: sockets, limits, and an orderly end.

use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use std::{fmt, panic};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::accept::accept;
use super::api;
use super::dispatch::Core;
use super::ending;
use super::hooks::Hooks;
use super::log::{Level, Log};
use super::places::Places;
use super::socket::{self, SocketError};

/// The largest request read, in bytes: what servers written in Go take, KubeVirt's own shim among
/// them, and several times what etcd lets a VMI grow to.
pub const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// The versions of the rule language that this release reads.
const RULE_LANGUAGE: &str = "virt-patch.dev/v1alpha1";
/// How much of requests is read at a time, in KiB: it bounds memory, whatever peers announce.
const ROOM: usize = 16 * 1024;
/// How many requests run, or wait for their answer to be read, at a time.
const RUNNING: usize = 4;
/// How long after the start `Hooks::prepare` is called: virt-launcher asks `Info` as soon as it sees the
/// socket, and must not wait for it. Not a thread's matter, which would cost memory for good.
const HEAD_START: Duration = Duration::from_millis(20);
/// How long the end waits for peers that do not close.
const DRAIN: Duration = Duration::from_secs(3);

/// Where and how to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that virt-launcher scans; none where only the plugin API is served.
    pub socket_dir: Option<PathBuf>,
    /// The plugin API's socket: KubeVirt wants `/var/run/kubevirt-plugin/<plugin>/<name>.sock`.
    pub plugin_socket: Option<PathBuf>,
    /// The container's name, of which the socket's file name is made and which `Info` tells.
    pub container: String,
    /// The largest request read, in bytes.
    pub max_request: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { socket_dir: None, plugin_socket: None, container: "virt-patch".to_owned(), max_request: MAX_REQUEST }
    }
}

/// Why nothing is served, or not any more.
#[derive(Debug)]
pub enum ServeError {
    /// A socket cannot be made.
    Socket(SocketError),
    /// There is no socket to be served.
    NoSocket,
    /// The runtime or its signal handlers could not be set up.
    Runtime(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(error) => error.fmt(f),
            Self::NoSocket => f.write_str("neither a socket folder nor a plugin socket is given"),
            Self::Runtime(error) => write!(f, "cannot start: {error}"),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Socket(error) => Some(error),
            Self::Runtime(error) => Some(error),
            Self::NoSocket => None,
        }
    }
}

/// Serves until SIGTERM, SIGINT or virt-launcher's `Shutdown`, on a runtime of the current thread.
///
/// # Errors
/// Where no socket can be made or the runtime cannot start.
pub fn run(hooks: Arc<dyn Hooks>, options: Options, log: Arc<Log>) -> Result<(), ServeError> {
    log_panics(&log);
    log.event(
        Level::Info,
        "started",
        &[("version", env!("CARGO_PKG_VERSION").into()), ("rule_language", RULE_LANGUAGE.into())],
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServeError::Runtime)?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Runtime)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Runtime)?;
        let asked = async {
            tokio::select! {
                _ = terminate.recv() => {},
                _ = interrupt.recv() => {},
            }
        };
        serve(hooks, options, log, asked).await
    })
}

/// Serves until `shutdown` or virt-launcher's `Shutdown`: then removes the sockets, lets running
/// calls finish, and returns.
///
/// # Errors
/// Where no socket can be made.
pub async fn serve(
    hooks: Arc<dyn Hooks>,
    options: Options,
    log: Arc<Log>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let mut bound = Vec::new();
    if let Some(folder) = &options.socket_dir {
        bound.push(socket::bind_in(folder, &options.container).await.map_err(ServeError::Socket)?);
    }
    if let Some(path) = &options.plugin_socket {
        bound.push(socket::bind_at(path).map_err(ServeError::Socket)?);
    }
    if bound.is_empty() {
        return Err(ServeError::NoSocket);
    }

    let core = Arc::new(Core {
        hooks,
        log: Arc::clone(&log),
        name: options.container,
        versions: api::announced(),
        points: api::points(),
        max_request: options.max_request,
        room: Arc::new(Semaphore::new(ROOM.max(options.max_request.div_ceil(1024)))),
        running: Semaphore::new(RUNNING),
        stopped: Notify::new(),
        calls: AtomicU64::new(0),
    });
    let places = Arc::new(Places::new());
    let (end, ending) = ending::pair();
    let mut listeners = JoinSet::new();
    let mut files = Vec::new();
    for (listener, file) in bound {
        log.event(Level::Info, "listening", &[("socket", file.path().to_string_lossy().as_ref().into())]);
        listeners.spawn(accept(listener, Arc::clone(&core), Arc::clone(&places), ending.clone()));
        files.push(file);
    }
    let prepare = async {
        tokio::time::sleep(HEAD_START).await;
        // A panic here comes again with the first call, and is told there.
        _ = panic::catch_unwind(AssertUnwindSafe(|| core.hooks.prepare()));
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = shutdown => {},
        () = core.stopped.notified() => {},
        () = prepare => {},
    }
    drop(files);
    log.event(Level::Info, "ending", &[]);
    end.begin();
    let last = async { while listeners.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, last).await.is_err() {
        log.event(Level::Warning, "connections were still open", &[]);
    }
    log.event(Level::Info, "ended", &[]);
    Ok(())
}

/// Says where a panic happened. Its message may hold a piece of a document, so it is not logged.
fn log_panics(log: &Arc<Log>) {
    let log = Arc::clone(log);
    panic::set_hook(Box::new(move |info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        log.event(Level::Error, "panic, a fault of virt-patch itself", &[("at", at.as_str().into())]);
    }));
}
