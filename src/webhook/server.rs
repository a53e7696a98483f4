//! The server as a whole: started, kept up to date, ended.

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use rustls::crypto::ring;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::admission::{Criteria, Gate};
use crate::diagnostic::Diagnostic;
use crate::hook::Log;
use crate::hook::log::Level;

use super::certificate::{Tls, TlsFiles};
use super::connections::Door;
use super::images::{self, Follower, Images};
use super::injections::{self, Injections};
use super::metrics::Metrics;
use super::poll::Files;
use super::reading::{Budget, Limits};
use super::service::{Audience, Current, Service};

/// How the server is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the API server calls.
    pub listen: SocketAddr,
    /// Where metrics and probes are answered in plain HTTP; they are at `listen` too.
    pub metrics_listen: Option<SocketAddr>,
    /// The certificate's chain, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// The authorities of whom a peer at `listen` must have a certificate, PEM; without them anyone is answered.
    pub client_authorities: Option<PathBuf>,
    /// Where the allow list is.
    pub images: Images,
    /// The API server that holds it; without it what a pod or a user is given.
    pub kubeconfig: Option<PathBuf>,
    /// What objects are judged by beside the allow list.
    pub criteria: Criteria,
    /// The folder with the injections ([`crate::injection`]); without it no pod is changed.
    pub injections: Option<PathBuf>,
    /// Who is judged, and how strictly.
    pub gate: Gate,
    /// What reviews may cost.
    pub limits: Limits,
    /// How often files are looked at.
    pub poll: Duration,
    /// How long connections are still accepted after the end was asked for: the API server learns of it late.
    pub drain: Duration,
}

/// Why the server does not start.
#[derive(Debug)]
pub enum StartError {
    /// The folder of injections is a file, or is not there.
    Injections(PathBuf),
    /// Nothing can listen there.
    Listen(SocketAddr, io::Error),
    /// The certificate or its key cannot be used.
    Certificate(String),
    /// The allow list's file cannot be read.
    Unreadable(String),
    /// The allow list is wrong.
    AllowList(Vec<Diagnostic>),
    /// There is no way to the API server.
    Kubernetes(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen at {address}: {error}"),
            Self::Certificate(words) | Self::Unreadable(words) => f.write_str(words),
            Self::AllowList(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Injections(path) => {
                let path = path.display();
                write!(f, "`{path}` is no folder that is there; --injections takes a folder of SidecarInjection files")
            }
            Self::Kubernetes(words) => write!(f, "no way to the API server: {words}"),
        }
    }
}

impl std::error::Error for StartError {}

/// A server that listens.
pub struct Server {
    options: Options,
    reviews: TcpListener,
    metrics: Option<TcpListener>,
    tls: Arc<Tls>,
    tls_files: TlsFiles,
    service: Arc<Service>,
    follow: Follow,
    follow_injections: Option<injections::Follower>,
}

/// How the allow list is kept up to date.
enum Follow {
    File(Follower, Files),
    Object(Follower, kube::Client),
}

impl Server {
    /// Listens, and reads what is in files. An allow list in the API server is waited for while the server
    /// runs: until then it is not ready.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options, log: Arc<Log>) -> Result<Self, StartError> {
        let provider = Arc::new(ring::default_provider());
        let mut tls_files = TlsFiles::new(
            options.certificate.clone(),
            options.key.clone(),
            options.client_authorities.clone(),
            provider,
        );
        let first = tls_files.changed().map_err(StartError::Certificate)?;
        let first = first.ok_or_else(|| StartError::Certificate("there is no certificate".to_owned()))?;

        let metrics = Arc::new(Metrics::new());
        let current = Current::new(options.criteria.clone());
        let follower = Follower {
            images: options.images.clone(),
            current: Arc::clone(&current),
            metrics: Arc::clone(&metrics),
            log: Arc::clone(&log),
        };
        let follow = match &options.images {
            Images::File(path) => {
                let mut files = Files::new([path.clone()]);
                let text = images::text(&mut files).map_err(StartError::Unreadable)?;
                follower.take(&text.unwrap_or_default()).map_err(StartError::AllowList)?;
                Follow::File(follower, files)
            }
            Images::ConfigMap { .. } | Images::HarvesterSetting => Follow::Object(follower, client(&options).await?),
        };

