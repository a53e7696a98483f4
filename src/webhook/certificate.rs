//! The server's certificate, which may change while it serves.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::poll::Files;

/// The certificate that new connections get.
#[derive(Debug)]
pub(super) struct Certificate {
    current: RwLock<Arc<CertifiedKey>>,
}

/// The files of a certificate: its chain and its key, PEM.
pub(super) struct CertificateFiles {
    files: Files,
    provider: Arc<CryptoProvider>,
}

impl CertificateFiles {
    pub(super) fn new(certificate: PathBuf, key: PathBuf, provider: Arc<CryptoProvider>) -> Self {
        Self { files: Files::new([certificate, key]), provider }
    }

    /// The pair in the files, where it is another one than before. While the two files are changed one after the other they
    /// may not belong together; then the next look finds them changed again.
    ///
    /// # Errors
    /// In words: a file that cannot be read, no PEM of that kind, a key of another certificate.
    pub(super) fn changed(&mut self) -> Result<Option<CertifiedKey>, String> {
        let Some(contents) = self.files.changed()? else { return Ok(None) };
        let [chain, key] = contents else { return Ok(None) };
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| format!("the certificate is not PEM: {error}"))?;
        if chain.is_empty() {
            return Err("the certificate's file holds no `CERTIFICATE`".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("the key is not PEM: {error}"))?;
        let pair = CertifiedKey::from_der(chain, key, &self.provider);
        pair.map(Some).map_err(|error| format!("the certificate and the key cannot be used together: {error}"))
    }
}

impl Certificate {
    pub(super) fn new(first: CertifiedKey) -> Arc<Self> {
        Arc::new(Self { current: RwLock::new(Arc::new(first)) })
    }

    /// What connections get from now on.
    pub(super) fn replace(&self, next: CertifiedKey) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }

    /// TLS 1.2 and 1.3 with this certificate, HTTP/2 offered before HTTP/1.1; whoever calls needs no certificate of its own.
    ///
    /// # Errors
    /// Where the provider has none of these versions.
    pub(super) fn server_config(self: Arc<Self>, provider: Arc<CryptoProvider>) -> Result<ServerConfig, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(self);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}
