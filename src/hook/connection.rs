//! One HTTP/2 connection (RFC 9113): its handshake, its calls, and when it has to go.
//!
//! `h2` answers PING and SETTINGS, keeps windows, and ends connections of peers that flood it with resets,
//! empty frames or endless headers; what is set here are the bounds, and time.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::server::{Builder, Connection};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::dispatch::Core;
use super::ending::Ending;
use super::exchange::exchange;
use super::places::Places;

/// How many requests of one connection are open at a time; virt-launcher has one.
const STREAMS: u32 = 8;
/// The largest header list read, in bytes; virt-launcher's has a few hundred.
const HEADERS: u32 = 16 * 1024;
/// How much a peer may send ahead of what is read of it, in bytes. Large enough that a request of some
/// megabytes does not wait for a window; all places together take a quarter of a pod's 64 MB.
const WINDOW: u32 = 256 * 1024;
/// How much of an answer one stream holds, in bytes, while its peer does not read.
const UNSENT: usize = 64 * 1024;
/// How many streams may be reset for a peer's errors before it is sent away.
const ERRORS: usize = 32;

/// How long a peer may take to begin: a gRPC client speaks first, at once.
const PREFACE: Duration = Duration::from_secs(2);
/// How long a connection may stay without a call.
const IDLE: Duration = Duration::from_secs(10);
/// The same where others wait for a place: long enough for a peer that is about to call.
const SETTLED: Duration = Duration::from_millis(250);
/// The same for one whose calls stand still: a rule runs without a pause, so what stands still is the peer.
const STALLED: Duration = Duration::from_millis(500);
/// How long the last bytes may take.
const FAREWELL: Duration = Duration::from_millis(500);

/// Serves a connection until its peer closes it, it stays idle, or the server ends.
pub(super) async fn serve(stream: UnixStream, core: Arc<Core>, places: &Places, mut ending: Ending) {
    let Some(mut connection) = handshake(stream, places, &mut ending).await else { return };
    let mut exchanges = Exchanges::default();
    let mut since = Instant::now();
    let mut is_ending = false;
    loop {
        let is_idle = exchanges.0.is_empty();
        let patience = if is_ending { FAREWELL } else { IDLE };
        tokio::select! {
            biased;
            next = connection.accept() => match next {
                Some(Ok((request, respond))) => {
                    exchanges.0.push(Box::pin(exchange(Arc::clone(&core), request, respond)));
                    // At once: a peer that resets what it asks for fills no list.
                    exchanges.turn().await;
                    since = Instant::now();
                }
                Some(Err(_)) | None => return,
            },
            () = exchanges.progress(), if !is_idle => since = Instant::now(),
            () = ending.begun(), if !is_ending => {
                is_ending = true;
                since = Instant::now();
                if is_idle && !connection.has_streams() {
                    return close(connection).await;
                }
                connection.graceful_shutdown();
            }
            () = places.wanted() => {
                let is_quiet = is_idle && !connection.has_streams();
                if since.elapsed() >= if is_quiet { SETTLED } else { STALLED } {
                    return close(connection).await;
                }
            }
            () = sleep_until(since + patience), if is_idle => return close(connection).await,
        }
    }
}

/// The connection, once its peer has said that it speaks HTTP/2 (section 3.4).
async fn handshake(stream: UnixStream, places: &Places, ending: &mut Ending) -> Option<Connection<UnixStream, Bytes>> {
    let handshake = Builder::new()
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buffer_size(UNSENT)
        .max_local_error_reset_streams(Some(ERRORS))
        .handshake(stream);
    let overstayed = async {
        tokio::time::sleep(SETTLED).await;
        places.wanted().await;
    };
    tokio::select! {
        biased;
        connection = timeout(PREFACE, handshake) => connection.ok()?.ok(),
        () = overstayed => None,
        () = ending.begun() => None,
    }
}

/// Says GOAWAY (section 6.8), so that a peer which is about to call knows that it may call elsewhere, and
/// leaves.
async fn close(mut connection: Connection<UnixStream, Bytes>) {
    connection.abrupt_shutdown(Reason::NO_ERROR);
    _ = timeout(FAREWELL, poll_fn(|context| connection.poll_closed(context))).await;
}

/// The calls that are under way, at most [`STREAMS`]. They run inside the connection's task: what one
/// writes goes out with the connection's next turn, and all end with it.
#[derive(Default)]
struct Exchanges(Vec<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Exchanges {
    /// Returns when a call has ended.
    async fn progress(&mut self) {
        poll_fn(|context| self.poll(context)).await;
    }

    /// Lets each call do what it can without waiting.
    async fn turn(&mut self) {
        poll_fn(|context| Poll::Ready(_ = self.poll(context))).await;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let before = self.0.len();
        self.0.retain_mut(|exchange| exchange.as_mut().poll(context).is_pending());
        if self.0.len() < before { Poll::Ready(()) } else { Poll::Pending }
    }
}
