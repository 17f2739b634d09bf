//! TLS towards a service: rustls over aws-lc-rs, HTTP/2 only. The service's certificate must be of a believed authority
//! and for the name that was called; ours is shown where we have one.
//!
//! The files are looked at again before a connection is made, every [`LOOK`] at most, and by their bytes; a set that does
//! not fit together is not taken, and the old one goes on. A server ends connections that get old, so renewed
//! certificates reach all of them.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_rustls::ConfigBuilderExt;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use sha2::Digest as _;
use sha2::Sha256;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::config::told;
use crate::server::tls::{TlsError, certificates, key};

/// How often the files are looked at, at most.
const LOOK: Duration = Duration::from_secs(10);

/// Where certificates are, all as PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Whose certificates are believed; those that the system believes if none is named.
    pub authority: Option<PathBuf>,
    /// Our certificate and its private key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// TLS as the files configure it at the moment. Clones share it.
#[derive(Clone)]
pub struct Trust(Arc<Shared>);

struct Shared {
    files: TlsFiles,
    taken: Mutex<Taken>,
}

/// By which two sets are told apart, so that no second copy of the key is kept.
type Digest = [u8; 32];

struct Taken {
    digest: Digest,
    client: Arc<ClientConfig>,
    looked_at: Instant,
    /// The fault that was warned of last, so that each is told once.
    warned: Option<String>,
}

impl Trust {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`], naming the first file that is wrong.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let read = Contents::read(&files)?;
        let taken = Taken {
            digest: read.digest(),
            client: Arc::new(read.client(&files)?),
            looked_at: Instant::now(),
            warned: None,
        };
        Ok(Self(Arc::new(Shared { files, taken: Mutex::new(taken) })))
    }

    /// What the next connection is made with.
    pub(super) async fn current(&self) -> Arc<ClientConfig> {
        let shared = Arc::clone(&self.0);
        let looked = spawn_blocking(move || shared.look()).await;
        // A look that panicked has taken nothing.
        looked.unwrap_or_else(|_| Arc::clone(&self.0.lock().client))
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Arc<ClientConfig> {
        let mut taken = self.lock();
        if taken.looked_at.elapsed() >= LOOK && self.files != TlsFiles::default() {
            taken.looked_at = Instant::now();
            match self.read_again(&taken.digest) {
                Ok(None) => taken.warned = None,
                Ok(Some((digest, client))) => {
                    tracing::info!(files = ?self.files, "took new TLS files for calls");
                    *taken = Taken { digest, client, looked_at: taken.looked_at, warned: None };
                }
                Err(refusal) => {
                    let error = told(&refusal);
                    if taken.warned.as_ref() != Some(&error) {
                        tracing::warn!(error, "refused the TLS files for calls; the old ones stay");
                        taken.warned = Some(error);
                    }
                }
            }
        }
        Arc::clone(&taken.client)
    }

    /// The files, if they are others than those of `digest`.
    fn read_again(&self, digest: &Digest) -> Result<Option<(Digest, Arc<ClientConfig>)>, TlsError> {
        let read = Contents::read(&self.files)?;
        let found = read.digest();
        if found == *digest {
            return Ok(None);
        }
        Ok(Some((found, Arc::new(read.client(&self.files)?))))
    }
}

/// The bytes of the files.
struct Contents {
    authority: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let read = |path: &PathBuf| {
            fs::read(path).map_err(|source| TlsError::Unreadable { path: path.clone(), source })
        };
        let identity = match &files.identity {
            Some((certificate, key)) => Some((read(certificate)?, read(key)?)),
            None => None,
        };
        Ok(Self { authority: files.authority.as_ref().map(read).transpose()?, identity })
    }

    fn digest(&self) -> Digest {
        let mut all = Sha256::new();
        let identity = self.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
        self.authority.iter().chain(identity).for_each(|file| all.update(Sha256::digest(file)));
        all.finalize().into()
    }

    fn client(&self, files: &TlsFiles) -> Result<ClientConfig, TlsError> {
        let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("the provider has the cipher suites of all protocol versions");
        let builder = match (&files.authority, &self.authority) {
            (Some(path), Some(bytes)) => {
                let mut authorities = RootCertStore::empty();
                for authority in certificates(path, bytes)? {
                    authorities
                        .add(authority)
                        .map_err(|source| TlsError::Certificate { path: path.clone(), source })?;
                }
                builder.with_root_certificates(authorities)
            }
            _ => builder.with_native_roots().map_err(TlsError::NoAuthority)?,
        };
        let mut client = match (&files.identity, &self.identity) {
            (Some((certificate_path, key_path)), Some((certificate, private))) => {
                let chain = certificates(certificate_path, certificate)?;
                let private = key(key_path, private)?;
                builder.with_client_auth_cert(chain, private).map_err(|source| match source {
                    rustls::Error::InconsistentKeys(_) => {
                        TlsError::Mismatch { certificate: certificate_path.clone(), key: key_path.clone() }
                    }
                    source => TlsError::Key { path: key_path.clone(), source },
                })?
            }
            _ => builder.with_no_client_auth(),
        };
        client.alpn_protocols = vec![b"h2".to_vec()];
        // A resumed session would bring back a certificate that has been renewed since.
        client.resumption = Resumption::disabled();
        Ok(client)
    }
}

/// Without the configuration of rustls, which holds the key.
impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("files", &self.0.files).finish_non_exhaustive()
    }
}
