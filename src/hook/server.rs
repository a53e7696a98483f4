//! Serving: sockets, limits, and an orderly end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, panic};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::transport;

use super::dispatch::{Answer, Core};
use super::hooks::Hooks;
use super::log::{Level, Log};
use super::socket::{self, SocketError, SocketFile};
use super::{api, connection};

/// The largest request read, in bytes: what servers written in Go take, KubeVirt's own shim among
/// them, and several times what etcd lets a VMI grow to.
pub const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// The versions of the rule language that this release reads.
const RULE_LANGUAGE: &str = "virt-patch.dev/v1alpha1";
/// How many requests are read and run at a time; together with [`MAX_REQUEST`] it bounds memory.
const RUNNING: usize = 4;
/// How many connections are open at a time; virt-launcher opens one for each call.
const CONNECTIONS: usize = 64;
/// How many requests of one connection are open at a time.
const STREAMS: u32 = 32;
/// The largest header list read, in bytes; virt-launcher's has a few hundred.
const HEADERS: u32 = 16 * 1024;
/// How long a request may take to arrive and be answered: under the minute that virt-launcher gives
/// a hook, and only ever reached by a peer that stops in the middle of its request.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// How old a connection may become before it is closed, even one on which nothing ever arrived. It
/// gets the same time again for what is under way.
const CONNECTION_AGE: Duration = Duration::from_secs(60);
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
    /// The server failed.
    Transport(transport::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(error) => error.fmt(f),
            Self::NoSocket => f.write_str("neither a socket folder nor a plugin socket is given"),
            Self::Runtime(error) => write!(f, "cannot start: {error}"),
            Self::Transport(error) => write!(f, "cannot serve: {error}"),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Socket(error) => Some(error),
            Self::Runtime(error) => Some(error),
            Self::Transport(error) => Some(error),
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

    let (hand_over, incoming) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut files: Vec<SocketFile> = Vec::new();
    for (listener, file) in bound {
        log.event(Level::Info, "listening", &[("socket", file.path().to_string_lossy().as_ref().into())]);
        tokio::spawn(connection::accept(listener, Arc::clone(&places), hand_over.clone()));
        files.push(file);
    }
    drop(hand_over);

    let core = Arc::new(Core {
        hooks,
        log: Arc::clone(&log),
        name: options.container,
        versions: api::announced(),
        points: api::points(),
        max_request: options.max_request,
        running: Semaphore::new(RUNNING),
        stopped: Notify::new(),
        calls: AtomicU64::new(0),
    });
    let ending = Notify::new();
    let until = async {
        tokio::select! {
            () = shutdown => {},
            () = core.stopped.notified() => {},
        }
        drop(files);
        log.event(Level::Info, "ending", &[]);
        ending.notify_one();
    };
    let serving = transport::Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADERS)
        .max_connection_age(CONNECTION_AGE)
        .max_connection_age_grace(CONNECTION_AGE)
        .serve_with_incoming_shutdown(Router { core: Arc::clone(&core) }, ReceiverStream::new(incoming), until);
    let patience = async {
        ending.notified().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving => served.map_err(ServeError::Transport)?,
        () = patience => log.event(Level::Warning, "connections were still open", &[]),
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

/// Brings a request to its service.
#[derive(Clone)]
struct Router {
    core: Arc<Core>,
}

impl Service<http::Request<Body>> for Router {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let core = Arc::clone(&self.core);
        Box::pin(async move {
            let Some(version) = api::find(request.uri().path()) else {
                return Ok(Status::unimplemented("no such service").into_http());
            };
            let answer = async {
                let _running = core.running.acquire().await;
                (version.call)(&core, request).await
            };
            match tokio::time::timeout(REQUEST_TIME, answer).await {
                Ok(answer) => answer,
                Err(_) => Ok(Status::deadline_exceeded("the request did not arrive in time").into_http()),
            }
        })
    }
}
