//! A gRPC call in its parts: a head, DATA frames as they are wanted, and what comes back, trailers and all.

use std::path::Path;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::{HeaderMap, Request};

/// `OnDefineDomain` of the newest version.
pub(crate) const DEFINE: &str = "/kubevirt.hooks.v1alpha3.Callbacks/OnDefineDomain";

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) http: u16,
    /// The header list, and after it the trailers.
    pub(crate) fields: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A field of the head or the trailers.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// `grpc-status`.
    pub(crate) fn code(&self) -> &str {
        self.field("grpc-status")
    }
}

/// A connection whose peer may send `window` bytes ahead.
pub(crate) async fn connect(socket: &Path, window: u32) -> SendRequest<Bytes> {
    let stream = tokio::net::UnixStream::connect(socket).await.expect("connects");
    let mut builder = Builder::new();
    builder.initial_window_size(window).initial_connection_window_size(65_535);
    let (requests, connection) = builder.handshake(stream).await.expect("a handshake");
    tokio::spawn(connection);
    requests
}

/// The head of a call, with these fields besides.
pub(crate) fn head(path: &str, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::post(format!("http://localhost{path}")).header("te", "trailers");
    if fields.iter().all(|(name, _)| *name != "content-type") {
        request = request.header("content-type", "application/grpc");
    }
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).expect("a request")
}

/// Sends the head and these pieces, ends the stream if `end`, and reads everything that comes back.
pub(crate) async fn call(
    requests: &SendRequest<Bytes>,
    head: Request<()>,
    pieces: impl IntoIterator<Item = Vec<u8>>,
    end: bool,
) -> Result<Reply, h2::Error> {
    let mut requests = requests.clone().ready().await?;
    let (response, mut stream) = requests.send_request(head, false)?;
    for piece in pieces {
        stream.send_data(piece.into(), false)?;
    }
    if end {
        stream.send_data(Bytes::new(), true)?;
    }
    let (head, mut body) = response.await?.into_parts();
    let mut reply = Reply { http: head.status.as_u16(), fields: head.headers, body: Vec::new() };
    while let Some(piece) = body.data().await {
        let piece = piece?;
        reply.body.extend_from_slice(&piece);
        body.flow_control().release_capacity(piece.len())?;
    }
    reply.fields.extend(body.trailers().await?.unwrap_or_default());
    Ok(reply)
}

/// A message with its prefix.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("32 bits");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

/// `OnDefineDomainParams` with this domain and the VMI `v`.
pub(crate) fn params(domain: &str) -> Vec<u8> {
    let mut varint = Vec::new();
    let mut rest = domain.len();
    while rest >= 0x80 {
        varint.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    varint.push(rest.to_le_bytes()[0]);
    [&[0x0a], &varint[..], domain.as_bytes(), &[0x12, 1, b'v']].concat()
}
