//! Files that a server does not start with; each refusal says which it is.

use super::authority::{Authority, Directory, Leaf, Pair};
use crate::server::tls::{Tls, TlsError, one_line};

/// Loads the files, which must be refused with a sentence that names `file` and says `how`.
fn check(pair: &Pair, client_authority: &str, file: &str, how: &str) -> TlsError {
    let directory = Directory::new(pair, client_authority);
    let refusal = Tls::load(directory.config()).expect_err(how);
    let line = one_line(&refusal);
    let path = directory.path(file).display().to_string();
    assert!(line.contains(&path) && line.contains(how), "{line} should say of {path}: {how}");
    refusal
}

fn with_key(pair: &Pair, key: impl Into<String>) -> Pair {
    Pair { key: key.into(), ..pair.clone() }
}

fn with_certificate(pair: &Pair, certificate: impl Into<String>) -> Pair {
    Pair { certificate: certificate.into(), ..pair.clone() }
}

const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const NO_KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

#[test]
fn the_certificate_is_named() {
    let authority = Authority::new();
    let (good, root) = (authority.server(), authority.certificate.as_str());
    check(&with_certificate(&good, ""), root, "tls.crt", "holds no certificate");
    check(&with_certificate(&good, &good.key), root, "tls.crt", "holds no certificate");
    check(&with_certificate(&good, NO_CERTIFICATE), root, "tls.crt", "cannot be read");
    let behind = format!("{}{NO_CERTIFICATE}", good.certificate);
    check(&with_certificate(&good, behind), root, "tls.crt", "cannot be read");
    let cut = &good.certificate[..good.certificate.len() - 30];
    check(&with_certificate(&good, cut), root, "tls.crt", "is not PEM");
}

#[test]
fn the_key_is_named() {
    let authority = Authority::new();
    let (good, root) = (authority.server(), authority.certificate.as_str());
    check(&with_key(&good, ""), root, "tls.key", "but 0");
    check(&with_key(&good, &good.certificate), root, "tls.key", "but 0");
    check(&with_key(&good, good.key.replace("PRIVATE", "ENCRYPTED PRIVATE")), root, "tls.key", "but 0");
    check(&with_key(&good, format!("{}{}", good.key, good.key)), root, "tls.key", "but 2");
    check(&with_key(&good, NO_KEY), root, "tls.key", "cannot be used");
    check(&with_key(&good, &good.key[..good.key.len() - 30]), root, "tls.key", "is not PEM");
}

#[test]
fn the_authority_is_named() {
    let authority = Authority::new();
    let good = authority.server();
    check(&good, "", "ca.crt", "holds no certificate");
    check(&good, NO_CERTIFICATE, "ca.crt", "cannot be read");
    let cut = &authority.certificate[..authority.certificate.len() - 30];
    check(&good, cut, "ca.crt", "is not PEM");
}

#[test]
fn a_key_of_another_certificate_is_named_with_it() {
    let authority = Authority::new();
    let (good, other) = (authority.server(), authority.client(Leaf::default()));
    let refusal = check(&with_key(&good, other.key), &authority.certificate, "tls.key", "is not that of");
    assert!(matches!(refusal, TlsError::Mismatch { .. }) && refusal.to_string().contains("tls.crt"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let authority = Authority::new();
    for name in ["tls.crt", "tls.key", "ca.crt"] {
        let directory = Directory::new(&authority.server(), &authority.certificate);
        std::fs::remove_file(directory.path(name)).unwrap();
        let refusal = Tls::load(directory.config()).expect_err(name);
        assert!(matches!(&refusal, TlsError::Unreadable { path, .. } if path.ends_with(name)), "{refusal}");
    }
}

#[test]
fn what_is_printed_of_it_holds_no_key() {
    let authority = Authority::new();
    let directory = Directory::new(&authority.server(), &authority.certificate);
    let printed = format!("{:?}", Tls::load(directory.config()).unwrap());
    assert!(printed.contains("tls.key") && printed.len() < 500, "{printed}");
}
