//! Memory for reviews: peers that send slowly cannot keep it from others. Nothing here waits for time to pass: the server of
//! these tests has an hour for a review.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use virt_patch::webhook::Limits;

use super::client::{PATIENCE, connect, read_answer, validate};
use super::{EVIL, GOOD, Webhook, review, run, vmi};

const REVIEW: usize = 1 << 20;

/// A server with memory for two of the largest reviews.
async fn small() -> Webhook {
    let limits = Limits { review: REVIEW, memory: 2 * REVIEW, time: Duration::from_secs(3600) };
    Webhook::start(|options| options.limits = limits).await
}

/// A review of almost as many bytes as one may have.
fn large() -> Json {
    let mut large = review(&vmi(EVIL), &Json::Null);
    large["request"]["object"]["metadata"]["annotations"]["large"] = json!("x".repeat(REVIEW * 9 / 10));
    large
}

/// A peer of whose request the server has begun to read the body: it says so where it is asked to.
async fn begun(webhook: &Webhook, announced: &str) -> TlsStream<TcpStream> {
    let mut stream = connect(webhook.address, &[]).await;
    let head = format!("POST /validate HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n{announced}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("written");
    stream.flush().await.expect("written");
    let mut said = [0; 25];
    timeout(PATIENCE, stream.read_exact(&mut said)).await.expect("it reads in good time").expect("it reads");
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn what_is_only_announced_costs_nothing() {
    run(async {
        let webhook = small().await;
        let mut announcing = Vec::new();
        for number in 0..24 {
            let announced =
                if number % 2 == 0 { format!("content-length: {REVIEW}") } else { "transfer-encoding: chunked".into() };
            let mut stream = begun(&webhook, &announced).await;
            stream.write_all(if number % 2 == 0 { b"{" } else { b"1\r\n{\r\n" }).await.expect("written");
            stream.flush().await.expect("written");
            announcing.push(stream);
        }
        assert_eq!(validate(webhook.address, &large()).await["allowed"], json!(false));
        assert_eq!(validate(webhook.address, &review(&vmi(GOOD), &Json::Null)).await["allowed"], json!(true));
        // All of them may still go on.
        let rest = review(&vmi(GOOD), &Json::Null).to_string().split_off(1);
        for (number, stream) in announcing.iter_mut().enumerate() {
            let rest = match number % 2 {
                0 => format!("{rest}{}", " ".repeat(REVIEW - 1 - rest.len())),
                _ => format!("{:x}\r\n{rest}\r\n0\r\n\r\n", rest.len()),
            };
            stream.write_all(rest.as_bytes()).await.expect("written");
            stream.flush().await.expect("written");
            assert_eq!(read_answer(stream).await.expect("an answer").response()["allowed"], json!(true), "{number}");
        }
        webhook.stop().await;
    });
}

/// Each of them holds more than half of what there is, so that one can stay, and one wait for it.
#[test]
fn of_more_slow_peers_than_fit_the_slowest_give_way() {
    const PEERS: usize = 8;
    run(async {
        let webhook = small().await;
        let body = large().to_string();
        let (start, rest) = body.split_at(REVIEW * 3 / 4);
        let (mut ended, mut senders) = (JoinSet::new(), Vec::new());
        for _ in 0..PEERS {
            let stream = begun(&webhook, &format!("content-length: {}", body.len())).await;
            let (mut receive, mut send) = tokio::io::split(stream);
            // The server may end it under the writing.
            _ = send.write_all(start.as_bytes()).await;
            _ = send.flush().await;
            ended.spawn(async move { read_answer(&mut receive).await.map(|answer| answer.status) });
            senders.push(send);
        }
        // An answer may be lost where the connection ends before everything was read.
        for _ in 0..PEERS - 2 {
            let status = ended.join_next().await.expect("a peer").expect("no panic");
            assert!(matches!(status, None | Some(503)), "{status:?}");
        }
        // Who is quick is answered while the others still hold what they have.
        assert_eq!(validate(webhook.address, &review(&vmi(GOOD), &Json::Null)).await["allowed"], json!(true));
        for send in &mut senders {
            _ = send.write_all(rest.as_bytes()).await;
            _ = send.flush().await;
        }
        let statuses = ended.join_all().await;
        assert!(statuses.contains(&Some(200)), "the youngest may go on: {statuses:?}");
        assert_eq!(validate(webhook.address, &large()).await["allowed"], json!(false), "all is given back");
        webhook.stop().await;
    });
}

/// Small bodies that never end, more of them than fit: the oldest give way to whoever comes.
#[test]
fn many_small_bodies_that_never_end_keep_out_nobody() {
    run(async {
        let webhook = small().await;
        let body = large().to_string();
        let mut slow = Vec::new();
        // 24 of them hold 128 KiB each, half as much again as there is.
        for _ in 0..24 {
            let mut stream = begun(&webhook, &format!("content-length: {}", body.len())).await;
            stream.write_all(&body.as_bytes()[..100 * 1024]).await.expect("written");
            stream.flush().await.expect("written");
            slow.push(stream);
        }
        for _ in 0..8 {
            assert_eq!(validate(webhook.address, &large()).await["allowed"], json!(false));
            assert_eq!(validate(webhook.address, &review(&vmi(GOOD), &Json::Null)).await["allowed"], json!(true));
        }
        let mut gone = 0;
        // The youngest first: an older one would wait for it.
        for stream in slow.iter_mut().rev() {
            _ = stream.write_all(&body.as_bytes()[100 * 1024..]).await;
            _ = stream.flush().await;
            let status = read_answer(stream).await.map(|answer| answer.status);
            assert!(matches!(status, None | Some(503 | 200)), "{status:?}");
            gone += usize::from(status != Some(200));
        }
        assert!((8..24).contains(&gone), "{gone} of 24 gave way");
        webhook.stop().await;
    });
}
