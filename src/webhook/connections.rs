//! Connections: accepted, served and ended within bounds.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::certificate::Tls;
use super::service::{Audience, Service};

/// The most connections of a listener.
const CONNECTIONS: u32 = 256;
/// The most time for TLS, for a request's head, and until the first request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection of HTTP/1.1 may wait for its next request: longer than Go's clients keep one, which do not
/// ask again where a connection ends under their request.
const IDLE: Duration = Duration::from_secs(100);
/// After this one of HTTP/2, which can say so before it ends, is asked to end; whoever needs it opens another.
const LIFE: Duration = Duration::from_secs(300);
/// How long the requests of a connection that is asked to end may take.
const FAREWELL: Duration = Duration::from_secs(15);
/// Where the system has no place for a connection the next is not asked for at once.
const NO_PLACE: Duration = Duration::from_millis(50);
/// Bytes of a request's head.
const HEAD: u32 = 16 * 1024;
/// Bytes of a request, and of all requests of a connection of HTTP/2, that arrive before anyone reads them: while one waits for
/// memory, others of its connection go on.
const WINDOW: u32 = 64 * 1024;
const WINDOWS: u32 = 4 * WINDOW;
/// Requests of one connection at the same time.
const STREAMS: u32 = 64;

/// A listener and whom it serves.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    /// None for plain HTTP.
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) audience: Audience,
    pub(super) service: Arc<Service>,
    /// Becomes true when no more connections are accepted.
    pub(super) is_closed: watch::Receiver<bool>,
}

impl Door {
    /// Serves until the door is closed and its connections have ended.
    pub(super) async fn serve(mut self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                next = next => next,
                _ = self.is_closed.wait_for(|is_closed| *is_closed) => break,
            };
            let Ok((stream, _)) = accepted else {
                sleep(NO_PLACE).await;
                continue;
            };
            let visit = Visit {
                audience: self.audience,
                service: Arc::clone(&self.service),
                is_closed: self.is_closed.clone(),
                has_asked: AtomicBool::new(false),
            };
            let tls = self.tls.clone();
            tokio::spawn(async move {
                let _place = place;
                visit.receive(stream, tls).await;
            });
        }
        drop(self.listener);
        // All places are free when every connection has ended.
        _ = timeout(FAREWELL, places.acquire_many(CONNECTIONS)).await;
    }
}

/// One connection.
struct Visit {
    audience: Audience,
    service: Arc<Service>,
    is_closed: watch::Receiver<bool>,
    /// Whether a request came yet.
    has_asked: AtomicBool,
}

impl Visit {
    /// What goes wrong with a connection is its peer's matter: there is nobody to tell.
    async fn receive(self, stream: TcpStream, tls: Option<Arc<Tls>>) {
        let _counted = self.service.metrics.connection();
        _ = stream.set_nodelay(true);
        let Some(tls) = tls else { return self.serve(stream, false).await };
        let handshake = TlsAcceptor::from(tls.current()).accept(stream);
        let Ok(Ok(stream)) = timeout(PATIENCE, handshake).await else {
            return self.service.metrics.failed_handshake();
        };
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        self.serve(stream, is_http2).await;
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, is_http2: bool) {
        let visit = Arc::new(self);
        let asked = Arc::clone(&visit);
        let answer = service_fn(move |request| {
            let visit = Arc::clone(&asked);
            async move {
                visit.has_asked.store(true, Ordering::Relaxed);
                Ok::<_, Infallible>(visit.service.answer(request, visit.audience).await)
            }
        });
        let stream = TokioIo::new(stream);
        if is_http2 {
            let mut http = http2::Builder::new(TokioExecutor::new());
            http.timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS)
                .max_header_list_size(HEAD)
                .initial_stream_window_size(WINDOW)
                .initial_connection_window_size(WINDOWS)
                .keep_alive_interval(PATIENCE)
                .keep_alive_timeout(PATIENCE);
            visit.until_its_end(http.serve_connection(stream, answer), LIFE).await;
        } else {
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(IDLE).max_buf_size(HEAD as usize);
            visit.until_its_end(http.serve_connection(stream, answer), Duration::MAX).await;
        }
    }

    async fn until_its_end<C: GracefulConnection>(&self, connection: C, life: Duration) {
        let mut connection = pin!(connection);
        let mut is_closed = self.is_closed.clone();
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = self.silence() => return,
            _ = is_closed.wait_for(|is_closed| *is_closed) => {}
            () = sleep(life) => {}
        }
        connection.as_mut().graceful_shutdown();
        _ = timeout(FAREWELL, connection).await;
    }

    /// Ends where no request has come in good time.
    async fn silence(&self) {
        sleep(PATIENCE).await;
        if self.has_asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}
