//! Peers that mean no good, or are broken: each is sent away or bounded, and others are served meanwhile.

use std::time::{Duration, Instant};

use crate::client::{PATIENCE, Pod, is_served};
use crate::scripted::Scripted;
use crate::wire::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, Wire, block, call_head, frame,
};

/// Error codes of RFC 9113, section 7.
const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const FRAME_SIZE_ERROR: u32 = 6;
const ENHANCE_YOUR_CALM: u32 = 11;

#[tokio::test]
async fn pings_are_answered_and_frames_of_unknown_kinds_passed_over() {
    let pod = Pod::start(Scripted::default());
    let mut wire = Wire::open(&pod.socket());
    assert!(wire.answers());
    assert!(wire.send(0xaa, 0xff, 0, b"grease") && wire.answers());
    // Priorities are of the past (section 5.3), and said by old clients still.
    assert!(wire.send(2, 0, 1, &[0, 0, 0, 0, 15]) && wire.answers());
}

#[tokio::test]
async fn breaches_of_the_protocol_end_the_connection_with_their_code() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let most = 0x7fff_ffff_u32.to_be_bytes();
    let head = call_head();
    let breaches: [(&str, Vec<u8>, u32); 9] = [
        ("a window beyond 2^31-1", frame(WINDOW_UPDATE, 0, 0, &most), FLOW_CONTROL_ERROR),
        ("a window grown by nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), PROTOCOL_ERROR),
        // The RFC has codes of their own for settings, lengths and HPACK; h2 names what it cannot read alike.
        ("an impossible first window", frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]), PROTOCOL_ERROR),
        ("a PING of seven bytes", frame(PING, 0, 0, &[0; 7]), PROTOCOL_ERROR),
        ("DATA without a stream", frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
        ("DATA of an idle stream", frame(DATA, 0, 7, b"x"), PROTOCOL_ERROR),
        ("a stream with an even number", frame(HEADERS, END_HEADERS, 2, &head), PROTOCOL_ERROR),
        ("headers that are no HPACK", frame(HEADERS, END_HEADERS, 1, &[0xff; 40]), PROTOCOL_ERROR),
        ("CONTINUATION of nothing", frame(CONTINUATION, END_HEADERS, 1, &head), PROTOCOL_ERROR),
    ];
    for (what, bytes, code) in breaches {
        let mut wire = Wire::open(&socket);
        assert!(wire.write(&bytes));
        assert_eq!(wire.sent_away(), Some(code), "{what}");
    }
    let mut wire = Wire::open(&socket);
    assert!(wire.send(DATA, 0, 0, &vec![0; 20_000]));
    assert_eq!(wire.sent_away(), Some(FRAME_SIZE_ERROR), "a frame larger than was offered");
    is_served(&socket).await;
}

#[tokio::test]
async fn a_peer_that_sends_more_than_its_window_is_sent_away() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut wire = Wire::open(&socket);
    // The length that is announced waits for more than ever comes, and nothing is taken off the window
    // before the prefix is whole.
    assert!(wire.send(HEADERS, END_HEADERS, 1, &call_head()));
    assert!(wire.send(RST_STREAM, 0, 1, &[0, 0, 0, 8]));
    let piece = [0; 16_384];
    let mut sent = 0_usize;
    while sent < 1 << 20 && wire.send(DATA, 0, 1, &piece) {
        sent += piece.len();
    }
    let code = wire.sent_away();
    assert!(matches!(code, None | Some(FLOW_CONTROL_ERROR | ENHANCE_YOUR_CALM)), "{code:?} after {sent}");
    is_served(&socket).await;
}

#[tokio::test]
async fn rapid_resets_are_bounded() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut wire = Wire::open(&socket);
    let head = call_head();
    let flood: Vec<u8> = (0..5_000_u32)
        .flat_map(|n| {
            let stream = 2 * n + 1;
            [frame(HEADERS, END_HEADERS, stream, &head), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
        })
        .collect();
    wire.write(&flood);
    is_served(&socket).await;
    let code = wire.sent_away();
    assert_eq!(code, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn more_streams_than_were_offered_are_refused() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut wire = Wire::open(&socket);
    // The offer counts once it is acknowledged (section 6.5.3).
    wire.until(|frame| frame.kind == SETTINGS && frame.flags & ACK == 0).expect("settings");
    assert!(wire.send(SETTINGS, ACK, 0, &[]) && wire.answers());
    let head = call_head();
    for n in 0..9 {
        assert!(wire.send(HEADERS, END_HEADERS, 2 * n + 1, &head));
    }
    let refused = wire.until(|frame| frame.kind == RST_STREAM).expect("a refusal");
    assert_eq!((refused.stream, refused.error()), (17, Some(7)), "REFUSED_STREAM");
    is_served(&socket).await;
}

#[tokio::test]
async fn endless_headers_end_the_connection() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut wire = Wire::open(&socket);
    let piece = block(&[("x-padding", &"x".repeat(100))]).repeat(140);
    assert!(wire.send(HEADERS, END_STREAM, 1, &call_head()));
    let mut sent = 0_usize;
    while sent < 64 << 20 && wire.send(CONTINUATION, 0, 1, &piece) {
        sent += piece.len();
    }
    assert!(sent < 8 << 20, "{sent} bytes of headers were taken");
    is_served(&socket).await;
}

