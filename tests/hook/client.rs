//! A server in a thread of its own, and a client that dials as virt-launcher does.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tonic::Status;
use tonic::transport::Channel;
use virt_patch::hook::client::connect;
use virt_patch::hook::r#gen::{info, plugin_v1alpha1, v1alpha3};
use virt_patch::hook::log::{Format, Log};
use virt_patch::hook::{Hooks, Options, serve};

/// How long a test waits for what takes milliseconds, where the machine has other things to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A short-named folder: a socket's path has at most 107 bytes.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("vp").tempdir_in("/tmp").expect("a temporary folder")
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A sidecar that runs in a thread, with a runtime of its own, and ends when this is dropped.
pub(crate) struct Pod {
    pub(crate) folder: PathBuf,
    _scratch: Option<tempfile::TempDir>,
    lines: Lines,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Pod {
    pub(crate) fn start(hooks: impl Hooks) -> Self {
        Self::start_with(hooks, |options| options)
    }

    pub(crate) fn start_with(hooks: impl Hooks, options: impl FnOnce(Options) -> Options) -> Self {
        let scratch = folder();
        let sub = scratch.path().join("c");
        std::fs::create_dir(&sub).unwrap();
        std::fs::create_dir_all(scratch.path().join("c.d/x")).unwrap();
        let mut pod = Self::start_in(&sub, hooks, options);
        pod._scratch = Some(scratch);
        pod
    }

    pub(crate) fn start_in(folder: &Path, hooks: impl Hooks, options: impl FnOnce(Options) -> Options) -> Self {
        let lines = Lines::default();
        let log = Arc::new(Log::to(Format::Json, lines.clone()));
        let options = options(Options {
            socket_dir: Some(folder.to_owned()),
            container: "hook-sidecar-0".to_owned(),
            ..Options::default()
        });
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let shutdown = async { _ = stopped.await };
            runtime.block_on(serve(Arc::new(hooks), options, log, shutdown)).expect("serves");
        });
        Self { folder: folder.to_owned(), _scratch: None, lines, stop: Some(stop), thread: Some(thread) }
    }

    /// The socket, as soon as it is there.
    pub(crate) fn socket(&self) -> PathBuf {
        self.socket_named(|name| name.ends_with(".sock"))
    }

    pub(crate) fn socket_named(&self, wanted: impl Fn(&str) -> bool) -> PathBuf {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            for entry in std::fs::read_dir(&self.folder).unwrap().flatten() {
                let fresh = std::os::unix::net::UnixStream::connect(entry.path()).is_ok();
                if fresh && entry.file_name().to_str().is_some_and(&wanted) {
                    return entry.path();
                }
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("no socket appeared in {}", self.folder.display());
    }

    pub(crate) async fn ready(&self, path: &Path) {
        let deadline = Instant::now() + PATIENCE;
        while std::os::unix::net::UnixStream::connect(path).is_err() {
            assert!(Instant::now() < deadline, "{} does not answer", path.display());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn logged(&self, message: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log().contains(message) {
            assert!(Instant::now() < deadline, "{message:?} never logged");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).expect("the log is UTF-8")
    }

    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn ended(&mut self) {
        let thread = self.thread.take().expect("not yet waited for");
        let deadline = Instant::now() + PATIENCE;
        while !thread.is_finished() {
            assert!(Instant::now() < deadline, "still running:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        thread.join().expect("ended without a panic");
    }
}

/// One more peer's call is answered, whatever the others do.
pub(crate) async fn is_served(socket: &Path) {
    let answer = async { define(&channel(socket).await, "d").await.unwrap() };
    assert_eq!(tokio::time::timeout(PATIENCE, answer).await.expect("others are served"), "d|v");
}

/// What `serve` says when it cannot.
pub(crate) async fn serve_error(hooks: impl Hooks, options: Options) -> String {
    let log = Arc::new(Log::to(Format::Text, std::io::sink()));
    serve(Arc::new(hooks), options, log, std::future::pending()).await.expect_err("cannot serve").to_string()
}

/// A connection with KubeVirt's `:authority`.
pub(crate) async fn channel(socket: &Path) -> Channel {
    connect(socket).await.expect("connects")
}

/// The name, versions and hook points that `Info` gives.
pub(crate) async fn offered(socket: &Path) -> (String, String, String) {
    let mut client = info::info_client::InfoClient::new(channel(socket).await);
    let answer = client.info(info::InfoParams {}).await.expect("Info").into_inner();
    let points: Vec<_> = answer.hook_points.iter().map(|point| point.name.as_str()).collect();
    (answer.name, answer.versions.join(" "), points.join(" "))
}

/// `OnDefineDomain` of v1alpha3 with the VMI `v`.
pub(crate) async fn define(channel: &Channel, domain: &str) -> Result<String, Status> {
    let mut client = v1alpha3::callbacks_client::CallbacksClient::new(channel.clone());
    let params = v1alpha3::OnDefineDomainParams { domain_xml: domain.to_owned().into(), vmi: "v".into() };
    client.on_define_domain(params).await.map(|answer| text(&answer.into_inner().domain_xml))
}

/// `MutateDomain` with the VMI `v`.
pub(crate) async fn plugin(channel: &Channel, form: &str, domain: &str, context: &str) -> Result<String, Status> {
    let mut client = plugin_v1alpha1::domain_hook_service_client::DomainHookServiceClient::new(channel.clone());
    let request = plugin_v1alpha1::MutateDomainRequest {
        domain_type: form.to_owned(),
        domain: domain.to_owned().into(),
        vmi: "v".into(),
        sidecar_context: Some(plugin_v1alpha1::SidecarContext { invocation_context: context.to_owned() }),
    };
    client.mutate_domain(request).await.map(|answer| text(&answer.into_inner().domain))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}
