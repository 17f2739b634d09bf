//! A client that honours GOAWAY, as the gRPC libraries of other languages do and tonic does not: told to go away, it makes
//! its next call on another connection, and a call that the server says it has not looked at is made again there. Whatever
//! else goes wrong has failed.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use h2::client::{SendRequest, handshake};
use h2::{Reason, RecvStream};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use prost::Message;
use prost::bytes::{Buf, Bytes, BytesMut};
use tokio::net::TcpStream;

/// One caller, with one connection at a time.
#[derive(Debug)]
pub struct Polite {
    addresses: Vec<SocketAddr>,
    headers: HeaderMap,
    at: usize,
    connection: Option<SendRequest<Bytes>>,
}

/// How a call ended.
#[derive(Debug)]
pub struct Answer {
    /// The number of its gRPC status; 0 is OK.
    pub status: u32,
    /// What the server said with it.
    pub message: String,
    /// How many messages came.
    pub messages: u64,
}

/// Why a call has no answer.
enum Failure {
    /// The server has not looked at it.
    Unseen,
    Other(anyhow::Error),
}

impl From<h2::Error> for Failure {
    fn from(error: h2::Error) -> Self {
        let unseen = (error.is_go_away() && error.reason() == Some(Reason::NO_ERROR))
            || error.reason() == Some(Reason::REFUSED_STREAM);
        if unseen && error.is_remote() { Self::Unseen } else { Self::Other(error.into()) }
    }
}

impl Polite {
    /// A caller that begins at the first of these and says `headers` with every call.
    ///
    /// # Errors
    /// When a header is none.
    pub fn new(addresses: &[SocketAddr], headers: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::try_from(*name)?, HeaderValue::try_from(*value)?);
        }
        Ok(Self { addresses: addresses.to_vec(), headers: map, at: 0, connection: None })
    }

    /// Where it is connected, or will be next.
    pub fn address(&self) -> SocketAddr {
        self.addresses[self.at]
    }

    /// Sends the messages and then takes the answer to its end.
    ///
    /// # Errors
    /// When the call got no status.
    pub async fn call<M: Message>(&mut self, path: &str, messages: &[M]) -> anyhow::Result<Answer> {
        let mut body = BytesMut::new();
        for message in messages {
            body.extend_from_slice(&[0]);
            body.extend_from_slice(&u32::try_from(message.encoded_len())?.to_be_bytes());
            message.encode(&mut body)?;
        }
        let body = body.freeze();
        // Told to go away everywhere, nobody is left.
        for _ in 0..=self.addresses.len() {
            match self.attempt(path, body.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Unseen) => self.connection = None,
                Err(Failure::Other(error)) => return Err(error),
            }
        }
        bail!("no server takes the call")
    }

    async fn attempt(&mut self, path: &str, body: Bytes) -> Result<Answer, Failure> {
        let connection = self.connected().await.map_err(Failure::Other)?;
        let mut ready = connection.ready().await?;
        let mut request = Request::post(format!("http://polite{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .map_err(|error| Failure::Other(error.into()))?;
        request.headers_mut().extend(self.headers.clone());
        let (response, mut sender) = ready.send_request(request, false)?;
        sender.send_data(body, true)?;
        let response = response.await?;
        // From here on the server has looked at it, and no failure is harmless.
        let begun = finish(response).await;
        begun.map_err(|error| Failure::Other(error.context("a call that had begun")))
    }

    /// The connection, or a new one to whoever takes connections.
    async fn connected(&mut self) -> anyhow::Result<SendRequest<Bytes>> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        for _ in 0..self.addresses.len() {
            if let Ok(tcp) = TcpStream::connect(self.addresses[self.at]).await {
                let (sender, connection) = handshake(tcp).await?;
                tokio::spawn(connection);
                self.connection = Some(sender.clone());
                return Ok(sender);
            }
            self.at = (self.at + 1) % self.addresses.len();
        }
        bail!("nobody takes connections")
    }
}

/// Takes what is left of an answer.
async fn finish(response: http::Response<RecvStream>) -> anyhow::Result<Answer> {
    ensure!(response.status() == http::StatusCode::OK, "{}", response.status());
    let head = response.headers().clone();
    let mut body = response.into_body();
    let (mut received, mut messages) = (BytesMut::new(), 0);
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        received.extend_from_slice(&data);
        while let Some(length) = whole(&received)? {
            received.advance(length);
            messages += 1;
        }
    }
    let trailers = body.trailers().await?.unwrap_or(head);
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let status = text("grpc-status").parse().context("an answer without a status")?;
    Ok(Answer { status, message: text("grpc-message").to_owned(), messages })
}

/// The length of the first message with its frame, once it is all there.
fn whole(received: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(length) = received.get(1..5) else { return Ok(None) };
    let length = 5 + u32::from_be_bytes(length.try_into()?) as usize;
    Ok((received.len() >= length).then_some(length))
}
