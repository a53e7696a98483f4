//! What peers may send: nothing of it ends the server, everything is answered or ended in bounded time.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::client::{ask, connect, get, read_answer, request, validate};
use super::{EVIL, GOOD, Webhook, review, run, vmi};

/// It still answers, and rightly.
async fn lives(webhook: &Webhook) {
    let allowed = |response: Json| response["allowed"].as_bool();
    assert_eq!(allowed(validate(webhook.address, &review(&vmi(GOOD), &Json::Null)).await), Some(true));
    assert_eq!(allowed(validate(webhook.address, &review(&vmi(EVIL), &Json::Null)).await), Some(false));
}

#[test]
fn malformed_reviews_are_refused_with_a_reason() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let good = review(&vmi(GOOD), &Json::Null);
        let mut old_version = good.clone();
        old_version["apiVersion"] = json!("admission.k8s.io/v1beta1");
        let mut no_uid = good.clone();
        no_uid["request"]["uid"].take();
        let deep = "[".repeat(200_000);
        let deep_object = good.to_string().replace("\"oldObject\":null", &format!("\"oldObject\":{deep}"));
        let cut = good.to_string()[..300].to_owned();
        let cases: [(Vec<u8>, &str); 10] = [
            (b"".to_vec(), "EOF while parsing"),
            (b"hello".to_vec(), "expected value"),
            (vec![0xff; 100], "expected value"),
            (b"null".to_vec(), "invalid type"),
            (b"{}".to_vec(), "missing field `apiVersion`"),
            (cut.into_bytes(), "EOF while parsing"),
            (deep.into_bytes(), "invalid type"),
            // Passed over, however deep.
            (deep_object.into_bytes(), "expected value at line 1 column 200"),
            (
                old_version.to_string().into_bytes(),
                "AdmissionReview of admission.k8s.io/v1beta1, and AdmissionReview of",
            ),
            (no_uid.to_string().into_bytes(), "invalid type: null, expected a string"),
        ];
        for (body, reason) in cases {
            let mut stream = connect(webhook.address, &[]).await;
            let answer = ask(&mut stream, &request("POST", "/validate", &body)).await;
            let start = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            assert_eq!(answer.status, 400, "{start}: {}", answer.text());
            assert!(answer.text().contains(reason), "{start}: {}", answer.text());
        }
        lives(&webhook).await;
        webhook.stop().await;
    });
}

#[test]
fn huge_reviews_are_judged_up_to_their_limit_and_refused_beyond() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let of_size = |bytes: usize| {
            let mut large = review(&vmi(EVIL), &Json::Null);
            large["request"]["object"]["metadata"]["annotations"]["large"] = json!("x".repeat(bytes));
            request("POST", "/validate", large.to_string().as_bytes())
        };
        let mut stream = connect(webhook.address, &[]).await;
        let answer = ask(&mut stream, &of_size(7 << 20)).await;
        assert_eq!(answer.response()["allowed"], json!(false));
        let answer = ask(&mut stream, &of_size(9 << 20)).await;
        assert_eq!((answer.status, answer.text().as_str()), (413, "a review may have 8388608 bytes\n"));
        // Without an announced length it is the bytes that count.
        let mut stream = connect(webhook.address, &[]).await;
        let head = b"POST /validate HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head).await.expect("written");
        let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 0x10_0000], b"\r\n"].concat();
        for _ in 0..9 {
            if stream.write_all(&chunk).await.is_err() {
                break;
            }
        }
        _ = stream.flush().await;
        assert_eq!(read_answer(&mut stream).await.expect("an answer").status, 413);
        lives(&webhook).await;
        webhook.stop().await;
    });
}

#[test]
fn other_paths_and_methods_are_told_what_there_is() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let mut stream = connect(webhook.address, &[]).await;
        for (method, path, status) in [
            ("GET", "/", 404),
            ("POST", "/validate/", 404),
            ("POST", "/%76alidate", 404),
            ("GET", "/validate", 405),
            ("PUT", "/validate", 405),
            ("POST", "/readyz", 405),
            ("GET", "/healthz", 200),
            ("GET", "/readyz", 200),
            ("GET", "/metrics", 200),
        ] {
            let answer = ask(&mut stream, &request(method, path, b"")).await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        }
        let answer = ask(&mut stream, &request("GET", "/validate?timeout=10s", b"")).await;
        assert!(answer.head.contains("allow: post"), "{}", answer.head);
        // Where operators ask there are no reviews.
        for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/validate", 404)] {
            assert_eq!(get(webhook.metrics, path).await.status, status, "{path}");
        }
        webhook.stop().await;
    });
}

#[test]
fn http2_is_spoken_where_it_is_offered() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let stream = connect(webhook.address, &["h2", "http/1.1"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("a handshake");
        tokio::spawn(connection);
        let ask = |sidecars: &str| {
            let body = Full::new(Bytes::from(review(&vmi(sidecars), &Json::Null).to_string()));
            let asked = hyper::Request::post("https://localhost/validate?timeout=10s").body(body).expect("a request");
            let mut sender = sender.clone();
            async move {
                let answer = sender.send_request(asked).await.expect("an answer");
                let body = answer.into_body().collect().await.expect("a body").to_bytes();
                serde_json::from_slice::<Json>(&body).expect("JSON")["response"]["allowed"].as_bool()
            }
        };
        let all = tokio::join!(ask(GOOD), ask(EVIL), ask(GOOD), ask(EVIL));
        assert_eq!(all, (Some(true), Some(false), Some(true), Some(false)));
        webhook.stop().await;
    });
}

#[test]
fn slow_and_silent_peers_hold_up_nobody_and_are_sent_away() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let started = Instant::now();
        // No TLS, no request, half a head, half a body.
        let mut silent = TcpStream::connect(webhook.address).await.expect("it listens");
        let mut no_request = connect(webhook.address, &[]).await;
        let mut half_a_head = connect(webhook.address, &[]).await;
        half_a_head.write_all(b"POST /validate HTTP/1.1\r\nhost: loc").await.expect("written");
        let mut half_a_body = connect(webhook.address, &[]).await;
        let whole = request("POST", "/validate", review(&vmi(GOOD), &Json::Null).to_string().as_bytes());
        half_a_body.write_all(&whole[..whole.len() / 2]).await.expect("written");
        half_a_body.flush().await.expect("written");
        lives(&webhook).await;
        assert!(started.elapsed() < Duration::from_secs(9), "others waited {:?}", started.elapsed());
        let ended = tokio::join!(
            read_answer(&mut silent),
            read_answer(&mut no_request),
            read_answer(&mut half_a_head),
            read_answer(&mut half_a_body)
        );
        assert!(started.elapsed() < Duration::from_secs(120), "they stayed for {:?}", started.elapsed());
        assert_eq!((ended.0, ended.1), (None, None));
        assert!(ended.2.is_none_or(|answer| answer.status == 408));
        assert_eq!(ended.3.expect("an answer").status, 408);
        lives(&webhook).await;
        webhook.stop().await;
    });
}

#[test]
fn garbage_instead_of_tls_or_http_ends_only_its_connection() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        for garbage in [b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0x16; 5000], vec![0; 64]] {
            let mut stream = TcpStream::connect(webhook.address).await.expect("it listens");
            _ = stream.write_all(&garbage).await;
            let mut stream = connect(webhook.address, &[]).await;
            _ = stream.write_all(&garbage).await;
        }
        lives(&webhook).await;
        webhook.stop().await;
    });
}
