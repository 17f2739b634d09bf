//! Where the issuer's keys are read: a file, or an address over http or https. An answer is taken only with the status
//! 200, within 5 s and up to 1 MiB; redirects are not followed, as nobody configured where they point to. The
//! environment's proxies are not asked.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use http::header::ACCEPT;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::error::KeysError;

/// A caller may be waiting for it, and its deadline is ten seconds as a rule.
const SLOWEST: Duration = Duration::from_secs(5);
/// A set has a handful of keys, a kilobyte each.
const LONGEST: usize = 1024 * 1024;

/// Where the issuer's keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file of this machine, read again when it has changed.
    File(PathBuf),
    /// An address, the `jwks_uri` of the issuer as a rule.
    Address(Address),
}

/// An http or https URL without a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Uri);

/// Its questions have no body; an empty text is one.
type HttpClient = Client<HttpsConnector<HttpConnector>, String>;

/// What reads the keys.
pub(super) enum Source {
    File(PathBuf),
    Address { uri: Uri, client: Box<HttpClient> },
}

/// By what a file is seen to have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    length: u64,
}

impl FromStr for KeySource {
    type Err = KeysError;

    /// What begins like a URL is one, everything else is a path.
    fn from_str(text: &str) -> Result<Self, KeysError> {
        if text.contains("://") { text.parse().map(Self::Address) } else { Ok(Self::File(text.into())) }
    }
}

impl FromStr for Address {
    type Err = KeysError;

    fn from_str(text: &str) -> Result<Self, KeysError> {
        let uri: Uri = text.parse().map_err(|_| KeysError::Address("is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(KeysError::Address("begins with neither http:// nor https://"));
        }
        let authority = uri.authority().ok_or(KeysError::Address("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(KeysError::Address("has a user or a password in it, and none is ever sent"));
        }
        if authority.host().is_empty() {
            return Err(KeysError::Address("names no host"));
        }
        Ok(Self(uri))
    }
}

/// Without the query: some hosts want a secret in it.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        write!(f, "{scheme}://{authority}{}", self.0.path())
    }
}

impl Source {
    /// Gets ready to read.
    pub(super) fn new(source: &KeySource) -> Result<Self, KeysError> {
        let uri = match source {
            KeySource::File(path) => return Ok(Self::File(path.clone())),
            KeySource::Address(Address(uri)) => uri.clone(),
        };
        let tls = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("the provider has the cipher suites of all protocol versions");
        let tls = if uri.scheme_str() == Some("https") {
            tls.with_native_roots().map_err(KeysError::Roots)?
        } else {
            // A machine without root certificates is good enough.
            tls.with_root_certificates(RootCertStore::empty())
        };
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.with_no_client_auth())
            .https_or_http()
            .enable_http1()
            .build();
        // Between two questions are minutes: no connection is kept.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self::Address { uri, client: Box::new(client) })
    }

    /// The document with the keys; none if it is a file that has the same `stamp` as before.
    pub(super) async fn read(
        &self,
        stamp: Option<Stamp>,
    ) -> Result<Option<(Vec<u8>, Option<Stamp>)>, KeysError> {
        let read = async {
            match self {
                Self::File(path) => read_file(path, stamp).await,
                Self::Address { uri, client } => {
                    fetch(uri, client).await.map(|document| Some((document, None)))
                }
            }
        };
        timeout(SLOWEST, read).await.unwrap_or(Err(KeysError::TooSlow))
    }
}

async fn read_file(
    path: &Path,
    before: Option<Stamp>,
) -> Result<Option<(Vec<u8>, Option<Stamp>)>, KeysError> {
    let failed = |source: io::Error| KeysError::File { path: path.to_owned(), source };
    let metadata = tokio::fs::metadata(path).await.map_err(failed)?;
    if !metadata.is_file() {
        // A pipe would keep us waiting for its writer.
        return Err(failed(io::Error::other("it is not a file")));
    }
    let stamp = Stamp { modified: metadata.modified().map_err(failed)?, length: metadata.len() };
    if before == Some(stamp) {
        return Ok(None);
    }
    let file = File::open(path).await.map_err(failed)?;
    let mut document = Vec::new();
    file.take(LONGEST as u64 + 1).read_to_end(&mut document).await.map_err(failed)?;
    if document.len() > LONGEST {
        return Err(KeysError::TooLong);
    }
    Ok(Some((document, Some(stamp))))
}

async fn fetch(uri: &Uri, client: &HttpClient) -> Result<Vec<u8>, KeysError> {
    let request = Request::get(uri)
        .header(ACCEPT, "application/json")
        .body(String::new())
        .expect("a URI that was parsed and a header of ASCII make a request");
    let response = client.request(request).await.map_err(|error| KeysError::Unreachable(error.into()))?;
    if response.status() != StatusCode::OK {
        return Err(KeysError::Refused(response.status().as_u16()));
    }
    match Limited::new(response.into_body(), LONGEST).collect().await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(KeysError::TooLong),
        Err(error) => Err(KeysError::Unreachable(error)),
    }
}
