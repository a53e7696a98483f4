//! The webhook that puts the sidecar into pods: where it is, and what the API server trusts it by.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cli::input;
use crate::diagnostic::{Code, Diagnostic};
use crate::injection::is_dns_label;

/// The webhook's Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Service {
    /// Of `NAMESPACE/SERVICE`.
    ///
    /// # Errors
    /// In words.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((namespace, name)) if is_dns_label(namespace) && is_dns_label(name) => {
                Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
            }
            _ => Err("a Service is NAMESPACE/NAME, as in virt-patch-system/virt-patch".to_owned()),
        }
    }
}

/// Who says whom the API server trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authority {
    /// cert-manager, which finds it in the Certificate of the Service's name.
    CertManager,
    /// OpenShift's service CA.
    OpenShift,
    /// A file, PEM.
    File(PathBuf),
}

impl Authority {
    /// Of the words of the chart's `webhook.certificate.from`, or else of a file's path.
    pub(super) fn of(text: &str) -> Self {
        match text {
            "CertManager" => Self::CertManager,
            "OpenShift" => Self::OpenShift,
            path => Self::File(path.into()),
        }
    }
}

/// A Service, and the authority of its certificate.
#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) service: Service,
    /// What cert-manager and OpenShift look for on the registration.
    pub(super) annotation: Option<(&'static str, String)>,
    /// Certificates, PEM in base64, where nobody brings them later.
    pub(super) authority: Option<String>,
}

impl Webhook {
    /// # Errors
    /// `unreadable` for a file that cannot be read; `invalid-argument` for one that holds no certificate, or a private key.
    pub(super) fn new(service: Service, authority: Authority) -> Result<Self, Vec<Diagnostic>> {
        let (annotation, authority) = match authority {
            Authority::CertManager => {
                let certificate = format!("{}/{}", service.namespace, service.name);
                (Some(("cert-manager.io/inject-ca-from", certificate)), None)
            }
            Authority::OpenShift => (Some(("service.beta.openshift.io/inject-cabundle", "true".to_owned())), None),
            Authority::File(path) => {
                let pem = input::read(&path, "an authority (`CertManager`, `OpenShift` or a file)")?.bytes;
                let has = |mark: &[u8]| pem.windows(mark.len()).any(|window| window == mark);
                if !has(b"-----BEGIN CERTIFICATE-----") || has(b"PRIVATE KEY-----") {
                    let message = format!("the authority `{}` must hold certificates, PEM, and no key", path.display());
                    let help = "it is the file with what the webhook's certificate was signed with: `ca.crt`";
                    return Err(vec![Diagnostic::error(Code::InvalidArgument, message).help(help)]);
                }
                (None, Some(STANDARD.encode(pem)))
            }
        };
        Ok(Self { service, annotation, authority })
    }
}
