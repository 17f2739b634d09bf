//! What is in the three files, and whether it fits together: certificates that can be read, one key that is the first
//! certificate's, and at least one authority. Each refusal names the file.
//!
//! Validity in time is not looked at: our own certificate is our callers' to judge, theirs is judged at each handshake.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::Digest as _;
use sha2::Sha256;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use webpki::EndEntityCert;

use super::{HTTP2, TlsConfig};

/// Why a set of files is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// It is not there, or not for us.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Not PEM, or only a part of it.
    #[error("{path} is not PEM")]
    Pem {
        /// Which.
        path: PathBuf,
        /// Where it goes wrong.
        #[source]
        source: pem::Error,
    },
    /// No certificate where there should be at least one.
    #[error("{path} holds no certificate")]
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// PEM of something that is no certificate.
    #[error("{path} holds a certificate that cannot be read")]
    Certificate {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
    /// No key, or several.
    #[error("{path} does not hold one private key without a password but {found}")]
    Keys {
        /// Which.
        path: PathBuf,
        /// How many.
        found: usize,
    },
    /// A key of a kind that is not supported, or a broken one.
    #[error("{path} holds a private key that cannot be used")]
    Key {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
    /// None is named, and the system has none either.
    #[error("the system has no authorities (root certificates) to believe")]
    NoAuthority(#[source] io::Error),
    /// Each is good, but not with the other.
    #[error("the key in {key} is not that of the first certificate in {certificate}")]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
}

/// By which two sets are told apart, so that no second copy of the key is kept.
pub(super) type Digest = [u8; 32];

/// The bytes of the three files.
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_authority: Vec<u8>,
}

impl Files {
    pub(super) fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.clone(), source })
        };
        Ok(Self {
            certificate: read(&config.certificate)?,
            key: read(&config.key)?,
            client_authority: read(&config.client_authority)?,
        })
    }

    pub(super) fn digest(&self) -> Digest {
        let mut all = Sha256::new();
        for file in [&self.certificate, &self.key, &self.client_authority] {
            all.update(Sha256::digest(file));
        }
        all.finalize().into()
    }

    /// What rustls needs to know.
    pub(super) fn server(&self, config: &TlsConfig) -> Result<ServerConfig, TlsError> {
        let chain = certificates(&config.certificate, &self.certificate)?;
        let key = key(&config.key, &self.key)?;
        let mut authorities = RootCertStore::empty();
        for authority in certificates(&config.client_authority, &self.client_authority)? {
            authorities.add(authority).map_err(unreadable(&config.client_authority))?;
        }

        let provider = Arc::new(aws_lc_rs::default_provider());
        let callers =
            WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(&provider))
                .build()
                .map_err(|_| TlsError::NoCertificate { path: config.client_authority.clone() })?;
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .expect("the provider has cipher suites for both versions")
            .with_client_cert_verifier(callers)
            .with_single_cert(chain, key)
            .map_err(|source| match source {
                rustls::Error::InconsistentKeys(_) => {
                    TlsError::Mismatch { certificate: config.certificate.clone(), key: config.key.clone() }
                }
                // The certificates could be read, so it is the key.
                source => TlsError::Key { path: config.key.clone(), source },
            })?;
        server.alpn_protocols = vec![HTTP2.to_vec()];
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(server)
    }
}

pub(crate) fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(bytes).collect::<Result<_, _>>().map_err(not_pem(path))?;
    if found.is_empty() {
        return Err(TlsError::NoCertificate { path: path.to_owned() });
    }
    for certificate in &found {
        EndEntityCert::try_from(certificate)
            .map_err(|error| rustls::Error::General(error.to_string()))
            .map_err(unreadable(path))?;
    }
    Ok(found)
}

pub(crate) fn key(path: &Path, bytes: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    let mut found: Vec<PrivateKeyDer<'static>> =
        PrivateKeyDer::pem_slice_iter(bytes).collect::<Result<_, _>>().map_err(not_pem(path))?;
    match (found.pop(), found.len()) {
        (Some(key), 0) => Ok(key),
        (key, others) => {
            Err(TlsError::Keys { path: path.to_owned(), found: others + usize::from(key.is_some()) })
        }
    }
}

fn not_pem(path: &Path) -> impl FnOnce(pem::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::Pem { path, source }
}

fn unreadable(path: &Path) -> impl FnOnce(rustls::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::Certificate { path, source }
}
