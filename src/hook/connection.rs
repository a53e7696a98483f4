//! Connections, as many at a time as are allowed.

use std::io::{ErrorKind, IoSlice};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tonic::transport::server::Connected;

/// The length of the HTTP/2 client preface (RFC 9113, section 3.4).
const PREFACE: usize = 24;

/// A connection, and its place among those that may be open.
pub(super) struct Connection {
    stream: UnixStream,
    /// What was read to see that the peer speaks, and which part of it the server has not had yet.
    said: [u8; PREFACE],
    unread: Range<usize>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(stream: UnixStream, place: OwnedSemaphorePermit) -> Self {
        Self { stream, said: [0; PREFACE], unread: 0..0, _place: place }
    }

    /// Waits for the peer's first bytes. That the stream is readable says too little: it may be said of
    /// a new one where nothing is.
    async fn spoken(&mut self) -> std::io::Result<()> {
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut self.said) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    self.unread = 0..length;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// How long a peer may take to begin: a gRPC client speaks first, at once. One that never does must
/// not keep its place from others.
const FIRST_BYTE: Duration = Duration::from_secs(2);
/// How long to wait where the system has no file descriptor or memory for one more connection, which
/// meanwhile stays in the listener's queue.
const SHORTAGE: Duration = Duration::from_millis(50);

/// Hands on the peers of `listener` that say something, until nobody takes them any more.
pub(super) async fn accept(
    listener: UnixListener,
    places: Arc<Semaphore>,
    taken: mpsc::Sender<std::io::Result<Connection>>,
) {
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => return Some(Connection::new(stream, place)),
                    Err(_) => tokio::time::sleep(SHORTAGE).await,
                }
            }
        };
        let connection = tokio::select! {
            () = taken.closed() => return,
            connection = next => connection,
        };
        let Some(connection) = connection else { return };
        tokio::spawn(hand_on(connection, taken.clone()));
    }
}

/// Waits for the first byte, or for the end of everything.
async fn hand_on(mut connection: Connection, taken: mpsc::Sender<std::io::Result<Connection>>) {
    let speaks = tokio::select! {
        () = taken.closed() => false,
        first = tokio::time::timeout(FIRST_BYTE, connection.spoken()) => matches!(first, Ok(Ok(()))),
    };
    if speaks {
        // Fails only where the server has ended, and then the connection ends with it.
        let _ = taken.send(Ok(connection)).await;
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let start = self.unread.start;
        let end = self.unread.end.min(start + buffer.remaining());
        buffer.put_slice(&self.said[start..end]);
        self.unread.start = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
