//! TLS: the server's certificate, and whose certificates it asks of peers. Both may change while it serves.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};

use super::poll::Files;

/// What new connections get.
#[derive(Debug)]
pub(super) struct Tls {
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    pub(super) fn new(first: Arc<ServerConfig>) -> Arc<Self> {
        Arc::new(Self { current: RwLock::new(first) })
    }

    /// What connections get from now on. Nobody can resume a session of before, with a certificate that counts no more.
    pub(super) fn replace(&self, next: Arc<ServerConfig>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
    }

    pub(super) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The files that TLS is made of, PEM: the certificate's chain, its key, and the authorities of peers where they must have a
/// certificate.
pub(super) struct TlsFiles {
    files: Files,
    provider: Arc<CryptoProvider>,
}

impl TlsFiles {
    pub(super) fn new(
        certificate: PathBuf,
        key: PathBuf,
        client_authorities: Option<PathBuf>,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        Self { files: Files::new([certificate, key].into_iter().chain(client_authorities)), provider }
    }

    /// TLS by what is in the files, where that is something else than before. While they are changed one after the other they may
    /// not belong together; then the next look finds them changed again.
    ///
    /// # Errors
    /// In words: a file that cannot be read, no PEM of that kind, a key of another certificate, no authority.
    pub(super) fn changed(&mut self) -> Result<Option<Arc<ServerConfig>>, String> {
        let Some(contents) = self.files.changed()? else { return Ok(None) };
        let [chain, key, authorities @ ..] = contents else { return Ok(None) };
        let pair = pair(chain, key, &self.provider)?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let builder = match authorities.first() {
            Some(authorities) => builder.with_client_cert_verifier(verifier(authorities, &self.provider)?),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
        // HTTP/2 is offered before HTTP/1.1.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(Arc::new(config)))
    }
}

/// The server's own certificate.
fn pair(chain: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey, String> {
    let chain = certificates(chain, "the certificate")?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("the key is not PEM: {error}"))?;
    let pair = CertifiedKey::from_der(chain, key, provider);
    pair.map_err(|error| format!("the certificate and the key cannot be used together: {error}"))
}

/// Who asks peers for a certificate that one of these authorities signed for clients (RFC 5280, section 4.2.1.12: `clientAuth`,
/// where it has extended key usages). Who has none gets no further than the handshake.
fn verifier(authorities: &[u8], provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(authorities, "the file of the clients' authority")? {
        roots.add(authority).map_err(|error| format!("a clients' authority cannot be used: {error}"))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    verifier.map_err(|error| format!("the clients' authority cannot be used: {error}"))
}

/// The certificates of a PEM file: at least one.
fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| format!("{what} is not PEM: {error}"))?;
    if found.is_empty() { Err(format!("{what} holds no `CERTIFICATE`")) } else { Ok(found) }
}
