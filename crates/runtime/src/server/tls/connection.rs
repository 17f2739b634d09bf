//! A connection that was let in, over TLS or in plain text, and what is known of its other end. tonic puts the
//! [`Remote`] into the extensions of every request on it, before any layer of ours runs. Who says much lets others have
//! their turn in between ([`limits::FRAMES_PER_TURN`]); who says too much that carries nothing is not listened to any
//! longer ([`Stock`]).

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::{Connected, TcpIncoming};
use webpki::EndEntityCert;

use super::frames::Stock;
use crate::identity::spiffe::SpiffeId;
use crate::limits;

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
    /// Frames that were read since others had their turn.
    turn: usize,
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
        Self { transport: Transport::Plain(tcp), remote, stock: Stock::new(Instant::now()), turn: 0 }
    }

    /// One whose handshake is over, so that its certificate is verified.
    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        let (tcp, session) = stream.get_ref();
        let address = tcp.peer_addr().ok();
        let leaf = session.peer_certificates().and_then(<[_]>::first);
        let workload = leaf.and_then(|leaf| workload(leaf, address));
        let (transport, remote) = (Transport::Tls(Box::new(stream)), Remote { address, workload });
        Self { transport, remote, stock: Stock::http2(Instant::now()), turn: 0 }
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
        if this.turn >= limits::FRAMES_PER_TURN {
            this.turn = 0;
            // Woken again once all that is ready had its turn, and sockets were asked for more. It has said so by the time
            // it is dropped.
            return pin!(yield_now()).poll(context).map(Ok);
        }
        let before = buffer.filled().len();
        let read = match &mut this.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Transport::Tls(tls) => Pin::new(tls).poll_read(context, buffer),
        };
        if read.is_pending() {
            this.turn = 0;
        }
        ready!(read)?;
        match this.stock.read(&buffer.filled()[before..]) {
            Ok(frames) => {
                this.turn += frames;
                Poll::Ready(Ok(()))
            }
            Err(fault) => {
                tracing::debug!(address = ?this.remote.address, "a connection is ended for what it says");
                Poll::Ready(Err(fault))
            }
        }
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    /// Bytes that it brings before it lets others have their turn, a frame at a time.
    async fn turn(connection: &mut Connection) -> usize {
        let mut brought = 0;
        poll_fn(|context| {
            loop {
                let mut bytes = [0; PING.len()];
                let mut buffer = ReadBuf::new(&mut bytes);
                match Pin::new(&mut *connection).poll_read(context, &mut buffer) {
                    Poll::Ready(read) => read.expect("it goes on"),
                    Poll::Pending => return Poll::Ready(brought),
                }
                brought += buffer.filled().len();
            }
        })
        .await
    }

    #[tokio::test]
    async fn others_have_their_turn_after_64_frames_and_not_one_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("it listens");
        let (tcp, _) = listener.accept().await.expect("it came");
        let said = [PREFACE, &PING.repeat(limits::FRAMES_PER_TURN + 1)].concat();
        client.write_all(&said).await.expect("it is read");
        let mut connection = Connection::plain(tcp);
        let mut all = vec![0; said.len()];
        while connection.peeked(&mut all).await < said.len() {
            yield_now().await;
        }

        // The last of them is known by its head, so its turn ends with it.
        let first = turn(&mut connection).await;
        assert!(first < said.len(), "there was one frame more");
        assert!(first > said.len() - 2 * PING.len(), "{first} of {}", said.len());
        yield_now().await;
        assert_eq!(turn(&mut connection).await, said.len() - first, "the rest");
    }

    impl Connection {
        /// How much waits to be read.
        async fn peeked(&self, buffer: &mut [u8]) -> usize {
            let Transport::Plain(tcp) = &self.transport else { return 0 };
            tcp.peek(buffer).await.expect("it is there")
        }
    }
}
