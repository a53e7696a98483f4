//! A client that speaks TLS and plain HTTP/1.1, byte by byte where a test wants that.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use serde_json::Value as Json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What a test waits at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Takes any certificate that is signed with its own key: the tests look at which one it is.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _stapled: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A certificate that a client shows, and its key.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// A TLS connection that offers these protocols.
pub(crate) async fn connect(address: SocketAddr, protocols: &[&str]) -> TlsStream<TcpStream> {
    handshake(address, protocols, None).await.expect("a handshake")
}

async fn handshake(
    address: SocketAddr,
    protocols: &[&str],
    who: Option<&Identity>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.expect("versions").dangerous();
    let builder = builder.with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)));
    let mut config = match who {
        None => builder.with_no_client_auth(),
        Some(who) => {
            let resolver = SingleCertAndKey::from(CertifiedKey::new(
                who.chain.clone(),
                ring::sign::any_supported_type(&who.key).expect("a key"),
            ));
            builder.with_client_cert_resolver(Arc::new(resolver))
        }
    };
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.expect("it listens");
    stream.set_nodelay(true).expect("a socket");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The answer to a review that this peer sends; `None` where the handshake fails, which a client of TLS 1.3 learns when it reads.
pub(crate) async fn ask_as(address: SocketAddr, who: Option<&Identity>, review: &[u8]) -> Option<Answer> {
    let mut stream = handshake(address, &[], who).await.ok()?;
    _ = stream.write_all(&request("POST", "/validate", review)).await;
    _ = stream.flush().await;
    read_answer(&mut stream).await
}

/// Status and body of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    /// The `response` of the review that it is.
    pub(crate) fn response(&self) -> Json {
        assert_eq!(self.status, 200, "{}", self.text());
        let review: Json = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(
            (review["apiVersion"].as_str(), review["kind"].as_str()),
            (Some("admission.k8s.io/v1"), Some("AdmissionReview"))
        );
        review["response"].clone()
    }
}

/// A request of HTTP/1.1.
pub(crate) fn request(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Reads one answer; `None` where the connection ends before it begins.
pub(crate) async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match timeout(PATIENCE, stream.read_u8()).await.expect("an answer in good time") {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return None,
            Err(error) => panic!("{error} in {:?}", String::from_utf8_lossy(&head)),
        }
    }
    let head = String::from_utf8(head).expect("a head").to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
    timeout(PATIENCE, stream.read_exact(&mut body)).await.expect("a body in good time").expect("a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Some(Answer { status, head, body })
}

/// Sends one request and reads its answer.
pub(crate) async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) -> Answer {
    // A server may answer before it has read everything.
    _ = stream.write_all(bytes).await;
    _ = stream.flush().await;
    read_answer(stream).await.expect("an answer")
}

/// One review on a connection of its own.
pub(crate) async fn validate(address: SocketAddr, review: &Json) -> Json {
    let mut stream = connect(address, &[]).await;
    ask(&mut stream, &request("POST", "/validate", review.to_string().as_bytes())).await.response()
}

/// A page in plain HTTP.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    ask(&mut stream, &request("GET", path, b"")).await
}

/// Bytes for a path of the API server's, on a connection of their own.
pub(crate) async fn post(address: SocketAddr, path: &str, body: &[u8]) -> Answer {
    let mut stream = connect(address, &[]).await;
    ask(&mut stream, &request("POST", path, body)).await
}
