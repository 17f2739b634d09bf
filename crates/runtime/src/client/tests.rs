//! Addresses, as far as they can be judged without calling; and certificates that are renewed.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};

use super::*;

#[test]
fn an_address_needs_a_scheme_and_a_host() {
    for good in
        ["http://127.0.0.1:7431", "http://sla.handoff.svc:7432", "https://sla:7432", "https://[::1]:1"]
    {
        assert!(parse(good).is_ok() && address(good).is_ok(), "{good}");
    }
    for bad in
        ["", "127.0.0.1:7431", "localhost", "ftp://host", "http://", "not an address", "https://a:s3cret@b"]
    {
        assert!(matches!(parse(bad), Err(StartError::Endpoint { .. })), "{bad}");
        assert!(!address(bad).unwrap_err().contains("s3cret"));
    }
}

/// A certificate of its own authority, and its key.
fn pair() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    (CertificateParams::default().self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[tokio::test(start_paused = true)]
async fn renewed_certificates_are_taken_and_such_as_do_not_fit_are_not() {
    let look = Duration::from_secs(10);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |(certificate, key): &(String, String)| {
        fs::write(path("tls.crt"), certificate).unwrap();
        fs::write(path("tls.key"), key).unwrap();
    };
    let (first, second) = (pair(), pair());
    write(&first);
    fs::write(path("ca.crt"), &first.0).unwrap();
    let files =
        TlsFiles { authority: Some(path("ca.crt")), identity: Some((path("tls.crt"), path("tls.key"))) };
    let trust = Trust::load(files.clone()).unwrap();
    let at_first = trust.current().await;

    // Half of the new set: the key is not that of the certificate.
    fs::write(path("tls.crt"), &second.0).unwrap();
    tokio::time::advance(look).await;
    assert!(Arc::ptr_eq(&at_first, &trust.current().await));
    assert!(matches!(Trust::load(files), Err(crate::server::tls::TlsError::Mismatch { .. })));

    write(&second);
    assert!(Arc::ptr_eq(&at_first, &trust.current().await), "it is not looked at for every connection");
    tokio::time::advance(look).await;
    let renewed = trust.current().await;
    assert!(!Arc::ptr_eq(&at_first, &renewed));
    tokio::time::advance(look).await;
    assert!(Arc::ptr_eq(&renewed, &trust.current().await), "the same files are the same set");
}

#[test]
fn each_wrong_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.crt");
    let files = TlsFiles { authority: Some(path.clone()), identity: None };
    for content in [
        None,
        Some(""),
        Some("no PEM"),
        Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let refusal = Trust::load(files.clone()).expect_err("no authority").to_string();
        assert!(refusal.contains("ca.crt"), "{refusal}");
    }
}
