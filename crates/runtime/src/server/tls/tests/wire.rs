//! A server of tonic with the health service behind [`Tls::accept`], and clients of it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use futures_util::Stream;
use http::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_util::task::AbortOnDropHandle;
use tonic::body::Body;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::service_fn;
use tower::util::MapRequestLayer;

use super::authority::{Authority, Directory, Leaf, Pair};
use crate::server::tls::{Connection, Remote, Tls};

pub(super) type Health = HealthClient<Channel>;

/// A server, and what its layer saw of each request.
pub(super) struct Served {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Remote>>>,
    _task: AbortOnDropHandle<()>,
}

impl Served {
    pub(super) fn start<S>(accept: impl FnOnce(TcpIncoming) -> S) -> Self
    where
        S: Stream<Item = io::Result<Connection>> + Send + 'static,
    {
        let incoming = TcpIncoming::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = incoming.local_addr().unwrap();
        let connections = accept(incoming);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = {
            let seen = Arc::clone(&seen);
            // As the identity layer reads it.
            move |request: Request<Body>| {
                seen.lock().unwrap().push(request.extensions().get::<Remote>().unwrap().clone());
                request
            }
        };
        let task = async move {
            let (_, health) = tonic_health::server::health_reporter();
            let server = Server::builder().layer(MapRequestLayer::new(record)).add_service(health);
            server.serve_with_incoming(connections).await.unwrap();
        };
        Self { address, seen, _task: AbortOnDropHandle::new(tokio::spawn(task)) }
    }

    /// What the layer saw of the requests since it was last asked.
    pub(super) fn seen(&self) -> Vec<Remote> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// An authority, the files of a server, and the server.
pub(super) struct World {
    pub(super) authority: Authority,
    pub(super) directory: Directory,
    pub(super) tls: Tls,
    pub(super) served: Served,
}

impl World {
    pub(super) fn start() -> Self {
        let authority = Authority::new();
        let directory = Directory::new(&authority.server(), &authority.certificate);
        let tls = Tls::load(directory.config()).unwrap();
        let served = Served::start(|incoming| tls.accept(incoming));
        Self { authority, directory, tls, served }
    }

    /// A client that should be let in.
    pub(super) fn client(&self) -> Client {
        Client::new(&self.authority.certificate, Some(&self.authority.client(Leaf::default())))
    }

    /// Checks that `client` is not let in and that this is counted.
    pub(super) async fn check_refused(&self, client: &Client, why: &str) {
        let before = self.tls.refused();
        assert!(client.is_refused(self.served.address).await, "{why}");
        while self.tls.refused() == before {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.tls.refused(), before + 1, "{why}");
        assert_eq!(self.served.seen(), [], "{why}");
    }
}

pub(super) struct Client {
    pub(super) config: ClientConfig,
}

impl Client {
    /// One that trusts `authority` and shows `pair`, over TLS 1.3 or 1.2.
    pub(super) fn new(authority: &str, pair: Option<&Pair>) -> Self {
        Self::of(authority, pair, &[&TLS13, &TLS12])
    }

    pub(super) fn of(
        authority: &str,
        pair: Option<&Pair>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(authority)).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![certificate(&pair.certificate)], key).unwrap()
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self { config }
    }

    /// One that offers other protocols than HTTP/2.
    pub(super) fn offering(mut self, protocols: &[&str]) -> Self {
        self.config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    pub(super) async fn connect(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(self.config.clone())).connect(name, tcp).await
    }

    /// Whether the server takes the connection down instead of speaking HTTP/2. In TLS 1.3 a client that is refused learns
    /// it after its own handshake.
    pub(super) async fn is_refused(&self, address: SocketAddr) -> bool {
        let Ok(mut stream) = self.connect(address).await else { return true };
        // The preface and empty settings; a server that speaks HTTP/2 answers with its own.
        let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
        !matches!(stream.read(&mut [0; 9]).await, Ok(9))
    }

    /// The certificate that the server shows, and a client of health on that one connection, which cannot make another.
    pub(super) async fn health(&self, address: SocketAddr) -> (CertificateDer<'static>, Health) {
        let stream = self.connect(address).await.unwrap();
        let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        let once = Mutex::new(Some(TokioIo::new(stream)));
        let connector = service_fn(move |_: Uri| {
            let stream = once.lock().unwrap().take();
            async move { stream.ok_or_else(|| io::Error::other("it had one connection")) }
        });
        let endpoint = Endpoint::from_static("http://localhost");
        (shown, HealthClient::new(endpoint.connect_with_connector(connector).await.unwrap()))
    }
}

/// Calls the service.
pub(super) async fn check_serves(health: &mut Health) {
    let answer = health.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.get_ref().status, ServingStatus::Serving as i32);
}

/// A certificate of PEM.
pub(super) fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}
