//! Making a connection to a service, in plain text or by TLS, and saying in words why none came about. Neither tonic nor
//! h2 can say that one side speaks TLS and the other does not, or that a certificate was missing: the bytes that tell are
//! seen here only.

use std::error::Error as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use tower::Service;

use super::tls::Trust;

const SPEAKS_TLS: &str = "it speaks TLS: its address begins with https://";
const SILENT: &str = "it ended the connection without a word, as a service that speaks TLS does; the address of one \
                      begins with https://";
const SPEAKS_NO_TLS: &str = "it does not speak TLS: its address begins with http://";
const ENDED: &str = "it ended the connection right after the TLS handshake, as a service does that asks for a certificate: \
                     --peer-certificate and --peer-key";
/// What a TLS alert begins with. No frame of HTTP/2 does: it would be longer than any may be.
const ALERT: [u8; 2] = [0x15, 0x03];

/// Makes the connections of one channel.
#[derive(Debug, Clone)]
pub(super) struct Dial {
    tcp: HttpConnector,
    trust: Option<Trust>,
    fault: Fault,
}

/// Why the last connection of a channel did not work, if it is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault(Arc<Mutex<Option<String>>>);

impl Fault {
    pub(super) fn told(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, fault: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

impl Dial {
    /// In plain text without `trust`.
    pub(super) fn new(trust: Option<Trust>) -> (Self, Fault) {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let fault = Fault::default();
        (Self { tcp, trust, fault: fault.clone() }, fault)
    }

    async fn dial(mut self, uri: Uri) -> Result<TokioIo<Watched>, io::Error> {
        self.fault.set(None);
        let tcp = self.tcp.call(uri.clone()).await.map_err(io::Error::other)?.into_inner();
        let stream = match &self.trust {
            None => Either::Left(tcp),
            Some(trust) => match handshake(trust, &uri, tcp).await {
                Ok(stream) => Either::Right(Box::new(stream)),
                Err(failure) => {
                    let words = words(&failure);
                    self.fault.set(Some(words.clone()));
                    return Err(io::Error::new(failure.kind(), words));
                }
            },
        };
        Ok(TokioIo::new(Watched { stream, fault: Some(self.fault) }))
    }
}

async fn handshake(trust: &Trust, uri: &Uri, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = TlsConnector::from(trust.current().await).connect(name, tcp).await?;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return Err(io::Error::other("it speaks TLS and no HTTP/2 (ALPN)"));
    }
    Ok(stream)
}

/// A failure of TLS as people need it.
fn words(failure: &io::Error) -> String {
    let inner = failure.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidMessage(_)) => SPEAKS_NO_TLS.to_owned(),
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired)) => {
            "it asks for our certificate: --peer-certificate and --peer-key".to_owned()
        }
        Some(error) => format!("TLS: {error}"),
        None if failure.kind() == io::ErrorKind::UnexpectedEof => {
            "it closed the connection during the TLS handshake".to_owned()
        }
        None => match failure.source() {
            Some(cause) => format!("TLS: {failure}: {cause}"),
            None => format!("TLS: {failure}"),
        },
    }
}

impl Service<Uri> for Dial {
    type Response = TokioIo<Watched>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Watched>>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_ready(context).map_err(io::Error::other)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

/// A connection that is looked at until its first bytes have come: those say what is wrong with it.
#[derive(Debug)]
pub(super) struct Watched {
    stream: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    /// Where a fault is told; none once bytes have come that are none.
    fault: Option<Fault>,
}

impl Watched {
    /// Looks at the first bytes, or at why there are none.
    fn look(&mut self, first: Result<&[u8], &io::Error>) {
        let Some(fault) = self.fault.take() else { return };
        match (first, &self.stream) {
            (Ok([_, ..]), Either::Right(_)) => {}
            // TLS 1.3 refuses a missing certificate only after the handshake, and the word may be lost with the connection.
            (Ok([]), Either::Right(_)) => fault.set(Some(ENDED.to_owned())),
            (Err(failure), Either::Right(_)) => {
                let is_told = failure.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
                fault.set(Some(if is_told { words(failure) } else { ENDED.to_owned() }));
            }
            (Ok(bytes), Either::Left(_)) if bytes.starts_with(&ALERT) => {
                fault.set(Some(SPEAKS_TLS.to_owned()))
            }
            (Ok([_, ..]), Either::Left(_)) => {}
            (Ok([]) | Err(_), Either::Left(_)) => fault.set(Some(SILENT.to_owned())),
        }
    }

    /// What could not be written may have been answered already.
    fn look_after(&mut self, written: &Poll<io::Result<usize>>, context: &mut Context<'_>) {
        let Poll::Ready(Err(failure)) = written else { return };
        if self.fault.is_none() {
            return;
        }
        let mut bytes = [0; 16];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Ready(Ok(())) => self.look(Ok(buffer.filled())),
            Poll::Ready(Err(failure)) => self.look(Err(&failure)),
            Poll::Pending => self.look(Err(failure)),
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if self.fault.is_some() {
            self.look(read.as_ref().map(|()| &buffer.filled()[before..]));
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.look_after(&written, context);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.stream {
            Either::Left(tcp) => Pin::new(tcp).poll_write_vectored(context, slices),
            Either::Right(tls) => Pin::new(tls).poll_write_vectored(context, slices),
        };
        self.look_after(&written, context);
        written
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Either::Left(tcp) => tcp.is_write_vectored(),
            Either::Right(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
