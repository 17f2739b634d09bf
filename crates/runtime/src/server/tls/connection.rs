//! A connection that was let in, over TLS or in plain text, and what is known of its other end. tonic puts the
//! [`Remote`] into the extensions of every request on it, before any layer of ours runs. Who says too much that carries
//! nothing is not listened to any longer ([`Stock`]).

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::{Connected, TcpIncoming};
use webpki::EndEntityCert;

use super::frames::Stock;
use crate::identity::spiffe::SpiffeId;

/// The other end of a connection: the caller, or a proxy before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// Where it comes from; unknown if it was gone before we could ask.
    pub address: Option<SocketAddr>,
    /// Which workload its certificate proves it to be. None in plain text, and for a certificate that is good but names
    /// no workload.
    pub workload: Option<SpiffeId>,
}

/// A connection that was let in.
#[derive(Debug)]
pub struct Connection {
    transport: Transport,
    remote: Remote,
    stock: Stock,
}

#[derive(Debug)]
enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// One in plain text, which proves nothing.
    fn plain(tcp: TcpStream) -> Self {
        let remote = Remote { address: tcp.peer_addr().ok(), workload: None };
        Self { transport: Transport::Plain(tcp), remote, stock: Stock::new(Instant::now()) }
    }

    /// One whose handshake is over, so that its certificate is verified.
    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        let (tcp, session) = stream.get_ref();
        let address = tcp.peer_addr().ok();
        let leaf = session.peer_certificates().and_then(<[_]>::first);
        let workload = leaf.and_then(|leaf| workload(leaf, address));
        let (transport, remote) = (Transport::Tls(Box::new(stream)), Remote { address, workload });
        Self { transport, remote, stock: Stock::http2(Instant::now()) }
    }

    /// Counts what was written in favour of the other side.
    fn paid(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.stock.wrote(bytes);
        }
        written
    }
}

/// Connections in plain text, of the type that [`super::Tls::accept`] makes.
pub fn plain(incoming: TcpIncoming) -> impl Stream<Item = io::Result<Connection>> + Send {
    incoming.map(|accepted| accepted.map(Connection::plain))
}

/// The workload of a certificate: that of its only URI. SPIFFE has it that a certificate with two URIs, of whatever kind,
/// names none.
fn workload(leaf: &CertificateDer<'_>, address: Option<SocketAddr>) -> Option<SpiffeId> {
    let nobody = |why: &str| {
        tracing::debug!(?address, why, "the peer's certificate names no workload");
        None
    };
    let Ok(leaf) = EndEntityCert::try_from(leaf) else { return nobody("it cannot be read") };
    let mut uris = leaf.valid_uri_names();
    match (uris.next(), uris.next()) {
        (None, _) => nobody("it has no URI"),
        (Some(uri), None) => uri.parse().map_or_else(|error| nobody(&format!("{error}")), Some),
        (Some(_), Some(_)) => nobody("it has several URIs"),
    }
}

impl Connected for Connection {
    type ConnectInfo = Remote;

    fn connect_info(&self) -> Remote {
        self.remote.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = match &mut this.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Transport::Tls(tls) => Pin::new(tls).poll_read(context, buffer),
        };
        ready!(read)?;
        let said = this.stock.read(&buffer.filled()[before..]);
        if said.is_err() {
            tracing::debug!(address = ?this.remote.address, "a connection is ended for what it says");
        }
        Poll::Ready(said)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Transport::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        };
        self.paid(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_write_vectored(context, slices),
            Transport::Tls(tls) => Pin::new(tls).poll_write_vectored(context, slices),
        };
        self.paid(written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(tcp) => tcp.is_write_vectored(),
            Transport::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Transport::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Transport::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}