        if let Some(folder) = options.injections.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(StartError::Injections(folder.clone()));
        }
        let injections = Arc::new(Injections::default());
        let follow_injections = options.injections.clone().map(|folder| {
            let (metrics, log) = (Arc::clone(&metrics), Arc::clone(&log));
            let mut follower = injections::Follower::new(folder, Arc::clone(&injections), metrics, log);
            follower.look();
            follower
        });
        let service = Arc::new(Service {
            gate: options.gate.clone(),
            current,
            injections,
            budget: Budget::new(options.limits),
            judges: Arc::new(Semaphore::new(Self::judges())),
            time: options.limits.time,
            is_ending: AtomicBool::new(false),
            metrics,
            log,
        });
        let reviews = listen(options.listen).await?;
        let metrics = match options.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        Ok(Self { options, reviews, metrics, tls: Tls::new(first), tls_files, service, follow, follow_injections })
    }

    /// How many reviews are judged at the same time, each on a thread where it may block.
    pub fn judges() -> usize {
        thread::available_parallelism().map_or(1, NonZero::get)
    }

    /// Where reviews are answered.
    ///
    /// # Errors
    /// Where the system does not know.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.reviews.local_addr()
    }

    /// Where metrics are answered, if at a place of their own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `end`, then to the end of what was begun: the server says that it is not ready, accepts connections for
    /// [`Options::drain`] more, and answers what they still ask.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let service = self.service;
        let (close, is_closed) = watch::channel(false);
        let mut doors = JoinSet::new();
        let door = |listener, tls, audience| Door {
            listener,
            tls,
            audience,
            service: Arc::clone(&service),
            is_closed: is_closed.clone(),
        };
        doors.spawn(door(self.reviews, Some(Arc::clone(&self.tls)), Audience::ApiServer).serve());
        if let Some(listener) = self.metrics {
            doors.spawn(door(listener, None, Audience::Operators).serve());
        }
        let mut followers = JoinSet::new();
        match self.follow {
            Follow::File(follower, files) => followers.spawn(follower.follow_file(files, self.options.poll)),
            Follow::Object(follower, client) => followers.spawn(follower.follow_object(client)),
        };
        if let Some(follower) = self.follow_injections {
            followers.spawn(follower.follow(self.options.poll));
        }
        followers.spawn(follow_certificate(self.tls, self.tls_files, self.options.poll, Arc::clone(&service)));
        end.await;
        service.is_ending.store(true, Ordering::Relaxed);
        service.log.event(Level::Info, "ending", &[]);
        sleep(self.options.drain).await;
        close.send_replace(true);
        while doors.join_next().await.is_some() {}
        service.log.event(Level::Info, "ended", &[]);
    }
}

/// Looks at the certificate's files again and again.
async fn follow_certificate(tls: Arc<Tls>, mut files: TlsFiles, every: Duration, service: Arc<Service>) {
    let mut last_problem = String::new();
    loop {
        sleep(every).await;
        match files.changed() {
            Ok(None) => {}
            Ok(Some(next)) => {
                last_problem.clear();
                tls.replace(next);
                service.metrics.certificate(true);
                service.log.event(Level::Info, "certificate changed", &[]);
            }
            // Said once, not every time.
            Err(problem) if problem == last_problem => {}
            Err(problem) => {
                service.metrics.certificate(false);
                service.log.event(Level::Error, "certificate kept", &[("problem", problem.as_str().into())]);
                last_problem = problem;
            }
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))
}

/// A client by the kubeconfig given, else by what the process is given: `KUBECONFIG`, `~/.kube/config`, a pod's service account.
async fn client(options: &Options) -> Result<kube::Client, StartError> {
    let words = |error: &dyn std::error::Error| StartError::Kubernetes(images::with_causes(error));
    let config = match &options.kubeconfig {
        Some(path) => {
            let kubeconfig = Kubeconfig::read_from(path).map_err(|error| words(&error))?;
            let default = KubeConfigOptions::default();
            kube::Config::from_custom_kubeconfig(kubeconfig, &default).await.map_err(|error| words(&error))?
        }
        None => kube::Config::infer().await.map_err(|error| words(&error))?,
    };
    kube::Client::try_from(config).map_err(|error| words(&error))
}
