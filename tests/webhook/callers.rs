//! Who is answered where peers must have a certificate: by `--client-ca`.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;

use super::client::{Identity, ask_as, get};
use super::endings::until;
use super::{GOOD, Webhook, review, run, vmi};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).expect("params");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A certificate that an authority signed for this use.
fn identity(authority: &Authority, purpose: ExtendedKeyUsagePurpose) -> Identity {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["kube-apiserver".to_owned()]).expect("params");
    params.extended_key_usages = vec![purpose];
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    Identity {
        chain: vec![CertificateDer::from(certificate.der().to_vec())],
        key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
    }
}

fn write(folder: &Path, authorities: &[&Authority]) {
    let pem: String = authorities.iter().map(|authority| authority.pem()).collect();
    fs::write(folder.join("clients.crt"), pem).expect("written");
}

/// Whether a review of this peer's gets a verdict.
async fn is_answered(webhook: &Webhook, who: Option<&Identity>) -> bool {
    let body = review(&vmi(GOOD), &serde_json::Value::Null).to_string();
    match ask_as(webhook.address, who, body.as_bytes()).await {
        Some(answer) => {
            assert_eq!(answer.response()["allowed"], json!(true));
            true
        }
        None => false,
    }
}

#[test]
fn only_peers_with_a_certificate_of_the_authority_are_answered() {
    run(async {
        let (first, second) = (authority(), authority());
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), &[&first]);
        let webhook =
            Webhook::start(|options| options.client_authorities = Some(folder.path().join("clients.crt"))).await;
        let of_first = identity(&first, ExtendedKeyUsagePurpose::ClientAuth);
        let of_second = identity(&second, ExtendedKeyUsagePurpose::ClientAuth);
        assert!(is_answered(&webhook, Some(&of_first)).await);
        assert!(!is_answered(&webhook, None).await, "without a certificate");
        assert!(!is_answered(&webhook, Some(&of_second)).await, "of another authority");
        let for_servers = identity(&first, ExtendedKeyUsagePurpose::ServerAuth);
        assert!(!is_answered(&webhook, Some(&for_servers)).await, "made for servers");
        // Whose certificate it is, and whose key.
        let stolen = Identity { chain: of_first.chain.clone(), key: of_second.key.clone_key() };
        assert!(!is_answered(&webhook, Some(&stolen)).await, "of another key");
        let page = get(webhook.metrics, "/metrics").await.text();
        assert!(page.contains("virt_patch_webhook_failed_handshakes_total 4"), "{page}");

        // Another authority counts without a restart; what is no authority does not.
        write(folder.path(), &[&first, &second]);
        until("both authorities count", async || is_answered(&webhook, Some(&of_second)).await).await;
        assert!(is_answered(&webhook, Some(&of_first)).await);
        write(folder.path(), &[&second]);
        until("the first counts no more", async || !is_answered(&webhook, Some(&of_first)).await).await;
        fs::write(folder.path().join("clients.crt"), "no PEM").expect("written");
        until("the failure is counted", async || {
            get(webhook.metrics, "/metrics").await.text().contains("what=\"certificate\",result=\"failed\"")
        })
        .await;
        assert!(is_answered(&webhook, Some(&of_second)).await);
        assert!(!is_answered(&webhook, Some(&of_first)).await);
        webhook.stop().await;
    });
}
