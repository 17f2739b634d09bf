//! gRPC-Web as its protocol says it (grpc/doc/PROTOCOL-WEB.md), by hand: requests over bare HTTP/1.1 or HTTP/2, bodies in
//! binary or in base64, the trailers in the last frame of an answer.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::codegen::Bytes;
use tonic::{Code, Status};

use crate::raw::framed;

pub(crate) const BINARY: &str = "application/grpc-web+proto";
pub(crate) const TEXT: &str = "application/grpc-web-text";
/// The bit of a frame's first byte that says that it holds the trailers.
const TRAILERS: u8 = 0x80;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A call of gRPC-Web with one message; `kind` is the content type.
pub(crate) async fn call(
    address: SocketAddr,
    path: &str,
    kind: &str,
    headers: &[(&str, &str)],
    message: &[u8],
) -> Answer {
    let headers = [&[("content-type", kind), ("accept", kind), ("x-grpc-web", "1")], headers].concat();
    http1(address, "POST", path, &headers, &body(kind, message)).await
}

/// A message as the body of a request.
pub(crate) fn body(kind: &str, message: &[u8]) -> Vec<u8> {
    let frame = framed(message);
    if kind.starts_with(TEXT) { STANDARD.encode(frame).into_bytes() } else { frame }
}

/// Whatever request over HTTP/1.1, on a connection of its own.
pub(crate) async fn http1(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = [head(method, path, headers, body.len()).as_slice(), body].concat();
    // Whoever is refused by its headers need not have sent the rest.
    let _ = connection.write_all(&request).await;
    read(&mut connection).await
}

/// The same over HTTP/2.
pub(crate) async fn http2(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let connection = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = h2::client::handshake(connection).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(()).unwrap();
    let (answer, mut sent) = sender.ready().await.unwrap().send_request(request, false).unwrap();
    let _ = sent.send_data(Bytes::copy_from_slice(body), true);
    let (parts, mut received) = answer.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(data) = received.data().await {
        body.extend(data.unwrap());
    }
    assert!(received.trailers().await.unwrap().is_none(), "a page cannot read them");
    connection.abort();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// The first line and the headers of a request.
pub(crate) fn head(method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {length}\r\n\r\n");
    text.into_bytes()
}

/// Reads an answer up to the end of its connection.
pub(crate) async fn read(connection: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // It may end with a reset, where the server has not read everything.
    let _ = connection.read_to_end(&mut bytes).await;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("headers");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let headers = parsed(lines);
    let body = &bytes[end + 4..];
    let is_chunked = headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked");
    let body = if is_chunked { whole(body) } else { body.to_vec() };
    Answer { status, headers, body }
}

/// A body out of its chunks.
fn whole(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = chunks.windows(2).position(|two| two == b"\r\n").expect("the length of a chunk");
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..line]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend(&chunks[line + 2..][..length]);
        chunks = &chunks[line + 2 + length + 2..];
    }
}

fn parsed<'t>(lines: impl Iterator<Item = &'t str>) -> HeaderMap {
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').expect("a name and a value");
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value.trim()).unwrap())
    };
    lines.filter(|line| !line.is_empty()).map(pair).collect()
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Its messages, each with its flag, and its status: from the last frame, or from the headers where there is none.
    pub(crate) fn messages(&self) -> (Vec<(u8, Vec<u8>)>, Status) {
        assert_eq!(self.status, 200, "{self:?}");
        let bytes = if self.header("content-type").starts_with(TEXT) {
            untext(&self.body)
        } else {
            self.body.clone()
        };
        let (mut rest, mut messages, mut trailers) = (bytes.as_slice(), Vec::new(), None);
        while let [flag, a, b, c, d, more @ ..] = rest {
            let (message, after) = more.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
            assert!(trailers.is_none(), "nothing comes after the trailers");
            if flag & TRAILERS == 0 {
                messages.push((*flag, message.to_vec()));
            } else {
                trailers = Some(parsed(std::str::from_utf8(message).unwrap().split("\r\n")));
            }
            rest = after;
        }
        assert!(rest.is_empty(), "half a frame: {rest:?}");
        let status = Status::from_header_map(trailers.as_ref().unwrap_or(&self.headers));
        (messages, status.unwrap_or_else(|| Status::new(Code::Unknown, "no status came")))
    }

    pub(crate) fn code(&self) -> Code {
        self.messages().1.code()
    }
}

/// Base64 that was written piece by piece: there may be padding in between.
fn untext(body: &[u8]) -> Vec<u8> {
    body.chunks(4).flat_map(|four| STANDARD.decode(four).unwrap()).collect()
}
