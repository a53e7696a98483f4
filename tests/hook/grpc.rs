//! gRPC over HTTP/2 as the hook server speaks it: heads, frames and trailers that no client library sends.

use std::time::{Duration, Instant};

use crate::client::{self, Pod};
use crate::rpc::{DEFINE, call, connect, framed, head, params};
use crate::scripted::Scripted;
use virt_patch::hook::{MAX_ANSWER, MAX_REQUEST, Options};

const WINDOW: u32 = 65_535;

#[tokio::test]
async fn what_is_not_grpc_is_answered_in_http() {
    let pod = Pod::start(Scripted::default());
    let requests = connect(&pod.socket(), WINDOW).await;
    let mut get = head(DEFINE, &[]);
    *get.method_mut() = http::Method::GET;
    assert_eq!(call(&requests, get, [], true).await.unwrap().http, 405);
    for other in ["application/json", "application/grpc+json", "application/grpc-web", ""] {
        let reply = call(&requests, head(DEFINE, &[("content-type", other)]), [framed(b"")], true).await.unwrap();
        assert_eq!((reply.http, reply.code()), (415, ""), "{other:?}");
    }
    let proto = head(DEFINE, &[("content-type", "application/grpc+proto")]);
    assert_eq!(call(&requests, proto, [framed(&params("d"))], true).await.unwrap().code(), "0");
    pod.logged("Unsupported Media Type").await;
}

#[tokio::test]
async fn an_answer_is_a_head_one_message_and_trailers() {
    let pod = Pod::start(Scripted::default());
    let requests = connect(&pod.socket(), WINDOW).await;
    let reply = call(&requests, head(DEFINE, &[]), [framed(&params("d"))], true).await.unwrap();
    assert_eq!((reply.http, reply.field("content-type"), reply.code()), (200, "application/grpc", "0"));
    assert_eq!(reply.body, framed(b"\x0a\x03d|v"));
    let reply = call(&requests, head(DEFINE, &[]), [framed(&params("rule"))], true).await.unwrap();
    assert_eq!((reply.http, reply.field("content-type"), reply.code()), (200, "application/grpc", "9"));
    assert_eq!(reply.field("grpc-message"), "gr%C3%B6%C3%9Fer%0Athan%20100%25");
    assert!(reply.body.is_empty());
}

#[tokio::test]
async fn compression_is_refused_with_what_is_read_instead() {
    let pod = Pod::start(Scripted::default());
    let requests = connect(&pod.socket(), WINDOW).await;
    let gzip = head(DEFINE, &[("grpc-encoding", "gzip")]);
    let reply = call(&requests, gzip, [[&[1], &framed(b"\x1f\x8b")[1..]].concat()], true).await.unwrap();
    assert_eq!((reply.code(), reply.field("grpc-accept-encoding")), ("12", "identity"));
    assert!(reply.field("grpc-message").contains("gzip"), "{reply:?}");
    let identity = head(DEFINE, &[("grpc-encoding", "identity"), ("grpc-accept-encoding", "gzip")]);
    assert_eq!(call(&requests, identity, [framed(&params("d"))], true).await.unwrap().code(), "0");
    let flagged = [&[1], &framed(&params("d"))[1..]].concat();
    assert_eq!(call(&requests, head(DEFINE, &[]), [flagged], true).await.unwrap().code(), "13");
}

#[tokio::test]
async fn a_unary_call_has_exactly_one_whole_message() {
    let pod = Pod::start(Scripted::default());
    let requests = connect(&pod.socket(), WINDOW).await;
    let message = framed(&params("d"));
    for (what, bytes, code) in [
        ("nothing", vec![], "12"),
        ("two messages", message.repeat(2), "12"),
        ("a byte too much", [&message[..], b"x"].concat(), "12"),
        ("half a prefix", message[..3].to_vec(), "13"),
        ("a prefix alone", message[..5].to_vec(), "13"),
        ("half a message", message[..message.len() - 1].to_vec(), "13"),
        ("no protobuf", framed(b"\xff\xff\xff"), "13"),
        ("an unknown flag", [&[2], &message[1..]].concat(), "13"),
        ("an empty message", framed(b""), "0"),
    ] {
        let reply = call(&requests, head(DEFINE, &[]), [bytes], true).await.unwrap();
        assert_eq!(reply.code(), code, "{what}: {reply:?}");
    }
    let calls = pod.log().matches("request refused").count();
    assert!(calls >= 7, "{calls} of 8 refusals are in the log yet");
}

