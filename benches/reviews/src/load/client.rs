//! A client as the API server has one for webhooks: connections of HTTP/1.1 over TLS that are used again.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Error;

/// How connections are made: to whom, and by which authority it is known.
#[derive(Clone)]
pub(super) struct Client {
    address: SocketAddr,
    tls: TlsConnector,
}

/// A connection, one request at a time.
pub(super) struct Connection(BufStream<TlsStream<TcpStream>>);

impl Client {
    /// Connects to `address`, where `localhost` has this certificate.
    ///
    /// # Errors
    /// Where it is no certificate.
    pub(super) fn new(address: SocketAddr, certificate: CertificateDer<'static>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate)?;
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { address, tls: TlsConnector::from(Arc::new(config)) })
    }

    /// A new connection.
    ///
    /// # Errors
    /// Where nobody listens, or the handshake fails.
    pub(super) async fn connect(&self) -> Result<Connection, Error> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream = self.tls.connect(ServerName::try_from("localhost")?, stream).await?;
        Ok(Connection(BufStream::new(stream)))
    }
}

impl Connection {
    /// Whether a review is allowed.
    ///
    /// # Errors
    /// Where the answer is no verdict, or the connection ends.
    pub(super) async fn validate(&mut self, review: &[u8]) -> Result<bool, Error> {
        let head = format!(
            "POST /validate?timeout=10s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            review.len()
        );
        self.0.write_all(head.as_bytes()).await?;
        self.0.write_all(review).await?;
        self.0.flush().await?;
        let (mut status, mut length, mut line) = (String::new(), 0, String::new());
        loop {
            line.clear();
            if self.0.read_line(&mut line).await? == 0 {
                return Err("the connection ended".into());
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse()?,
                Some(_) => {}
                None if line.trim_end().is_empty() => break,
                None => status.clone_from(&line),
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        let allowed = || serde_json::from_slice::<Json>(&body).ok()?.pointer("/response/allowed")?.as_bool();
        allowed().ok_or_else(|| format!("{}: {}", status.trim_end(), String::from_utf8_lossy(&body)).into())
    }
}