#[tokio::test]
async fn a_header_list_that_unpacks_to_much_is_refused() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut wire = Wire::open(&socket);
    // One field of 3,000 bytes goes into the dynamic table, then a byte each names it again (RFC 7541, section 6).
    let value = vec![b'a'; 3_000];
    let mut bomb = call_head();
    bomb.extend_from_slice(&[0x40, 1, b'x', 0x7f, 0xb9, 0x16]);
    bomb.extend_from_slice(&value);
    bomb.extend_from_slice(&[0x80 | 62; 10_000]);
    assert!(wire.send(HEADERS, END_HEADERS | END_STREAM, 1, &bomb));
    let answer = wire.until(|frame| matches!(frame.kind, HEADERS | RST_STREAM | GOAWAY));
    assert!(answer.is_none_or(|frame| frame.kind != HEADERS || frame.flags & END_STREAM != 0), "no call was run");
    assert!(!pod.log().contains("hook called"), "{}", pod.log());
    is_served(&socket).await;
}

#[tokio::test]
async fn floods_of_settings_and_pings_by_peers_that_do_not_read_are_bounded() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    for flood in [frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff]), frame(PING, 0, 0, b"12345678")] {
        let flood = flood.repeat(1_000);
        let mut wire = Wire::open(&socket);
        wire.0.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut sent = 0_usize;
        while sent < 64 << 20 && wire.write(&flood) {
            sent += flood.len();
        }
        assert!(sent < 8 << 20, "{sent} bytes were taken from a peer that reads no answer");
        is_served(&socket).await;
    }
}

#[tokio::test]
async fn a_peer_whose_window_stays_shut_holds_up_nobody() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut wire = Wire::open(&socket);
    assert!(wire.send(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]));
    let message = b"\0\0\0\0\x06\x0a\x01d\x12\x01v";
    assert!(wire.send(HEADERS, END_HEADERS, 1, &call_head()) && wire.send(DATA, END_STREAM, 1, message));
    wire.until(|frame| frame.kind == HEADERS).expect("a head needs no window");
    is_served(&socket).await;
    // One byte at a time is still an answer.
    for _ in 0..12 {
        assert!(wire.send(WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes()));
    }
    let mut body = Vec::new();
    while body.len() < 10 {
        body.extend(wire.until(|frame| frame.kind == DATA).expect("data").payload);
    }
    assert_eq!(body, b"\0\0\0\0\x05\x0a\x03d|v");
}

#[tokio::test]
async fn a_preface_that_drips_is_cut_off() {
    let pod = Pod::start(Scripted::default());
    let mut wire = Wire(std::os::unix::net::UnixStream::connect(pod.socket()).unwrap());
    let is_cut = PREFACE.iter().any(|byte| {
        std::thread::sleep(Duration::from_millis(500));
        !wire.write(&[*byte])
    });
    assert!(is_cut, "each byte comes soon after the one before, and all of them in twelve seconds");
}

#[tokio::test]
async fn quiet_connections_give_their_place_to_others() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let mut quiet: Vec<Wire> = (0..80).map(|_| Wire::open(&socket)).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    is_served(&socket).await;
    assert_eq!(quiet[0].sent_away(), Some(NO_ERROR), "it is told that it may call elsewhere");
}

#[tokio::test]
async fn half_requests_give_their_place_to_others() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let message = 4_000_000_u32.to_be_bytes();
    let _half: Vec<Wire> = (0..64)
        .map(|_| {
            let mut wire = Wire::open(&socket);
            assert!(wire.send(HEADERS, END_HEADERS, 1, &call_head()));
            assert!(wire.send(DATA, 0, 1, &[&[0], &message[..]].concat()));
            wire
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(600)).await;
    is_served(&socket).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let pod = Pod::start(Scripted::default());
    let mut wire = Wire::open(&pod.socket());
    wire.0.set_read_timeout(Some(PATIENCE)).unwrap();
    let begun = Instant::now();
    assert_eq!(wire.sent_away(), Some(NO_ERROR));
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(9), "{took:?}");
}

#[tokio::test]
async fn the_end_is_told_and_waits_for_nobody_who_is_silent() {
    let mut pod = Pod::start(Scripted::default());
    let mut wire = Wire::open(&pod.socket());
    assert!(wire.answers());
    pod.stop();
    assert_eq!(wire.sent_away(), Some(NO_ERROR));
    pod.ended().await;
}
