//! What changes while the server runs, and how it ends.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::client::{PATIENCE, ask, connect, get, read_answer, request, validate};
use super::{EVIL, GOOD, Webhook, options, review, run, vmi, write_certificate};
use std::sync::Arc;
use virt_patch::hook::Log;
use virt_patch::hook::log::Format;
use virt_patch::webhook::{Server, StartError};

/// The certificate that a new connection gets.
async fn certificate(webhook: &Webhook) -> Vec<u8> {
    let stream = connect(webhook.address, &[]).await;
    stream.get_ref().1.peer_certificates().expect("certificates")[0].to_vec()
}

/// Waits until `holds`.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn a_new_certificate_is_served_and_a_wrong_one_is_not() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let first = certificate(&webhook).await;
        let mut kept = connect(webhook.address, &[]).await;
        write_certificate(webhook.folder.path(), "second");
        until("the new certificate is served", async || certificate(&webhook).await != first).await;
        let second = certificate(&webhook).await;
        for (file, wrong) in
            [("tls.crt", "no PEM"), ("tls.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
        {
            let right = fs::read(webhook.path(file)).expect("the file");
            fs::write(webhook.path(file), wrong).expect("written");
            until("the failure is counted", async || {
                get(webhook.metrics, "/metrics").await.text().contains("what=\"certificate\",result=\"failed\"")
            })
            .await;
            assert_eq!(certificate(&webhook).await, second, "{file}");
            fs::write(webhook.path(file), right).expect("written");
        }
        // A connection of before is not cut.
        let body = review(&vmi(GOOD), &Json::Null).to_string();
        let answer = ask(&mut kept, &request("POST", "/validate", body.as_bytes())).await;
        assert_eq!(answer.response()["allowed"], json!(true));
        webhook.stop().await;
    });
}

/// As the kubelet does it: files are links into `..data`, which is a link to a folder, and is replaced by renaming.
#[test]
fn a_mounted_secret_is_followed_through_its_links() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = |name: &str| {
            let version = folder.path().join(format!("..{name}"));
            fs::create_dir(&version).expect("a folder");
            write_certificate(&version, name);
            let fresh = folder.path().join("..data_tmp");
            symlink(&version, &fresh).expect("a link");
            fs::rename(fresh, folder.path().join("..data")).expect("renamed");
        };
        mount("first");
        for file in ["tls.crt", "tls.key"] {
            symlink(format!("..data/{file}"), folder.path().join(file)).expect("a link");
        }
        let webhook = Webhook::start(|options| {
            options.certificate = folder.path().join("tls.crt");
            options.key = folder.path().join("tls.key");
        })
        .await;
        let first = certificate(&webhook).await;
        mount("second");
        until("the new certificate is served", async || certificate(&webhook).await != first).await;
        webhook.stop().await;
    });
}

#[test]
fn the_end_waits_for_what_was_begun() {
    run(async {
        let webhook = Webhook::start(|options| options.drain = Duration::from_millis(500)).await;
        let (address, metrics) = (webhook.address, webhook.metrics);
        let whole = request("POST", "/validate", review(&vmi(EVIL), &Json::Null).to_string().as_bytes());
        let mut begun = connect(address, &[]).await;
        begun.write_all(&whole[..whole.len() / 2]).await.expect("written");
        begun.flush().await.expect("written");
        let mut idle = connect(address, &[]).await;
        webhook.end.send(()).expect("it runs");
        until("it says that it is not ready", async || get(metrics, "/readyz").await.status == 503).await;
        // While the API server does not know yet it is answered.
        assert_eq!(validate(address, &review(&vmi(GOOD), &Json::Null)).await["allowed"], json!(true));
        until("no connection is accepted", async || TcpStream::connect(address).await.is_err()).await;
        begun.write_all(&whole[whole.len() / 2..]).await.expect("written");
        begun.flush().await.expect("written");
        assert_eq!(read_answer(&mut begun).await.expect("an answer").response()["allowed"], json!(false));
        assert_eq!(read_answer(&mut idle).await, None);
        webhook.done.await.expect("it ends without a panic");
    });
}

#[test]
fn a_server_that_cannot_start_says_why() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let mut wrong = Vec::new();
        let mut start = async |what: &str| {
            let log = Arc::new(Log::to(Format::Json, std::io::sink()));
            match Server::start(options(folder.path()), log).await {
                Ok(_) => wrong.push(format!("{what}: it starts")),
                Err(error) => {
                    wrong.push(format!("{what}: {}", error.to_string().replace(&*folder.path().to_string_lossy(), "…")))
                }
            }
        };
        start("nothing").await;
        write_certificate(folder.path(), "first");
        start("no list").await;
        fs::write(folder.path().join("images"), "good.example/a:1\n*\nBad/a\n").expect("written");
        start("a wrong list").await;
        fs::write(folder.path().join("images"), [0xff]).expect("written");
        start("no text").await;
        fs::write(folder.path().join("tls.key"), "").expect("written");
        start("no key").await;
        let expected = [
            "nothing: `…/tls.crt` cannot be read: No such file or directory (os error 2)",
            "no list: `…/images` cannot be read: No such file or directory (os error 2)",
            "a wrong list: …/images:2:1: error[allow-list]: `*` has a `*` where none can stand; `name:*` is every tag of a \
             name, `registry.example/team/*` every name below; no entry means all images\n\
             …/images:3:1: error[image-reference]: the image `Bad/a` has upper case in its registry `Bad`; write `bad`",
            "no text: the allow list is not UTF-8",
        ];
        assert_eq!(wrong[..4], expected);
        assert!(wrong[4].starts_with("no key: the key is not PEM"), "{}", wrong[4]);
        let busy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        fs::write(folder.path().join("images"), "").expect("written");
        write_certificate(folder.path(), "second");
        let mut taken = options(folder.path());
        taken.listen = busy.local_addr().expect("an address");
        let log = Arc::new(Log::to(Format::Json, std::io::sink()));
        let error = Server::start(taken, log).await.err().expect("the port is taken");
        assert!(matches!(error, StartError::Listen(..)), "{error}");
    });
}
