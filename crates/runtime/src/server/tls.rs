//! Mutual TLS by the service itself: rustls over aws-lc-rs, TLS 1.2 and 1.3, HTTP/2 only. The peer's certificate says
//! which workload it is ([`Remote`]).
//!
//! Nobody is let in without a certificate of the configured authority that is valid at that moment. Sessions are never
//! resumed: a resumed one would bring back a certificate that has expired since, or whose authority is gone. A connection
//! that stands goes on until it gets too old ([`crate::limits::CONNECTION_AGE`]); certificates are not asked again.
//!
//! The files are looked at every now and then, and by their bytes: Kubernetes swaps the directory behind a link and leaves
//! times as they are. Whoever renews them does not write all three at one moment, so a set that does not fit together is
//! refused, the old one stays, and the next look finds the rest.
//!
//! A handshake has [`HANDSHAKE`] and holds up nobody else, up to [`HANDSHAKES`] at once; further connections then wait in
//! the kernel's queue. One that fails is dropped, counted and logged for debugging, for anybody can make it fail.

mod connection;
mod files;
mod frames;
#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::fmt;
use std::future::ready;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::server::TcpIncoming;

use crate::clock;

use files::{Digest, Files};

pub(crate) use files::{certificates, key};

pub use connection::{Connection, Remote, plain};
pub use files::TlsError;

/// How long a handshake may take.
pub const HANDSHAKE: Duration = Duration::from_secs(5);
/// How many handshakes may be under way.
pub const HANDSHAKES: usize = 256;
/// How often the files are looked at.
pub const LOOK: Duration = Duration::from_secs(10);
/// The one protocol that is spoken inside.
const HTTP2: &[u8] = b"h2";

/// Where the certificates are, all as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// Our certificate, followed by those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key, without a password.
    pub key: PathBuf,
    /// The authorities of our callers: whoever comes must have a certificate of one of them.
    pub client_authority: PathBuf,
}

/// TLS as the files configure it at the moment. Clones share it.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    config: TlsConfig,
    /// What `server` was made of. Held while the files are looked at, so that two looks do not overtake each other.
    taken: Mutex<Digest>,
    server: RwLock<Arc<ServerConfig>>,
    refused: AtomicU64,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`], naming the first file that is wrong.
    pub fn load(config: TlsConfig) -> Result<Self, TlsError> {
        let files = Files::read(&config)?;
        let server = RwLock::new(Arc::new(files.server(&config)?));
        let taken = Mutex::new(files.digest());
        Ok(Self(Arc::new(Shared { config, taken, server, refused: AtomicU64::new(0) })))
    }

    /// Looks at the files again; true if they were taken anew. New connections then get them, and those that stand go on.
    /// It blocks for as long as reading takes.
    ///
    /// # Errors
    /// [`TlsError`], and the old set stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let files = Files::read(&self.0.config)?;
        let digest = files.digest();
        if *taken == digest {
            return Ok(false);
        }
        let server = Arc::new(files.server(&self.0.config)?);
        *self.0.server.write().unwrap_or_else(PoisonError::into_inner) = server;
        *taken = digest;
        Ok(true)
    }

    /// Looks at the files every so often ([`LOOK`]) for as long as it is polled: a task that a server spawns. It warns of a
    /// set that it refuses, once for each way in which it is wrong.
    pub async fn watch(self, every: Duration) {
        let mut warned = None;
        loop {
            clock::sleep_until(Instant::now() + every).await;
            let tls = self.clone();
            match tokio::task::spawn_blocking(move || tls.reload()).await {
                Ok(Ok(taken)) => {
                    warned = None;
                    if taken {
                        tracing::info!(certificate = %self.0.config.certificate.display(), "took new TLS files");
                    }
                }
                Ok(Err(refusal)) => {
                    let error = one_line(&refusal);
                    if warned.as_ref() != Some(&error) {
                        tracing::warn!(error, "refused the TLS files; the old ones stay");
                        warned = Some(error);
                    }
                }
                Err(_) => tracing::error!("a look at the TLS files panicked or was cut"),
            }
        }
    }

    /// How many handshakes have failed.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// Makes TLS connections of TCP connections, in the order in which their handshakes end. An item is an error where
    /// accepting failed; a handshake that fails is none.
    pub fn accept(&self, incoming: TcpIncoming) -> impl Stream<Item = io::Result<Connection>> + Send + use<> {
        let tls = self.clone();
        incoming
            .map(move |accepted| tls.clone().admit(accepted))
            .buffer_unordered(HANDSHAKES)
            .filter_map(ready)
    }

    async fn admit(self, accepted: io::Result<TcpStream>) -> Option<io::Result<Connection>> {
        let tcp = match accepted {
            Ok(tcp) => tcp,
            Err(failure) => return Some(Err(failure)),
        };
        let address = tcp.peer_addr().ok();
        let server = Arc::clone(&self.0.server.read().unwrap_or_else(PoisonError::into_inner));
        // In a task of its own, because its arithmetic would hold up the one that accepts. It ends with the listener.
        let task = AbortOnDropHandle::new(tokio::spawn(handshake(server, tcp)));
        let failure = match task.await {
            Ok(Ok(connection)) => return Some(Ok(connection)),
            Ok(Err(failure)) => failure,
            Err(failure) => io::Error::other(failure),
        };
        let refused = self.0.refused.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::debug!(?address, error = %failure, refused, "a TLS handshake failed");
        None
    }
}

async fn handshake(server: Arc<ServerConfig>, tcp: TcpStream) -> io::Result<Connection> {
    let shaken = timeout(HANDSHAKE, TlsAcceptor::from(server).accept(tcp)).await;
    let stream = shaken.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it took too long"))??;
    // rustls refuses a client that offers other protocols, and lets one through that offers none.
    if stream.get_ref().1.alpn_protocol() != Some(HTTP2) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the client did not offer h2 (ALPN)"));
    }
    Ok(Connection::tls(stream))
}

/// Without the configuration of rustls, which holds the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("config", &self.0.config).finish_non_exhaustive()
    }
}

/// The refusal and its cause, as they are logged.
fn one_line(refusal: &TlsError) -> String {
    match refusal.source() {
        Some(cause) => format!("{refusal}: {cause}"),
        None => refusal.to_string(),
    }
}
