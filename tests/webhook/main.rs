//! The admission server over real TLS on loopback: what it answers, what it bears, what may change under it.

#![cfg(test)]

mod api;
mod callers;
mod client;
mod endings;
mod injections;
mod lists;
mod load;
mod memory;
mod peers;
mod reviews;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use virt_patch::admission::{Criteria, Gate};
use virt_patch::hook::Log;
use virt_patch::hook::log::Format;
use virt_patch::webhook::{Images, Limits, Options, Server};

/// A list with one image.
const LIST: &str = "good.example/a:1\n";
const SIDECARS: &str = "hooks.kubevirt.io/hookSidecars";

/// A runtime as the command has it.
fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build();
    runtime.expect("a runtime").block_on(test)
}

/// A server of its own folder, which ends with the test.
struct Webhook {
    folder: TempDir,
    address: SocketAddr,
    metrics: SocketAddr,
    end: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Webhook {
    async fn start(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write_certificate(folder.path(), "first");
        fs::write(folder.path().join("images"), LIST).expect("a list");
        let mut options = options(folder.path());
        change(&mut options);
        let log = Arc::new(Log::to(Format::Json, std::io::sink()));
        let server = Server::start(options, log).await.expect("it starts");
        let (address, metrics) = (server.address().expect("an address"), server.metrics_address().expect("another"));
        let (end, ending) = oneshot::channel();
        let done = tokio::spawn(server.run(async { ending.await.unwrap_or_default() }));
        Self { folder, address, metrics, end, done }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Asks it to end, and waits until it has.
    async fn stop(self) {
        self.end.send(()).expect("it runs");
        self.done.await.expect("it ends without a panic");
    }
}

fn options(folder: &Path) -> Options {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Options {
        listen: nowhere,
        metrics_listen: Some(nowhere),
        certificate: folder.join("tls.crt"),
        key: folder.join("tls.key"),
        client_authorities: None,
        images: Images::File(folder.join("images")),
        kubeconfig: None,
        criteria: Criteria::default(),
        injections: None,
        gate: Gate::default(),
        limits: Limits::default(),
        poll: Duration::from_millis(20),
        drain: Duration::from_millis(50),
    }
}

/// A certificate for `localhost` and another name, by which a test knows it again.
fn write_certificate(folder: &Path, name: &str) {
    let names = vec!["localhost".to_owned(), format!("{name}.example")];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    fs::write(folder.join("tls.crt"), made.cert.pem()).expect("written");
    fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).expect("written");
}

/// A VMI with this annotation `hookSidecars`.
fn vmi(sidecars: &str) -> Json {
    json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": "vm", "namespace": "team", "annotations": {SIDECARS: sidecars}},
    })
}

/// A review of the creation of an object, or of an update where there was an old one.
fn review(object: &Json, old: &Json) -> Json {
    let any = if object.is_null() { old } else { object };
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "kubevirt.io", "version": "v1", "kind": any["kind"]},
            "resource": {"group": "kubevirt.io", "version": "v1", "resource": "virtualmachineinstances"},
            "operation": if old.is_null() { "CREATE" } else { "UPDATE" },
            "name": any["metadata"]["name"],
            "namespace": any["metadata"]["namespace"],
            "userInfo": {"username": "jane", "groups": ["system:authenticated"]},
            "object": object,
            "oldObject": old,
            "dryRun": false,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    })
}

const GOOD: &str = r#"[{"image": "good.example/a:1"}]"#;
const EVIL: &str = r#"[{"image": "evil.example/a:1"}]"#;