#[tokio::test]
async fn frames_may_cut_a_request_anywhere() {
    let pod = Pod::start(Scripted::default());
    let requests = connect(&pod.socket(), WINDOW).await;
    let message = framed(&params(&"domain ".repeat(20)));
    let bytes = message.iter().map(|byte| vec![*byte]);
    let reply = call(&requests, head(DEFINE, &[]), bytes, true).await.unwrap();
    assert_eq!(reply.code(), "0", "{reply:?}");
    for cut in 1..8 {
        let (start, rest) = message.split_at(cut);
        let pieces = [start.to_vec(), vec![], rest.to_vec()];
        let reply = call(&requests, head(DEFINE, &[]), pieces, true).await.unwrap();
        assert_eq!(reply.code(), "0", "{cut}: {reply:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_at_its_prefix_and_logged() {
    let pod = Pod::start_with(Scripted::default(), |options| Options { max_request: 1000, ..options });
    let requests = connect(&pod.socket(), WINDOW).await;
    // The stream stays open: the answer comes before what was announced.
    let reply = call(&requests, head(DEFINE, &[]), [framed(&[0; 1001])[..5].to_vec()], false).await.unwrap();
    assert_eq!(reply.code(), "8");
    assert_eq!(reply.field("grpc-message"), "the%20request%20has%201001%20bytes,%20at%20most%201000%20are%20read");
    pod.logged("the request has 1001 bytes").await;
    let line = pod.log().lines().find(|line| line.contains("1001")).unwrap().to_owned();
    assert!(line.contains(DEFINE) && line.contains("\"level\":\"error\""), "{line}");
    let reply = call(&requests, head(DEFINE, &[]), [framed(&params("still"))], true).await.unwrap();
    assert_eq!(reply.code(), "0", "the connection serves on");
}

#[tokio::test]
async fn a_deadline_is_the_peers() {
    let pod = Pod::start(Scripted::default());
    let requests = connect(&pod.socket(), WINDOW).await;
    let begun = Instant::now();
    let soon = head(DEFINE, &[("grpc-timeout", "100m")]);
    let reply = call(&requests, soon, [framed(&params("d"))[..7].to_vec()], false).await.unwrap();
    assert_eq!(reply.code(), "4", "{reply:?}");
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(100), "{took:?}");
    assert!(took < Duration::from_secs(9), "the server's own is ten seconds: {took:?}");
    let odd = head(DEFINE, &[("grpc-timeout", "soon")]);
    assert_eq!(call(&requests, odd, [framed(&params("d"))], true).await.unwrap().code(), "13");
}

#[tokio::test]
async fn large_messages_pass_through_small_windows_side_by_side() {
    let pod = Pod::start(Scripted::default());
    let requests = connect(&pod.socket(), 1000).await;
    let large = "x".repeat(MAX_REQUEST / 2);
    let calls: Vec<_> = (0..6)
        .map(|n| {
            let requests = requests.clone();
            let domain = if n % 2 == 0 { format!("{n}{large}") } else { "largest".to_owned() };
            tokio::spawn(async move {
                let pieces: Vec<Vec<u8>> = framed(&params(&domain)).chunks(10_000).map(<[u8]>::to_vec).collect();
                call(&requests, head(DEFINE, &[]), pieces, true).await.unwrap()
            })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        let reply = call.await.unwrap();
        assert_eq!(reply.code(), "0", "{n}");
        let message = if n % 2 == 0 { MAX_REQUEST / 2 + 3 } else { MAX_ANSWER - 16 };
        assert_eq!(reply.body.len(), 5 + 1 + 4 + message, "{n}");
    }
}

#[tokio::test]
async fn peers_that_do_not_read_their_answers_give_up_their_turn() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut deaf = Vec::new();
    for _ in 0..6 {
        let mut requests = connect(&socket, WINDOW).await;
        let (response, mut stream) = requests.send_request(head(DEFINE, &[]), false).unwrap();
        stream.send_data(framed(&params("largest")).into(), true).unwrap();
        deaf.push((response.await.unwrap(), requests));
        if deaf.len() == 4 {
            break;
        }
    }
    let begun = Instant::now();
    let requests = connect(&socket, WINDOW).await;
    let next = tokio::spawn(async move {
        let reply = call(&requests, head(DEFINE, &[]), [framed(&params("d"))], true).await.unwrap();
        (reply, begun.elapsed())
    });
    client::offered(&socket).await;
    assert!(!next.is_finished(), "Info waits for nobody");
    let (reply, took) = tokio::time::timeout(client::PATIENCE, next).await.expect("its turn comes").unwrap();
    assert_eq!(reply.code(), "0");
    assert!(took > Duration::from_secs(1), "every turn was taken: {took:?}");
}
